use nd_pdk::lifecycle::InitProvider;

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl InitProvider for Plugin {
    fn on_init(&self) {}
}

fn main() {}

use nd_pdk::lifecycle::Lifecycle;

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl !Lifecycle for Plugin {}

fn main() {
    let _ = Plugin;
}

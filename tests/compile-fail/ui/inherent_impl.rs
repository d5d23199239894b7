use nd_pdk::lifecycle::Error;

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl Plugin {
    fn on_init(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {
    let _ = Plugin.on_init();
}

use nd_pdk::lifecycle::{Error, Lifecycle};

#[derive(Default)]
struct Plugin;

#[nd_pdk::export(lifecycle)]
impl Lifecycle for Plugin {
    fn on_init(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}

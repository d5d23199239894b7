use nd_pdk::lifecycle::{Error, Lifecycle};

struct Plugin;

#[nd_pdk::export]
impl Lifecycle for Plugin {
    fn on_init(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}

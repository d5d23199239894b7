use nd_pdk::export;
use nd_pdk::lifecycle::{Error, Lifecycle};

#[derive(Default)]
struct Plugin;

#[export]
#[nd_pdk::export]
impl Lifecycle for Plugin {
    fn on_init(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}

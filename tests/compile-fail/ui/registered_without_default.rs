use nd_pdk::lifecycle::{Error, InitProvider};

struct Plugin;

impl InitProvider for Plugin {
    fn on_init(&self) -> Result<(), Error> {
        Ok(())
    }
}

nd_pdk::register_lifecycle_init!(Plugin);

fn main() {}

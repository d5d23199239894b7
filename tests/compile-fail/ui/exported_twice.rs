use nd_pdk::lifecycle::{Error, InitProvider, Lifecycle};

#[derive(Default)]
struct First;

#[derive(Default)]
struct Second;

#[nd_pdk::export]
impl Lifecycle for First {
    fn on_init(&self) -> Result<(), Error> {
        Ok(())
    }
}

#[nd_pdk::export]
impl InitProvider for Second {
    fn on_init(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}

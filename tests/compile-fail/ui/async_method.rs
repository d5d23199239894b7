use nd_pdk::lifecycle::{Error, Lifecycle};

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl Lifecycle for Plugin {
    async fn on_init(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}

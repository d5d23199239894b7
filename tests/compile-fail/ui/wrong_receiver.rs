use nd_pdk::lifecycle::{Error, Lifecycle};

#[derive(Default)]
struct Plugin {
    count: u32,
}

#[nd_pdk::export]
impl Lifecycle for Plugin {
    fn on_init(&mut self) -> Result<(), Error> {
        self.count += 1;
        Ok(())
    }
}

fn main() {}

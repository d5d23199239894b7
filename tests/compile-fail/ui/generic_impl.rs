use nd_pdk::lifecycle::{Error, Lifecycle};

#[derive(Default)]
struct Plugin<T> {
    value: T,
}

#[nd_pdk::export]
impl<T> Lifecycle for Plugin<T> {
    fn on_init(&self) -> Result<(), Error> {
        let _ = &self.value;
        Ok(())
    }
}

fn main() {}

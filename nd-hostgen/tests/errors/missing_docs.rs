#[host_service(name = "Sample", since = "0.60.0")]
pub trait Sample {
    #[host_fn]
    fn run(item: Item);
}

pub struct Item {
    pub name: String,
}

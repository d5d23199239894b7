//@ old services/sample.rs
#[host_service(name = "Sample", since = "0.1.0")]
pub trait Sample {
    #[host_fn]
    fn send(value: Both) -> Result<()>;
    #[host_fn]
    fn get() -> Result<Gone>;
    #[host_fn]
    fn put(value: Gone) -> Result<()>;
}
pub struct Both {
    pub kept: i32,
}
pub struct Gone {
    pub kept: i32,
}
//@ new services/sample.rs
#[host_service(name = "Sample", since = "0.1.0")]
pub trait Sample {
    #[host_fn]
    fn send(value: Both) -> Result<()>;
    #[host_fn]
    fn fresh() -> Result<Both>;
    #[host_fn]
    fn put(value: Gone) -> Result<()>;
}
pub struct Both {
    pub kept: i32,
    pub won: i32,
}
pub struct Gone {
    pub kept: i32,
    pub won: i32,
}

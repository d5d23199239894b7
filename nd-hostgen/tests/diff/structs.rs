//@ old services/sample.rs
#[host_service(name = "Sample", since = "0.1.0")]
pub trait Sample {
    #[host_fn]
    fn moved() -> Result<Moved>;
    #[host_fn]
    fn renamed(value: Before) -> Result<Before>;
    #[host_fn]
    fn swapped(value: Left) -> Result<i32>;
    #[host_fn]
    fn unfolded(value: Left) -> Result<i32>;
}
pub struct Moved {
    pub id: String,
}
pub struct Before {
    pub id: String,
    pub next: Vec<Before>,
}
pub struct Left {
    pub id: String,
}
//@ new services/sample.rs
#[host_service(name = "Sample", since = "0.1.0")]
pub trait Sample {
    #[host_fn]
    fn moved() -> Result<Moved>;
    #[host_fn]
    fn renamed(value: After) -> Result<After>;
    #[host_fn]
    fn swapped(value: Right) -> Result<i32>;
    #[host_fn]
    fn unfolded(value: String) -> Result<i32>;
}
pub struct After {
    pub id: String,
    pub next: Vec<After>,
    #[omit_empty]
    pub note: String,
}
pub struct Right {
    pub id: i32,
}
//@ new services/other.rs
#[host_service(name = "Other", since = "0.1.0")]
pub trait Other {
    #[host_fn]
    fn run() -> Result<Moved>;
}
//@ new types/shared.rs
#[since("0.2.0")]
pub struct Moved {
    pub id: String,
    #[omit_empty]
    pub name: String,
}

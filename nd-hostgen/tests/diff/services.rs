//@ old services/kept.rs
#[host_service(name = "KEPT", permission = "kept", since = "0.1.0")]
pub trait Kept {
    #[host_fn]
    fn run();
}
//@ old services/gone.rs
#[host_service(name = "Gone", permission = "gone", since = "0.1.0")]
pub trait Gone {
    #[host_fn]
    fn run(key: String) -> Result<bool>;
}
//@ old services/closed.rs
#[host_service(name = "Closed", since = "0.1.0")]
pub trait Closed {
    #[host_fn]
    fn run();
}
//@ old services/opened.rs
#[host_service(name = "Opened", permission = "opened", since = "0.1.0")]
pub trait Opened {
    #[host_fn]
    fn run();
}
//@ new services/kept.rs
#[host_service(name = "Kept", permission = "other", since = "0.1.0")]
pub trait Kept {
    #[host_fn]
    fn run();
}
//@ new services/closed.rs
#[host_service(name = "Closed", permission = "closed", since = "0.1.0")]
pub trait Closed {
    #[host_fn]
    fn run();
}
//@ new services/opened.rs
#[host_service(name = "Opened", since = "0.1.0")]
pub trait Opened {
    #[host_fn]
    fn run();
}
//@ new services/fresh.rs
#[host_service(name = "Fresh", permission = "fresh", since = "0.2.0")]
pub trait Fresh {
    #[host_fn(results(value, exists))]
    fn find(key: String) -> Result<(String, bool)>;
}

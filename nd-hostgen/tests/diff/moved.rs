//@ old services/one.rs
#[host_service(name = "One", permission = "one", since = "0.1.0")]
pub trait One {
    #[host_fn]
    fn kept() -> Result<()>;
    #[host_fn]
    fn moved(value: Item) -> Result<Same>;
    #[host_fn(name = "one_renamed")]
    fn other() -> Result<()>;
}
pub struct Item {
    pub id: i32,
}
pub struct Same {
    pub id: i32,
}
//@ old services/gone.rs
#[host_service(name = "Gone", since = "0.1.0")]
pub trait Gone {
    #[host_fn]
    fn run() -> Result<()>;
}
//@ old capabilities/first.rs
#[capability(name = "first", since = "0.1.0")]
pub trait First {
    #[export(name = "nd_first")]
    fn on_first();
    #[export(name = "nd_moved")]
    fn on_moved(req: Event);
}
pub struct Event {
    pub id: i32,
}
//@ old capabilities/left.rs
#[capability(name = "left", since = "0.1.0")]
pub trait Left {
    #[export(name = "nd_left")]
    fn on_left();
}
//@ new services/one.rs
#[host_service(name = "One", permission = "one", since = "0.1.0")]
pub trait One {
    #[host_fn]
    fn kept() -> Result<()>;
    #[host_fn(name = "one_newname")]
    fn moved() -> Result<()>;
    #[host_fn(name = "one_again")]
    fn other() -> Result<()>;
}
//@ new services/two.rs
#[host_service(name = "Two", permission = "two", since = "0.1.0")]
pub trait Two {
    #[host_fn(name = "one_moved")]
    fn moved(value: Item) -> Result<Same>;
    #[host_fn(name = "gone_run")]
    fn run() -> Result<()>;
}
pub struct Item {
    pub id: String,
}
pub struct Same {
    pub id: i32,
}
//@ new capabilities/second.rs
#[capability(name = "second", since = "0.1.0")]
pub trait Second {
    #[export(name = "nd_moved")]
    fn on_moved(req: Event);
    #[export(name = "nd_left")]
    fn on_left();
}
pub struct Event {
    pub id: i32,
}
//@ new capabilities/first.rs
#[capability(name = "first", since = "0.1.0")]
pub trait First {
    #[export(name = "nd_first")]
    fn on_first();
}

//@ old services/sample.rs
#[host_service(name = "Sample", since = "0.1.0")]
pub trait Sample {
    #[host_fn]
    fn ask(request: Query) -> Result<Vec<Response>>;
}
pub struct Query {
    pub kept: i32,
    pub lost: i32,
    pub omitted_now: i32,
    #[omit_empty]
    pub written_now: i32,
    pub null_now: i32,
    pub renamed: i32,
    pub case_only: i32,
    pub case_and_type: i32,
}
pub struct Response {
    pub kept: i32,
    pub case_only: i32,
    pub lost: i32,
    #[omit_empty]
    pub lost_optional: i32,
    pub lost_null: Option<i32>,
    pub omitted_now: i32,
    #[omit_empty]
    pub written_now: i32,
    pub null_now: i32,
    pub null_no_more: Option<i32>,
    #[omit_empty]
    pub absent_not_null: i32,
    pub pointer_now: Inner,
}
pub struct Inner {
    pub id: i32,
}
//@ old capabilities/sample.rs
#[capability(name = "sample", since = "0.1.0")]
pub trait Callback {
    #[export(name = "nd_called")]
    fn on_called(req: Event) -> Reply;
}
pub struct Event {
    pub lost: i32,
    pub omitted_now: i32,
}
pub struct Reply {
    pub lost: i32,
}
//@ new services/sample.rs
#[host_service(name = "Sample", since = "0.1.0")]
pub trait Sample {
    #[host_fn]
    fn ask(request: Query) -> Result<Vec<Response>>;
}
pub struct Query {
    pub kept: i32,
    pub won: i32,
    #[omit_empty]
    pub omitted_now: i32,
    pub written_now: i32,
    pub null_now: Option<i32>,
    #[json("other")]
    pub renamed: i32,
    #[json("CaseOnly")]
    pub case_only: i32,
    #[json("CaseAndType")]
    pub case_and_type: String,
}
pub struct Response {
    pub kept: i32,
    #[json("CaseOnly")]
    pub case_only: i32,
    pub won: i32,
    #[omit_empty]
    pub won_optional: i32,
    #[omit_empty]
    pub omitted_now: i32,
    pub written_now: i32,
    pub null_now: Option<i32>,
    pub null_no_more: i32,
    #[omit_empty]
    pub absent_not_null: Option<i32>,
    #[omit_empty]
    pub pointer_now: Option<Inner>,
}
pub struct Inner {
    pub id: i32,
}
//@ new capabilities/sample.rs
#[capability(name = "sample", since = "0.1.0")]
pub trait Callback {
    #[export(name = "nd_called")]
    fn on_called(req: Event) -> Reply;
}
pub struct Event {
    pub won: i32,
    #[omit_empty]
    pub won_optional: i32,
    #[omit_empty]
    pub omitted_now: i32,
}
pub struct Reply {
    pub won: i32,
}

//@ old services/sample.rs
#[host_service(name = "Sample", since = "0.1.0")]
pub trait Sample {
    #[host_fn(results(answer))]
    fn optional(filter: Option<String>, in_case: i32) -> Result<Option<i32>>;
}
//@ new services/sample.rs
#[host_service(name = "Sample", since = "0.1.0")]
pub trait Sample {
    #[host_fn(results(answer = "reply"))]
    fn optional(#[json("query")] filter: Option<String>, #[json("InCase")] in_case: i64) -> Result<Option<i32>>;
}

//@ old services/sample.rs
#[host_service(name = "Sample", since = "0.1.0")]
pub trait Sample {
    #[host_fn]
    fn gone(key: String) -> Result<i64>;
    #[host_fn(results(a, b))]
    fn order(x: i32, y: i32) -> Result<(i32, i32)>;
    #[host_fn]
    fn fails_now() -> i32;
    #[host_fn]
    fn fails_no_more() -> Result<i32>;
    #[host_fn(results(value))]
    fn optional_now(key: String) -> Result<String>;
    #[host_fn(results(value, exists))]
    fn optional_no_more(key: String) -> Result<(String, bool)>;
    #[host_fn(results(kept))]
    fn results() -> Result<i32>;
    #[host_fn]
    fn params(kept: i32, lost: Bytes);
}
//@ new services/sample.rs
#[host_service(name = "Sample", since = "0.1.0")]
pub trait Sample {
    #[host_fn(results(b, a))]
    fn order(y: i32, x: i32) -> Result<(i32, i32)>;
    #[host_fn]
    fn fails_now() -> Result<i32>;
    #[host_fn]
    fn fails_no_more() -> i32;
    #[host_fn(results(value, exists))]
    fn optional_now(key: String) -> Result<(String, bool)>;
    #[host_fn(results(value))]
    fn optional_no_more(key: String) -> Result<String>;
    #[host_fn(results(kept, more))]
    fn results() -> Result<(i32, i32)>;
    #[host_fn]
    fn params(kept: i32, won: Vec<String>);
    #[host_fn]
    fn fresh() -> i32;
}

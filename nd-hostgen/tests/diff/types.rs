//@ old services/sample.rs
#[host_service(name = "Sample", since = "0.1.0")]
pub trait Sample {
    #[host_fn]
    fn widened(a: i32, b: u32, c: u32, d: f32, e: i32, f: u32) -> Result<i32>;
    #[host_fn]
    fn narrowed(a: i64, b: u64, c: f64) -> Result<i64>;
    #[host_fn]
    fn sign(a: i32) -> Result<u32>;
    #[host_fn]
    fn fraction(a: i64) -> Result<f64>;
    #[host_fn]
    fn texts(a: String, b: Bytes) -> Result<String>;
    #[host_fn]
    fn nulls(a: String, b: Option<String>, c: Vec<i32>) -> Result<Vec<i32>>;
    #[host_fn]
    fn shapes(a: String, b: Vec<String>, c: Map<String, i32>) -> Result<Json>;
    #[host_fn]
    fn folded(value: Item, narrow: Item) -> Result<Item>;
}
pub struct Item {
    pub id: i32,
    pub next: Vec<Item>,
    pub note: Option<String>,
}
//@ new services/sample.rs
#[host_service(name = "Sample", since = "0.1.0")]
pub trait Sample {
    #[host_fn]
    fn widened(a: i64, b: i64, c: u64, d: f64, e: f64, f: f64) -> Result<i64>;
    #[host_fn]
    fn narrowed(a: i32, b: u32, c: f32) -> Result<i32>;
    #[host_fn]
    fn sign(a: u32) -> Result<i32>;
    #[host_fn]
    fn fraction(a: f64) -> Result<i64>;
    #[host_fn]
    fn texts(a: Bytes, b: String) -> Result<Bytes>;
    #[host_fn]
    fn nulls(a: Option<String>, b: String, c: Vec<Option<i32>>) -> Result<Vec<Option<i32>>>;
    #[host_fn]
    fn shapes(a: Vec<String>, b: Map<String, String>, c: Json) -> Result<String>;
    #[host_fn]
    fn folded(value: Map<String, Json>, narrow: Map<String, i32>) -> Result<Map<String, Json>>;
}

//@ old services/sample.rs
#[host_service(name = "Sample", since = "0.1.0")]
pub trait Sample {
    #[host_fn]
    fn run_it(key: String, value: Bytes);
    #[host_fn]
    fn take(options: Options);
}
pub struct Options {
    #[json("word")]
    pub words: i32,
}
//@ old capabilities/sample.rs
#[capability(name = "sample", since = "0.1.0")]
pub trait Callback {
    #[export(name = "nd_sample")]
    fn on_sample();
}
//@ new services/sample.rs
#[host_service(name = "Sample", since = "0.2.0")]
pub trait Samples {
    #[host_fn(since = "0.3.0")]
    fn runit(#[distinguish_null] key: String, value: Bytes);
    #[host_fn]
    fn take(options: Options);
}
/// Says more.
///
/// Over two paragraphs.
pub struct Options {
    #[since("0.3.0")]
    pub word: i32,
}
//@ new capabilities/sample.rs
#[capability(name = "sample", identity = "Sampler", since = "0.1.0")]
pub trait Callbacks {
    #[export(name = "nd_sample")]
    fn on_sampled();
}

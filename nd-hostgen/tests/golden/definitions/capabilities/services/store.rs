//! Keeps things.

/// Stores things for later.
///
/// There is no limit.
#[host_service(name = "STORE", permission = "storeKey", since = "0.1.0")]
pub trait Store {
    /// Stores bytes under a key.
    ///
    /// # Errors
    ///
    /// - `full`: there is no room;
    ///   make some.
    #[host_fn]
    fn put_bytes(key: String, #[distinguish_null] value: Bytes) -> Result<()>;

    /// Returns the bytes of a key.
    #[host_fn(results(value, found))]
    fn get_bytes(key: String) -> Result<(Bytes, bool)>;

    /// Finds things.
    #[host_fn(since = "0.3.0", results(things, next))]
    fn find(options: FindOptions, tags: Map<String, Bytes>) -> Result<(Vec<Thing>, Option<FindOptions>)>;

    /// Returns the value that it was given.
    #[host_fn(results(value))]
    fn echo(value: Json) -> Result<Json>;

    /// Moves a thing, by names that are not the derived ones.
    #[host_fn(name = "rename_thing", results(old_id = "oldID", r#gen = "generation"))]
    fn rename(#[json("thingID")] thing_id: String, #[json("content")] r#gen: Bytes) -> Result<(String, i64)>;

    /// Returns results under the names of its parameters.
    #[host_fn(results(value, value_result))]
    fn swap(value: String, value_result: Shelf) -> Result<(Shelf, String)>;

    /// Counts the things.
    #[host_fn]
    fn count() -> i64;

    /// Forgets everything.
    #[host_fn]
    fn clear();
}

/// Says what to find.
pub struct FindOptions {
    /// The words to look for.
    pub words: Option<Vec<String>>,
    /// Where to go on.
    #[json("continueAt")]
    #[omit_empty]
    pub offset: i32,
    /// Signatures by their signer.
    #[omit_empty]
    pub signatures: Map<String, Bytes>,
}

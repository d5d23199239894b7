//! Types that everyone uses.

/// Names a thing.
#[since("0.1.0")]
pub struct Thing {
    /// The id; empty when not known.
    #[omit_empty]
    pub id: String,
    /// The name.
    pub name: String,
    /// The other names.
    #[since("0.2.0")]
    #[omit_empty]
    pub other_names: Vec<String>,
}

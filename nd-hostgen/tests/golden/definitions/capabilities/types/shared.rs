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

/// Holds things.
#[since("0.3.0")]
pub struct Shelf {
    /// The things.
    pub things: Vec<Thing>,
    /// The one in front.
    pub first: Option<Thing>,
}

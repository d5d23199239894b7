//! Types that all services of the fork may use.

/// Names a town.
#[since("0.64.0")]
pub struct Town {
    /// Its name.
    pub name: String,
    /// Its country; empty when there is one town of the name only.
    #[omit_empty]
    pub country: String,
}

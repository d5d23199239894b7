//! One file per mistake in `ui/`, and beside it what the author sees.
//!
//! After a change of the messages: `TRYBUILD=overwrite cargo test -p nd-compile-fail`, and read the difference.

#[test]
fn mistakes_are_explained_at_the_authors_own_code() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}

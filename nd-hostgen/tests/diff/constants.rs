//@ old capabilities/sample.rs
#[capability(name = "sample", since = "0.1.0")]
pub trait Sample {
    #[export(name = "nd_sample")]
    fn on_sample();
}
#[alias]
pub type Outcome = &'static str;
pub const OUTCOME_KEPT: Outcome = "kept";
pub const OUTCOME_LOST: Outcome = "lost";
pub const OUTCOME_CHANGED: Outcome = "old";
#[alias]
pub type Level = i32;
pub const LEVEL_LOW: Level = 1;
#[alias]
pub type Lost = i64;
pub const LOST_ONE: Lost = 1;
//@ new capabilities/sample.rs
#[capability(name = "sample", since = "0.1.0")]
pub trait Sample {
    #[export(name = "nd_sample")]
    fn on_sample();
}
#[alias]
pub type Outcome = &'static str;
pub const OUTCOME_KEPT: Outcome = "kept";
pub const OUTCOME_WON: Outcome = "won";
pub const OUTCOME_CHANGED: Outcome = "new";
#[alias]
pub type Level = i64;
pub const LEVEL_LOW: Level = 1;
#[alias]
pub type Won = i64;
pub const WON_ONE: Won = 1;

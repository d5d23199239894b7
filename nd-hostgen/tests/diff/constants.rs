//@ old capabilities/sample.rs
#[capability(name = "sample", since = "0.1.0")]
pub trait Sample {
    #[export(name = "nd_sample")]
    fn on_sample(req: Event);
}
pub struct Event {
    pub state: String,
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
#[alias]
pub type State = &'static str;
pub const STATE_KEPT: State = "kept";
pub const STATE_LOST: State = "lost";
pub const STATE_ONE: State = "one";
pub const STATE_TWO: State = "two";
pub const STATE_TWICE: State = "kept";
//@ new capabilities/sample.rs
#[capability(name = "sample", since = "0.1.0")]
pub trait Sample {
    #[export(name = "nd_sample")]
    fn on_sample(req: Event);
}
pub struct Event {
    pub state: String,
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
#[alias]
pub type State = &'static str;
pub const STATE_IS_KEPT: State = "kept";
pub const STATE_WON: State = "won";
pub const STATE_ONE: State = "two";
pub const STATE_TWO: State = "one";

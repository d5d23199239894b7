//! Greets users.

/// Greets and says goodbye.
#[capability(name = "greeter", required, since = "0.1.0")]
pub trait Greeter {
    /// Tells whether the greeter is awake.
    #[export(name = "nd_greeter_is_awake", essential)]
    fn is_awake() -> bool;

    /// Greets a user.
    #[export(name = "nd_greeter_greet", essential)]
    fn greet(req: GreetRequest) -> GreetResponse;

    /// Says goodbye.
    ///
    /// # Errors
    ///
    /// Failures are ignored.
    #[export(name = "nd_greeter_part", since = "0.2.0")]
    fn part(req: GreetRequest);
}

/// Asks for a greeting.
pub struct GreetRequest {
    /// The user's name.
    pub user_name: String,
    /// What the user likes.
    pub likes: Vec<Thing>,
}

/// Holds a greeting.
pub struct GreetResponse {
    /// The greeting.
    pub text: String,
}

/// Names a thing under its old name.
#[alias(deprecated)]
pub type Thing = types::Thing;

/// Marks what went wrong.
#[alias]
pub type GreetError = &'static str;

/// Says that nobody is there.
pub const GREET_ERROR_NOBODY: GreetError = "greet(nobody)";

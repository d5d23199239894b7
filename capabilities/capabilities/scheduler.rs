//! Receives the callbacks of the plugin's schedules.

/// Runs when a schedule of the plugin is due.
///
/// The other half is the Scheduler service.
/// A plugin whose manifest declares the `scheduler` permission must have the export, or it is not loaded.
#[capability(name = "scheduler", identity = "Scheduler", since = "0.60.0")]
pub trait SchedulerCallback {
    /// Does the work of a schedule that is due.
    ///
    /// There is no user, and the call has 30 seconds.
    /// Two calls of one recurring schedule may overlap when the first takes longer than the interval.
    /// The id of a one-time schedule is free again only after the call.
    ///
    /// # Errors
    ///
    /// A failure is logged; the schedule goes on as before, and nothing is repeated.
    #[export(
        name = "nd_scheduler_callback",
        provider = "CallbackProvider",
        register = "callback"
    )]
    fn on_callback(req: SchedulerCallbackRequest);
}

/// Says which schedule is due.
#[since("0.60.0")]
pub struct SchedulerCallbackRequest {
    /// The id of the schedule, as given or as made by the server.
    pub schedule_id: String,
    /// The text given when the schedule was made.
    pub payload: String,
    /// Whether the schedule is a recurring one.
    pub is_recurring: bool,
}

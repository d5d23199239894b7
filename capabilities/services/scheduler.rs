//! Calls the plugin back later, once or again and again.

/// Schedules calls of the plugin's `nd_scheduler_callback` export.
///
/// A plugin that declares the permission must have that export, or it is not loaded.
/// Schedules live in memory only: they are gone after a reload, a change of settings or a restart of the server, so make
/// them in `nd_on_init`.
/// One-time and recurring schedules of a plugin share one set of ids.
/// A callback runs without a user and within the 30 seconds of a plugin call; a failed one is logged and not repeated.
#[host_service(name = "Scheduler", permission = "scheduler", since = "0.60.0")]
pub trait Scheduler {
    /// Schedules one callback and returns the schedule's id.
    ///
    /// `delay_seconds` is the delay in seconds; with 0 or less the callback comes at once.
    /// `payload` is handed to the callback as it is.
    /// `schedule_id` names the schedule; when it is empty, the server makes an id of 22 letters and digits.
    ///
    /// The id stays taken until the callback has returned, so the callback cannot reuse its own id.
    ///
    /// # Errors
    ///
    /// - `schedule ID "<id>" already exists`: the id is in use.
    #[host_fn(results(new_schedule_id))]
    fn schedule_one_time(
        delay_seconds: i32,
        payload: String,
        schedule_id: String,
    ) -> Result<String>;

    /// Schedules recurring callbacks and returns the schedule's id.
    ///
    /// `cron_expression` is one of:
    ///
    /// - five fields, `minute hour day-of-month month day-of-week`, or six with the seconds first;
    /// - `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight` or `@hourly`;
    /// - `@every 1h30m`, or just `1h30m`, in whole seconds and at least one.
    ///
    /// A prefix `TZ=Europe/Paris` or `CRON_TZ=Europe/Paris` sets the time zone, which otherwise is the server's.
    /// Fields take lists, ranges, steps, English month and day names, and `~` for a random value that is chosen once;
    /// Sunday is 0, and 7 is refused.
    /// When both day fields are restricted, either one suffices.
    ///
    /// `payload` and `schedule_id` mean the same as for a one-time schedule.
    /// Callbacks may overlap when one takes longer than the interval.
    ///
    /// # Errors
    ///
    /// - `schedule ID "<id>" already exists`: the id is in use; this is checked first.
    /// - `failed to schedule task`: the expression is not valid.
    #[host_fn(results(new_schedule_id))]
    fn schedule_recurring(
        cron_expression: String,
        payload: String,
        schedule_id: String,
    ) -> Result<String>;

    /// Cancels a schedule.
    ///
    /// A callback that is running is not stopped.
    ///
    /// # Errors
    ///
    /// - `schedule ID "<id>" not found`: there is no such schedule.
    #[host_fn]
    fn cancel_schedule(schedule_id: String) -> Result<()>;
}

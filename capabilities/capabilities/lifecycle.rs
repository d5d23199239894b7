//! Tells the plugin that it was loaded.

/// Follows the plugin's life in the server.
#[capability(name = "lifecycle", since = "0.60.0")]
pub trait Lifecycle {
    /// Prepares the plugin after it was loaded.
    ///
    /// Called as the last step of every load: when the server starts, when the plugin is enabled, and after each change of
    /// its configuration, users or libraries.
    /// It is the place to make queues, schedules and connections, because none of them works on after a reload by itself.
    ///
    /// The plugin is already in use, so other exports may run at the same time.
    /// Nothing kept in the plugin's memory survives the call; use a host service for that.
    ///
    /// # Errors
    ///
    /// A failure is logged; the plugin stays loaded and enabled.
    #[export(name = "nd_on_init", provider = "InitProvider", register = "init")]
    fn on_init();
}

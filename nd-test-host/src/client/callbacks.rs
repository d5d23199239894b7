//! What the host calls on its own account: initialisation, schedules, tasks, WebSocket events.

use nd_types::scheduler::SchedulerCallbackRequest;
use nd_types::taskworker::TaskExecuteRequest;
use nd_types::websocket::{
    OnBinaryMessageRequest, OnCloseRequest, OnErrorRequest, OnTextMessageRequest,
};

use crate::error::CallError;
use crate::plugin::{ON_INIT, Plugin};

/// Declares a view of a plugin.
macro_rules! view {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        pub struct $name<'a> {
            plugin: &'a Plugin,
        }

        impl<'a> $name<'a> {
            pub(super) fn new(plugin: &'a Plugin) -> Self {
                Self { plugin }
            }
        }
    };
}

view! {
    /// A plugin seen as something that is started.
    Lifecycle
}

impl Lifecycle<'_> {
    /// Runs `nd_on_init`, as every load does by itself.
    ///
    /// # Errors
    ///
    /// Any failure; the server would only log it.
    pub fn on_init(&self) -> Result<(), CallError> {
        let nothing = serde_json::Map::new();
        self.plugin.call_unit(ON_INIT, &nothing)
    }
}

view! {
    /// A plugin seen as something that schedules wake up.
    Scheduler
}

impl Scheduler<'_> {
    /// Fires a schedule.
    ///
    /// # Errors
    ///
    /// Any failure; the server would only log it.
    pub fn callback(&self, request: &SchedulerCallbackRequest) -> Result<(), CallError> {
        self.plugin.call_unit("nd_scheduler_callback", request)
    }
}

view! {
    /// A plugin seen as a worker on tasks.
    TaskWorker
}

impl TaskWorker<'_> {
    /// Runs a task and returns its message, which may be empty.
    ///
    /// # Errors
    ///
    /// Any failure; the server would try the task again if it has tries left.
    pub fn execute(&self, request: &TaskExecuteRequest) -> Result<String, CallError> {
        self.plugin.call("nd_task_execute", request)
    }
}

view! {
    /// A plugin seen as a WebSocket client. A plugin without one of these exports never hears of the event.
    WebSocket
}

impl WebSocket<'_> {
    /// Delivers a text message.
    ///
    /// # Errors
    ///
    /// Any failure; the server would only log it.
    pub fn on_text_message(&self, request: &OnTextMessageRequest) -> Result<(), CallError> {
        self.plugin
            .call_unit("nd_websocket_on_text_message", request)
    }

    /// Delivers a binary message.
    ///
    /// # Errors
    ///
    /// Any failure; the server would only log it.
    pub fn on_binary_message(&self, request: &OnBinaryMessageRequest) -> Result<(), CallError> {
        self.plugin
            .call_unit("nd_websocket_on_binary_message", request)
    }

    /// Reports an error of a connection.
    ///
    /// # Errors
    ///
    /// Any failure; the server would only log it.
    pub fn on_error(&self, request: &OnErrorRequest) -> Result<(), CallError> {
        self.plugin.call_unit("nd_websocket_on_error", request)
    }

    /// Reports the end of a connection.
    ///
    /// # Errors
    ///
    /// Any failure; the server would only log it.
    pub fn on_close(&self, request: &OnCloseRequest) -> Result<(), CallError> {
        self.plugin.call_unit("nd_websocket_on_close", request)
    }
}

//! Messages for the server's log: standard output and standard error of a plugin are thrown away.
//!
//! The macros take what [`format!`] takes and evaluate it only if the server wants messages of that level. They are
//! reached through this module, so that they never clash with those of `extism_pdk`:
//!
//! ```
//! use nd_pdk::log;
//!
//! log::info!("scrobbled {} tracks", 3);
//! log::warn!("no token configured");
//! ```
//!
//! Outside wasm the messages go to the test host of the thread, see [`FakeHost::logs`](crate::testing::FakeHost::logs).

#[doc(inline)]
pub use crate::{
    __log_debug as debug, __log_error as error, __log_info as info, __log_trace as trace,
    __log_warn as warn,
};

/// How important a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Every step.
    Trace = 0,
    /// What helps to find a mistake.
    Debug = 1,
    /// What happens in normal operation.
    Info = 2,
    /// What an administrator should look at.
    Warn = 3,
    /// What went wrong.
    Error = 4,
}

/// Tells whether the server wants messages of this level.
pub fn enabled(level: Level) -> bool {
    crate::runtime::platform::log_enabled(level)
}

/// Writes a message that needs no formatting.
pub fn write(level: Level, message: &str) {
    if enabled(level) {
        crate::runtime::platform::log(level, message);
    }
}

/// Formats and writes a message whose level is wanted.
#[doc(hidden)]
#[inline(never)]
pub fn write_formatted(level: Level, message: std::fmt::Arguments<'_>) {
    match message.as_str() {
        Some(text) => crate::runtime::platform::log(level, text),
        None => crate::runtime::platform::log(level, &message.to_string()),
    }
}

/// Writes a message of level [`Level::Trace`].
#[doc(hidden)]
#[macro_export]
macro_rules! __log_trace {
    ($($message:tt)+) => {
        if $crate::log::enabled($crate::log::Level::Trace) {
            $crate::log::write_formatted($crate::log::Level::Trace, ::core::format_args!($($message)+))
        }
    };
}

/// Writes a message of level [`Level::Debug`].
#[doc(hidden)]
#[macro_export]
macro_rules! __log_debug {
    ($($message:tt)+) => {
        if $crate::log::enabled($crate::log::Level::Debug) {
            $crate::log::write_formatted($crate::log::Level::Debug, ::core::format_args!($($message)+))
        }
    };
}

/// Writes a message of level [`Level::Info`].
#[doc(hidden)]
#[macro_export]
macro_rules! __log_info {
    ($($message:tt)+) => {
        if $crate::log::enabled($crate::log::Level::Info) {
            $crate::log::write_formatted($crate::log::Level::Info, ::core::format_args!($($message)+))
        }
    };
}

/// Writes a message of level [`Level::Warn`].
#[doc(hidden)]
#[macro_export]
macro_rules! __log_warn {
    ($($message:tt)+) => {
        if $crate::log::enabled($crate::log::Level::Warn) {
            $crate::log::write_formatted($crate::log::Level::Warn, ::core::format_args!($($message)+))
        }
    };
}

/// Writes a message of level [`Level::Error`].
#[doc(hidden)]
#[macro_export]
macro_rules! __log_error {
    ($($message:tt)+) => {
        if $crate::log::enabled($crate::log::Level::Error) {
            $crate::log::write_formatted($crate::log::Level::Error, ::core::format_args!($($message)+))
        }
    };
}

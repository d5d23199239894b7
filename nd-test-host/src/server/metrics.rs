//! Counts and times of plugin calls, as the server offers them to Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::CallError;

/// The counts of one host. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    series: Arc<Mutex<BTreeMap<(String, String), CallCounts>>>,
}

/// The calls of one export of one plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallCounts {
    /// Calls that succeeded.
    pub ok: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Time spent in all of them.
    pub time: Duration,
}

impl Metrics {
    /// Returns the counts of an export.
    pub fn calls(&self, plugin: &str, export: &str) -> CallCounts {
        let key = (plugin.to_owned(), export.to_owned());
        self.lock().get(&key).copied().unwrap_or_default()
    }

    /// Returns all counts in Prometheus' text format.
    pub fn render(&self) -> String {
        let series = self.lock().clone();
        let mut counts = String::from("# TYPE plugin_request_count counter\n");
        let mut times = String::from("# TYPE plugin_request_latency summary\n");
        for ((plugin, method), calls) in series {
            let labels = format!(
                "plugin=\"{}\",method=\"{}\"",
                quoted(&plugin),
                quoted(&method)
            );
            for (ok, count) in [(true, calls.ok), (false, calls.failed)] {
                if count > 0 {
                    // Writing to a text cannot fail.
                    let _ = writeln!(
                        counts,
                        "plugin_request_count{{{labels},ok=\"{ok}\"}} {count}"
                    );
                }
            }
            let milliseconds = calls.time.as_secs_f64() * 1_000.0;
            let _ = writeln!(
                times,
                "plugin_request_latency_sum{{{labels}}} {milliseconds}"
            );
            let count = calls.ok + calls.failed;
            let _ = writeln!(times, "plugin_request_latency_count{{{labels}}} {count}");
        }
        counts + &times
    }

    /// Counts a call, unless it ended in a way that does not count.
    pub(crate) fn note<T>(
        &self,
        plugin: &str,
        export: &str,
        time: Duration,
        result: &Result<T, CallError>,
    ) {
        let ok = match result {
            Ok(_) => true,
            Err(
                CallError::NotLoaded { .. }
                | CallError::Instance { .. }
                | CallError::MissingExport { .. }
                | CallError::NotImplemented { .. }
                | CallError::Cancelled { .. }
                | CallError::CallerTimeout { .. }
                | CallError::Encode { .. },
            ) => return,
            Err(_) => false,
        };
        let count = |calls: &mut CallCounts| {
            match ok {
                true => calls.ok += 1,
                false => calls.failed += 1,
            }
            calls.time = calls.time.saturating_add(time);
        };
        let key = (plugin.to_owned(), export.to_owned());
        let mut series = self.lock();
        match series.get_mut(&key) {
            Some(calls) => count(calls),
            None => count(series.entry(key).or_default()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(String, String), CallCounts>> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn quoted(label: &str) -> String {
    label
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_guest_answered_does_not_count() {
        let metrics = Metrics::default();
        let (plugin, export) = ("p".to_owned(), "e".to_owned());
        let missing = CallError::MissingExport {
            plugin: plugin.clone(),
            export: export.clone(),
        };
        let cancelled = CallError::Cancelled {
            plugin: plugin.clone(),
            export: export.clone(),
        };
        let absent = CallError::NotImplemented {
            plugin: plugin.clone(),
            export: export.clone(),
        };
        for error in [missing, cancelled, absent] {
            metrics.note::<()>("p", "e", Duration::from_millis(1), &Err(error));
        }
        assert_eq!(metrics.calls("p", "e"), CallCounts::default());
        assert!(!metrics.render().contains('{'));
        let code = CallError::ExitCode {
            plugin,
            export,
            code: 7,
        };
        metrics.note::<()>("p", "e", Duration::from_millis(3), &Err(code));
        metrics.note("p", "e", Duration::from_millis(2), &Ok(()));
        metrics.note("a\"b", "e", Duration::from_millis(2), &Ok(()));
        assert_eq!(
            metrics.render(),
            "# TYPE plugin_request_count counter\n\
             plugin_request_count{plugin=\"a\\\"b\",method=\"e\",ok=\"true\"} 1\n\
             plugin_request_count{plugin=\"p\",method=\"e\",ok=\"true\"} 1\n\
             plugin_request_count{plugin=\"p\",method=\"e\",ok=\"false\"} 1\n\
             # TYPE plugin_request_latency summary\n\
             plugin_request_latency_sum{plugin=\"a\\\"b\",method=\"e\"} 2\n\
             plugin_request_latency_count{plugin=\"a\\\"b\",method=\"e\"} 1\n\
             plugin_request_latency_sum{plugin=\"p\",method=\"e\"} 5\n\
             plugin_request_latency_count{plugin=\"p\",method=\"e\"} 2\n"
        );
    }
}

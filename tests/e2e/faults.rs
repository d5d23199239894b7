//! Faults on purpose, and time that is moved by hand, as a plugin's test would use them.

use std::sync::Arc;
use std::time::Duration;

use nd_test_host::faults::Fault;
use nd_test_host::services::{ManualClock, ServiceSettings};
use nd_test_host::{CallError, Host, PluginSettings};
use nd_tests::load;
use serde_json::{Value, json};

fn with_clock() -> (Host, ManualClock) {
    let clock = ManualClock::default();
    let mut settings = ServiceSettings::default();
    settings.clock = Arc::new(clock.clone());
    let host = Host::builder()
        .every_plugin(PluginSettings::all())
        .service_settings(settings)
        .build()
        .unwrap();
    (host, clock)
}

fn set(host: &Host, key: &str) -> Result<Value, CallError> {
    let plugin = host.plugin("fixture-services").unwrap();
    let arguments = json!({ "key": key, "value": "dg==" });
    let command = json!({ "function": "kvstore_set", "arguments": arguments });
    plugin.call("call_service", &command)
}

#[test]
fn a_plugin_reads_injected_errors_and_corrupt_answers() {
    let (host, _) = with_clock();
    load(&host, "fixture-services");
    host.faults()
        .add(Fault::error("disk I/O error").service("KVStore").times(1));
    let error = set(&host, "a").unwrap_err().to_string();
    assert!(error.contains("disk I/O error"), "{error}");
    set(&host, "a").unwrap();
    host.faults()
        .add(Fault::answer("{\"valu").function("kvstore_set"));
    assert!(matches!(set(&host, "b"), Err(CallError::Failed { .. })));
    host.faults().clear();
    host.faults().fill_disk(true);
    let error = set(&host, "c").unwrap_err().to_string();
    assert!(error.contains("database or disk is full"), "{error}");
    host.faults().clear();
    set(&host, "c").unwrap();
}

#[test]
fn a_late_answer_uses_up_the_limit_of_the_call_without_waiting() {
    let (host, clock) = with_clock();
    load(&host, "fixture-services");
    let began = nd_test_host::services::Clock::now(&clock);
    host.faults()
        .add(Fault::delay(Duration::from_secs(29)).times(1));
    host.faults()
        .add(Fault::delay(Duration::from_secs(30)).times(1));
    set(&host, "in time").unwrap();
    let late = set(&host, "late").unwrap_err();
    let CallError::Timeout { limit, .. } = late else {
        panic!("{late}");
    };
    assert_eq!(limit, Duration::from_secs(30));
    let passed = nd_test_host::services::Clock::now(&clock)
        .duration_since(began)
        .unwrap();
    assert_eq!(passed, Duration::from_secs(59));
    set(&host, "afterwards").unwrap();
}

#[test]
fn hosts_side_by_side_have_faults_and_clocks_of_their_own() {
    let (broken, _) = with_clock();
    let (sound, clock) = with_clock();
    load(&broken, "fixture-services");
    load(&sound, "fixture-services");
    broken.faults().add(Fault::error("no"));
    clock.advance(Duration::from_secs(1_000));
    assert!(set(&broken, "a").is_err());
    assert!(set(&sound, "a").is_ok());
}

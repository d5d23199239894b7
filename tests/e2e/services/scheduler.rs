//! The Scheduler, on a clock that a test moves.

use super::Fixture;
use serde_json::{Value, json};
use std::time::Duration;

/// How long a callback may take in real time.
const LIMIT: Duration = Duration::from_secs(60);

impl Fixture {
    /// Waits for what is due and returns the requests of all callbacks so far.
    fn fired(&self) -> Vec<Value> {
        let scheduler = self.plugin.services().scheduler().unwrap();
        assert!(scheduler.wait_idle(LIMIT));
        let calls = self.host.journal().calls_of("nd_scheduler_callback");
        calls.iter().filter_map(|call| call.input.json()).collect()
    }
}

#[test]
fn a_one_time_schedule_fires_once_when_its_time_comes() {
    let (fixture, clock) = Fixture::with_clock();
    let schedule = json!({ "delaySeconds": 60, "payload": "wake up", "scheduleId": "alarm" });
    let id = fixture.get("scheduler_scheduleonetime", schedule.clone());
    assert_eq!(id, "alarm");
    assert_eq!(
        fixture.call("scheduler_scheduleonetime", schedule.clone()),
        Err("schedule ID \"alarm\" already exists".into())
    );
    clock.advance(Duration::from_secs(59));
    assert_eq!(fixture.fired().len(), 0);
    clock.advance(Duration::from_secs(1));
    let fired = fixture.fired();
    assert_eq!(fired.len(), 1);
    assert_eq!(fired[0]["scheduleId"], "alarm");
    assert_eq!(fired[0]["payload"], "wake up");
    assert_eq!(fired[0]["isRecurring"], false);
    clock.advance(Duration::from_secs(600));
    assert_eq!(fixture.fired().len(), 1);
    // Its id is free again.
    fixture.get("scheduler_scheduleonetime", schedule);
}

#[test]
fn a_recurring_schedule_fires_until_it_is_cancelled() {
    let (fixture, clock) = Fixture::with_clock();
    let schedule = json!({ "cronExpression": "@every 10m", "payload": "again" });
    let id = fixture.get("scheduler_schedulerecurring", schedule);
    assert!(!id.as_str().unwrap_or_default().is_empty(), "{id}");
    for runs in 1..=3 {
        clock.advance(Duration::from_secs(600));
        assert_eq!(fixture.fired().len(), runs);
    }
    assert_eq!(fixture.fired()[0]["isRecurring"], true);
    let cancel = json!({ "scheduleId": id });
    fixture.get("scheduler_cancelschedule", cancel.clone());
    clock.advance(Duration::from_secs(6000));
    assert_eq!(fixture.fired().len(), 3);
    let error = fixture
        .call("scheduler_cancelschedule", cancel)
        .unwrap_err();
    assert!(error.ends_with("not found"), "{error}");

    let odd = json!({ "cronExpression": "at noon", "payload": "" });
    let error = fixture.call("scheduler_schedulerecurring", odd);
    let error = error.unwrap_err();
    assert!(error.starts_with("failed to schedule task: "), "{error}");
    assert!(error.contains("at noon"), "{error}");
}

#[test]
fn a_callback_may_call_the_host_and_its_failure_is_logged() {
    let (fixture, clock) = Fixture::with_clock();
    let schedule = |command: Value| {
        let schedule = json!({ "delaySeconds": 1, "payload": command.to_string() });
        fixture.get("scheduler_scheduleonetime", schedule);
        clock.advance(Duration::from_secs(1));
    };
    // The first callback makes the second one, which is due at once.
    let store = json!({ "function": "kvstore_set", "arguments": { "key": "k", "value": "aGk=" } });
    let inner = json!({ "delaySeconds": 0, "payload": store.to_string() });
    schedule(json!({ "function": "scheduler_scheduleonetime", "arguments": inner }));
    assert_eq!(fixture.fired().len(), 2);
    assert_eq!(fixture.get("kvstore_get", json!({ "key": "k" })), "aGk=");

    let fails = json!({ "function": "library_getlibrary", "arguments": { "id": 9 } });
    schedule(fails);
    assert_eq!(fixture.fired().len(), 3);
    let logs = fixture.host.journal().logs();
    assert!(
        logs.iter()
            .any(|log| log.message.contains("callback failed")
                && log.message.contains("library not found")),
        "{}",
        fixture.host.journal()
    );
}

#[test]
fn nothing_fires_after_the_plugin_is_unloaded() {
    let (fixture, clock) = Fixture::with_clock();
    let schedule = json!({ "delaySeconds": 1, "payload": "too late" });
    fixture.get("scheduler_scheduleonetime", schedule);
    fixture.host.unload("fixture-services");
    clock.advance(Duration::from_secs(10));
    assert_eq!(fixture.fired().len(), 0);
}

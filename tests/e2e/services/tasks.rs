//! Task queues, with a real plugin behind them.

use std::time::Duration;

use nd_test_host::services::task::Status;
use serde_json::{Value, json};

use super::Fixture;

mod killed;
mod unloading;

const LIMIT: Duration = Duration::from_secs(60);

fn payload(text: &str) -> String {
    use base64::Engine;
    base64::prelude::BASE64_STANDARD.encode(text)
}

impl Fixture {
    fn enqueue(&self, text: &str) -> String {
        let arguments = json!({ "queueName": "q", "payload": payload(text) });
        let id = self.get("task_enqueue", arguments);
        id.as_str().unwrap().to_owned()
    }

    fn wait(&self) {
        let services = self.plugin.services();
        assert!(services.task().unwrap().wait_idle(LIMIT));
    }

    fn task(&self, id: &str) -> Value {
        self.get("task_get", json!({ "taskId": id }))
    }
}

fn create(fixture: &Fixture, config: Value) {
    let arguments = json!({ "name": "q", "config": config });
    fixture.call("task_createqueue", arguments).unwrap();
}

#[test]
fn a_task_calls_host_functions_and_its_answer_is_kept() {
    let fixture = Fixture::new();
    create(&fixture, json!({}));
    let command =
        json!({ "function": "kvstore_set", "arguments": { "key": "k", "value": "dg==" } });
    let id = fixture.enqueue(&command.to_string());
    fixture.wait();
    let task = fixture.task(&id);
    assert_eq!(task["status"], "completed", "{task}");
    assert_eq!(task["attempt"], 1);
    let stored = fixture.get("kvstore_get", json!({ "key": "k" }));
    assert_eq!(stored, json!("dg=="));
}

#[test]
fn a_failing_task_is_tried_again_as_time_goes_by() {
    let (fixture, clock) = Fixture::with_clock();
    create(&fixture, json!({ "maxRetries": 1, "backoffMs": 30_000 }));
    let id = fixture.enqueue("fail: not today");
    fixture.wait();
    assert_eq!(fixture.task(&id)["status"], "pending");
    clock.advance(Duration::from_secs(30));
    fixture.wait();
    let task = fixture.task(&id);
    assert_eq!(
        (&task["status"], &task["attempt"]),
        (&json!("failed"), &json!(2))
    );
    let message = task["message"].as_str().unwrap();
    assert!(
        message.starts_with("plugin call failed: ") && message.contains("not today"),
        "{task}"
    );
}

#[test]
fn a_task_may_add_tasks_and_ask_for_itself() {
    let fixture = Fixture::new();
    create(&fixture, json!({ "concurrency": 2 }));
    let inner = json!({ "queueName": "q", "payload": payload("") });
    fixture.enqueue(&json!({ "function": "task_enqueue", "arguments": inner }).to_string());
    fixture.wait();
    let services = fixture.plugin.services();
    let tasks = services.task().unwrap().tasks("q").unwrap();
    assert_eq!(tasks.len(), 2);
    assert!(tasks.iter().all(|task| task.status == Status::Completed));
}

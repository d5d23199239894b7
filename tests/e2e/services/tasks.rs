//! Task queues, with a real plugin behind them; some of the hosts are killed in the middle of a task.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use nd_test_host::services::task::Status;
use nd_test_host::{Host, PluginSettings};
use nd_tests::load;
use serde_json::{Value, json};

use super::Fixture;

mod killed;
mod unloading;

const LIMIT: Duration = Duration::from_secs(60);
/// Tells the child process where to work.
const CHILD: &str = "ND_TEST_TASK_CHILD";

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

fn host(data: &Path) -> Fixture {
    let builder = Host::builder()
        .data_dir(data)
        .every_plugin(PluginSettings::all());
    let host = builder.build().unwrap();
    let plugin = load(&host, "fixture-services");
    Fixture { host, plugin }
}

/// What the child does: it adds tasks that count themselves, until it is killed.
#[test]
fn child_of_the_kill_test() {
    let Some(data) = std::env::var_os(CHILD) else {
        return;
    };
    let fixture = host(Path::new(&data));
    create(
        &fixture,
        json!({ "concurrency": 2, "maxRetries": 5, "backoffMs": 1 }),
    );
    for number in 0.. {
        let arguments = json!({ "key": format!("task-{number}"), "value": "" });
        let command = json!({ "function": "kvstore_set", "arguments": arguments });
        fixture.enqueue(&command.to_string());
        // Said to the parent only once the task is stored: from here on it must not be lost.
        std::fs::write(Path::new(&data).join("promised"), format!("{number}")).unwrap();
    }
}

fn start_child(data: &Path) -> Child {
    let own = std::env::current_exe().unwrap();
    Command::new(own)
        .args([
            "--exact",
            "services::tasks::child_of_the_kill_test",
            "--nocapture",
        ])
        .env(CHILD, data)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

fn promised(data: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(data.join("promised")).ok()?;
    text.parse().ok()
}

#[test]
fn nothing_is_lost_when_the_process_is_killed_in_the_middle() {
    for round in 1..=4_u64 {
        let folder = tempfile::tempdir().unwrap();
        let mut child = start_child(folder.path());
        let until = Instant::now() + LIMIT;
        while promised(folder.path()).is_none_or(|number| number < round * 7) {
            assert!(Instant::now() < until, "the child does not get anywhere");
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // The file may have been caught between being emptied and written.
        let last = promised(folder.path()).unwrap_or(round * 7);

        let fixture = host(folder.path());
        create(&fixture, json!({ "concurrency": 2 }));
        fixture.wait();
        let services = fixture.plugin.services();
        let tasks = services.task().unwrap().tasks("q").unwrap();
        assert!(tasks.len() as u64 > last, "{} of {last}", tasks.len());
        for task in &tasks {
            assert_eq!(task.status, Status::Completed, "{task:?}");
            assert!(task.attempt >= 1, "{task:?}");
        }
        for number in 0..=last {
            let has = fixture.get("kvstore_has", json!({ "key": format!("task-{number}") }));
            assert_eq!(has, json!(true), "task {number} of {last}");
        }
    }
}

//! Hosts that are killed with tasks on the way: what was enqueued is done, at least once.

use super::{LIMIT, create};
use nd_test_host::peer::{Answer, HttpPeer};
use nd_test_host::services::task::Status;
use nd_test_host::{Host, PluginSettings};
use nd_tests::load;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::services::Fixture;

/// Tells the child process where to work.
const DATA: &str = "ND_TEST_TASK_DATA";
/// The payload of its tasks.
const PAYLOAD: &str = "ND_TEST_TASK_PAYLOAD";
/// How many tasks it enqueues.
const COUNT: &str = "ND_TEST_TASK_COUNT";
/// What a line begins with that names a task that is stored, so that it must not be lost from then on.
const STORED: &str = "stored: ";

/// A process of this same program that hosts the plugin and enqueues tasks.
struct Victim {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Victim {
    fn start(data: &Path, payload: &str, count: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "services::tasks::killed::as_the_victim"])
            .args(["--nocapture", "--test-threads", "1"])
            .env(DATA, data)
            .env(PAYLOAD, payload)
            .env(COUNT, count.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// Waits for the next task that is stored, if there is one more.
    fn stored(&mut self) -> Option<String> {
        let mut line = String::new();
        while self.output.read_line(&mut line).unwrap() > 0 {
            // The test runner writes to the same stream, without ending its lines.
            if let (Some((_, id)), true) = (line.split_once(STORED), line.ends_with('\n')) {
                return Some(id.trim().to_owned());
            }
            line.clear();
        }
        None
    }

    /// Kills the process and returns the tasks it had stored besides.
    fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::iter::from_fn(|| self.stored()).collect()
    }
}

fn host(data: &Path) -> Fixture {
    let host = Host::builder()
        .data_dir(data)
        .every_plugin(PluginSettings::all())
        .build()
        .unwrap();
    let plugin = load(&host, "fixture-services");
    Fixture { host, plugin }
}

/// What the child does. In the suite itself it does nothing.
#[test]
fn as_the_victim() {
    let (Some(data), Ok(payload), Ok(count)) = (
        std::env::var_os(DATA),
        std::env::var(PAYLOAD),
        std::env::var(COUNT),
    ) else {
        return;
    };
    let fixture = host(Path::new(&data));
    create(&fixture, json!({ "concurrency": 3 }));
    for _ in 0..count.parse().unwrap() {
        println!("{STORED}{}", fixture.enqueue(&payload));
    }
    // Until it is killed, or its parent is gone for long.
    std::thread::sleep(Duration::from_secs(120));
}

#[test]
fn a_task_that_a_kill_interrupts_runs_again_and_the_try_counts() {
    let (folder, peer) = (tempfile::tempdir().unwrap(), HttpPeer::start().unwrap());
    let answers = [
        Answer::text("too late").delay(Duration::from_secs(28)),
        Answer::text("in time"),
    ];
    peer.on_each("/", answers);
    let request = json!({ "method": "GET", "url": peer.url("/"), "timeoutMs": 29_000 });
    let command = json!({ "function": "http_send", "arguments": { "request": request } });
    let mut victim = Victim::start(folder.path(), &command.to_string(), 1);
    let id = victim.stored().unwrap();
    // It is in the middle of the task now.
    assert!(peer.wait_for(1, LIMIT));
    victim.kill();

    let fixture = host(folder.path());
    assert_eq!(
        fixture.task(&id),
        json!({ "status": "running", "message": "", "attempt": 1 })
    );
    create(&fixture, json!({}));
    fixture.wait();
    let task = fixture.task(&id);
    assert_eq!(task["status"], "completed", "{task}");
    assert_eq!(task["attempt"], 2);
    let calls = fixture.host.journal().calls_of("nd_task_execute");
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].input.json().unwrap()["attempt"], 2);
}

#[test]
fn nothing_is_lost_over_many_kills_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let command = json!({ "function": "kvstore_has", "arguments": { "key": "k" } }).to_string();
    let mut stored = Vec::new();
    for round in 0..6_usize {
        let mut victim = Victim::start(folder.path(), &command, 2_000);
        // Each time elsewhere: at once, while it enqueues, and while it works off what earlier ones left.
        for _ in 0..round * round * 3 {
            stored.extend(victim.stored());
        }
        stored.extend(victim.kill());
    }
    assert!(stored.len() > 100, "{}", stored.len());
    let fixture = host(folder.path());
    create(&fixture, json!({ "concurrency": 4 }));
    fixture.wait();
    let services = fixture.plugin.services();
    let tasks = services.task().unwrap().tasks("q").unwrap();
    let of: std::collections::HashMap<_, _> = tasks.iter().map(|task| (&*task.id, task)).collect();
    for id in &stored {
        let task = of.get(id.as_str());
        let task = task.unwrap_or_else(|| panic!("{id} is lost"));
        assert_eq!(task.status, Status::Completed, "{task:?}");
    }
    // Those that were stored, but killed before they were told, are done as well.
    for task in &tasks {
        assert_eq!(task.status, Status::Completed, "{task:?}");
    }
}

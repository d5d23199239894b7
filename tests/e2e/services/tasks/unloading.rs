//! Plugins that are unloaded with tasks in every state.

use super::{LIMIT, create, payload};
use nd_test_host::context::CallContext;
use nd_test_host::generated::Storage;
use nd_test_host::peer::{Answer, HttpPeer};
use nd_test_host::services::task::Status;
use nd_test_host::{Host, PluginSettings};
use nd_tests::load;
use serde_json::json;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use crate::services::Fixture;

const PLUGIN: &str = "fixture-services";

impl Fixture {
    /// Unloads the plugin and loads it again, without its queues.
    fn reload(&mut self) {
        self.host.unload(PLUGIN);
        self.plugin = load(&self.host, PLUGIN);
    }
}

#[test]
fn a_running_task_is_cut_off_and_runs_again_uncounted() {
    let (mut fixture, peer) = (Fixture::new(), HttpPeer::start().unwrap());
    let answers = [
        Answer::text("too late").delay(Duration::from_secs(25)),
        Answer::text("in time"),
    ];
    peer.on_each("/", answers);
    create(&fixture, json!({}));
    let request = json!({ "method": "GET", "url": peer.url("/"), "timeoutMs": 29_000 });
    let command = json!({ "function": "http_send", "arguments": { "request": request } });
    let id = fixture.enqueue(&command.to_string());
    assert!(peer.wait_for(1, LIMIT));
    assert_eq!(fixture.task(&id)["status"], "running");
    fixture.reload();
    assert_eq!(
        fixture.task(&id),
        json!({ "status": "pending", "message": "", "attempt": 0 })
    );
    create(&fixture, json!({}));
    fixture.wait();
    let task = fixture.task(&id);
    assert_eq!(task["status"], "completed", "{task}");
    assert_eq!(task["attempt"], 1);
}

/// A Storage service that unloads the plugin that asks.
#[derive(Default)]
struct Unloading {
    host: Mutex<Weak<Host>>,
}

impl Storage for Unloading {
    fn get_storage_path(&self, ctx: &CallContext) -> String {
        let host = self.host.lock().unwrap().upgrade();
        if let Some(host) = host {
            host.unload(ctx.plugin());
        }
        String::new()
    }
}

#[test]
fn a_task_that_has_its_plugin_unloaded_runs_again_and_counts() {
    let unloading = Arc::new(Unloading::default());
    let service = unloading.clone();
    let builder = Host::builder()
        .every_plugin(PluginSettings::all())
        .services(move |_, services| services.storage = service.clone());
    let host = Arc::new(builder.build().unwrap());
    let plugin = load(&host, PLUGIN);
    let call = |plugin: &nd_test_host::Plugin, function: &str, arguments| {
        let command = json!({ "function": function, "arguments": arguments });
        plugin.call::<_, serde_json::Value>("call_service", &command)
    };
    let queue = json!({ "name": "q", "config": {} });
    call(&plugin, "task_createqueue", queue.clone()).unwrap();
    *unloading.host.lock().unwrap() = Arc::downgrade(&host);
    let command = json!({ "function": "storage_getstoragepath", "arguments": {} });
    let task = json!({ "queueName": "q", "payload": payload(&command.to_string()) });
    // The task may cut off the call that enqueues it.
    let _ = call(&plugin, "task_enqueue", task);
    let tasks = plugin.services().task().unwrap().clone();
    assert!(tasks.wait_idle(LIMIT));
    *unloading.host.lock().unwrap() = Weak::new();
    assert!(host.plugin(PLUGIN).is_none());

    let plugin = load(&host, PLUGIN);
    call(&plugin, "task_createqueue", queue).unwrap();
    let tasks = plugin.services().task().unwrap();
    assert!(tasks.wait_idle(LIMIT));
    let stored = tasks.tasks("q").unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].status, Status::Completed);
    assert_eq!(stored[0].attempt, 2);
}

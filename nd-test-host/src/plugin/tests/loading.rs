//! What is checked when a plugin is loaded, and what happens around it.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::{answering, guest, load, manifest, patient, try_load};
use crate::context::{CallContext, Callback};
use crate::generated::Config;
use crate::journal::{CallId, LogLevel, Outcome};
use crate::plugin::CallOptions;
use crate::{CallError, Host, LoadError, Package, Plugin, PluginSettings};

fn load_error(permissions: &str, body: &str) -> String {
    match try_load(&patient(), permissions, body) {
        Ok(_) => panic!("it loaded"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn any_one_export_makes_a_capability() {
    let host = patient();
    let body = r#"(func (export "nd_scrobbler_scrobble")) (func (export "nd_get_artist_url")) (func (export "odd"))"#;
    let plugin = load(&host, r#"{"users":{}}"#, body);
    let names: Vec<_> = plugin
        .capabilities()
        .iter()
        .map(|found| found.name)
        .collect();
    assert_eq!(names, ["MetadataAgent", "Scrobbler"]);
    assert!(!plugin.has_capability("Lyrics"));
    assert_eq!(plugin.call_raw("odd", b"{}"), Ok(Vec::new()));
    assert!(plugin.exports().any(|name| name == "odd"));
}

#[test]
fn exports_and_permissions_must_fit() {
    let text = load_error("{}", r#"(func (export "nd_scrobbler_scrobble"))"#);
    assert!(text.starts_with("manifest validation:"), "{text}");
    assert!(text.contains("scrobbler capability requires 'users' permission"));
    let text = load_error(r#"{"scheduler":{}}"#, "");
    assert!(text.contains(
        "'scheduler' permission requires plugin to export 'nd_scheduler_callback' function"
    ));
    let text = load_error(r#"{"taskqueue":{}}"#, "");
    assert!(
        text.contains(
            "'taskqueue' permission requires plugin to export 'nd_task_execute' function"
        )
    );
}

#[test]
fn an_import_without_permission_fails_the_load() {
    let import = r#"(import "extism:host/user" "kvstore_get" (func (param i64) (result i64)))"#;
    let text = load_error("{}", import);
    assert!(text.starts_with("creating instance"), "{text}");
    assert!(text.contains("is not exported in module") && text.contains(r#"add "kvstore": {}"#));
    load(&patient(), r#"{"kvstore":{}}"#, import);
    let socket = r#"(import "wasi_snapshot_preview1" "sock_connect" (func (param i32)))"#;
    let text = load_error("{}", socket);
    assert!(text.starts_with("creating instance"), "{text}");
    let named = r#""sock_connect" is not exported in module "wasi_snapshot_preview1""#;
    assert!(text.contains(named), "{text}");
}

#[test]
fn modules_that_are_none_or_ask_too_much_do_not_compile() {
    let host = patient();
    let wat = |text: &str| wat::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    for wasm in [
        b"no wasm".to_vec(),
        b"(module)".to_vec(),
        guest("")[..100].to_vec(),
        wat("(module (memory i64 1))"),
        wat("(module (memory 1) (memory 1))"),
        wat("(module (memory 1 1 shared))"),
        wat("(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))"),
        wat("(module (func return_call 0))"),
        wat("(module (type (struct)))"),
        wat("(module (type $f (func)) (func (param (ref null $f))))"),
        wat("(module (tag))"),
        wat("(module (func (try_table)))"),
        wat("(module (global i32 (i32.add (i32.const 1) (i32.const 1))))"),
        wat("(module (func (param v128) (result v128)
            (i32x4.relaxed_trunc_f32x4_s (local.get 0))))"),
        wat("(module (func (param i64) (result i64 i64)
            (i64.mul_wide_u (local.get 0) (local.get 0))))"),
        wat("(component)"),
    ] {
        let package = Package::from_parts("test", &manifest("{}"), wasm);
        let error = host.load_package(package.unwrap_or_else(|error| panic!("{error}")));
        let Err(error @ LoadError::Compile { .. }) = error else {
            panic!("{error:?}");
        };
        assert!(error.to_string().starts_with("compiling plugin test: "));
    }
}

#[test]
fn the_features_of_core_2_0_are_there() {
    let body = r#"(table $functions 1 funcref) (elem declare func $two)
        (global $counter (mut i32) (i32.const 0))
        (func $two (result i32 i32) (i32.const 3) (i32.const 4))
        (func (export "run") (result i32)
            (memory.fill (i32.const 0) (i32.const 7) (i32.const 16))
            (memory.copy (i32.const 16) (i32.const 0) (i32.const 16))
            (table.set $functions (i32.const 0) (ref.func $two))
            (if (ref.is_null (table.get $functions (i32.const 0))) (then unreachable))
            (global.set $counter (i32.extend8_s (i32.const 0xff)))
            (global.set $counter (i32.add (global.get $counter)
                (i32.trunc_sat_f64_u (f64.const -1))))
            (global.set $counter (i32.add (global.get $counter)
                (i8x16.extract_lane_u 3 (v128.load (i32.const 16)))))
            (call $two) i32.add (global.get $counter) i32.add)"#;
    let host = patient();
    let plugin = load(&host, "{}", body);
    let error = plugin.call_raw("run", b"{}");
    assert!(
        matches!(error, Err(CallError::ExitCode { code: 13, .. })),
        "{error:?}"
    );
}

#[test]
fn users_and_libraries_must_be_granted_when_asked_for() {
    let host = Host::builder()
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let both = r#"{"library":{},"users":{}}"#;
    let text = |host: &Host| match try_load(host, both, "") {
        Ok(_) => panic!("it loaded"),
        Err(error) => error.to_string(),
    };
    assert!(text(&host).starts_with("users permission requires configuration"));
    let users = PluginSettings::new().users(["u1"]);
    host.configure("test", users.clone())
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(text(&host).starts_with("library permission requires configuration"));
    let all = users.libraries([1]);
    host.configure("test", all)
        .unwrap_or_else(|error| panic!("{error}"));
    load(&host, both, "");
}

#[test]
fn one_id_is_loaded_once() {
    let host = patient();
    load(&host, "{}", "");
    let error = try_load(&host, "{}", "");
    assert!(matches!(error, Err(LoadError::AlreadyLoaded { .. })));
    assert!(host.unload("test") && !host.unload("test"));
    load(&host, "{}", "");
}

const CONFIGURED: &str = r#"{"name":"T","author":"A","version":"1",
    "config":{"schema":{"type":"object","properties":{"n":{"type":"integer"}}}}}"#;

#[test]
fn a_configuration_is_checked_and_a_change_reloads() {
    let host = patient();
    let init = r#"(func (export "nd_on_init"))"#;
    let package = Package::from_parts("test", CONFIGURED.as_bytes(), guest(init));
    let package = package.unwrap_or_else(|error| panic!("{error}"));
    let first = host
        .load_package(package)
        .unwrap_or_else(|error| panic!("{error}"));
    let wrong = PluginSettings::all().config_json(r#"{"n":"x"}"#);
    let error = host.configure("test", wrong);
    let Err(error @ LoadError::InvalidConfig { .. }) = error else {
        panic!("{error:?}");
    };
    assert!(error.to_string().contains("n: "), "{error}");
    assert!(first.is_loaded());
    let right = PluginSettings::all().config_json(r#"{"n":1}"#);
    host.configure("test", right)
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(!first.is_loaded());
    assert!(host.plugin("test").is_some_and(|plugin| plugin.is_loaded()));
    assert_eq!(host.journal().calls_of("nd_on_init").len(), 2);
}

#[test]
fn a_plugin_without_schema_takes_no_configuration() {
    let host = patient();
    let config = PluginSettings::all().config_json("{}");
    host.configure("test", config)
        .unwrap_or_else(|error| panic!("{error}"));
    let error = try_load(&host, "{}", "");
    assert!(error.is_err_and(|error| {
        error
            .to_string()
            .contains("plugin has no configurable options")
    }));
}

#[test]
fn a_failing_initialisation_is_only_logged() {
    let host = patient();
    let plugin = load(&host, "{}", r#"(func (export "nd_on_init") unreachable)"#);
    assert!(plugin.is_loaded());
    let logs = host.journal().logs();
    assert_eq!(logs.len(), 1);
    assert_eq!(logs[0].level, LogLevel::Error);
    assert!(
        logs[0]
            .message
            .starts_with("nd_on_init failed: plugin call failed:")
    );
}

#[test]
fn dropping_the_host_unloads() {
    let host = patient();
    let plugin = load(&host, "{}", "");
    drop(host);
    assert!(!plugin.is_loaded());
}

/// A Config service that calls back into the plugin, or panics.
struct Odd(Weak<dyn Callback>);

impl Config for Odd {
    fn get(&self, _ctx: &CallContext, _key: String) -> Option<String> {
        let callback = self.0.upgrade()?;
        assert!(callback.has_export("inner") && !callback.has_export("other"));
        let output = callback.call("inner", b"{}".to_vec()).ok()?;
        Some(String::from_utf8_lossy(&output).into_owned())
    }

    fn get_int(&self, _ctx: &CallContext, _key: String) -> Option<i64> {
        panic!("no numbers today")
    }

    fn keys(&self, ctx: &CallContext, _prefix: String) -> Vec<String> {
        vec![ctx.plugin().to_owned(), ctx.export().to_owned()]
    }
}

fn odd_host() -> Host {
    Host::builder()
        .services(|setup, services| services.config = Arc::new(Odd(setup.callback.clone())))
        .build()
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Calls a function of the Config service with `{}` and answers with what came back.
fn relay(function: &str) -> String {
    format!(
        r#"(import "extism:host/user" "{function}" (func $service (param i64) (result i64)))
        (data (i32.const 0) "{{}}") (data (i32.const 8) "\22in\22")
        (func (export "inner") (call $output (i32.const 8) (i32.const 4)))
        (func (export "run") (local $answer i64)
            (local.set $answer (call $service (call $text (i32.const 0) (i32.const 2))))
            (call $output_set (local.get $answer) (call $length (local.get $answer))))"#
    )
}

#[test]
fn services_can_be_replaced_and_know_the_call() {
    let host = odd_host();
    let plugin = load(&host, "{}", &relay("config_keys"));
    assert_eq!(
        plugin.call_raw("run", b"{}").as_deref(),
        Ok(br#"{"keys":["test","run"]}"#.as_slice())
    );
}

#[test]
fn a_service_can_call_the_plugin_from_inside_a_call() {
    let host = odd_host();
    let plugin = load(&host, "{}", &relay("config_get"));
    assert_eq!(
        plugin.call_raw("run", b"{}").as_deref(),
        Ok(br#"{"value":"\"in\"","exists":true}"#.as_slice())
    );
    let calls = host.journal().calls();
    let names: Vec<_> = calls.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(names, ["run", "config_get", "inner"]);
    assert_eq!(calls[0].parent, CallId::NONE);
    assert_eq!(
        [calls[1].parent, calls[2].parent],
        [calls[0].id, calls[0].id]
    );
}

/// A guest whose export `inner`, called by the service, does what the body says.
fn recursive(inner: &str) -> String {
    format!(
        r#"(import "extism:host/user" "config_get" (func $service (param i64) (result i64)))
        (data (i32.const 0) "{{}}")
        (func $ask (drop (call $service (call $text (i32.const 0) (i32.const 2)))))
        (func (export "inner") {inner})
        (func (export "run") (call $ask))"#
    )
}

#[test]
fn calls_inside_calls_end_at_some_depth() {
    let host = odd_host();
    let plugin = load(&host, "{}", &recursive("(call $ask)"));
    assert!(plugin.call_raw("run", b"{}").is_ok());
    let calls = host.journal().calls();
    assert_eq!(calls.iter().filter(|call| call.name == "inner").count(), 16);
}

#[test]
fn an_inner_call_that_the_outer_one_has_no_time_for_is_no_failure_of_the_plugin() {
    let host = odd_host();
    let plugin = load(&host, "{}", &recursive("(loop $again (br $again))"));
    let short = CallOptions::default().timeout(Duration::from_millis(50));
    let error = plugin.call_with("run", b"{}", &short);
    assert!(matches!(error, Err(CallError::Timeout { .. })), "{error:?}");
    let inner = host.journal().last_call("inner").map(|call| call.outcome);
    assert_eq!(
        inner,
        Some(Outcome::Failed("context deadline exceeded".to_owned()))
    );
    let counts = host.metrics().calls("test", "inner");
    assert_eq!(counts.ok + counts.failed, 0);
}

#[test]
fn a_panic_in_a_service_is_a_failed_call() {
    let host = odd_host();
    let plugin = load(&host, "{}", &relay("config_getint"));
    let error = plugin.call_raw("run", b"{}");
    let text = match error {
        Ok(_) => panic!("it succeeded"),
        Err(error) => error.to_string(),
    };
    assert!(
        text.starts_with("plugin call failed: config_getint panicked: no numbers today"),
        "{text}"
    );
}

/// Loads a guest and returns the way its services call it.
fn called_back(body: &str) -> (Host, Plugin, Weak<dyn Callback>) {
    let seen = Arc::new(Mutex::new(None));
    let host = Host::builder()
        .services({
            let seen = Arc::clone(&seen);
            move |setup, _| {
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(setup.callback.clone())
            }
        })
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let plugin = load(&host, "{}", body);
    let callback = seen
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .unwrap_or_else(|| panic!("no setup seen"));
    (host, plugin, callback)
}

#[test]
fn callbacks_find_nothing_once_the_plugin_is_unloaded() {
    let (host, plugin, callback) = called_back(r#"(func (export "inner"))"#);
    let strong = callback.upgrade().unwrap_or_else(|| panic!("gone"));
    assert!(strong.call("inner", Vec::new()).is_ok());
    host.unload("test");
    assert!(strong.call("inner", Vec::new()).is_err());
    drop((strong, plugin));
    assert!(callback.upgrade().is_none());
}

#[test]
fn a_callback_whose_output_is_not_understood_counts_as_failed() {
    let quoted = answering("nd_task_execute", r#""x""#);
    let body = quoted
        + r#"(func (export "nd_scheduler_callback") (call $output (i32.const 0) (i32.const 3)))
            (func (export "nd_websocket_on_close"))
            (func (export "other") (call $output (i32.const 1) (i32.const 1)))"#;
    let (host, _plugin, callback) = called_back(&body);
    let callback = callback.upgrade().unwrap_or_else(|| panic!("gone"));
    for (export, output, ok) in [
        ("nd_task_execute", &br#""x""#[..], true),
        ("nd_scheduler_callback", br#""x""#, false),
        ("nd_websocket_on_close", b"", true),
        ("other", b"x", true),
    ] {
        assert_eq!(callback.call(export, Vec::new()).as_deref(), Ok(output));
        let counts = host.metrics().calls("test", export);
        assert_eq!(
            (counts.ok, counts.failed),
            (u64::from(ok), u64::from(!ok)),
            "{export}"
        );
    }
}

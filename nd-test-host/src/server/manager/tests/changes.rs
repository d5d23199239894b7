//! What an administrator does.

use serde_json::json;

use super::*;
use crate::server::manager::command::{Edit, library_list, user_list};
use crate::server::manager::{Changes, PluginEvent};

fn changes(body: serde_json::Value) -> Changes {
    Changes::from_json(body.to_string().as_bytes()).unwrap()
}

#[test]
fn enabling_needs_the_grants_users_first_and_says_nothing_of_it_in_the_row() {
    let place = Place::new();
    place.package("a", r#"{"users":{},"library":{}}"#);
    let manager = place.start();
    let refused = |text: &str| {
        let error = manager.enable("a").unwrap_err();
        assert_eq!(error.to_string(), text);
        assert_eq!(error.status(), 422);
        let row = manager.plugin("a").unwrap();
        assert!(!row.enabled && row.last_error.is_empty());
    };
    refused("users permission requires configuration");
    // A list that cannot be read grants nothing.
    manager
        .update("a", &changes(json!({"users": "{}"})))
        .unwrap();
    refused("users permission requires configuration");
    manager
        .update("a", &changes(json!({"users": "[\"u1\"]"})))
        .unwrap();
    refused("library permission requires configuration");
    manager
        .set_libraries("a", Some(&Grant::Listed(vec![1])), None)
        .unwrap();
    manager.enable("a").unwrap();
    assert_eq!(manager.state("a").unwrap(), PluginState::Active);
}

#[test]
fn a_load_that_fails_is_told_and_stored() {
    let place = Place::new();
    place.broken("a");
    let manager = place.start();
    let error = manager.enable("a").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("loading plugin: creating instance"),
        "{error}"
    );
    let row = manager.plugin("a").unwrap();
    assert!(
        !row.enabled && row.last_error.starts_with("creating instance"),
        "{row:?}"
    );
    assert_eq!(manager.state("a").unwrap(), PluginState::Failed);
    place.package("a", "{}");
    manager.rescan().unwrap();
    manager.enable("a").unwrap();
    assert_eq!(manager.plugin("a").unwrap().last_error, "");
}

#[test]
fn stored_lists_that_are_none_fail_the_load_in_order() {
    let place = Place::new();
    place.package("a", "{}");
    let manager = place.start();
    let mut row = manager.plugin("a").unwrap();
    row.config = "[]".into();
    row.users = "5".into();
    row.libraries = "[1.5]".into();
    for expected in [
        "parsing plugin config",
        "parsing plugin users",
        "parsing plugin libraries",
        "opening package",
    ] {
        manager.inner.store().put_plugin_row(&row).unwrap();
        let text = manager.enable("a").unwrap_err().to_string();
        assert!(
            text.starts_with(&format!("loading plugin: {expected}")),
            "{text}"
        );
        match expected {
            "parsing plugin config" => row.config.clear(),
            "parsing plugin users" => row.users.clear(),
            _ => {
                row.libraries.clear();
                row.path = "/nowhere/a.ndp".into();
            }
        }
    }
}

#[test]
fn enabling_twice_and_disabling_twice_is_doing_it_once() {
    let place = Place::new();
    place.package("a", "{}");
    let manager = place.start();
    let events = manager.subscribe();
    manager.disable("a").unwrap();
    manager.enable("a").unwrap();
    manager.enable("a").unwrap();
    assert_eq!(inits(&manager), 1);
    manager.disable("a").unwrap();
    manager.disable("a").unwrap();
    assert!(manager.host().plugin("a").is_none());
    let events: Vec<PluginEvent> = events.try_iter().collect();
    assert_eq!(
        events,
        [PluginEvent::changed("a"), PluginEvent::changed("a")]
    );
    assert_eq!(events[0].resource, "plugin");
}

#[test]
fn each_setting_of_an_enabled_plugin_loads_it_again() {
    let place = Place::new();
    place.package("a", r#"{"users":{},"library":{}}"#);
    let manager = place.start();
    let all = json!({"allUsers": true, "allLibraries": true, "enabled": true});
    manager.update("a", &changes(all)).unwrap();
    assert_eq!(inits(&manager), 1);
    let three = json!({"config": "{\"n\":2}", "users": "[\"u1\"]", "allUsers": false, "libraries": "[1]", "enabled": true});
    let row = manager.update("a", &changes(three)).unwrap();
    assert_eq!(inits(&manager), 4);
    assert_eq!(
        (row.config.as_str(), row.users.as_str(), row.all_users),
        ("{\"n\":2}", "[\"u1\"]", false)
    );
    assert!(row.all_libraries && row.enabled);
    assert!(!row.allow_write_access);
}

#[test]
fn losing_the_last_grant_disables_without_an_error_and_keeps_the_change() {
    let place = Place::new();
    place.package("a", r#"{"users":{}}"#);
    let manager = place.start();
    manager.set_users("a", &Grant::All).unwrap();
    manager.enable("a").unwrap();
    manager.set_users("a", &Grant::none()).unwrap();
    let row = manager.plugin("a").unwrap();
    assert!(!row.enabled && row.last_error.is_empty());
    assert_eq!((row.users.as_str(), row.all_users), ("[]", false));
    assert!(manager.host().plugin("a").is_none());
}

#[test]
fn a_change_the_plugin_does_not_survive_disables_it_with_the_reason() {
    let place = Place::new();
    place.package("a", r#"{"users":{}}"#);
    let manager = place.start();
    manager.set_users("a", &Grant::All).unwrap();
    manager.enable("a").unwrap();
    // A list that cannot be read does not matter to the grant while the flag is set, but the load reads it.
    let error = manager
        .update("a", &changes(json!({"users": "7"})))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("reloading plugin: parsing plugin users"),
        "{error}"
    );
    assert_eq!(error.status(), 500);
    let row = manager.plugin("a").unwrap();
    assert!(!row.enabled && row.last_error.starts_with("parsing plugin users"));
    assert_eq!(row.users, "7");
    assert!(manager.host().plugin("a").is_none());
}

#[test]
fn bad_requests_change_nothing() {
    let place = Place::new();
    place.package("a", "{}");
    let manager = place.start();
    let before = manager.plugin("a").unwrap();
    for (body, status, text) in [
        (
            json!({"users": "[", "enabled": true}),
            400,
            "users is not valid JSON: ",
        ),
        (
            json!({"config": "{", "enabled": true}),
            400,
            "config is not valid JSON: ",
        ),
        (
            json!({"config": "{\"n\":\"x\"}", "enabled": true}),
            400,
            "invalid config: n: ",
        ),
    ] {
        let error = manager.update("a", &changes(body)).unwrap_err();
        assert_eq!(error.status(), status);
        assert!(error.to_string().starts_with(text), "{error}");
    }
    let error = manager.set_config("a", r#"{"n":"x"}"#).unwrap_err();
    let errors = error.config_errors().unwrap();
    assert_eq!(errors["errors"][0]["field"], "n");
    assert!(errors["errors"][0]["message"].is_string());
    assert_eq!(manager.plugin("a").unwrap(), before);
    let unknown = manager.update("x", &Changes::default()).unwrap_err();
    assert_eq!(
        (unknown.status(), unknown.to_string().as_str()),
        (404, "plugin not found: x")
    );
    assert!(Changes::from_json(b"[]").is_err());
}

#[test]
fn deleted_users_and_libraries_leave_the_lists_and_empty_lists_disable() {
    let place = Place::new();
    for id in ["both", "one", "flag", "off", "no-need"] {
        let permissions = if id == "no-need" {
            "{}"
        } else {
            r#"{"users":{},"library":{}}"#
        };
        place.package(id, permissions);
    }
    let manager = place.start();
    let users = |list: &[&str]| Grant::Listed(list.iter().map(|&user| user.to_owned()).collect());
    for (id, list) in [
        ("both", &["u1", "u2"][..]),
        ("one", &["u1"]),
        ("flag", &["u1"]),
        ("off", &["u1"]),
        ("no-need", &["u1"]),
    ] {
        manager.set_users(id, &users(list)).unwrap();
        manager
            .set_libraries(id, Some(&Grant::Listed(vec![1])), None)
            .unwrap();
    }
    manager.set_users("flag", &Grant::All).unwrap();
    for id in ["both", "one", "flag", "no-need"] {
        manager.enable(id).unwrap();
    }
    manager.user_deleted("u1").unwrap();
    let lists: Vec<_> = manager
        .plugins()
        .unwrap()
        .into_iter()
        .map(|row| (row.id, row.users, row.enabled))
        .collect();
    let row = |id: &str, users: &str, enabled| (id.to_owned(), users.to_owned(), enabled);
    assert_eq!(
        lists,
        [
            row("both", "[\"u2\"]", true),
            row("flag", "[]", true),
            row("no-need", "[]", true),
            row("off", "[]", false),
            row("one", "[]", false)
        ]
    );
    assert!(manager.host().plugin("one").is_none() && manager.host().plugin("both").is_some());
    manager.library_deleted(1).unwrap();
    let enabled: Vec<_> = manager
        .plugins()
        .unwrap()
        .into_iter()
        .filter(|row| row.enabled)
        .map(|row| row.id)
        .collect();
    assert_eq!(enabled, ["no-need"]);
}

#[test]
fn edit_changes_only_what_it_is_told() {
    let place = Place::new();
    place.package("a", r#"{"users":{},"library":{}}"#);
    let manager = place.start();
    let nothing = manager.edit("a", &Edit::default()).unwrap_err();
    assert_eq!(nothing.to_string(), "nothing to update");
    let full = Edit {
        config: Some(r#"{"n":1}"#.into()),
        users: Some(Grant::Listed(user_list("u1, u2").unwrap())),
        libraries: Some(Grant::All),
        write_access: Some(true),
    };
    let row = manager.edit("a", &full).unwrap();
    assert_eq!(row.users, r#"["u1","u2"]"#);
    assert!(row.all_libraries && row.allow_write_access && !row.all_users);
    let all = Edit {
        users: Some(Grant::All),
        ..Edit::default()
    };
    let row = manager.edit("a", &all).unwrap();
    assert!(row.all_users && row.allow_write_access);
    assert_eq!(
        (row.users.as_str(), row.config.as_str()),
        (r#"["u1","u2"]"#, r#"{"n":1}"#)
    );
    let bad = Edit {
        config: Some("{".into()),
        ..Edit::default()
    };
    let error = manager.edit("a", &bad).unwrap_err().to_string();
    assert!(error.starts_with("invalid config: invalid JSON"), "{error}");
    manager.validate("a").unwrap();
}

#[test]
fn lists_are_read_as_the_command_line_takes_them() {
    assert_eq!(user_list("").unwrap(), [""; 0]);
    assert_eq!(user_list("a,b").unwrap(), ["a", "b"]);
    assert_eq!(user_list(r#"["a","b,c"]"#).unwrap(), ["a", "b,c"]);
    assert!(user_list("[1]").is_err() && user_list("[").is_err());
    assert_eq!(library_list("1, 2").unwrap(), [1, 2]);
    assert_eq!(library_list("[3]").unwrap(), [3]);
    for bad in ["x", "1.5", "[\"1\"]", "[1.5]"] {
        let text = library_list(bad).unwrap_err().to_string();
        assert!(text.starts_with("invalid library ID"), "{text}");
    }
}

#[test]
fn changes_from_many_threads_end_in_one_of_the_states_asked_for() {
    let place = Place::new();
    for id in ["a", "b"] {
        place.package(id, r#"{"kvstore":{}}"#);
    }
    let manager = place.start();
    std::thread::scope(|scope| {
        for n in 0..6 {
            let manager = &manager;
            scope.spawn(move || {
                for round in 0..5 {
                    let id = if (n + round) % 2 == 0 { "a" } else { "b" };
                    match (n + round) % 4 {
                        0 => manager.enable(id).unwrap(),
                        1 => manager.disable(id).unwrap(),
                        2 => manager.set_config(id, r#"{"n":1}"#).unwrap(),
                        _ => manager.rescan().unwrap(),
                    }
                }
            });
        }
    });
    for id in ["a", "b"] {
        let row = manager.plugin(id).unwrap();
        assert_eq!(row.enabled, manager.host().plugin(id).is_some(), "{id}");
        assert_eq!(row.last_error, "");
    }
}

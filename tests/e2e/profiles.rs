//! The plugins of this repository under the rules of both releases.

use nd_test_host::package::{Bound, PackageWriter, server_range};
use nd_test_host::peer::{Answer, HttpPeer};
use nd_test_host::server::Rules;
use nd_test_host::{Host, LoadError, Package, PluginSettings};
use nd_tests::{load, manifest, package, package_with, wasm};
use nd_types::scrobbler::ScrobbleRequest;
use serde_json::json;

fn host(release: &str) -> Host {
    Host::builder()
        .rules(Rules::by_release(release).unwrap())
        .user("u1", "ann")
        .every_plugin(PluginSettings::all())
        .build()
        .unwrap()
}

#[test]
fn a_plugin_that_asks_for_nothing_new_runs_under_both() {
    let peer = HttpPeer::start().unwrap();
    peer.otherwise(Answer::status(204));
    for release in ["0.63", "0.64"] {
        let host = Host::builder()
            .rules(Rules::by_release(release).unwrap())
            .user("u1", "ann")
            .every_plugin(PluginSettings::all())
            .plugin(
                "webhook",
                PluginSettings::all().config(&json!({ "hooks": [{ "url": peer.url("/hook") }] })),
            )
            .build()
            .unwrap();
        let plugin = load(&host, "webhook");
        let play = ScrobbleRequest {
            username: "ann".into(),
            ..ScrobbleRequest::default()
        };
        plugin.scrobbler().scrobble(&play).unwrap();
        load(&host, "minimal-scrobbler");
    }
    assert_eq!(peer.requests().len(), 2);
}

#[test]
fn a_plugin_with_the_new_services_loads_in_the_new_release_only() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("fixture-services.ndp");
    let manifest = manifest("fixture-services").to_string();
    PackageWriter::new(manifest, wasm("fixture-services"))
        .write(&file)
        .unwrap();
    host("0.64").load(&file).unwrap();
    let error = host("0.63").load(&file).unwrap_err();
    assert!(matches!(error, LoadError::Imports { .. }), "{error:?}");
    let text = error.to_string();
    assert_eq!(
        text.matches("server release 0.63 does not offer it")
            .count(),
        5,
        "{text}"
    );
    assert!(
        text.contains("\"storage_getstoragepath\" is not exported in module"),
        "{text}"
    );
}

#[test]
fn the_range_of_servers_shows_in_the_package() {
    let range = |package: &Package| {
        let range = server_range(package).unwrap();
        (range.oldest, range.newest)
    };
    assert_eq!(range(&package("fixture-services")), ("0.64.0", None));
    assert_eq!(range(&package("webhook")), ("0.61.0", None));
    assert_eq!(range(&package("minimal-scrobbler")), ("0.60.0", None));
    let lan = package_with("webhook", |manifest| {
        manifest["permissions"]["http"]["requiredHosts"] = json!(["nas.lan"]);
    });
    assert_eq!(range(&lan), ("0.61.0", Some("0.63.2")));
    let everything = server_range(&package("fixture-everything")).unwrap();
    let called = everything
        .reasons
        .iter()
        .filter(|reason| reason.bound == Bound::CalledSince);
    assert_eq!(called.count(), 25);
}

#[test]
fn a_comparison_says_what_the_other_release_would_do() {
    let host = Host::builder()
        .rules(Rules::release_0_64().comparing(Rules::release_0_63()))
        .every_plugin(PluginSettings::all())
        .build()
        .unwrap();
    host.load_package(package("fixture-services")).unwrap();
    let logs = host.journal().logs();
    let note = logs.iter().find(|log| log.message.starts_with("compare: "));
    let text = &note.unwrap().message;
    assert!(
        text.contains(
            "release 0.63: would ignore the permission \"storage\" and \"scrobbleRetriever\""
        ),
        "{text}"
    );
}

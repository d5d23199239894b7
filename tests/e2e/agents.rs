//! Metadata of a real plugin, asked for as the server does.

use nd_test_host::server::agents::{Album, Lookup};
use nd_test_host::server::{Rules, ServerConfig};
use nd_test_host::{Host, PluginSettings};
use nd_tests::load;
use nd_types::ArtistRef;
use serde_json::Value;

fn host(agents: &str, rules: Rules) -> Host {
    let mut server = ServerConfig::default();
    server.agents = agents.split(',').map(str::to_owned).collect();
    let host = Host::builder()
        .every_plugin(PluginSettings::new().all_users())
        .server(server)
        .rules(rules)
        .build()
        .unwrap();
    load(&host, "fixture-everything");
    host
}

fn artist(name: &str) -> ArtistRef {
    ArtistRef {
        id: "a1".into(),
        name: name.into(),
        ..ArtistRef::default()
    }
}

fn last_input(host: &Host, export: &str) -> Value {
    let call = host.journal().last_call(export).unwrap();
    call.input.json().unwrap()
}

#[test]
fn a_plugin_is_asked_only_if_the_settings_name_it() {
    let named = host("deezer,fixture-everything", Rules::default());
    let found = named.agents().artist_url(&artist("A"));
    assert_eq!(found.found().as_deref(), Some("a1|A|"));
    for settings in ["deezer,lastfm", "deezer, fixture-everything", ""] {
        let unnamed = host(settings, Rules::default());
        assert_eq!(unnamed.agents().artist_url(&artist("A")), Lookup::NotFound);
        assert!(unnamed.journal().calls_of("nd_get_artist_url").is_empty());
    }
}

#[test]
fn an_information_page_asks_for_an_mbid_first_and_for_150_similar_artists() {
    let host = host("fixture-everything", Rules::default());
    let page = host.agents().artist_information(&artist("A’s\nband"));
    assert_eq!(page.mbid, "a1|A's\nband");
    assert_eq!(page.biography, "a1|A's band|a1|A's band");
    assert_eq!(page.similar.len(), 100);
    let asked = last_input(&host, "nd_get_similar_artists");
    assert_eq!(asked["limit"], 150);
    assert_eq!(asked["mbid"], "a1|A's\nband");
    let calls = host
        .metrics()
        .calls("fixture-everything", "nd_get_artist_mbid");
    assert_eq!((calls.ok, calls.failed), (1, 0));
    let again = host.agents().artist_information(&artist("A’s\nband"));
    assert_eq!(again, page);
    assert_eq!(host.journal().calls_of("nd_get_artist_url").len(), 1);
}

#[test]
fn a_failing_plugin_is_a_fault_from_0_64_on_and_counts_as_failed() {
    let album = Album {
        name: "fail: down".into(),
        ..Album::default()
    };
    let newer = host("fixture-everything", Rules::release_0_64());
    match newer.agents().album_info(&album) {
        Lookup::Faults(faults) => assert!(faults[0].to_string().contains("down")),
        other => panic!("{other:?}"),
    }
    let calls = newer
        .metrics()
        .calls("fixture-everything", "nd_get_album_info");
    assert_eq!((calls.ok, calls.failed), (0, 1));
    let text = newer.metrics().render();
    assert!(
        text.contains(
            "plugin_request_count{plugin=\"fixture-everything\",method=\"nd_get_album_info\",ok=\"false\"} 1"
        ),
        "{text}"
    );
    let older = host("fixture-everything", Rules::release_0_63());
    assert_eq!(older.agents().album_info(&album), Lookup::NotFound);
}

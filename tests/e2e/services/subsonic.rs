//! SubsonicAPI: the host's own answers, and those of a live server.

use super::Fixture;
use nd_test_host::services::ServiceSettings;
use nd_test_host::services::library::{Collection, scan};
use nd_test_host::services::subsonic::{Credential, ProxySubsonic, SubsonicSource};
use nd_test_host::{Host, HostBuilder, PluginSettings};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

/// A tenth of a second of silence.
fn wav() -> Vec<u8> {
    let mut wav = b"RIFF".to_vec();
    wav.extend(1_636_u32.to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(8_000_u32.to_le_bytes());
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(1_600_u32.to_le_bytes());
    wav.extend([0; 1_600]);
    wav
}

/// A host with one song and a picture beside it.
fn host(settings: PluginSettings) -> (HostBuilder, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("song.wav"), wav()).unwrap();
    std::fs::write(folder.path().join("cover.png"), b"\x89PNG is it").unwrap();
    let services = ServiceSettings::default();
    let collection = Collection::new(scan(1, folder.path()), UNIX_EPOCH);
    services.catalogue.insert(1, collection);
    let builder = Host::builder()
        .user("u1", "ann")
        .admin("u2", "root")
        .library(1, "Music", folder.path())
        .service_settings(services)
        .every_plugin(settings.all_libraries());
    (builder, folder)
}

impl Fixture {
    /// Calls the API and reads the answer, which is JSON in a text.
    fn subsonic(&self, uri: &str) -> Value {
        let answer = self.get("subsonicapi_call", json!({ "uri": uri }));
        let mut answer: Value = serde_json::from_str(answer.as_str().unwrap()).unwrap();
        answer["subsonic-response"].take()
    }
}

#[test]
fn a_plugin_finds_plays_and_counts_a_song() {
    let (builder, _folder) = host(PluginSettings::new().all_users());
    let fixture = Fixture::in_host(builder);
    let found = fixture.subsonic("/rest/search3.view?u=ann&query=song&f=xml");
    let song = &found["searchResult3"]["song"][0];
    assert_eq!(song["title"], "song", "{found}");
    let id = song["id"].as_str().unwrap();
    let raw = |uri: String| fixture.get("subsonicapi_callraw", json!({ "uri": uri }));
    let file = raw(format!("stream?u=ann&id={id}"));
    assert_eq!(file["contentType"], "audio/x-wav");
    // Base64 has four characters for three bytes.
    let length = file["data"].as_str().unwrap().len();
    assert_eq!(length, wav().len().div_ceil(3) * 4);
    let cover = song["coverArt"].as_str().unwrap();
    let cover = raw(format!("getCoverArt?u=ann&id={cover}"));
    assert_eq!(
        cover,
        json!({ "contentType": "image/png", "data": "iVBORyBpcyBpdA==" })
    );
    // Without a format the raw call gets XML, errors too.
    let error = raw("getCoverArt?u=ann&id=nothing".to_owned());
    assert_eq!(error["contentType"], "application/xml");
    let song = fixture.subsonic(&format!("scrobble?u=ann&id={id}&time=1700000000000"));
    assert_eq!(song["status"], "ok");
    let count = json!({ "username": "ann", "options": {} });
    assert_eq!(fixture.get("scrobbleretriever_getscrobblecount", count), 1);
    fixture.subsonic(&format!("scrobble?u=ann&id={id}&submission=false&c=mine"));
    let playing = fixture.subsonic("getNowPlaying?u=root");
    let entry = &playing["nowPlaying"]["entry"][0];
    // The client is the plugin, whatever it says.
    assert_eq!(entry["playerName"], "fixture-services", "{playing}");
}

#[test]
fn a_plugin_speaks_for_its_users_only() {
    let (builder, _folder) = host(PluginSettings::new().users(["u1"]));
    let fixture = Fixture::in_host(builder);
    assert_eq!(fixture.subsonic("ping?u=Ann")["status"], "ok");
    for (uri, expected) in [
        ("ping", "missing required parameter 'u'"),
        ("ping?u=zoe", "username zoe not found"),
        ("ping?u=root", "user root is not authorized for this plugin"),
        ("1:2?u=ann", "invalid URL"),
    ] {
        for function in ["subsonicapi_call", "subsonicapi_callraw"] {
            let error = fixture.call(function, json!({ "uri": uri })).unwrap_err();
            assert!(error.contains(expected), "{function} {uri}: {error}");
        }
    }
    // With all users granted nobody is looked up, and the API itself refuses.
    let (builder, _folder) = host(PluginSettings::new().all_users());
    let answer = Fixture::in_host(builder).subsonic("ping?u=zoe");
    assert_eq!(answer["error"]["code"], 40, "{answer}");
}

#[test]
fn a_live_server_answers_in_place_of_the_host() {
    let (builder, _folder) = host(PluginSettings::new());
    let live = builder.build().unwrap();
    let server = live.subsonic().serve([("ann", "sesame")]).unwrap();
    let proxy = ProxySubsonic::new(&server.url())
        .unwrap()
        .everybody(Credential::Token {
            user: "ann".to_owned(),
            password: "sesame".to_owned(),
        });
    let in_front_of = |source: SubsonicSource| {
        let mut services = ServiceSettings::default();
        services.subsonic = source;
        let builder = Host::builder().service_settings(services);
        Fixture::in_host(builder.every_plugin(PluginSettings::all()))
    };
    let fixture = in_front_of(SubsonicSource::Backend(Arc::new(proxy)));
    let songs = fixture.subsonic("getRandomSongs?u=whoever");
    let song = &songs["randomSongs"]["song"][0];
    assert_eq!(song["title"], "song", "{songs}");
    let stream = json!({ "uri": format!("stream?u=x&id={}", song["id"].as_str().unwrap()) });
    let stream = fixture.get("subsonicapi_callraw", stream);
    assert_eq!(stream["contentType"], "audio/x-wav");
    let missing = fixture.call("subsonicapi_call", json!({ "uri": "nothing?u=x" }));
    assert_eq!(missing.unwrap(), "404 page not found\n");

    let alone = in_front_of(SubsonicSource::Nobody);
    let error = alone
        .call("subsonicapi_call", json!({ "uri": "\n" }))
        .unwrap_err();
    assert!(error.contains("router not available"), "{error}");
}

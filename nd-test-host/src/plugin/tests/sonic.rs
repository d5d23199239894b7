//! Sonic similarity, as a client of the server asks for it.

use std::time::UNIX_EPOCH;

use super::{answering, failing, guest, manifest};
use crate::server::sonic::SonicError;
use crate::services::ServiceSettings;
use crate::services::library::{Collection, LibraryTrack, scan};
use crate::setup::{Grant, HostUser};
use crate::{Host, Package};

const SIMILAR: &str = "nd_get_sonic_similar_tracks";

/// A host with two silent tracks, and a user who may hear neither of them beside one who may.
fn host() -> (Host, Vec<LibraryTrack>) {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["a.wav", "b.wav"] {
        let wav = b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x08\0\0\0\0\0\0\0\0\0\0\0";
        std::fs::write(folder.path().join(name), wav).expect("a file");
    }
    let found = scan(1, folder.path());
    let tracks = found.tracks.clone();
    let settings = ServiceSettings::default();
    settings
        .catalogue
        .insert(1, Collection::new(found, UNIX_EPOCH));
    let bob = HostUser {
        id: "u2".into(),
        name: "bob".into(),
        display_name: "Bob".into(),
        admin: false,
        libraries: Grant::none(),
    };
    let host = Host::builder()
        .user("u1", "ann")
        .full_user(bob)
        .library(1, "Music", folder.path())
        .service_settings(settings);
    (host.build().expect("a host"), tracks)
}

fn load(host: &Host, body: &str) {
    let package = Package::from_parts("sonic", &manifest("{}"), guest(body)).expect("a package");
    host.load_package(package).expect("a plugin");
}

#[test]
fn answers_keep_order_and_duplicates_and_lose_what_is_unknown() {
    let (host, tracks) = host();
    let id = |n: usize| &tracks[n].id;
    let matches = format!(
        r#"{{"matches":[{{"song":{{"id":"{0}","name":""}},"similarity":0.5}},{{"song":{{"id":"gone","name":"gone"}},"similarity":0.9}},{{"song":{{"id":"{1}","name":""}},"similarity":7}},{{"song":{{"id":"{0}","name":""}},"similarity":0.1}}]}}"#,
        id(1),
        id(0)
    );
    let body = answering(SIMILAR, &matches);
    load(&host, &body);
    let hits = host
        .sonic_similar_tracks("ANN", id(0), 1)
        .expect("an answer");
    let hits: Vec<_> = hits
        .iter()
        .map(|hit| (&hit.track.id, hit.similarity))
        .collect();
    assert_eq!(hits, [(id(1), 0.5), (id(0), 7.0), (id(1), 0.1)]);
    let calls = host.journal().calls_of(SIMILAR);
    let request = calls[0].input.json().expect("a request");
    assert_eq!(request["count"], 1);
    assert_eq!(request["song"]["name"], "a");
}

#[test]
fn without_a_provider_a_track_or_a_user_nobody_is_asked() {
    let (host, tracks) = host();
    let ask = |user: &str, id: &str| host.sonic_path(user, id, &tracks[0].id, 25);
    assert!(!host.offers_sonic_similarity());
    assert!(matches!(
        ask("ann", &tracks[0].id),
        Err(SonicError::NoProvider)
    ));
    load(&host, &failing(SIMILAR, "no"));
    assert!(host.offers_sonic_similarity());
    assert!(matches!(
        ask("zoe", &tracks[0].id),
        Err(SonicError::UnknownUser(_))
    ));
    assert!(matches!(
        ask("ann", "gone"),
        Err(SonicError::UnknownTrack(_))
    ));
    assert!(matches!(
        ask("bob", &tracks[0].id),
        Err(SonicError::UnknownTrack(_))
    ));
    assert!(host.journal().calls_of("nd_find_sonic_path").is_empty());
    let error = host.sonic_similar_tracks("ann", &tracks[0].id, 10);
    let error = error.expect_err("the plugin fails").to_string();
    assert!(error.contains("no"), "{error}");
}

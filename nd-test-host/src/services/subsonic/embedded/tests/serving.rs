//! The responder over HTTP, and the index behind it.

use super::*;

fn fetch(request: &str) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let mut response = agent.get(request).call().expect("an answer");
    let body = response.body_mut().read_to_vec().expect("a body");
    let document: Value = serde_json::from_slice(&body).unwrap_or_default();
    (
        response.status().as_u16(),
        document["subsonic-response"].clone(),
    )
}

#[test]
fn over_http_users_need_a_password_or_a_token_of_it() {
    let music = Music::new();
    let server = music
        .responder
        .serve([("Ann", "sesame"), ("ghost", "x")])
        .expect("a server");
    let code = |query: &str| {
        let request = format!("{}/rest/ping.view?f=json&{query}", server.url());
        let (status, answer) = fetch(&request);
        assert_eq!(status, 200, "{query}");
        match answer["status"].as_str() {
            Some("ok") => -1,
            _ => answer["error"]["code"].as_i64().expect("a code"),
        }
    };
    // The example of the API's documentation.
    let token = "t=26719a1196d2a940705a59634eb18eab&s=c19b2d";
    assert_eq!(code(&format!("u=ann&v=1&c=x&{token}")), -1);
    assert_eq!(code("u=ANN&v=1&c=x&p=sesame"), -1);
    assert_eq!(code("u=ann&v=1&c=x&p=enc:736573616d65"), -1);
    for wrong in [
        "p=wrong",
        "p=enc:736573616d",
        "p=enc:7\u{e4}",
        "p=",
        "t=26719a1196d2a940705a59634eb18eab&s=c19b2e",
        "t=26719a1196d2a940705a59634eb18eab",
        "",
    ] {
        assert_eq!(code(&format!("u=ann&v=1&c=x&{wrong}")), 40, "{wrong}");
    }
    assert_eq!(code("u=bob&v=1&c=x&p=sesame"), 40);
    // A password alone makes no user.
    assert_eq!(code("u=ghost&v=1&c=x&p=x"), 40);
    for missing in [
        "v=1&c=x&p=sesame",
        "u=ann&c=x&p=sesame",
        "u=ann&v=1&p=sesame",
    ] {
        assert_eq!(code(missing), 10, "{missing}");
    }
}

#[test]
fn over_http_paths_count_and_forms_are_read() {
    let music = Music::new();
    let server = music
        .responder
        .serve([("ann", "sesame")])
        .expect("a server");
    let login = "f=json&u=ann&v=1&c=x&p=sesame";
    let status = |path: &str| fetch(&format!("{}{path}", server.url())).0;
    assert_eq!(status("/"), 404);
    assert_eq!(status("/ping"), 404);
    assert_eq!(status("/rest/nonsense"), 404);
    let (_, public) = fetch(&format!(
        "{}/rest/getOpenSubsonicExtensions?f=json",
        server.url()
    ));
    assert_eq!(public["status"], "ok");
    let agent: ureq::Agent = ureq::Agent::new_with_defaults();
    let body = agent
        .post(format!("{}/rest/getSong.view", server.url()))
        .send(format!("id={}&{login}", music.id("Jóga")))
        .and_then(|mut response| response.body_mut().read_to_string())
        .expect("an answer");
    assert!(body.contains("\"title\":\"Jóga\""), "{body}");
}

#[test]
fn a_new_scan_shows_at_once_and_users_with_equal_libraries_share_the_index() {
    let music = Music::new();
    let shared = &music.responder.shared;
    let first = shared.index([1, 2].into_iter());
    assert!(Arc::ptr_eq(&first, &shared.index([1, 2].into_iter())));
    assert!(!Arc::ptr_eq(&first, &shared.index([1].into_iter())));
    let folder = music.folder.path().join("music");
    write_music(&folder.join("new.wav"), &[], None);
    let rescanned = Collection::new(scan(1, &folder), UNIX_EPOCH);
    music.parts.catalogue.insert(1, rescanned);
    let found = music.get("search3?query=new");
    assert_eq!(each(&found["searchResult3"]["song"], "title"), ["new"]);
    for n in 0..20 {
        let empty = Collection::new(Default::default(), UNIX_EPOCH);
        music.parts.catalogue.insert(1, empty);
        assert_eq!(shared.index([1].into_iter()).len(), 0, "{n}");
    }
    assert_eq!(shared.kept().len(), 2);
    for n in 0..20 {
        shared.index([n].into_iter());
    }
    assert_eq!(shared.kept().len(), INDEXES);
}

#[test]
fn requests_may_come_from_many_threads() {
    let music = Music::new();
    let id = music.id("Jóga");
    let made = music.get("createPlaylist?name=Mix");
    let playlist = made["playlist"]["id"].as_str().expect("an id");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    music.get(&format!("scrobble?id={id}"));
                    music.get(&format!(
                        "updatePlaylist?playlistId={playlist}&songIdToAdd={id}"
                    ));
                }
            });
        }
    });
    let song = music.get(&format!("getSong?id={id}"));
    assert_eq!(song["song"]["playCount"], 40);
    let playlist = music.get(&format!("getPlaylist?id={playlist}"));
    assert_eq!(playlist["playlist"]["songCount"], 40);
}

//! What a comparison of releases notes, and when it has nothing to note.

use std::net::{IpAddr, Ipv4Addr};

use super::*;
use crate::server::sample::track;
use crate::services::http::StaticResolver;

fn newer() -> Rules {
    Rules::release_0_64().comparing(Rules::release_0_63())
}

fn older() -> Rules {
    Rules::release_0_63().comparing(Rules::release_0_64())
}

/// Does something by rules, and returns what was noted: the source, and the text without its beginning.
fn notes(mut agents: Agents, rules: Rules, run: impl FnOnce(&Agents)) -> Vec<String> {
    agents.rules = rules;
    agents.journal = Journal::new();
    run(&agents);
    let logs = agents.journal.logs().into_iter();
    let notes = logs.filter_map(|log| {
        let text = log.message.strip_prefix("compare: server release ")?;
        Some(format!("{}: {text}", log.plugin))
    });
    notes.collect()
}

#[test]
fn failures_are_noted_unless_another_source_answers() {
    let (down, empty, good) = (
        Scripted::new("down", Script::Fails),
        Scripted::new("empty", Script::Nothing),
        Scripted::new("good", answers("u")),
    );
    let ask = |sources: &[&Arc<Scripted>], rules: Rules| {
        notes(agents(sources), rules, |agents| {
            agents.artist_url(&artist("A"));
        })
    };
    assert_eq!(
        ask(&[&down, &empty], newer()),
        ["down: 0.63: would take this failure for \"not found\""]
    );
    assert_eq!(
        ask(&[&down, &empty], older()),
        ["down: 0.64: would take this failure for a fault"]
    );
    assert_eq!(ask(&[&down, &good], newer()), [""; 0]);
    assert_eq!(ask(&[&empty], newer()), [""; 0]);
    let same = Rules::release_0_64().comparing(Rules::release_0_64());
    assert_eq!(ask(&[&down], same), [""; 0]);
    let token = CancelToken::new();
    let given_up = agents(&[&down]).cancelled_by(&token);
    token.cancel();
    let ask = |agents: &Agents| drop(agents.artist_url(&artist("A")));
    assert_eq!(notes(given_up, newer(), ask), [""; 0]);
}

#[test]
fn failures_of_the_artwork_worker_are_noted_one_by_one() {
    let (down, empty) = (
        Scripted::new("down", Script::Fails),
        Scripted::new("empty", Script::Nothing),
    );
    let ask = |rules: Rules| {
        let (_, patience) = patience();
        notes(agents(&[&down, &empty]), rules, |agents| {
            agents.album_artwork(&album("A"), &patience);
        })
    };
    assert_eq!(
        ask(newer()),
        ["down: 0.63: would take this failure for \"no picture\""]
    );
    assert_eq!(
        ask(older()),
        ["down: 0.64: would take this failure for a fault"]
    );
}

#[test]
fn pictures_on_private_addresses_are_noted_whoever_leads_there() {
    let peer = HttpPeer::start().expect("a peer");
    peer.on("/cover", Answer::text("picture"));
    let named = peer.url("/cover").replace("127.0.0.1", "nas.lan");
    peer.on("/moved", Answer::status(302).header("Location", &named));
    let public = IpAddr::from(Ipv4Addr::new(203, 0, 113, 1));
    let mut agents = agents(&[]);
    agents.http.environment_proxy = false;
    agents.http.resolver = Arc::new(
        StaticResolver::new()
            .with("nas.lan", Ipv4Addr::LOCALHOST)
            // The first address that is not refused is the one that is asked.
            .with("both.lan", Ipv4Addr::LOCALHOST)
            .with("both.lan", public),
    );
    let download = |url: &str, rules: Rules| {
        notes(agents.clone(), rules, |agents| {
            agents.download("s", url);
        })
    };
    for url in [&peer.url("/cover"), &named] {
        assert_eq!(
            download(url, newer()),
            [format!("s: 0.63: would download {url}")]
        );
        assert_eq!(
            download(url, older()),
            [format!(
                "s: 0.64: would not download {url}, which leads to a private address"
            )]
        );
    }
    let moved = peer.url("/moved").replace("127.0.0.1", "nas.lan");
    assert_eq!(download(&moved, older()).len(), 1);
    let both = peer.url("/cover").replace("127.0.0.1", "both.lan");
    assert_eq!(download(&both, older()), [""; 0]);
    assert_eq!(download("http://unknown.lan/", newer()), [""; 0]);
    assert_eq!(download("no address", older()), [""; 0]);
    let unguarded = Rules {
        guard_image_urls: false,
        ..Rules::release_0_64()
    };
    let patch = Rules::release_0_64().comparing(unguarded);
    assert_eq!(download(&named, patch).len(), 1);
}

#[test]
fn songs_that_are_too_few_in_one_release_only_are_noted_once() {
    let source = Scripted::new("s", answers("id of b"));
    let music = super::similar::library(&["a", "b", "c"]);
    let of_album = Album {
        id: "al1".into(),
        ..album("L")
    };
    let ask = |count: usize, rules: Rules| {
        let agents = agents_at(&[&source], music.clone(), ManualClock::default());
        notes(agents, rules, |agents| {
            agents.similar_songs(Seed::Album(&of_album), count);
        })
    };
    assert_eq!(
        ask(3, newer()),
        [": 0.63: would ask for no more similar songs: 1 of 3 are known"]
    );
    assert_eq!(
        ask(3, older()),
        [": 0.64: would ask for more similar songs: 1 of 3 are known"]
    );
    assert_eq!(ask(1, newer()), [""; 0]);
    let silent = Scripted::new("s", Script::Nothing);
    let nothing = agents_at(&[&silent], music.clone(), ManualClock::default());
    let about = track("a");
    let ask = |agents: &Agents| drop(agents.similar_songs(Seed::Track(&about), 3));
    assert_eq!(notes(nothing, older(), ask), [""; 0]);
}

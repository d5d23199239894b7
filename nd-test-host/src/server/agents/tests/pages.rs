//! What is stored of artists and albums, and when it is asked for again.

use std::time::Duration;

use super::*;

const LIMIT: Duration = Duration::from_secs(30);

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

#[test]
fn information_is_stored_and_asked_for_again_in_the_background_once_it_is_old() {
    let source = Scripted::new("s", answers("m1"));
    let clock = ManualClock::default();
    let agents = agents_at(&[&source], Catalogue::new(), clock.clone());
    let about = ArtistRef {
        id: "a1".into(),
        ..artist("A")
    };
    let (first, album) = (
        agents.artist_information(&about),
        Album {
            id: "al1".into(),
            ..album("L")
        },
    );
    agents.album_information(&album);
    assert_eq!(source.asked().len(), 5 + 2);
    clock.advance(hours(24));
    assert_eq!(agents.artist_information(&about), first);
    agents.album_information(&album);
    assert!(agents.wait_refreshed(LIMIT));
    assert!(source.asked().is_empty(), "24 hours are not too old");
    clock.advance(Duration::from_secs(1));
    // A cancelled request does not end what goes on behind it.
    let token = CancelToken::new();
    token.cancel();
    let cancelled = agents.clone().cancelled_by(&token);
    assert_eq!(cancelled.artist_information(&about), first);
    assert!(agents.wait_refreshed(LIMIT));
    assert_eq!(source.asked().len(), 5);
    agents.artist_information(&about);
    agents.album_information(&album);
    assert!(agents.wait_refreshed(LIMIT));
    assert!(source.asked().is_empty());
    clock.advance(hours(6 * 24));
    agents.album_information(&album);
    assert!(agents.wait_refreshed(LIMIT));
    assert_eq!(source.asked(), ["album L by The “Band”", "album images L"]);
    let known = ArtistRef {
        mbid: "m0".into(),
        ..about
    };
    assert_eq!(agents.artist_information(&known).mbid, "m0");
}

#[test]
fn nothing_is_stored_while_a_source_fails_and_what_is_known_stays() {
    let (good, down) = (
        Scripted::new("good", answers("u")),
        Scripted::new("down", Script::Fails),
    );
    let clock = ManualClock::default();
    let mut both = agents_at(&[&good, &down], Catalogue::new(), clock.clone());
    let album = Album {
        id: "al1".into(),
        ..album("L")
    };
    both.config.agents = vec!["down".into()];
    assert_eq!(both.album_information(&album), AlbumInformation::default());
    assert_eq!(both.album_information(&album), AlbumInformation::default());
    assert_eq!(down.asked().len(), 4, "asked each time");
    both.config.agents = vec!["good".into()];
    let known = both.album_information(&album);
    assert_eq!(known.pictures.large, "u");
    both.config.agents = vec!["down".into()];
    clock.advance(hours(8 * 24));
    for _ in 0..2 {
        assert_eq!(both.album_information(&album), known);
        assert!(both.wait_refreshed(LIMIT));
    }
    assert_eq!(down.asked().len(), 4, "and still old");
}

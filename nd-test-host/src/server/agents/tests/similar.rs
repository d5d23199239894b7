//! Songs like others, and how the server tops them up.

use super::*;
use crate::server::sample::track;
use crate::services::library::{Collection, Scan};

/// A library whose tracks have these titles, all on one album of one artist.
pub(super) fn library(titles: &[&str]) -> Catalogue {
    let scan = Scan {
        tracks: titles.iter().map(|title| track(title)).collect(),
        problems: Vec::new(),
    };
    let catalogue = Catalogue::new();
    catalogue.insert(7, Collection::new(scan, std::time::UNIX_EPOCH));
    catalogue
}

fn titles(tracks: &[LibraryTrack]) -> Vec<&str> {
    tracks.iter().map(|track| track.title.as_str()).collect()
}

#[test]
fn too_few_similar_songs_are_topped_up_by_seeds_and_then_by_similar_artists() {
    let music = library(&["a", "b", "c", "d", "e", "f", "g"]);
    let source = Scripted::new("s", answers("id of b"));
    let agents = agents_at(&[&source], music, ManualClock::default());
    let of_album = Album {
        id: "al1".into(),
        ..album("L")
    };
    assert_eq!(
        titles(&agents.similar_songs(Seed::Album(&of_album), 1)),
        ["b"]
    );
    assert_eq!(source.asked(), ["songs of L 1"], "enough");

    let found = agents.similar_songs(Seed::Album(&of_album), 3);
    assert_eq!(titles(&found), ["b"], "each track comes once");
    let asked = source.asked();
    let seeds = asked
        .iter()
        .filter(|asked| asked.starts_with("songs like "));
    let different: std::collections::BTreeSet<_> = seeds.clone().collect();
    assert_eq!((seeds.count(), different.len()), (5, 5), "{asked:?}");
    assert_eq!(asked[0], "songs of L 3");
    assert_eq!(
        asked[6..],
        ["similar The \"Band\" 22", "top The \"Band\" 30"]
    );

    let about = track("a");
    agents.similar_songs(Seed::Track(&about), 600);
    assert_eq!(
        source.asked(),
        ["songs like a 500", "similar Artist 22", "top Artist 750"]
    );
    let of_artist = ArtistRef {
        id: "ar1".into(),
        ..artist("Artist")
    };
    agents.similar_songs(Seed::Artist(&of_artist), 2);
    assert_eq!(source.asked().len(), 1 + 5 + 2);
}

#[test]
fn topping_up_never_brings_the_track_itself() {
    let source = Scripted::new("s", answers("id of a"));
    let agents = agents_at(&[&source], library(&["a", "b"]), ManualClock::default());
    let found = agents.similar_songs(Seed::Track(&track("b")), 2);
    assert_eq!(titles(&found), ["a"]);
}

#[test]
fn before_0_64_the_first_source_that_answers_has_the_last_word() {
    let (few, more) = (
        Scripted::new("few", answers("id of b")),
        Scripted::new("more", answers("id of c")),
    );
    let music = library(&["a", "b", "c"]);
    let mut agents = agents_at(&[&few, &more], music.clone(), ManualClock::default());
    agents.rules = Rules::release_0_63();
    let of_album = Album {
        id: "al1".into(),
        ..album("L")
    };
    let found = agents.similar_songs(Seed::Album(&of_album), 3);
    assert_eq!(titles(&found), ["b"]);
    assert_eq!(few.asked(), ["songs of L 3"]);
    assert!(more.asked().is_empty());
    // An answer is one even if the library has none of its songs.
    let stranger = Scripted::new("s", answers("id of nothing"));
    let mut agents = agents_at(&[&stranger], music.clone(), ManualClock::default());
    agents.rules = Rules::release_0_63();
    let found = agents.similar_songs(Seed::Track(&track("a")), 3);
    assert_eq!(titles(&found), [""; 0]);
    assert_eq!(stranger.asked(), ["songs like a 3"]);
    // Without an answer the search goes on as ever.
    let silent = Scripted::new("s", Script::Nothing);
    let mut agents = agents_at(&[&silent], music, ManualClock::default());
    agents.rules = Rules::release_0_63();
    agents.similar_songs(Seed::Album(&of_album), 3);
    assert_eq!(silent.asked().len(), 1 + 3 + 2);
}

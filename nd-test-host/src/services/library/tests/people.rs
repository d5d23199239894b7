//! Who took part, and the other tags beyond the usual ones.

use lofty::TextEncoding;
use lofty::id3::v2::{ExtendedTextFrame, Frame, FrameId, Id3v2Tag, KeyValueFrame};
use lofty::ogg::tag::VorbisComments;

use super::*;

fn flac(fields: &[(&str, &str)]) -> LibraryTrack {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.flac");
    write_flac(&file);
    let mut tag = VorbisComments::new();
    for &(name, value) in fields {
        tag.push(name.to_owned(), value.to_owned());
    }
    tag.save_to_path(&file, WriteOptions::default())
        .expect("the tag");
    scan(1, folder.path()).tracks.remove(0)
}

fn credits(track: &LibraryTrack) -> Vec<String> {
    let credits = track.credits().into_iter().map(|(role, part, artist)| {
        format!(
            "{role}/{part}/{}/{}/{}",
            artist.name, artist.sort_name, artist.mbid
        )
    });
    credits.collect()
}

#[test]
fn every_role_is_read_from_vorbis_comments() {
    let track = flac(&[
        ("ARTIST", "Ann feat. Bob"),
        ("ARTISTSSORT", "Ann, A"),
        ("ARTISTSSORT", "Bob, B"),
        ("MUSICBRAINZ_ARTISTID", "m-ann"),
        ("MUSICBRAINZ_ARTISTID", "m-bob"),
        ("ALBUMARTIST", "Ann"),
        ("COMPOSER", "Cid/Dan"),
        ("COMPOSERSORT", "Cid, C;Dan, D"),
        ("MUSICBRAINZ_COMPOSERID", "m-cid"),
        ("LYRICIST", "Eve"),
        ("CONDUCTOR", "Fay"),
        ("ARRANGER", "Gus"),
        ("PRODUCER", "Hal"),
        ("DIRECTOR", "Ida"),
        ("ENGINEER", "Jim"),
        ("MIXER", "Kim"),
        ("REMIXER", "Leo"),
        ("DJMIXER", "Mia"),
        ("PERFORMER", "Ned (bass guitar)"),
        ("PERFORMER", "Olga"),
        ("PERFORMER:violin", "Pia"),
    ]);
    assert_eq!(track.artist, "Ann feat. Bob");
    assert_eq!(
        credits(&track),
        [
            "albumartist//Ann//",
            "arranger//Gus//",
            "artist//Ann/Ann, A/m-ann",
            "artist//Bob/Bob, B/m-bob",
            "composer//Cid/Cid, C/",
            "composer//Dan/Dan, D/",
            "conductor//Fay//",
            "director//Ida//",
            "djmixer//Mia//",
            "engineer//Jim//",
            "lyricist//Eve//",
            "mixer//Kim//",
            "performer/Bass Guitar/Ned//",
            "performer//Olga//",
            "performer/Violin/Pia//",
            "producer//Hal//",
            "remixer//Leo//",
        ]
    );
    let shown = track.track("Music", true).participants;
    let ned = shown
        .iter()
        .find(|artist| artist.name == "Ned")
        .expect("Ned");
    assert_eq!(
        (ned.role.as_str(), ned.sub_role.as_str()),
        ("performer", "Bass Guitar")
    );
}

#[test]
fn musicians_and_involved_people_are_read_from_id3() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.wav");
    write_wav(&file);
    let list = |id: &'static str, pairs: &[(&'static str, &'static str)]| {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|&(what, who)| (what.into(), who.into()))
            .collect();
        let id = FrameId::new(id).expect("an id");
        Frame::KeyValue(KeyValueFrame::new(id, TextEncoding::UTF8, pairs))
    };
    let mut tag = Id3v2Tag::new();
    tag.insert(list("TMCL", &[("cello", "Ann"), ("voice", "Bob")]));
    tag.insert(list("TIPL", &[("producer", "Cid"), ("mix", "Dan")]));
    tag.insert(Frame::UserText(ExtendedTextFrame::new(
        TextEncoding::UTF8,
        "MusicBrainz Album Comment",
        "deluxe",
    )));
    tag.insert(Frame::UserText(ExtendedTextFrame::new(
        TextEncoding::UTF8,
        "ITUNESADVISORY",
        "1",
    )));
    tag.save_to_path(&file, WriteOptions::default())
        .expect("the tag");
    let track = scan(1, folder.path()).tracks.remove(0);
    let expected = [
        "mixer//Dan//",
        "performer/Cello/Ann//",
        "performer/Voice/Bob//",
        "producer//Cid//",
    ];
    assert_eq!(credits(&track), expected);
    assert_eq!(track.mbz_album_comment, "deluxe");
    assert_eq!(track.explicit_status, "e");
}

#[test]
fn the_other_fields_of_a_track_are_filled() {
    let long = "x".repeat(5_000);
    let track = flac(&[
        ("TITLE", "Song"),
        ("DISCSUBTITLE", "Live"),
        ("CATALOGNUMBER", "CAT 1"),
        ("ITUNESADVISORY", "2"),
        ("BPM", "119.6"),
        ("GENRE", "Rock; Pop/Folk,Rock"),
        ("MOOD", "calm"),
        ("ISRC", "AA"),
        ("ISRC", "BB"),
        ("RELEASETYPE", "Album"),
        ("RELEASETYPE", "Live"),
        ("ALBUMVERSION", "Deluxe"),
        ("LABEL", "Label"),
        ("COMPILATION", "1"),
        ("ARTISTSORT", "Sort, A"),
        ("LYRICS", "la la"),
        ("COMMENT", &long),
        ("COPYRIGHT", &long),
        ("R128_TRACK_GAIN", "-256"),
        ("DATE", "2001-02-03"),
        ("RELEASEDATE", "2005"),
        ("TRACKNUMBER", "3/12"),
    ]);
    let shown = track.track("Music", false);
    assert_eq!(
        (shown.disc_subtitle.as_str(), shown.catalog_num.as_str()),
        ("Live", "CAT 1")
    );
    assert_eq!(
        (shown.explicit_status.as_str(), shown.bpm),
        ("c", Some(120))
    );
    assert_eq!(shown.genres, ["Rock", "Pop", "Folk"]);
    assert_eq!(track.isrc, ["AA", "BB"]);
    assert_eq!(
        (
            shown.mbz_album_type.as_str(),
            shown.mbz_album_comment.as_str()
        ),
        ("album", "Deluxe")
    );
    assert_eq!(shown.sort_artist_name, "Sort, A");
    assert!(shown.compilation && track.has_lyrics && !shown.has_cover_art);
    assert_eq!(
        (shown.comment.len(), shown.rg_track_gain),
        (4_096, Some(4.0))
    );
    assert_eq!(
        (shown.year, shown.release_year, shown.original_year),
        (2001, 2005, 0)
    );
    assert_eq!(shown.track_number, 3);
    let tag = |name: &str| shown.tags.get(name).cloned().unwrap_or_default();
    assert_eq!(tag("releasetype"), ["album", "live"]);
    assert_eq!(
        (tag("mood"), tag("recordlabel")),
        (vec!["calm".to_owned()], vec!["Label".to_owned()])
    );
    assert_eq!(tag("copyright")[0].len(), 1_024);
    assert!(shown.birth_time > 0 && shown.created_at > 0 && shown.updated_at > 0);
}

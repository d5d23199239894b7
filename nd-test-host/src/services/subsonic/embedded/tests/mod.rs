//! The embedded responder over a few real files.

use std::fs::{self, File};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lofty::config::WriteOptions;
use lofty::picture::{MimeType, Picture, PictureType};
use lofty::tag::{ItemKey, ItemValue, Tag, TagExt, TagItem, TagType};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::endpoint::{ELSEWHERE, ENDPOINTS, NEVER};
use super::*;
use crate::services::ManualClock;
use crate::services::library::{Collection, LibraryTrack, scan};
use crate::setup::Grant;

mod browsing;
mod listing;
mod media;
mod playlists;
mod serving;
mod writing;

/// When the files were last written: 1 January 2025, and a minute later for each further file.
const WRITTEN: u64 = 1_735_689_600;

/// Writes one second of silence, 8 kHz mono 16 bit, with these tags and a picture.
pub(in crate::services::subsonic) fn write_music(
    path: &Path,
    items: &[(ItemKey, &str)],
    picture: Option<&[u8]>,
) {
    let samples = vec![0_u8; 16_000];
    let size = |n: usize| u32::try_from(n).expect("a small file").to_le_bytes();
    let format = [
        &1_u16.to_le_bytes()[..],
        &1_u16.to_le_bytes(),
        &size(8_000),
        &size(16_000),
        &2_u16.to_le_bytes(),
        &16_u16.to_le_bytes(),
    ];
    let wav = [
        b"RIFF",
        &size(36 + samples.len())[..],
        b"WAVEfmt ",
        &size(16),
        &format.concat(),
        b"data",
        &size(samples.len()),
        &samples,
    ];
    fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
    fs::write(path, wav.concat()).expect("the file");
    let mut tag = Tag::new(TagType::Id3v2);
    for &(key, value) in items {
        tag.push_unchecked(TagItem::new(key, ItemValue::Text(value.to_owned())));
    }
    if let Some(data) = picture {
        let picture = Picture::unchecked(data.to_vec())
            .pic_type(PictureType::CoverFront)
            .mime_type(MimeType::Png);
        tag.push_picture(picture.build());
    }
    if !tag.is_empty() || picture.is_some() {
        tag.save_to_path(path, WriteOptions::default())
            .expect("the tag");
    }
}

/// What a test has been told of plays.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Plays for Told {
    fn now_playing(&self, user: &HostUser, track: &LibraryTrack, client: &str) {
        let line = format!("{} plays {} on {client}", user.name, track.title);
        self.0.lock().expect("a lock").push(line);
    }

    fn submitted(&self, user: &HostUser, track: &LibraryTrack, at: SystemTime) {
        let line = format!(
            "{} played {} at {}",
            user.name,
            track.title,
            unix_seconds(at)
        );
        self.0.lock().expect("a lock").push(line);
    }
}

/// Two libraries; ann and root hear both, bob hears the first only.
struct Music {
    folder: TempDir,
    clock: ManualClock,
    told: Arc<Told>,
    parts: SubsonicParts,
    responder: EmbeddedSubsonic,
}

const PNG: &[u8] = b"\x89PNG picture in the file";
const JPEG: &[u8] = b"\xff\xd8\xff picture in the folder";

impl Music {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        let bjork = |title, number| {
            [
                (ItemKey::TrackTitle, title),
                (ItemKey::AlbumTitle, "Homogenic"),
                (ItemKey::TrackArtist, "Björk"),
                (ItemKey::AlbumArtist, "Björk"),
                (ItemKey::TrackNumber, number),
                (ItemKey::DiscNumber, "1"),
                (ItemKey::RecordingDate, "1997-09-22"),
                (ItemKey::Genre, "Electronic"),
            ]
        };
        let hunter = "music/Björk/Homogenic/01 Hunter.wav";
        write_music(&at(hunter), &bjork("Hunter", "1"), Some(PNG));
        let joga = "music/Björk/Homogenic/02 Jóga.wav";
        let more = [
            (ItemKey::MusicBrainzRecordingId, "rec-1"),
            (ItemKey::Isrc, "GBAKW9700123"),
            (ItemKey::Comment, "R&B?"),
        ];
        let items = [&bjork("Jóga", "2")[..], &more].concat();
        write_music(&at(joga), &items, None);
        fs::write(at("music/Björk/Homogenic/Cover.JPG"), JPEG).expect("a picture");
        let help = "music/The Beatles/Help/Help.wav";
        let items = [
            (ItemKey::TrackTitle, "Help!"),
            (ItemKey::AlbumTitle, "Help!"),
            (ItemKey::TrackArtist, "The Beatles"),
            (ItemKey::RecordingDate, "1965"),
            (ItemKey::Genre, "Rock"),
            (ItemKey::Genre, "Pop"),
        ];
        write_music(&at(help), &items, None);
        write_music(&at("music/bare.wav"), &[], None);
        let zed = "secret/Zed/One/Song.wav";
        let items = [
            (ItemKey::TrackTitle, "Song"),
            (ItemKey::AlbumTitle, "One"),
            (ItemKey::TrackArtist, "Zed"),
            (ItemKey::RecordingDate, "2001"),
        ];
        write_music(&at(zed), &items, None);
        let files = [hunter, joga, help, "music/bare.wav", zed];
        for (minutes, file) in (0_u64..).zip(files) {
            let written = UNIX_EPOCH + Duration::from_secs(WRITTEN + 60 * minutes);
            let file = File::options().append(true).open(at(file));
            let file = file.expect("the file");
            file.set_modified(written).expect("the time");
        }
        Self::over(folder)
    }

    fn over(folder: TempDir) -> Self {
        let catalogue = Catalogue::new();
        let library = |id, name: &str| {
            let path = folder.path().join(name);
            let scanned = UNIX_EPOCH + Duration::from_secs(WRITTEN + 3_600);
            catalogue.insert(id, Collection::new(scan(id, &path), scanned));
            HostLibrary {
                id,
                name: name.to_owned(),
                path,
            }
        };
        let libraries = [library(1, "music"), library(2, "secret")];
        let user = |id: &str, name: &str, admin, libraries| HostUser {
            id: id.to_owned(),
            name: name.to_owned(),
            display_name: name.to_owned(),
            admin,
            libraries,
        };
        let users = [
            user("u1", "ann", false, Grant::All),
            user("u2", "bob", false, Grant::Listed(vec![1])),
            user("u3", "root", true, Grant::All),
        ];
        let clock = ManualClock::default();
        let told = Arc::<Told>::default();
        let parts = SubsonicParts {
            users: users.into(),
            libraries: libraries.into(),
            catalogue,
            store: Database::in_memory().expect("a database"),
            clock: Arc::new(clock.clone()),
            config: Arc::default(),
            server_version: "0.64.2".to_owned(),
            now_playing: NowPlaying::default(),
            plays: Some(told.clone()),
        };
        Self {
            folder,
            clock,
            told,
            responder: EmbeddedSubsonic::new(parts.clone()),
            parts,
        }
    }

    /// Returns the whole answer to a request for JSON.
    fn answer(&self, user: &str, request: &str) -> Value {
        let mark = if request.contains('?') { '&' } else { '?' };
        let answer = self
            .responder
            .answer(&format!("/rest/{request}{mark}f=json&c=test"), user);
        assert_eq!(answer.status, 200, "{request}");
        assert_eq!(answer.content_type, "application/json", "{request}");
        let mut document: Value = serde_json::from_slice(&answer.body).expect("JSON");
        document["subsonic-response"].take()
    }

    /// Returns what the user gets, without the envelope.
    fn of(&self, user: &str, request: &str) -> Value {
        let mut answer = self.answer(user, request);
        assert_eq!(answer["status"], "ok", "{request}: {answer}");
        let answer = answer.as_object_mut().expect("an object");
        let envelope = ["status", "version", "type", "serverVersion", "openSubsonic"];
        for name in envelope {
            answer.remove(name);
        }
        Value::Object(std::mem::take(answer))
    }

    /// Returns what ann gets, without the envelope.
    fn get(&self, request: &str) -> Value {
        self.of("ann", request)
    }

    /// Returns the error a user gets.
    fn error(&self, user: &str, request: &str) -> (i64, String) {
        let answer = self.answer(user, request);
        assert_eq!(answer["status"], "failed", "{request}: {answer}");
        let text = answer["error"]["message"].as_str().expect("a message");
        let code = answer["error"]["code"].as_i64().expect("a code");
        (code, text.to_owned())
    }

    fn track(&self, title: &str) -> LibraryTrack {
        let find = |id| {
            let collection = self.parts.catalogue.get(id)?;
            let mut tracks = collection.tracks().iter();
            tracks.find(|track| track.title == title).cloned()
        };
        [1, 2].into_iter().find_map(find).expect(title)
    }

    fn id(&self, title: &str) -> String {
        self.track(title).id
    }
}

/// Returns the values of a field of every object in a list, as texts.
fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    let objects = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let field = |object: &'a Value| object[field].as_str().unwrap_or_default();
    objects.iter().map(field).collect()
}

#[test]
fn every_answer_has_the_envelope_in_each_format() {
    let music = Music::new();
    let answer = |request: &str| {
        let answer = music.responder.answer(request, "Ann");
        let body = String::from_utf8(answer.body).expect("text");
        (answer.status, answer.content_type, body)
    };
    let json = r#"{"subsonic-response":{"status":"ok","version":"1.16.1","type":"navidrome","serverVersion":"0.64.2","openSubsonic":true}}"#;
    assert_eq!(
        answer("ping.view?f=json"),
        (200, "application/json".to_owned(), json.to_owned())
    );
    assert_eq!(
        answer("ping?f=jsonp&callback=go"),
        (
            200,
            "application/javascript".to_owned(),
            format!("go({json})")
        )
    );
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><subsonic-response xmlns=\"http://subsonic.org/restapi\" \
        status=\"ok\" version=\"1.16.1\" type=\"navidrome\" serverVersion=\"0.64.2\" openSubsonic=\"true\">\
        </subsonic-response>";
    assert_eq!(
        answer("ping"),
        (200, "application/xml".to_owned(), xml.to_owned())
    );
}

#[test]
fn endpoints_that_are_not_there_say_so_by_status() {
    let music = Music::new();
    let status = |request: &str| music.responder.answer(request, "ann").status;
    assert_eq!(status("nonsense.view?f=json"), 404);
    assert_eq!(status(""), 404);
    assert_eq!(status("Ping"), 404);
    assert_eq!(status("getVideos"), 410);
    assert_eq!(status("getPodcasts.view"), 501);
    assert_eq!(status("ping\n"), 400);
}

#[test]
fn every_endpoint_answers_and_has_one_name() {
    let music = Music::new();
    let mut names = std::collections::BTreeSet::new();
    for endpoint in ENDPOINTS {
        assert!(names.insert(endpoint.name), "{} twice", endpoint.name);
        // Without parameters: an answer or the error of a missing one.
        let answer = music.answer("ann", endpoint.name);
        if answer["status"] == "failed" {
            assert_eq!(answer["error"]["code"], 10, "{}: {answer}", endpoint.name);
        }
        let nobody = music.answer("zoe", endpoint.name);
        match endpoint.public {
            true => assert_eq!(nobody["status"], "ok"),
            false => assert_eq!(nobody["error"]["code"], 40, "{}", endpoint.name),
        }
    }
    assert!(
        !names
            .iter()
            .any(|name| NEVER.contains(name) || ELSEWHERE.contains(name))
    );
}

#[test]
fn missing_parameters_and_unknown_ids_have_codes_of_their_own() {
    let music = Music::new();
    for endpoint in [
        "getArtist",
        "getAlbum",
        "getSong",
        "getMusicDirectory",
        "getArtistInfo",
        "getArtistInfo2",
        "getAlbumInfo",
        "getAlbumInfo2",
        "getLyricsBySongId",
        "getSimilarSongs",
        "getSimilarSongs2",
        "getPlaylist",
        "deletePlaylist",
        "star",
        "unstar",
        "getCoverArt",
        "stream",
        "download",
    ] {
        assert_eq!(
            music.error("ann", endpoint),
            (10, "missing parameter: 'id'".to_owned()),
            "{endpoint}"
        );
        let unknown = format!("{endpoint}?id=unknown");
        assert_eq!(music.error("ann", &unknown).0, 70, "{endpoint}");
    }
    for (request, parameter) in [
        ("getAlbumList2", "type"),
        ("getAlbumList2?type=byYear&toYear=1", "fromYear"),
        ("getAlbumList2?type=byYear&fromYear=1", "toYear"),
        ("getAlbumList2?type=byGenre", "genre"),
        ("getSongsByGenre", "genre"),
        ("getTopSongs", "artist"),
        ("getUser", "username"),
        ("createPlaylist", "name"),
        ("updatePlaylist", "playlistId"),
        ("setRating?rating=1", "id"),
        ("setRating?id=x", "rating"),
        ("scrobble", "id"),
    ] {
        let expected = (10, format!("missing parameter: '{parameter}'"));
        assert_eq!(music.error("ann", request), expected, "{request}");
    }
    assert_eq!(music.error("ann", "setRating?id=x&rating=1").0, 70);
    assert_eq!(music.error("ann", "updatePlaylist?playlistId=x").0, 70);
}

#[test]
fn the_server_tells_about_itself_and_the_user() {
    let music = Music::new();
    assert_eq!(
        music.get("getLicense"),
        json!({ "license": { "valid": true } })
    );
    assert_eq!(
        music.get("getOpenSubsonicExtensions"),
        json!({ "openSubsonicExtensions": [
            { "name": "formPost", "versions": [1] },
            { "name": "songLyrics", "versions": [1] },
        ] })
    );
    assert_eq!(
        music.get("getScanStatus"),
        json!({ "scanStatus": {
            "scanning": false, "count": 5, "folderCount": 4, "lastScan": "2025-01-01T01:00:00Z",
        } })
    );
    let user = json!({
        "username": "bob", "scrobblingEnabled": true, "adminRole": false, "settingsRole": true,
        "downloadRole": true, "uploadRole": false, "playlistRole": true, "coverArtRole": false,
        "commentRole": false, "podcastRole": false, "streamRole": true, "jukeboxRole": false,
        "shareRole": false, "videoConversionRole": false, "folder": [1],
    });
    assert_eq!(
        music.of("bob", "getUser?username=BOB"),
        json!({ "user": user })
    );
    assert_eq!(
        music.of("bob", "getUsers"),
        json!({ "users": { "user": [user] } })
    );
    assert_eq!(music.error("root", "getUser?username=bob").0, 50);
}

//! Statement by statement what the contract says of metadata, against sources that follow a script.

mod comparing;
mod pages;
mod requests;
mod similar;

use std::sync::Mutex;

use nd_types::metadata::{
    AlbumImagesResponse, ArtistBiographyResponse, ArtistImagesResponse, ArtistMBIDResponse,
    ArtistURLResponse, SimilarArtistsResponse, SimilarSongsResponse, TopSongsResponse,
};

use super::*;
use crate::peer::{Answer, HttpPeer};
use crate::services::ManualClock;
use crate::store::Database;

/// A source that notes what it is asked, and answers as its script says.
struct Scripted {
    name: &'static str,
    script: Script,
    asked: Mutex<Vec<String>>,
}

#[derive(Clone)]
enum Script {
    Nothing,
    Fails,
    /// Answers with this text, wherever one fits.
    Answers(String),
}

impl Scripted {
    fn new(name: &'static str, script: Script) -> Arc<Self> {
        Arc::new(Self {
            name,
            script,
            asked: Mutex::default(),
        })
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().expect("asked"))
    }

    fn answer<T>(
        &self,
        question: String,
        make: impl FnOnce(String) -> T,
    ) -> Result<Option<T>, CallError> {
        self.asked.lock().expect("asked").push(question);
        match &self.script {
            Script::Nothing => Ok(None),
            Script::Fails => Err(CallError::Failed {
                plugin: self.name.into(),
                export: "e".into(),
                message: "down".into(),
            }),
            Script::Answers(text) => Ok(Some(make(text.clone()))),
        }
    }
}

fn image(url: String) -> ImageInfo {
    ImageInfo { url, size: 1 }
}

fn song(id: String) -> SongRef {
    SongRef {
        name: id.clone(),
        id,
        ..SongRef::default()
    }
}

impl BuiltinAgent for Scripted {
    fn name(&self) -> &str {
        self.name
    }

    fn artist_mbid(
        &self,
        r: &ArtistMBIDRequest,
        _: &CallOptions,
    ) -> Result<Option<ArtistMBIDResponse>, CallError> {
        self.answer(format!("mbid {}", r.name), |mbid| ArtistMBIDResponse {
            mbid,
        })
    }

    fn artist_url(
        &self,
        r: &ArtistRequest,
        _: &CallOptions,
    ) -> Result<Option<ArtistURLResponse>, CallError> {
        self.answer(format!("url {} {}", r.name, r.mbid), |url| {
            ArtistURLResponse { url }
        })
    }

    fn artist_biography(
        &self,
        r: &ArtistRequest,
        _: &CallOptions,
    ) -> Result<Option<ArtistBiographyResponse>, CallError> {
        self.answer(format!("biography {}", r.name), |biography| {
            ArtistBiographyResponse { biography }
        })
    }

    fn similar_artists(
        &self,
        r: &SimilarArtistsRequest,
        _: &CallOptions,
    ) -> Result<Option<SimilarArtistsResponse>, CallError> {
        self.answer(format!("similar {} {}", r.name, r.limit), |name| {
            let artist = |name: String| ArtistRef {
                name,
                ..ArtistRef::default()
            };
            SimilarArtistsResponse {
                artists: vec![artist(name.clone()), artist(name)],
            }
        })
    }

    fn artist_images(
        &self,
        r: &ArtistRequest,
        _: &CallOptions,
    ) -> Result<Option<ArtistImagesResponse>, CallError> {
        self.answer(format!("images {}", r.name), |url| ArtistImagesResponse {
            images: vec![image(url)],
        })
    }

    fn artist_top_songs(
        &self,
        r: &TopSongsRequest,
        _: &CallOptions,
    ) -> Result<Option<TopSongsResponse>, CallError> {
        self.answer(format!("top {} {}", r.name, r.count), |name| {
            TopSongsResponse {
                songs: vec![song(name)],
            }
        })
    }

    fn album_info(
        &self,
        r: &AlbumRequest,
        _: &CallOptions,
    ) -> Result<Option<AlbumInfoResponse>, CallError> {
        self.answer(format!("album {} by {}", r.name, r.artist), |_| {
            AlbumInfoResponse::default()
        })
    }

    fn album_images(
        &self,
        r: &AlbumRequest,
        _: &CallOptions,
    ) -> Result<Option<AlbumImagesResponse>, CallError> {
        self.answer(format!("album images {}", r.name), |url| {
            AlbumImagesResponse {
                images: vec![image(url)],
            }
        })
    }

    fn similar_songs_by_track(
        &self,
        r: &SimilarSongsByTrackRequest,
        _: &CallOptions,
    ) -> Result<Option<SimilarSongsResponse>, CallError> {
        self.answer(format!("songs like {} {}", r.name, r.count), |name| {
            SimilarSongsResponse {
                songs: vec![song(name)],
            }
        })
    }

    fn similar_songs_by_album(
        &self,
        r: &SimilarSongsByAlbumRequest,
        _: &CallOptions,
    ) -> Result<Option<SimilarSongsResponse>, CallError> {
        self.answer(format!("songs of {} {}", r.name, r.count), |name| {
            SimilarSongsResponse {
                songs: vec![song(name)],
            }
        })
    }

    fn similar_songs_by_artist(
        &self,
        r: &SimilarSongsByArtistRequest,
        _: &CallOptions,
    ) -> Result<Option<SimilarSongsResponse>, CallError> {
        self.answer(format!("songs {} {}", r.name, r.count), |name| {
            SimilarSongsResponse {
                songs: vec![song(name)],
            }
        })
    }
}

/// Sources in this order; those after the first are asked only if the ones before have nothing.
fn agents(sources: &[&Arc<Scripted>]) -> Agents {
    agents_at(sources, Catalogue::new(), ManualClock::default())
}

/// The same with music, and with a clock that is moved by hand.
fn agents_at(sources: &[&Arc<Scripted>], catalogue: Catalogue, clock: ManualClock) -> Agents {
    let store = Database::in_memory().expect("a database");
    let config = ServerConfig {
        agents: sources.iter().map(|source| source.name.into()).collect(),
        ..ServerConfig::default()
    };
    let agents = Agents {
        plugins: BTreeMap::new(),
        built_in: BTreeMap::new(),
        config,
        rules: Rules::default(),
        http: HttpSettings::default(),
        journal: Journal::new(),
        matcher: SongMatcher::new(
            catalogue.clone(),
            Arc::new(ServerConfig::default()),
            store.clone(),
        ),
        catalogue,
        user: None,
        options: CallOptions::default(),
        stored: Arc::new(Stored::new(store, Arc::new(clock))),
    };
    sources.iter().fold(agents, |agents, source| {
        agents.with_builtin(Arc::clone(source) as Arc<dyn BuiltinAgent>)
    })
}

fn artist(name: &str) -> ArtistRef {
    ArtistRef {
        name: name.into(),
        ..ArtistRef::default()
    }
}

fn album(name: &str) -> Album {
    Album {
        name: name.into(),
        artist: "The “Band”".into(),
        ..Album::default()
    }
}

fn answers(text: &str) -> Script {
    Script::Answers(text.to_owned())
}

#[test]
fn the_first_source_with_an_answer_wins_and_faults_go_on_to_the_next() {
    let (down, empty) = (
        Scripted::new("down", Script::Fails),
        Scripted::new("empty", Script::Nothing),
    );
    let (good, late) = (
        Scripted::new("good", answers("u")),
        Scripted::new("late", answers("v")),
    );
    let found = agents(&[&down, &empty, &good, &late]).artist_url(&artist("A"));
    let (source, data) = ("good".to_owned(), "u".to_owned());
    assert_eq!(found, Lookup::Found { source, data });
    assert_eq!((down.asked().len(), empty.asked().len()), (1, 1));
    assert!(late.asked().is_empty());
}

#[test]
fn faults_and_no_data_are_different_answers_from_0_64_on() {
    let (down, empty) = (
        Scripted::new("down", Script::Fails),
        Scripted::new("empty", Script::Nothing),
    );
    let mut agents_of_both = agents(&[&down, &empty]);
    match agents_of_both.artist_url(&artist("A")) {
        Lookup::Faults(faults) => assert_eq!(faults[0].agent, "down"),
        other => panic!("{other:?}"),
    }
    assert_eq!(agents(&[&empty]).artist_url(&artist("A")), Lookup::NotFound);
    agents_of_both.rules = Rules::release_0_63();
    assert_eq!(agents_of_both.artist_url(&artist("A")), Lookup::NotFound);
}

#[test]
fn only_listed_sources_are_asked_names_are_not_trimmed_and_local_comes_last() {
    let (listed, local) = (
        Scripted::new("listed", Script::Nothing),
        Scripted::new("local", Script::Nothing),
    );
    let unlisted = Scripted::new("unlisted", Script::Nothing);
    let mut agents = agents(&[&listed, &local, &unlisted]);
    let names = |agents: &mut Agents, setting: &str| {
        agents.config.agents = setting.split(',').map(str::to_owned).collect();
        agents.names()
    };
    assert_eq!(names(&mut agents, "ghost,listed"), ["listed", "local"]);
    assert_eq!(names(&mut agents, "local,listed"), ["local", "listed"]);
    assert_eq!(names(&mut agents, "ghost, listed"), ["local"]);
    assert_eq!(names(&mut agents, ""), ["local"]);
}

#[test]
fn a_plugin_called_local_is_not_the_source_that_needs_no_listing() {
    let (local, listed) = (
        Scripted::new("local", answers("x")),
        Scripted::new("p", Script::Nothing),
    );
    let mut agents = agents(&[]);
    for plugin in [&local, &listed] {
        let plugin = Arc::clone(plugin) as Arc<dyn BuiltinAgent>;
        agents.plugins.insert(plugin.name().to_owned(), plugin);
    }
    for setting in ["p", "local,p"] {
        agents.config.agents = setting.split(',').map(str::to_owned).collect();
        assert_eq!(agents.names(), ["p"]);
        assert_eq!(agents.artist_url(&artist("A")), Lookup::NotFound);
    }
    assert!(local.asked().is_empty());
    let built_in = Scripted::new("local", answers("y"));
    let agents = agents.with_builtin(built_in);
    assert_eq!(
        agents.artist_url(&artist("A")).found().as_deref(),
        Some("y")
    );
}

#[test]
fn some_artists_and_albums_are_not_asked_about() {
    let source = Scripted::new("s", answers("x"));
    let agents = agents(&[&source]);
    assert_eq!(agents.artist_url(&artist(UNKNOWN_ARTIST)), Lookup::NotFound);
    assert_eq!(
        agents.artist_biography(&artist(VARIOUS_ARTISTS)),
        Lookup::Empty
    );
    assert_eq!(agents.album_info(&album(UNKNOWN_ALBUM)), Lookup::NotFound);
    assert!(source.asked().is_empty());
}

#[test]
fn typography_is_taken_out_of_names_but_not_everywhere() {
    let source = Scripted::new("s", answers("x"));
    let mut agents = agents(&[&source]);
    let name = artist("A—“B”");
    let ask = |agents: &Agents| {
        agents.artist_url(&name);
        agents.top_songs(&name, 3);
        agents.album_info(&album("L’Album"));
        agents.similar_songs_by_artist(&name, 3);
        source.asked()
    };
    assert_eq!(
        ask(&agents),
        [
            "url A-\"B\" ",
            "top A-\"B\" 4",
            "album L'Album by The “Band”",
            "songs A—“B” 3"
        ]
    );
    agents.config.preserve_unicode = true;
    assert_eq!(ask(&agents)[0], "url A—“B” ");
}

#[test]
fn sources_are_asked_for_half_as_many_again_and_songs_have_a_limit() {
    let source = Scripted::new("s", answers("x"));
    let agents = agents(&[&source]);
    agents.similar_artists(&artist("A"), 100, true);
    agents.top_songs(&artist("A"), 5);
    agents.similar_songs_by_artist(&artist("A"), 501);
    assert_eq!(source.asked(), ["similar A 150", "top A 7", "songs A 500"]);
}

#[test]
fn an_empty_album_is_a_hit() {
    let (first, second) = (
        Scripted::new("first", answers("")),
        Scripted::new("second", answers("")),
    );
    let found = agents(&[&first, &second]).album_info(&album("A"));
    assert_eq!(found.found(), Some(AlbumInfoResponse::default()));
    assert!(second.asked().is_empty());
}

#[test]
fn a_musicbrainz_id_is_asked_for_only_if_there_is_none_and_used_from_then_on() {
    let source = Scripted::new("s", answers("m1"));
    let agents = agents(&[&source]);
    let information = agents.artist_information(&artist("A"));
    assert_eq!(information.mbid, "m1");
    assert_eq!(information.pictures.large, "m1");
    assert_eq!(information.similar.len(), 1, "each artist comes once");
    let asked = source.asked();
    assert!(asked.contains(&"mbid A".to_owned()) && asked.contains(&"url A m1".to_owned()));
    let known = ArtistRef {
        mbid: "m0".into(),
        ..artist("A")
    };
    assert_eq!(agents.artist_information(&known).mbid, "m0");
    assert!(!source.asked().contains(&"mbid A".to_owned()));
}

#[test]
fn a_cancelled_request_asks_nobody_else() {
    let source = Scripted::new("s", answers("x"));
    let token = CancelToken::new();
    let agents = agents(&[&source]).cancelled_by(&token);
    token.cancel();
    assert_eq!(agents.artist_url(&artist("A")), Lookup::Cancelled);
    assert!(source.asked().is_empty());
}

fn patience() -> (ManualClock, Patience) {
    let clock = ManualClock::default();
    let patience = Patience::new(Arc::new(clock.clone()), 2.0, || 0.5);
    (clock, patience)
}

#[test]
fn private_addresses_of_pictures_are_a_miss_unless_the_release_allows_them() {
    let peer = HttpPeer::start().expect("a peer");
    peer.on("/cover", Answer::text("picture"));
    peer.on("/gone", Answer::status(410));
    peer.on("/down", Answer::status(503));
    let source = Scripted::new("s", answers(&peer.url("/cover")));
    let mut agents = agents(&[&source]);
    assert_eq!(agents.download("s", &peer.url("/cover")), Download::Miss);
    assert!(peer.requests().is_empty());
    let logs = agents.journal.logs();
    assert!(logs[0].message.contains("private/loopback"), "{logs:?}");
    let (_, patience) = patience();
    assert_eq!(
        agents.artist_artwork(&artist("A"), &patience),
        Artwork::NotFound
    );

    agents.rules.guard_image_urls = false;
    assert_eq!(
        agents.artist_artwork(&artist("A"), &patience),
        Artwork::Found {
            source: "s".into(),
            picture: b"picture".to_vec()
        }
    );
    assert_eq!(agents.download("s", &peer.url("/gone")), Download::Miss);
    let down = agents.download("s", &peer.url("/down"));
    assert!(matches!(down, Download::Fault(text) if text.contains("503")));
}

#[test]
fn artwork_is_tried_again_after_faults_only_and_sources_that_fail_are_skipped() {
    let (down, empty) = (
        Scripted::new("down", Script::Fails),
        Scripted::new("empty", Script::Nothing),
    );
    let (clock, patience) = patience();
    let nobody = agents(&[&empty]).album_artwork(&album("A"), &patience);
    assert_eq!(nobody, Artwork::NotFound);
    let mut both = agents(&[&down, &empty]);
    for _ in 0..7 {
        assert_eq!(both.album_artwork(&album("A"), &patience), Artwork::Retry);
    }
    assert_eq!(down.asked().len(), 5, "then it is skipped");
    clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(both.album_artwork(&album("A"), &patience), Artwork::Retry);
    assert_eq!(down.asked().len(), 1, "the probe");
    both.rules = Rules::release_0_63();
    clock.advance(std::time::Duration::from_secs(60));
    let final_answer = both.album_artwork(&album("A"), &patience);
    assert_eq!(final_answer, Artwork::NotFound);
}

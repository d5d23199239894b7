//! What the kit costs a plugin: bytes of its module, and fuel of its calls.

use nd_test_host::{Host, PluginSettings};
use nd_types::scrobbler::{NowPlayingRequest, PlaybackReportRequest, ScrobbleRequest, TrackInfo};

const NAME: &str = "minimal-scrobbler";
/// Bytes the smallest useful plugin may have.
const BYTES: usize = 75_000;
/// Fuel each export of it may use, about one unit per instruction.
const FUEL: [(&str, u64); 4] = [
    ("nd_scrobbler_is_authorized", 1_000_000),
    ("nd_scrobbler_now_playing", 1_000_000),
    ("nd_scrobbler_scrobble", 1_000_000),
    ("nd_scrobbler_playback_report", 1_000_000),
];

#[test]
fn the_smallest_plugin_stays_small() {
    let size = nd_tests::wasm(NAME).len();
    println!("{NAME}: {size} of {BYTES} bytes");
    assert!(
        size <= BYTES,
        "{NAME} has grown to {size} bytes, {BYTES} are allowed; look for new formatting, panics with text or \
         dependencies in nd-pdk"
    );
}

#[test]
fn calls_cost_little_and_the_same_every_time() {
    let host = Host::builder()
        .user("u1", "ann")
        .every_plugin(PluginSettings::all())
        .build()
        .unwrap();
    let plugin = nd_tests::load(&host, NAME);
    let scrobbler = plugin.scrobbler();
    let username = || "ann".to_owned();
    let track = || TrackInfo {
        title: "Hyperballad".into(),
        album: "Post".into(),
        artist: "Björk".into(),
        duration: 321.5,
        ..TrackInfo::default()
    };
    for _ in 0..2 {
        assert!(scrobbler.is_authorized("ann"));
        let now = NowPlayingRequest {
            username: username(),
            track: track(),
            position: 61,
        };
        scrobbler.now_playing(&now).unwrap();
        let play = ScrobbleRequest {
            username: username(),
            track: track(),
            timestamp: 1_790_000_000,
        };
        scrobbler.scrobble(&play).unwrap();
        let report = PlaybackReportRequest {
            username: username(),
            track: track(),
            state: "paused".into(),
            position_ms: 61_500,
            ..PlaybackReportRequest::default()
        };
        scrobbler.playback_report(&report).unwrap();
    }
    for (export, most) in FUEL {
        let calls = host.journal().calls_of(export);
        let fuel: Vec<_> = calls.iter().map(|call| call.fuel.unwrap()).collect();
        println!("{export}: {} of {most} fuel", fuel[0]);
        assert_eq!(fuel[0], fuel[1], "{export} differs from call to call");
        assert!(
            fuel[0] <= most,
            "{export} uses {} fuel, {most} are allowed",
            fuel[0]
        );
    }
}

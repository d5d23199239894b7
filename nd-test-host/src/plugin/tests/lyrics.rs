//! The sources of lyrics, in the server's order.

use std::fs;

use super::{answering, failing, guest, manifest};
use crate::context::CancelToken;
use crate::plugin::CallOptions;
use crate::server::ServerConfig;
use crate::services::library::{LibraryTrack, scan};
use crate::{Host, LogLevel, Package};

const EXPORT: &str = "nd_lyrics_get_lyrics";

/// A host that asks these sources, with plugins that answer so.
fn host(priority: &str, plugins: &[(&str, String)], music: &std::path::Path) -> Host {
    let mut server = ServerConfig::default();
    server.lyrics_priority = priority.split(',').map(str::to_owned).collect();
    let host = Host::builder().server(server).library(1, "Music", music);
    let host = host.build().expect("a host");
    for (id, body) in plugins {
        let package = Package::from_parts(id, &manifest("{}"), guest(body)).expect("a package");
        host.load_package(package).expect("a plugin");
    }
    host
}

/// Two silent files, the second with a text beside it.
fn music() -> (tempfile::TempDir, Vec<LibraryTrack>) {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["a.wav", "b.wav"] {
        let mut wav = b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x08\0\0\0".to_vec();
        wav.extend([0; 8]);
        fs::write(folder.path().join(name), wav).expect("a file");
    }
    fs::write(folder.path().join("b.lrc"), "[00:01.00]from the file").expect("a text");
    let tracks = scan(1, folder.path()).tracks;
    assert_eq!(tracks.len(), 2);
    (folder, tracks)
}

fn found(host: &Host, tracks: &[LibraryTrack]) -> Vec<String> {
    let lyrics = host.lyrics(tracks, &CallOptions::default());
    lyrics
        .into_iter()
        .map(|lyrics| format!("{} {}", lyrics.language, lyrics.lines[0].text))
        .collect()
}

fn text(language: &str, text: &str) -> String {
    let answer =
        format!(r#"{{"lyrics":[{{"lang":"{language}","text":"{text}"}},{{"text":" "}}]}}"#);
    answering(EXPORT, &answer)
}

#[test]
fn sources_are_asked_in_order_until_one_has_lines() {
    let (folder, tracks) = music();
    let plugins = [
        ("empty", text("en", "")),
        ("good", text("", "from good")),
        ("other", text("en", "from other")),
        ("bad", failing(EXPORT, "no luck")),
    ];
    for (priority, expected) in [
        ("good,other", "xxx from good"),
        // Entries are trimmed, and unknown ids passed over.
        ("gone, empty ,bad, other", "en from other"),
        ("embedded,.txt,.lrc,good", "xxx from the file"),
        ("empty,.lrc", "xxx from the file"),
    ] {
        let host = host(priority, &plugins, folder.path());
        assert_eq!(found(&host, &tracks), [expected], "{priority}");
    }
}

#[test]
fn a_plugin_that_is_not_listed_is_never_asked() {
    let (folder, tracks) = music();
    let host = host(".txt", &[("good", text("en", "la"))], folder.path());
    assert!(found(&host, &tracks).is_empty());
    assert!(host.journal().calls_of(EXPORT).is_empty());
}

#[test]
fn failures_are_logged_and_every_candidate_gets_its_turn() {
    let (folder, tracks) = music();
    let host = host(
        "gone,bad",
        &[("bad", failing(EXPORT, "no luck"))],
        folder.path(),
    );
    assert!(found(&host, &tracks).is_empty());
    assert_eq!(host.journal().calls_of(EXPORT).len(), 2);
    let logs = host.journal().logs();
    let lines: Vec<_> = logs
        .iter()
        .map(|log| (log.plugin.as_str(), log.level))
        .collect();
    assert_eq!(
        lines,
        [
            ("gone", LogLevel::Warn),
            ("bad", LogLevel::Error),
            ("bad", LogLevel::Error)
        ]
    );
    assert!(logs[1].message.contains("no luck"), "{:?}", logs[1]);
}

#[test]
fn a_request_that_ended_asks_nobody() {
    let (folder, tracks) = music();
    let host = host("good", &[("good", text("en", "la"))], folder.path());
    let token = CancelToken::new();
    token.cancel();
    let options = CallOptions::default().cancelled_by(&token);
    assert!(host.lyrics(&tracks, &options).is_empty());
    assert!(host.journal().calls_of(EXPORT).is_empty());
}

//! Three plays go through the webhook plugin to an HTTP server on loopback.

use crate::{music::Music, print};
use anyhow::{Context, Result, bail};
use hmac::{Hmac, Mac};
use nd_test_host::peer::{Answer, HttpPeer, Request};
use nd_test_host::{Host, PluginSettings};
use nd_types::scrobbler::ScrobbleRequest;
use serde_json::json;
use sha2::Sha256;
use std::path::Path;

const SECRET: &str = "a secret both sides know";

/// The plugin's settings: one hook for everybody, signed, and one for bob alone.
pub fn settings(peer: &HttpPeer) -> PluginSettings {
    PluginSettings::new().all_users().config(&json!({
        "hooks": [
            { "url": peer.url("/everybody"), "secret": SECRET },
            { "url": peer.url("/bob"), "users": ["bob"] },
        ]
    }))
}

/// Loads the plugin, plays three songs, and prints what arrived.
pub fn show(host: &Host, package: &Path, music: &Music, peer: &HttpPeer) -> Result<()> {
    print::step(
        5,
        "Scrobbles",
        "three plays, posted by the webhook plugin to a server on loopback",
    );
    peer.on("/everybody", Answer::status(204));
    peer.on("/bob", Answer::status(204));
    let plugin = host.load(package).context("loading the webhook plugin")?;
    let scrobbler = plugin.scrobbler();
    let tracks = music.collection.tracks();
    for (number, username) in ["alice", "bob", "alice"].into_iter().enumerate() {
        if !scrobbler.is_authorized(username) {
            bail!("the webhook plugin does not take plays of {username}");
        }
        let track = &tracks[number * tracks.len() / 3];
        let timestamp = 1_790_000_000 + 240 * number as i64;
        scrobbler.scrobble(&ScrobbleRequest {
            username: username.into(),
            track: track.scrobbler_info(false),
            timestamp,
        })?;
    }
    let arrived = peer.requests();
    for request in &arrived {
        print::line(&describe(request));
    }
    if arrived.len() != 4 {
        bail!("4 requests were expected, {} arrived", arrived.len());
    }
    Ok(())
}

fn describe(request: &Request) -> String {
    let body = request.json().unwrap_or_default();
    let text = |pointer: &str| {
        body.pointer(pointer)
            .and_then(|value| value.as_str())
            .unwrap_or("?")
            .to_owned()
    };
    let signature = match request.header("X-Navidrome-Signature") {
        Some(signature) if signature == sign(&request.body) => "signature verified",
        Some(_) => "SIGNATURE DOES NOT MATCH",
        None => "unsigned",
    };
    format!(
        "{} {} {} {} {} {signature}",
        request.method,
        print::column(request.path(), 11),
        print::column(&text("/event"), 9),
        print::column(&text("/user"), 6),
        print::column(
            &format!("{} · {}", text("/track/title"), text("/track/artist")),
            42
        ),
    )
}

fn sign(body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    let digest = mac.finalize().into_bytes();
    digest.iter().fold("sha256=".to_owned(), |text, byte| {
        text + &format!("{byte:02x}")
    })
}

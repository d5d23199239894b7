//! `make demo`: packages the two example plugins and runs them in the native host, on real audio files and a real HTTP
//! server on loopback.

mod bundle;
mod music;
mod plays;
mod print;
mod similar;

use anyhow::{Context, Result};
use nd_test_host::peer::HttpPeer;
use nd_test_host::{Host, LogLevel};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("\nthe demo stopped: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let work = work_folder()?;
    println!(
        "{}",
        print::bold("Two Navidrome plugins, written with nd-pdk, in a native host")
    );

    print::step(
        1,
        "Packages",
        "each is a zip of manifest.json and plugin.wasm",
    );
    let sonic = bundle::package("sonic-similarity", &work)?;
    let webhook = bundle::package("webhook", &work)?;
    for bundle in [&sonic, &webhook] {
        print::line(&format!(
            "{:>8}  {}",
            print::size(bundle.size),
            bundle.path.display()
        ));
    }

    let music = music::open(&work)?;
    let totals = music.collection.totals();
    let remark = if music.made_up {
        "made up by the demo; try MUSIC=/your/music"
    } else {
        "your own music"
    };
    print::step(2, "Library", remark);
    print::line(&format!(
        "{} songs, {} albums, {} artists in {}",
        totals.songs,
        totals.albums,
        totals.artists,
        music.folder.display()
    ));
    if !music.collection.problems().is_empty() {
        print::line(&format!(
            "{} files could not be read and are left out",
            music.collection.problems().len()
        ));
    }

    let peer = HttpPeer::start().context("cannot open a port on loopback")?;
    let index = similar::Progress::default();
    let data = data_folder(&work, music.made_up)?;
    let host = Host::builder()
        .user("u1", "alice")
        .user("u2", "bob")
        .library(music::LIBRARY_ID, "Music", &music.folder)
        .data_dir(data)
        .plugin("sonic-similarity", similar::settings())
        .plugin("webhook", plays::settings(&peer))
        .log_level(LogLevel::Debug)
        .on_log(index.listener())
        .build()?;

    similar::show(&host, &sonic.path, &music, &index)?;
    plays::show(&host, &webhook.path, &music, &peer)?;
    println!();
    Ok(())
}

/// Where the demo keeps its files: beside everything else that is built.
fn work_folder() -> Result<PathBuf> {
    let folder = bundle::target_folder().join("demo");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Where the plugins keep their data. The made-up music is indexed anew each time, so that there is something to see;
/// the owner's is remembered, so that a second run goes on where the first stopped.
fn data_folder(work: &Path, made_up: bool) -> Result<PathBuf> {
    let folder = work.join(if made_up {
        "data"
    } else {
        "data-of-your-music"
    });
    if made_up && folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    Ok(folder)
}

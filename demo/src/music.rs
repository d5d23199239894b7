//! The library the demo works on: made-up music, or the folder in `MUSIC`.

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use nd_demo::synth;
use nd_test_host::services::library::{Collection, LibraryTrack, scan_with};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The id under which the host knows the library.
pub const LIBRARY_ID: i32 = 1;

/// A scanned folder of music.
pub struct Music {
    /// The folder.
    pub folder: PathBuf,
    /// Its tracks.
    pub collection: Collection,
    /// Whether it is the made-up music.
    pub made_up: bool,
}

/// Scans the folder in `MUSIC`, or makes music below `work` and scans that.
pub fn open(work: &Path) -> Result<Music> {
    let own = std::env::var_os("MUSIC")
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from);
    let (folder, made_up) = match own {
        Some(folder) if folder.is_dir() => (folder.canonicalize()?, false),
        Some(folder) => bail!(
            "MUSIC={} is not a folder; name the folder your music is in",
            folder.display()
        ),
        None => (compose(work)?, true),
    };
    let progress = spinner();
    let scan = scan_with(LIBRARY_ID, &folder, |file| {
        progress.inc(1);
        progress.set_message(
            file.file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        );
    });
    progress.finish_and_clear();
    let collection = Collection::new(scan, SystemTime::now());
    if collection.tracks().len() < 2 {
        bail!(
            "{} holds {} readable songs; the demo needs at least two",
            folder.display(),
            collection.tracks().len()
        );
    }
    Ok(Music {
        folder,
        collection,
        made_up,
    })
}

/// A song as people name it.
pub fn name(track: &LibraryTrack) -> String {
    let artist = track.song_ref().artist;
    if artist.is_empty() {
        track.title.clone()
    } else {
        format!("{} · {artist}", track.title)
    }
}

fn compose(work: &Path) -> Result<PathBuf> {
    let folder = work.join("music");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    let progress = bar("composing");
    synth::write_library(&folder, |done, total| {
        progress.set_length(total as u64);
        progress.set_position(done as u64);
    })?;
    progress.finish_and_clear();
    Ok(folder)
}

/// A progress bar for a known number of songs.
pub fn bar(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::no_length().with_message(what);
    if let Ok(style) =
        ProgressStyle::with_template("   {msg} {bar:40} {pos}/{len} songs · {elapsed}")
    {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    }
    bar
}

fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("   scanning {pos} {msg}") {
        spinner.set_style(style);
    }
    spinner
}

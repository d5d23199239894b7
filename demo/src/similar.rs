//! The sonic-similarity plugin indexes the library and answers two questions.

use crate::music::{self, Music};
use crate::print;
use anyhow::{Context, Result, bail};
use nd_test_host::journal::LogRecord;
use nd_test_host::services::library::LibraryTrack;
use nd_test_host::{Host, PluginSettings};
use nd_types::sonicsimilarity::SonicMatch;
use serde_json::json;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the demo waits for the index; a large collection goes on where it stopped when the demo runs again.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the plugin logs when a search for files has ended; without progress before it, there was nothing to do.
const UP_TO_DATE: &str = "the index is up to date";

/// What the plugin's log says of the index: songs done, songs in all.
#[derive(Clone, Default)]
pub struct Progress(Arc<Mutex<Option<(u64, u64)>>>);

impl Progress {
    /// A listener for the host's log.
    pub fn listener(&self) -> impl Fn(&LogRecord) + Send + Sync + 'static {
        let progress = self.clone();
        move |record| {
            let mut progress = progress.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = read(&record.message) {
                *progress = Some(found);
            } else if record.message == UP_TO_DATE {
                progress.get_or_insert((0, 0));
            }
        }
    }

    fn get(&self) -> Option<(u64, u64)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads `indexed 3 of 24 …`.
fn read(message: &str) -> Option<(u64, u64)> {
    let mut words = message.strip_prefix("indexed ")?.split_whitespace();
    let done = words.next()?.parse().ok()?;
    let total = words
        .nth(1)?
        .trim_end_matches(|c: char| !c.is_ascii_digit())
        .parse()
        .ok()?;
    Some((done, total))
}

/// The plugin's settings: it may read every library.
pub fn settings() -> PluginSettings {
    PluginSettings::new().all_libraries().config(&json!({}))
}

/// Loads the plugin, waits for its index, and prints neighbours and a path.
pub fn show(host: &Host, package: &Path, music: &Music, progress: &Progress) -> Result<()> {
    print::step(
        3,
        "Index",
        "the plugin listens to every song, in the background",
    );
    let started = Instant::now();
    let plugin = host
        .load(package)
        .context("loading the sonic-similarity plugin")?;
    let (done, total) = wait(progress).with_context(|| last_words(host))?;
    let calls = host.journal().calls_of("nd_scheduler_callback").len();
    let seconds = started.elapsed().as_secs_f64();
    if total == 0 {
        print::line("complete already, from an earlier run");
    } else {
        print::line(&format!(
            "{done} of {total} songs in {seconds:.1} s, background calls: {calls}"
        ));
    }
    if done < total {
        print::line("enough for a demo; run it again and it goes on from here");
    }

    let (from, to) = ends(music);
    print::step(
        4,
        "Alike",
        &format!("songs that sound like “{}”", music::name(from)),
    );
    let client = plugin.sonic_similarity();
    let similar = client
        .similar_tracks(&from.song_ref(), 5)
        .context("asking for similar songs")?;
    if similar.is_empty() {
        bail!("the plugin found nothing like {}", music::name(from));
    }
    for found in &similar {
        print::line(&describe(found, music));
    }
    println!();
    print::line(&format!("a path from there to “{}”", music::name(to)));
    for found in client
        .find_path(&from.song_ref(), &to.song_ref(), 7)
        .context("asking for a path")?
    {
        print::line(&describe(&found, music));
    }
    Ok(())
}

/// Shows the bar until the index is complete or patience ends.
fn wait(progress: &Progress) -> Result<(u64, u64)> {
    let started = Instant::now();
    let bar = music::bar("listening");
    loop {
        let now = progress.get();
        if let Some((done, total)) = now {
            bar.set_length(total);
            bar.set_position(done);
            if done >= total || started.elapsed() > PATIENCE {
                bar.finish_and_clear();
                return Ok((done, total));
            }
        } else if started.elapsed() > PATIENCE {
            bail!(
                "the sonic-similarity plugin did not begin to index within {} s",
                PATIENCE.as_secs()
            );
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What the plugin logged last, for a reader who wants to know why.
fn last_words(host: &Host) -> String {
    let logs = host.journal().logs();
    let newest = logs
        .iter()
        .rev()
        .take(3)
        .rev()
        .map(|record| format!("\n   {:?} {}", record.level, record.message));
    format!("the plugin's last log lines:{}", newest.collect::<String>())
}

/// The song to start from and one far away from it in the list.
fn ends(music: &Music) -> (&LibraryTrack, &LibraryTrack) {
    let tracks = music.collection.tracks();
    (&tracks[0], &tracks[tracks.len() - 1])
}

fn describe(found: &SonicMatch, music: &Music) -> String {
    let song = music.collection.resolve(&found.song);
    let name = song.map_or_else(|| found.song.name.clone(), music::name);
    let genre = song.map_or("", |song| song.genres.first().map_or("", String::as_str));
    format!(
        "{:.2} {} {} {genre}",
        found.similarity,
        print::bar(found.similarity, 16),
        print::column(&name, 44)
    )
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn progress_is_read_from_the_log() {
        assert_eq!(read("indexed 3 of 24 songs"), Some((3, 24)));
        assert_eq!(read("indexed 24 of 24"), Some((24, 24)));
        assert_eq!(read("skipped a.flac"), None);
    }
}

//! The sources of lyrics, asked in the server's order until one has some.

use std::path::{Path, PathBuf};

use lofty::file::TaggedFileExt;
use lofty::probe::Probe;
use lofty::tag::ItemKey;

use super::{Lyrics, UNKNOWN_LANGUAGE, parse};
use crate::host::Host;
use crate::journal::LogLevel;
use crate::plugin::{CallOptions, Plugin};
use crate::services::library::LibraryTrack;

/// Sidecar files beyond this many bytes are no lyrics.
const MAX_FILE: u64 = 4 << 20;

/// One entry of `LyricsPriority`.
enum Source<'a> {
    /// Texts in the file's own tags.
    Embedded,
    /// A file beside the music file that differs in its extension, given with the dot.
    Sidecar(&'a str),
    /// A plugin, by id.
    Plugin(&'a str),
}

impl<'a> Source<'a> {
    fn of(entry: &'a str) -> Option<Self> {
        match entry.trim() {
            "" => None,
            "embedded" => Some(Self::Embedded),
            extension if extension.starts_with('.') => Some(Self::Sidecar(extension)),
            id => Some(Self::Plugin(id)),
        }
    }
}

impl Host {
    /// Finds lyrics as the server does for a client: the sources of `LyricsPriority` in order, and for each the given
    /// tracks in order; the first answer with lines in it wins. A plugin that is not named there is never asked.
    ///
    /// Several tracks are candidates for one song, as when a client asks by artist and title. Errors are logged, and
    /// the search goes on; it ends when the request is cancelled. Nothing is cached.
    pub fn lyrics(&self, candidates: &[LibraryTrack], options: &CallOptions) -> Vec<Lyrics> {
        for entry in &self.server_config().lyrics_priority {
            let Some(source) = Source::of(entry) else {
                continue;
            };
            let plugin = match source {
                Source::Plugin(id) => match self.plugin(id) {
                    Some(plugin) => Some(plugin),
                    None => {
                        self.journal().log(
                            id,
                            LogLevel::Warn,
                            "LyricsPriority names this plugin, but it is not loaded",
                        );
                        continue;
                    }
                },
                Source::Embedded | Source::Sidecar(_) => None,
            };
            for track in candidates {
                if options.is_cancelled() {
                    return Vec::new();
                }
                let found = match (&source, &plugin) {
                    (_, Some(plugin)) => ask(plugin, track, options),
                    (Source::Sidecar(extension), _) => self
                        .file_of(track)
                        .map(|file| sidecar(&file, extension))
                        .unwrap_or_default(),
                    _ => self
                        .file_of(track)
                        .map(|file| embedded(&file))
                        .unwrap_or_default(),
                };
                if !found.is_empty() {
                    return found;
                }
            }
        }
        Vec::new()
    }

    fn file_of(&self, track: &LibraryTrack) -> Option<PathBuf> {
        let mut libraries = self.libraries().iter();
        let library = libraries.find(|library| library.id == track.library_id)?;
        Some(library.path.join(&track.path))
    }
}

fn ask(plugin: &Plugin, track: &LibraryTrack, options: &CallOptions) -> Vec<Lyrics> {
    let info = track.lyrics_info(plugin.sees_paths_of(track.library_id));
    match plugin.lyrics().get_lyrics_with(&info, options) {
        Ok(texts) => texts
            .iter()
            .flat_map(|text| parse(&text.lang, &text.text))
            .collect(),
        Err(error) => {
            let message = format!("lyrics of {:?}: {error}", track.title);
            plugin.journal().log(plugin.id(), LogLevel::Error, message);
            Vec::new()
        }
    }
}

fn sidecar(file: &Path, extension: &str) -> Vec<Lyrics> {
    let path = file.with_extension(extension.trim_start_matches('.'));
    let size = path.metadata().map_or(0, |metadata| metadata.len());
    if size == 0 || size > MAX_FILE {
        return Vec::new();
    }
    let bytes = std::fs::read(path).unwrap_or_default();
    parse(UNKNOWN_LANGUAGE, &String::from_utf8_lossy(&bytes))
}

fn embedded(file: &Path) -> Vec<Lyrics> {
    // The tag reader meets whatever lies in a music folder; a panic in it is no lyrics.
    let read = std::panic::catch_unwind(|| Probe::open(file)?.guess_file_type()?.read());
    let Ok(Ok(tagged)) = read else {
        return Vec::new();
    };
    let texts = tagged.tags().iter().flat_map(|tag| {
        let timed = tag.get_strings(ItemKey::Lyrics);
        timed.chain(tag.get_strings(ItemKey::UnsyncLyrics))
    });
    texts
        .flat_map(|text| parse(UNKNOWN_LANGUAGE, text))
        .collect()
}

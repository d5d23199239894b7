//! One file: picks the parts to listen to and describes them.

use std::path::Path;

use crate::decode::{AudioFile, DecodeError, Tags, WindowEnd};
use crate::descriptor::{Analyzer, Descriptor};

/// Longest single window in seconds. Several windows spread over the song hear more of it than one in the middle,
/// and rhythm needs at least twelve seconds in a row.
const WINDOW_SECONDS: f64 = 30.0;

/// A file cut off by the time limit is used if this much of it, in seconds, was heard.
const ENOUGH_SECONDS: f32 = 20.0;

/// What an analysis found out.
pub struct Heard {
    /// Tags; the title is filled in from the file name if need be.
    pub tags: Tags,
    /// Length in milliseconds; 0 when the file does not say.
    pub duration_ms: u32,
    /// What it sounds like.
    pub descriptor: Descriptor,
}

/// How an analysis ended.
pub enum Analysis {
    /// With a description.
    Done(Box<Heard>),
    /// The file cannot be used, with the reason.
    Failed(String),
    /// `stop` said so before enough was heard.
    OutOfTime,
}

/// Analyses up to `excerpt_seconds` of a file.
pub fn analyse(path: &Path, excerpt_seconds: f64, stop: &mut dyn FnMut() -> bool) -> Analysis {
    match try_analyse(path, excerpt_seconds, stop) {
        Ok(analysis) => analysis,
        Err(e) => Analysis::Failed(e.0),
    }
}

fn try_analyse(
    path: &Path,
    excerpt_seconds: f64,
    stop: &mut dyn FnMut() -> bool,
) -> Result<Analysis, DecodeError> {
    let mut file = AudioFile::open(path)?;
    let (analyzer, stopped) = listen(path, &mut file, excerpt_seconds, stop)?;
    let seconds = analyzer.seconds();
    if stopped && seconds < ENOUGH_SECONDS {
        return Ok(Analysis::OutOfTime);
    }
    let Some(descriptor) = analyzer.finish() else {
        let reason = if seconds > 0.0 {
            "there is nothing to hear in it"
        } else {
            "it holds no sound"
        };
        return Ok(Analysis::Failed(reason.into()));
    };
    let mut tags = file.tags().clone();
    if tags.title.is_empty() {
        tags.title = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
    }
    let duration_ms = file.duration_seconds().map_or(0, |s| (s * 1000.0) as u32);
    Ok(Analysis::Done(Box::new(Heard {
        tags,
        duration_ms,
        descriptor,
    })))
}

/// Feeds the excerpt to an analyzer. Also tells whether `stop` cut it short.
fn listen(
    path: &Path,
    file: &mut AudioFile,
    excerpt_seconds: f64,
    stop: &mut dyn FnMut() -> bool,
) -> Result<(Analyzer, bool), DecodeError> {
    let mut analyzer = Analyzer::new(file.sample_rate());
    let windows = windows(file.duration_seconds(), excerpt_seconds);
    let from_start = windows.iter().all(|(start, _)| *start == 0.0);
    for (start, length) in windows {
        if start > 0.0 && !file.seek(start) {
            break;
        }
        let end = file.read_window(length, stop, &mut |samples| analyzer.push(samples))?;
        analyzer.cut();
        if end == WindowEnd::Stopped {
            return Ok((analyzer, true));
        }
    }
    // A file that is shorter than it says, or that cannot seek: take it from its beginning.
    if !from_start && f64::from(analyzer.seconds()) < excerpt_seconds.min(WINDOW_SECONDS) / 4.0 {
        let mut file = AudioFile::open(path)?;
        let mut again = Analyzer::new(file.sample_rate());
        let end = file.read_window(excerpt_seconds, stop, &mut |samples| again.push(samples))?;
        if again.seconds() > analyzer.seconds() {
            analyzer = again;
        }
        return Ok((analyzer, end == WindowEnd::Stopped));
    }
    Ok((analyzer, false))
}

/// Start and length of the parts to listen to, in seconds: everything if it fits, else windows at equal distances.
fn windows(duration: Option<f64>, excerpt: f64) -> Vec<(f64, f64)> {
    let duration = match duration {
        Some(duration) if duration > excerpt => duration,
        _ => return vec![(0.0, excerpt)],
    };
    let count = (excerpt / WINDOW_SECONDS).ceil().max(1.0);
    let (length, slot) = (excerpt / count, duration / count);
    (0..count as usize)
        .map(|i| (i as f64 * slot + (slot - length) / 2.0, length))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_file_is_heard_whole() {
        assert_eq!(windows(Some(90.0), 120.0), [(0.0, 120.0)]);
        assert_eq!(windows(None, 120.0), [(0.0, 120.0)]);
    }

    #[test]
    fn a_long_file_is_heard_in_windows_spread_over_it() {
        assert_eq!(
            windows(Some(400.0), 120.0),
            [(35.0, 30.0), (135.0, 30.0), (235.0, 30.0), (335.0, 30.0)]
        );
        assert_eq!(windows(Some(100.0), 20.0), [(40.0, 20.0)]);
    }
}

//! Audio files: opens them, reads their tags and decodes parts of them to mono.

mod chunks;
mod tags;

use std::fmt;
use std::fs::File;
use std::path::Path;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, SeekMode, SeekTo, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::units::Time;

pub use tags::Tags;

/// File name extensions this plugin reads, in lower case.
pub const EXTENSIONS: &[&str] = &[
    "aac", "aif", "aiff", "flac", "m4a", "m4b", "mp3", "mp4", "oga", "ogg", "wav", "wave",
];

/// Extensions of audio files a server may list and this plugin cannot decode, in lower case.
pub const UNSUPPORTED_EXTENSIONS: &[&str] = &[
    "ape", "dsf", "dff", "mpc", "opus", "shn", "tak", "tta", "wma", "wv",
];

/// More damaged packets than this in a row mean that the rest of the file is not worth reading.
const MAX_BAD_PACKETS: usize = 200;

/// Samples beyond this are taken for decoder garbage and cut; honest clipping stays below it.
const SAMPLE_LIMIT: f32 = 4.0;

/// Why a file could not be used. The text is kept in the index and shown once in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError(pub String);

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DecodeError {}

impl From<SymphoniaError> for DecodeError {
    fn from(error: SymphoniaError) -> Self {
        Self(error.to_string())
    }
}

/// How the reading of a window ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowEnd {
    /// The window was read to its end.
    Complete,
    /// The file ended first.
    EndOfFile,
    /// The caller's `stop` said so.
    Stopped,
}

/// An open audio file.
pub struct AudioFile {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track_id: u32,
    sample_rate: u32,
    duration_seconds: Option<f64>,
    tags: Tags,
    interleaved: Vec<f32>,
    mono: Vec<f32>,
}

impl AudioFile {
    /// Opens a file, reads its tags and prepares its decoder.
    ///
    /// # Errors
    /// When the file cannot be opened, is no audio file, or uses a codec this plugin does not have.
    pub fn open(path: &Path) -> Result<Self, DecodeError> {
        let mut file =
            File::open(path).map_err(|e| DecodeError(format!("cannot open the file: {e}")))?;
        let chunks = chunks::read(&mut file);
        let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
        let mut hint = Hint::new();
        if let Some(extension) = path.extension().and_then(|e| e.to_str()) {
            hint.with_extension(&extension.to_ascii_lowercase());
        }
        let mut format = symphonia::default::get_probe()
            .probe(
                &hint,
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
            .map_err(|e| DecodeError(format!("not a readable audio file: {e}")))?;
        let tags = tags::read(&mut *format, chunks);
        let track = format
            .default_track(TrackType::Audio)
            .ok_or_else(|| DecodeError("no audio track in the file".into()))?;
        let params = track
            .codec_params
            .as_ref()
            .and_then(|p| p.audio())
            .ok_or_else(|| DecodeError("the audio track has an unknown codec".into()))?;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(params, &AudioDecoderOptions::default())
            .map_err(|e| DecodeError(format!("no decoder for this file: {e}")))?;
        let sample_rate = params.sample_rate.unwrap_or(0);
        if !(4_000..=1_000_000).contains(&sample_rate) {
            return Err(DecodeError(format!(
                "sample rate {sample_rate} Hz is out of range"
            )));
        }
        let duration_seconds = match (track.time_base, track.duration, track.num_frames) {
            (Some(base), Some(duration), _) => {
                base.calc_duration(duration).map(|t| t.as_secs_f64())
            }
            (_, _, Some(frames)) => Some(frames as f64 / f64::from(sample_rate)),
            _ => None,
        };
        Ok(Self {
            track_id: track.id,
            sample_rate,
            duration_seconds: duration_seconds.filter(|d| d.is_finite() && *d > 0.0),
            format,
            decoder,
            tags,
            interleaved: Vec::new(),
            mono: Vec::new(),
        })
    }

    /// Samples per second.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Length in seconds as stated by the container; `None` when it does not say.
    pub fn duration_seconds(&self) -> Option<f64> {
        self.duration_seconds
    }

    /// The tags of the file.
    pub fn tags(&self) -> &Tags {
        &self.tags
    }

    /// Moves to about `seconds`; the next window starts there. Reports whether the file could do it.
    ///
    /// Not every format can once its end was reached: open the file again for that.
    pub fn seek(&mut self, seconds: f64) -> bool {
        let Some(time) = Time::try_from_secs_f64(seconds) else {
            return false;
        };
        let to = SeekTo::Time {
            time,
            track_id: Some(self.track_id),
        };
        let done = self.format.seek(SeekMode::Coarse, to).is_ok();
        self.decoder.reset();
        done
    }

    /// Decodes up to `seconds` from the current position, mixed to mono, in chunks of one packet.
    ///
    /// `stop` is asked before every packet. Damaged packets are skipped.
    ///
    /// # Errors
    /// When the file cannot be read any further.
    pub fn read_window(
        &mut self,
        seconds: f64,
        stop: &mut dyn FnMut() -> bool,
        sink: &mut dyn FnMut(&[f32]),
    ) -> Result<WindowEnd, DecodeError> {
        let mut wanted = (seconds * f64::from(self.sample_rate)).round() as usize;
        let mut bad_packets = 0;
        while wanted > 0 {
            if stop() {
                return Ok(WindowEnd::Stopped);
            }
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) | Err(SymphoniaError::ResetRequired) => return Ok(WindowEnd::EndOfFile),
                // A file cut short in the middle of a packet has simply ended.
                Err(SymphoniaError::IoError(e))
                    if e.kind() == std::io::ErrorKind::UnexpectedEof =>
                {
                    return Ok(WindowEnd::EndOfFile);
                }
                Err(SymphoniaError::DecodeError(_)) if bad_packets < MAX_BAD_PACKETS => {
                    bad_packets += 1;
                    continue;
                }
                Err(e) => return Err(e.into()),
            };
            if packet.track_id != self.track_id {
                continue;
            }
            let decoded = match self.decoder.decode(&packet) {
                Ok(decoded) => decoded,
                Err(SymphoniaError::DecodeError(_) | SymphoniaError::IoError(_))
                    if bad_packets < MAX_BAD_PACKETS =>
                {
                    bad_packets += 1;
                    continue;
                }
                Err(e) => return Err(e.into()),
            };
            bad_packets = 0;
            let channels = decoded.num_planes();
            // Chained streams may change format on the way; only the first format is analysed.
            if channels == 0 || decoded.spec().rate() != self.sample_rate {
                continue;
            }
            self.interleaved.resize(decoded.samples_interleaved(), 0.0);
            decoded.copy_to_slice_interleaved(&mut self.interleaved);
            mix_to_mono(&self.interleaved, channels, &mut self.mono);
            let take = self.mono.len().min(wanted);
            sink(&self.mono[..take]);
            wanted -= take;
        }
        Ok(WindowEnd::Complete)
    }
}

/// Averages the channels; what is no number becomes silence.
fn mix_to_mono(interleaved: &[f32], channels: usize, mono: &mut Vec<f32>) {
    let scale = 1.0 / channels as f32;
    let clean = |sum: f32| {
        let value = sum * scale;
        if value.is_finite() {
            value.clamp(-SAMPLE_LIMIT, SAMPLE_LIMIT)
        } else {
            0.0
        }
    };
    mono.clear();
    match channels {
        1 => mono.extend(interleaved.iter().map(|&s| clean(s))),
        2 => mono.extend(interleaved.chunks_exact(2).map(|c| clean(c[0] + c[1]))),
        _ => mono.extend(
            interleaved
                .chunks_exact(channels)
                .map(|c| clean(c.iter().sum())),
        ),
    }
}

#[cfg(test)]
mod tests;

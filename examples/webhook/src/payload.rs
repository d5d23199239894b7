//! The JSON document that is posted.

use crate::settings::Event;
use nd_pdk::scrobbler::{NowPlayingRequest, PlaybackReportRequest, ScrobbleRequest, TrackInfo};
use serde::Serialize;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a hook receives. Members that do not belong to the event are absent.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload<'a> {
    /// What happened.
    pub event: Event,
    /// The user's login name.
    pub user: &'a str,
    /// Unix seconds: when the play began, or when the report was made.
    pub timestamp: i64,
    /// Position in the track, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position_ms: Option<i64>,
    /// `starting`, `playing`, `paused`, `stopped` or `expired`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'a str>,
    /// Speed of the playback; 1 is normal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub playback_rate: Option<f64>,
    /// Name of the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub player: Option<&'a str>,
    /// The track, with the names the server uses.
    pub track: &'a TrackInfo,
}

impl<'a> Payload<'a> {
    /// A finished play.
    pub fn scrobble(req: &'a ScrobbleRequest) -> Self {
        Self::new(Event::Scrobble, &req.username, req.timestamp, &req.track)
    }

    /// A play that goes on. The server does not say when it was told of it: just now.
    pub fn now_playing(req: &'a NowPlayingRequest) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |time| time.as_secs() as i64);
        let position_ms = Some(i64::from(req.position) * 1000);
        Self {
            position_ms,
            ..Self::new(Event::NowPlaying, &req.username, now, &req.track)
        }
    }

    /// A change of a playback's state.
    pub fn playback_report(req: &'a PlaybackReportRequest) -> Self {
        Self {
            position_ms: Some(req.position_ms),
            state: Some(&req.state),
            playback_rate: Some(req.playback_rate),
            player: Some(&req.player_name),
            ..Self::new(
                Event::PlaybackReport,
                &req.username,
                req.timestamp,
                &req.track,
            )
        }
    }

    fn new(event: Event, user: &'a str, timestamp: i64, track: &'a TrackInfo) -> Self {
        Self {
            event,
            user,
            timestamp,
            position_ms: None,
            state: None,
            playback_rate: None,
            player: None,
            track,
        }
    }
}

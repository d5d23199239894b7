//! The JSON document that is posted.

use crate::settings::Event;
use nd_pdk::scrobbler::{NowPlayingRequest, PlaybackReportRequest, ScrobbleRequest, TrackInfo};
use serde::Serialize;

/// What a hook receives. Members that do not belong to the event are absent.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload<'a> {
    /// What happened.
    pub event: Event,
    /// The user's login name.
    pub user: &'a str,
    /// Unix seconds: when the play began, or when the report was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<i64>,
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
        Self {
            timestamp: Some(req.timestamp),
            ..Self::new(Event::Scrobble, &req.username, &req.track)
        }
    }

    /// A play that goes on.
    pub fn now_playing(req: &'a NowPlayingRequest) -> Self {
        let position_ms = Some(i64::from(req.position) * 1000);
        Self {
            position_ms,
            ..Self::new(Event::NowPlaying, &req.username, &req.track)
        }
    }

    /// A change of a playback's state.
    pub fn playback_report(req: &'a PlaybackReportRequest) -> Self {
        Self {
            timestamp: Some(req.timestamp),
            position_ms: Some(req.position_ms),
            state: Some(&req.state),
            playback_rate: Some(req.playback_rate),
            player: Some(&req.player_name),
            ..Self::new(Event::PlaybackReport, &req.username, &req.track)
        }
    }

    fn new(event: Event, user: &'a str, track: &'a TrackInfo) -> Self {
        Self {
            event,
            user,
            timestamp: None,
            position_ms: None,
            state: None,
            playback_rate: None,
            player: None,
            track,
        }
    }
}

//! A Navidrome plugin that posts what users listen to as JSON to webhooks.
//!
//! The server calls the [`Scrobbler`] exports; [`settings`] says which hooks an event goes to, [`payload`] what is sent,
//! and [`delivery`] sends it and tells the server whether to try again.

pub mod delivery;
pub mod payload;
pub mod settings;
#[cfg(test)]
mod tests;

use nd_pdk::scrobbler::{
    Error, IsAuthorizedRequest, NowPlayingRequest, PlaybackReportRequest, ScrobbleRequest,
    Scrobbler,
};
use payload::Payload;
use settings::{Event, Hook};

/// The plugin; a new one is made for every call.
#[derive(Default)]
pub struct Webhook;

#[nd_pdk::export]
impl Scrobbler for Webhook {
    /// A user is authorised when at least one hook wants their events.
    fn is_authorized(&self, req: IsAuthorizedRequest) -> Result<bool, Error> {
        Ok(settings::load()?
            .iter()
            .any(|hook| hook.wants_user(&req.username)))
    }

    fn now_playing(&self, req: NowPlayingRequest) -> Result<(), Error> {
        let hooks = wanting(Event::NowPlaying, &req.username)?;
        delivery::once(&hooks, &Payload::now_playing(&req))
    }

    fn scrobble(&self, req: ScrobbleRequest) -> Result<(), Error> {
        if req.username.is_empty() {
            return Err(Error::unrecoverable("the user of the play was deleted"));
        }
        let hooks = wanting(Event::Scrobble, &req.username)?;
        delivery::at_least_once(&hooks, &Payload::scrobble(&req))
    }

    fn playback_report(&self, req: PlaybackReportRequest) -> Result<(), Error> {
        let hooks = wanting(Event::PlaybackReport, &req.username)?;
        delivery::once(&hooks, &Payload::playback_report(&req))
    }
}

fn wanting(event: Event, username: &str) -> Result<Vec<Hook>, Error> {
    let mut hooks = settings::load()?;
    hooks.retain(|hook| hook.wants_user(username) && hook.wants_event(event));
    Ok(hooks)
}

//! The plugin's settings, as the administrator enters them.

use nd_pdk::{host::config, scrobbler::Error};
use serde::{Deserialize, Serialize};

/// One address and what it wants.
///
/// Unknown members are refused: a misspelt `users` would send everybody's plays to one person's hook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// Where to post.
    pub url: String,
    /// The users whose events are wanted; empty means everybody.
    #[serde(default)]
    pub users: Vec<String>,
    /// The events wanted; empty means scrobbles and now-playing messages.
    #[serde(default)]
    pub events: Vec<Event>,
    /// Signs the body when it is not empty.
    #[serde(default)]
    pub secret: String,
    /// Sent along with each request; one of the plugin's own is replaced, except the signature.
    #[serde(default)]
    pub headers: Vec<Header>,
}

/// What can be posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Event {
    /// A finished play.
    Scrobble,
    /// A play that goes on.
    NowPlaying,
    /// Any change of a playback's state.
    PlaybackReport,
}

/// A header of the administrator's own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Hook {
    /// Names the hook in messages: scheme and host alone, because the rest of an address often is a secret in itself.
    pub fn place(&self) -> &str {
        let host = self.url.find("://").map_or(0, |at| at + 3);
        let end = self.url[host..].find(['/', '?', '#']);
        let place = &self.url[..end.map_or(self.url.len(), |end| host + end)];
        match place.rfind('@') {
            Some(at) => &place[at + 1..],
            None => place,
        }
    }

    /// Tells whether the hook wants events of this user. Names are compared without regard to letter case, as at login.
    pub fn wants_user(&self, username: &str) -> bool {
        self.users.is_empty()
            || self
                .users
                .iter()
                .any(|user| user.to_lowercase() == username.to_lowercase())
    }

    /// Tells whether the hook wants this kind of event.
    pub fn wants_event(&self, event: Event) -> bool {
        match self.events.is_empty() {
            true => event != Event::PlaybackReport,
            false => self.events.contains(&event),
        }
    }
}

/// Reads the hooks from the configuration; none configured is an empty list.
///
/// # Errors
///
/// When the setting `hooks` is not a list of hooks. The server keeps the play, so that repairing the setting loses nothing.
pub fn load() -> Result<Vec<Hook>, Error> {
    let Some(text) = config::get("hooks")? else {
        return Ok(Vec::new());
    };
    serde_json::from_str(&text)
        .map_err(|error| Error::retry_later(format!("the setting `hooks` is not usable: {error}")))
}

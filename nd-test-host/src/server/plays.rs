//! What happens when somebody listens.

use std::time::SystemTime;

use crate::services::library::LibraryTrack;
use crate::setup::HostUser;

/// Takes note of what users play: the embedded Subsonic responder reports to it, the scrobble dispatcher is one.
pub trait Plays: Send + Sync {
    /// A user's client began to play a track.
    fn now_playing(&self, user: &HostUser, track: &LibraryTrack, client: &str);

    /// A user's client says that a play counted.
    fn submitted(&self, user: &HostUser, track: &LibraryTrack, at: SystemTime);
}

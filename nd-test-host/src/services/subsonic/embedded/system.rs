//! Endpoints about the server and its users.

use super::document::Object;
use super::fault::Fault;
use super::shapes::{count, time};
use super::{Call, Reply};
use crate::services::clock::unix_seconds;
use crate::setup::HostUser;

pub(super) fn ping(_call: &Call<'_>) -> Result<Reply, Fault> {
    Ok(Reply::Empty)
}

pub(super) fn license(_call: &Call<'_>) -> Result<Reply, Fault> {
    Reply::object("license", Object::new().with("valid", true))
}

pub(super) fn extensions(_call: &Call<'_>) -> Result<Reply, Fault> {
    let extension = |name: &str| {
        Object::new()
            .with("name", name)
            .with("versions", vec![1_i64])
    };
    let extensions = vec![extension("formPost"), extension("songLyrics")];
    Ok(Reply::Document("openSubsonicExtensions", extensions.into()))
}

pub(super) fn scan_status(call: &Call<'_>) -> Result<Reply, Fault> {
    let index = call.index();
    let mut folders: Vec<_> = index
        .tracks()
        .map(|track| {
            let folder = track.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            (track.library_id, folder)
        })
        .collect();
    folders.sort_unstable();
    folders.dedup();
    let status = Object::new()
        .with("scanning", false)
        .with("count", count(index.len()))
        .with("folderCount", count(folders.len()))
        .with_some(
            "lastScan",
            index.scanned_at().map(|at| time(unix_seconds(at))),
        );
    Reply::object("scanStatus", status)
}

/// Users may ask about themselves only, whoever they are.
pub(super) fn user(call: &Call<'_>) -> Result<Reply, Fault> {
    let name = call.params.required("username")?;
    if name.to_lowercase() != call.user.name.to_lowercase() {
        return Err(Fault::denied());
    }
    Reply::object("user", described(call, &call.user))
}

pub(super) fn users(call: &Call<'_>) -> Result<Reply, Fault> {
    let users = Object::new().with("user", vec![described(call, &call.user)]);
    Reply::object("users", users)
}

fn described(call: &Call<'_>, user: &HostUser) -> Object {
    let folders: Vec<i64> = call
        .libraries()
        .map(|library| i64::from(library.id))
        .collect();
    Object::new()
        .with("username", user.name.as_str())
        .with("scrobblingEnabled", true)
        .with("adminRole", user.admin)
        .with("settingsRole", true)
        .with("downloadRole", true)
        .with("uploadRole", false)
        .with("playlistRole", true)
        .with("coverArtRole", false)
        .with("commentRole", false)
        .with("podcastRole", false)
        .with("streamRole", true)
        .with("jukeboxRole", false)
        .with("shareRole", false)
        .with("videoConversionRole", false)
        .with("folder", folders)
}

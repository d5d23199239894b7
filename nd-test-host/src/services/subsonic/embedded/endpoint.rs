//! The endpoints by name, those that are not here included.

use super::fault::Fault;
use super::{
    Call, Reply, annotate, browse, lists, media, playing, playlists, search, system, text,
};
use crate::services::subsonic::SubsonicAnswer;

/// An endpoint of the API.
#[derive(Clone, Copy)]
pub(super) struct Endpoint {
    pub(super) name: &'static str,
    /// Needs no user.
    pub(super) public: bool,
    pub(super) run: fn(&Call<'_>) -> Result<Reply, Fault>,
}

impl Endpoint {
    /// Finds an endpoint by the last part of the path, with or without `.view`.
    pub(super) fn find(name: &str) -> Result<Self, SubsonicAnswer> {
        let name = name.strip_suffix(".view").unwrap_or(name);
        if let Some(endpoint) = ENDPOINTS.iter().find(|endpoint| endpoint.name == name) {
            return Ok(*endpoint);
        }
        Err(if NEVER.contains(&name) {
            text(410, "This endpoint will not be implemented")
        } else if ELSEWHERE.contains(&name) {
            text(
                501,
                "This endpoint is not implemented by the embedded responder",
            )
        } else {
            text(404, "404 page not found")
        })
    }
}

const fn endpoint(name: &'static str, run: fn(&Call<'_>) -> Result<Reply, Fault>) -> Endpoint {
    Endpoint {
        name,
        public: false,
        run,
    }
}

pub(super) static ENDPOINTS: &[Endpoint] = &[
    endpoint("ping", system::ping),
    endpoint("getLicense", system::license),
    Endpoint {
        name: "getOpenSubsonicExtensions",
        public: true,
        run: system::extensions,
    },
    endpoint("getScanStatus", system::scan_status),
    endpoint("getUser", system::user),
    endpoint("getUsers", system::users),
    endpoint("getMusicFolders", browse::music_folders),
    endpoint("getIndexes", browse::indexes),
    endpoint("getArtists", browse::artists),
    endpoint("getArtist", browse::artist),
    endpoint("getAlbum", browse::album),
    endpoint("getSong", browse::song),
    endpoint("getMusicDirectory", browse::music_directory),
    endpoint("getGenres", browse::genres),
    endpoint("getArtistInfo", browse::artist_info),
    endpoint("getArtistInfo2", browse::artist_info2),
    endpoint("getAlbumInfo", browse::album_info),
    endpoint("getAlbumInfo2", browse::album_info),
    endpoint("getLyrics", browse::lyrics),
    endpoint("getLyricsBySongId", browse::lyrics_by_song),
    endpoint("getAlbumList", lists::album_list),
    endpoint("getAlbumList2", lists::album_list2),
    endpoint("getRandomSongs", lists::random_songs),
    endpoint("getSongsByGenre", lists::songs_by_genre),
    endpoint("getStarred", lists::starred),
    endpoint("getStarred2", lists::starred2),
    endpoint("getSimilarSongs", lists::similar_songs),
    endpoint("getSimilarSongs2", lists::similar_songs2),
    endpoint("getTopSongs", lists::top_songs),
    endpoint("getNowPlaying", playing::now_playing),
    endpoint("search2", search::search2),
    endpoint("search3", search::search3),
    endpoint("getPlaylists", playlists::list),
    endpoint("getPlaylist", playlists::get),
    endpoint("createPlaylist", playlists::create),
    endpoint("updatePlaylist", playlists::update),
    endpoint("deletePlaylist", playlists::delete),
    endpoint("star", annotate::star),
    endpoint("unstar", annotate::unstar),
    endpoint("setRating", annotate::set_rating),
    endpoint("scrobble", annotate::scrobble),
    endpoint("getCoverArt", media::cover_art),
    endpoint("stream", media::stream),
    endpoint("download", media::download),
];

/// Endpoints the server says it will never have.
pub(super) const NEVER: &[&str] = &[
    "search",
    "getChatMessages",
    "addChatMessage",
    "getVideos",
    "getVideoInfo",
    "getCaptions",
    "hls",
];

/// Endpoints that need more of a server than there is here, or that the server has not got yet.
pub(super) const ELSEWHERE: &[&str] = &[
    "startScan",
    "getAvatar",
    "getBookmarks",
    "createBookmark",
    "deleteBookmark",
    "getPlayQueue",
    "savePlayQueue",
    "getPlayQueueByIndex",
    "savePlayQueueByIndex",
    "getInternetRadioStations",
    "createInternetRadioStation",
    "updateInternetRadioStation",
    "deleteInternetRadioStation",
    "getShares",
    "createShare",
    "updateShare",
    "deleteShare",
    "jukeboxControl",
    "getPodcasts",
    "getNewestPodcasts",
    "refreshPodcasts",
    "createPodcastChannel",
    "deletePodcastChannel",
    "deletePodcastEpisode",
    "downloadPodcastEpisode",
    "createUser",
    "updateUser",
    "deleteUser",
    "changePassword",
];

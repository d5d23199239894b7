//! Metadata, with "no data" told apart from a fault as the server does.

use nd_types::metadata::{
    AlbumImagesResponse, AlbumInfoResponse, AlbumRequest, ArtistBiographyResponse,
    ArtistImagesResponse, ArtistMBIDRequest, ArtistMBIDResponse, ArtistRequest, ArtistURLResponse,
    SimilarArtistsRequest, SimilarArtistsResponse, SimilarSongsByAlbumRequest,
    SimilarSongsByArtistRequest, SimilarSongsByTrackRequest, SimilarSongsResponse, TopSongsRequest,
    TopSongsResponse,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::CallError;
use crate::plugin::{CallOptions, Plugin};

/// A plugin seen as a source of metadata.
///
/// Every method answers `Ok(Some(…))` for data, `Ok(None)` for "no data", which is final, and `Err(…)` for a fault,
/// which makes the server try again later. A missing or unimplemented export is "no data".
pub struct Metadata<'a> {
    plugin: &'a Plugin,
    options: CallOptions,
}

/// Declares one method per export: what it asks, what it answers, and when the answer counts as "no data".
macro_rules! queries {
    ($($(#[$docs:meta])* $method:ident($request:ty) -> $response:ty, $export:literal, $answer:ident => $empty:expr;)*) => {
        impl<'a> Metadata<'a> {
            pub(super) fn new(plugin: &'a Plugin) -> Self {
                Self {
                    plugin,
                    options: CallOptions::default(),
                }
            }

            $(
                $(#[$docs])*
                ///
                /// # Errors
                ///
                /// A fault of the plugin.
                pub fn $method(&self, request: &$request) -> Result<Option<$response>, CallError> {
                    self.ask($export, request, |$answer: &$response| $empty)
                }
            )*
        }
    };
}

queries! {
    /// Asks for an artist's MusicBrainz id. An empty one is no data.
    artist_mbid(ArtistMBIDRequest) -> ArtistMBIDResponse, "nd_get_artist_mbid", r => r.mbid.is_empty();
    /// Asks for a page about an artist. An empty address is no data.
    artist_url(ArtistRequest) -> ArtistURLResponse, "nd_get_artist_url", r => r.url.is_empty();
    /// Asks for an artist's biography. An empty one is no data.
    artist_biography(ArtistRequest) -> ArtistBiographyResponse, "nd_get_artist_biography", r => r.biography.is_empty();
    /// Asks for similar artists. An empty list is no data.
    similar_artists(SimilarArtistsRequest) -> SimilarArtistsResponse, "nd_get_similar_artists", r => r.artists.is_empty();
    /// Asks for pictures of an artist. An empty list is no data.
    artist_images(ArtistRequest) -> ArtistImagesResponse, "nd_get_artist_images", r => r.images.is_empty();
    /// Asks for an artist's best-known songs. An empty list is no data.
    artist_top_songs(TopSongsRequest) -> TopSongsResponse, "nd_get_artist_top_songs", r => r.songs.is_empty();
    /// Asks about an album. Any object is data, even one whose fields are all empty.
    album_info(AlbumRequest) -> AlbumInfoResponse, "nd_get_album_info", _r => false;
    /// Asks for pictures of an album. An empty list is no data.
    album_images(AlbumRequest) -> AlbumImagesResponse, "nd_get_album_images", r => r.images.is_empty();
    /// Asks for songs like a track. An empty list is no data.
    similar_songs_by_track(SimilarSongsByTrackRequest) -> SimilarSongsResponse, "nd_get_similar_songs_by_track", r => r.songs.is_empty();
    /// Asks for songs like an album. An empty list is no data.
    similar_songs_by_album(SimilarSongsByAlbumRequest) -> SimilarSongsResponse, "nd_get_similar_songs_by_album", r => r.songs.is_empty();
    /// Asks for songs like an artist's. An empty list is no data.
    similar_songs_by_artist(SimilarSongsByArtistRequest) -> SimilarSongsResponse, "nd_get_similar_songs_by_artist", r => r.songs.is_empty();
}

impl Metadata<'_> {
    /// Asks with a cancel token, a limit, or the address of a request.
    #[must_use]
    pub fn with_options(mut self, options: &CallOptions) -> Self {
        self.options = options.clone();
        self
    }

    fn ask<Req: Serialize, Res: DeserializeOwned>(
        &self,
        export: &str,
        request: &Req,
        is_empty: impl FnOnce(&Res) -> bool,
    ) -> Result<Option<Res>, CallError> {
        let result: Result<Option<Res>, _> = self.plugin.ask(export, request, &self.options);
        match result {
            Ok(answer) => Ok(answer.filter(|answer| !is_empty(answer))),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

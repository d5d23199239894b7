//! Whom metadata is asked from: plugins, and what a server has built in.

use nd_types::metadata::{
    AlbumImagesResponse, AlbumInfoResponse, AlbumRequest, ArtistBiographyResponse,
    ArtistImagesResponse, ArtistMBIDRequest, ArtistMBIDResponse, ArtistRequest, ArtistURLResponse,
    SimilarArtistsRequest, SimilarArtistsResponse, SimilarSongsByAlbumRequest,
    SimilarSongsByArtistRequest, SimilarSongsByTrackRequest, SimilarSongsResponse, TopSongsRequest,
    TopSongsResponse,
};

use crate::error::CallError;
use crate::plugin::{CallOptions, Plugin};

/// Declares the trait of all functions, each answering "no data" by default, and what a plugin answers.
macro_rules! agent {
    ($($(#[$docs:meta])* $method:ident($request:ty) -> $response:ty;)*) => {
        /// A source of metadata that is part of the server. A plugin of the same name is never asked.
        ///
        /// A method answers `Ok(None)` for "no data", which is final, and an error for a fault, which may pass.
        pub trait BuiltinAgent: Send + Sync {
            /// Returns its name, as it stands in the setting `Agents`.
            fn name(&self) -> &str;

            $(
                $(#[$docs])*
                ///
                /// # Errors
                ///
                /// A fault.
                fn $method(&self, request: &$request, options: &CallOptions) -> Result<Option<$response>, CallError> {
                    let _ = (request, options);
                    Ok(None)
                }
            )*
        }

        impl BuiltinAgent for Plugin {
            fn name(&self) -> &str {
                self.id()
            }

            $(
                fn $method(&self, request: &$request, options: &CallOptions) -> Result<Option<$response>, CallError> {
                    self.metadata().with_options(options).$method(request)
                }
            )*
        }
    };
}

agent! {
    /// Finds an artist's MusicBrainz id.
    artist_mbid(ArtistMBIDRequest) -> ArtistMBIDResponse;
    /// Finds a page about an artist.
    artist_url(ArtistRequest) -> ArtistURLResponse;
    /// Finds an artist's biography.
    artist_biography(ArtistRequest) -> ArtistBiographyResponse;
    /// Finds similar artists.
    similar_artists(SimilarArtistsRequest) -> SimilarArtistsResponse;
    /// Finds pictures of an artist.
    artist_images(ArtistRequest) -> ArtistImagesResponse;
    /// Finds an artist's best-known songs.
    artist_top_songs(TopSongsRequest) -> TopSongsResponse;
    /// Finds out about an album.
    album_info(AlbumRequest) -> AlbumInfoResponse;
    /// Finds pictures of an album.
    album_images(AlbumRequest) -> AlbumImagesResponse;
    /// Finds songs like a track.
    similar_songs_by_track(SimilarSongsByTrackRequest) -> SimilarSongsResponse;
    /// Finds songs like an album.
    similar_songs_by_album(SimilarSongsByAlbumRequest) -> SimilarSongsResponse;
    /// Finds songs like an artist's.
    similar_songs_by_artist(SimilarSongsByArtistRequest) -> SimilarSongsResponse;
}

//! Provides information about artists and albums, and suggests songs.

/// Answers questions about artists and albums from an external source.
///
/// A plugin implements any subset of the exports.
/// It is asked only if its id is listed in the server's `Agents` setting, in the order of that list; the first source with a
/// result wins.
///
/// "No data" and an error are different answers.
/// No data (a null answer, or one whose main field is empty) is final, and the next source is asked.
/// An error means that the plugin itself failed: the next source is asked as well, but where the server keeps count, as for
/// artwork, it tries again later and lets a source rest that fails five times in a row.
/// Servers before 0.64.0 read every error as no data.
///
/// The "unknown artist", "various artists" and "unknown album" of the library are never asked for.
/// Typographic quotes and dashes in the `name` of artists and albums arrive as plain ones, unless the administrator chose
/// otherwise, but not in the requests for similar songs.
///
/// Suggested songs are matched to tracks of the library; those without a match are dropped, and a track is listed once.
#[capability(name = "metadata", since = "0.60.0")]
pub trait MetadataAgent {
    /// Returns the MusicBrainz id of an artist.
    ///
    /// Called when the library has no such id for the artist; the answer is used for the calls that follow.
    /// An empty id means no data.
    ///
    /// # Errors
    ///
    /// A failure is logged, and the next source is asked.
    #[export(
        name = "nd_get_artist_mbid",
        provider = "ArtistMBIDProvider",
        register = "artist_mbid"
    )]
    fn get_artist_mbid(req: ArtistMBIDRequest) -> ArtistMBIDResponse;

    /// Returns the address of a web page about an artist.
    ///
    /// Called when the artist's stored information is missing or older than a day; the answer is stored.
    /// An empty address means no data.
    ///
    /// # Errors
    ///
    /// A failure is logged, and the next source is asked.
    #[export(
        name = "nd_get_artist_url",
        provider = "ArtistURLProvider",
        register = "artist_url"
    )]
    fn get_artist_url(req: ArtistRequest) -> ArtistURLResponse;

    /// Returns the biography of an artist.
    ///
    /// Called when the artist's stored information is missing or older than a day; the answer is stored.
    /// An empty text means no data.
    ///
    /// # Errors
    ///
    /// A failure is logged, and the next source is asked.
    #[export(
        name = "nd_get_artist_biography",
        provider = "ArtistBiographyProvider",
        register = "artist_biography"
    )]
    fn get_artist_biography(req: ArtistRequest) -> ArtistBiographyResponse;

    /// Returns artists similar to a given one, best first.
    ///
    /// Called when the artist's stored information is missing or older than a day; at most 100 artists are kept.
    /// Each is looked for by `id`, else by `mbid`, else by `name`, and may be shown even if the library does not have it.
    /// An empty list means no data.
    ///
    /// # Errors
    ///
    /// A failure is logged, and the next source is asked.
    #[export(
        name = "nd_get_similar_artists",
        provider = "SimilarArtistsProvider",
        register = "similar_artists"
    )]
    fn get_similar_artists(req: SimilarArtistsRequest) -> SimilarArtistsResponse;

    /// Returns images of an artist.
    ///
    /// Called when the artist's stored information is missing or older than a day, and when the server looks for artwork.
    /// For the information, the three largest images become the large, the medium and the small one.
    /// For artwork, the server downloads only the largest image with an `http` or `https` address, the first of equals.
    /// Recent servers download from public addresses only.
    /// An empty list means no data.
    ///
    /// # Errors
    ///
    /// A failure is logged, and the next source is asked.
    #[export(
        name = "nd_get_artist_images",
        provider = "ArtistImagesProvider",
        register = "artist_images"
    )]
    fn get_artist_images(req: ArtistRequest) -> ArtistImagesResponse;

    /// Returns the most popular songs of an artist, best first.
    ///
    /// Called when a client asks for top songs or for a mix.
    /// A song without artists, or whose first artist has no name, is taken to be by the artist of the request.
    /// An empty list means no data.
    ///
    /// # Errors
    ///
    /// A failure is logged, and the next source is asked.
    #[export(
        name = "nd_get_artist_top_songs",
        provider = "ArtistTopSongsProvider",
        register = "artist_top_songs"
    )]
    fn get_artist_top_songs(req: TopSongsRequest) -> TopSongsResponse;

    /// Returns a description of an album.
    ///
    /// Called when the album's stored information is missing or older than seven days.
    /// The address and the description are stored.
    /// Any answer but null counts as data, even one with empty fields, and keeps later sources from being asked.
    ///
    /// # Errors
    ///
    /// A failure is logged, and the next source is asked.
    #[export(
        name = "nd_get_album_info",
        provider = "AlbumInfoProvider",
        register = "album_info"
    )]
    fn get_album_info(req: AlbumRequest) -> AlbumInfoResponse;

    /// Returns images of an album.
    ///
    /// Called together with the album's information, and when the server looks for artwork.
    /// The images are chosen as for artists.
    /// An empty list means no data.
    ///
    /// # Errors
    ///
    /// A failure is logged, and the next source is asked.
    #[export(
        name = "nd_get_album_images",
        provider = "AlbumImagesProvider",
        register = "album_images"
    )]
    fn get_album_images(req: AlbumRequest) -> AlbumImagesResponse;

    /// Returns songs similar to a track, best first.
    ///
    /// Called when a client asks for songs similar to a track.
    /// When too few of them are in the library, the server adds songs of its own choice.
    /// An empty list means no data.
    ///
    /// # Errors
    ///
    /// A failure is logged, and the next source is asked.
    #[export(
        name = "nd_get_similar_songs_by_track",
        provider = "SimilarSongsByTrackProvider",
        register = "similar_songs_by_track"
    )]
    fn get_similar_songs_by_track(req: SimilarSongsByTrackRequest) -> SimilarSongsResponse;

    /// Returns songs similar to those of an album, best first.
    ///
    /// Called when a client asks for songs similar to an album.
    /// When too few of them are in the library, the server adds songs of its own choice.
    /// An empty list means no data.
    ///
    /// # Errors
    ///
    /// A failure is logged, and the next source is asked.
    #[export(
        name = "nd_get_similar_songs_by_album",
        provider = "SimilarSongsByAlbumProvider",
        register = "similar_songs_by_album"
    )]
    fn get_similar_songs_by_album(req: SimilarSongsByAlbumRequest) -> SimilarSongsResponse;

    /// Returns songs similar to those of an artist, best first.
    ///
    /// Called when a client asks for songs similar to an artist.
    /// When too few of them are in the library, the server adds songs of its own choice.
    /// An empty list means no data.
    ///
    /// # Errors
    ///
    /// A failure is logged, and the next source is asked.
    #[export(
        name = "nd_get_similar_songs_by_artist",
        provider = "SimilarSongsByArtistProvider",
        register = "similar_songs_by_artist"
    )]
    fn get_similar_songs_by_artist(req: SimilarSongsByArtistRequest) -> SimilarSongsResponse;
}

/// Asks for the MusicBrainz id of an artist.
#[since("0.60.0")]
pub struct ArtistMBIDRequest {
    /// The server's artist id.
    pub id: String,
    /// The artist's name.
    pub name: String,
}

/// Holds the MusicBrainz id of an artist.
#[since("0.60.0")]
pub struct ArtistMBIDResponse {
    /// The MusicBrainz artist id; empty for no data.
    pub mbid: String,
}

/// Names an artist that something is wanted about.
#[since("0.60.0")]
pub struct ArtistRequest {
    /// The server's artist id.
    pub id: String,
    /// The artist's name.
    pub name: String,
    /// The MusicBrainz artist id; empty when not known.
    #[omit_empty]
    pub mbid: String,
}

/// Holds the address of a web page about an artist.
#[since("0.60.0")]
pub struct ArtistURLResponse {
    /// The absolute URL; empty for no data.
    pub url: String,
}

/// Holds the biography of an artist.
#[since("0.60.0")]
pub struct ArtistBiographyResponse {
    /// The text; empty for no data.
    ///
    /// It may contain HTML, which the server cleans; line breaks become spaces.
    pub biography: String,
}

/// Asks for artists similar to a given one.
#[since("0.60.0")]
pub struct SimilarArtistsRequest {
    /// The server's artist id.
    pub id: String,
    /// The artist's name.
    pub name: String,
    /// The MusicBrainz artist id; empty when not known.
    #[omit_empty]
    pub mbid: String,
    /// The number of artists wanted at most.
    ///
    /// The server asks for half as many again as it needs, because some will not be in the library.
    pub limit: i32,
}

/// Holds artists similar to a given one.
#[since("0.60.0")]
pub struct SimilarArtistsResponse {
    /// The artists, best first; empty for no data.
    ///
    /// Only `id`, `name` and `mbid` are used.
    pub artists: Vec<ArtistRef>,
}

/// Describes an image by its address.
#[since("0.60.0")]
pub struct ImageInfo {
    /// The absolute URL with scheme `http` or `https`.
    pub url: String,
    /// The width or height in pixels; 0 when not known.
    pub size: i32,
}

/// Holds images of an artist.
#[since("0.60.0")]
pub struct ArtistImagesResponse {
    /// The images in any order; empty for no data.
    pub images: Vec<ImageInfo>,
}

/// Asks for the most popular songs of an artist.
#[since("0.60.0")]
pub struct TopSongsRequest {
    /// The server's artist id.
    pub id: String,
    /// The artist's name.
    pub name: String,
    /// The MusicBrainz artist id; empty when not known.
    #[omit_empty]
    pub mbid: String,
    /// The number of songs wanted at most.
    ///
    /// The server asks for half as many again as it needs, because some will not be in the library.
    pub count: i32,
}

/// Holds the most popular songs of an artist.
#[since("0.60.0")]
pub struct TopSongsResponse {
    /// The songs, best first; empty for no data.
    pub songs: Vec<SongRef>,
}

/// Names an album that something is wanted about.
///
/// It carries no album id.
#[since("0.60.0")]
pub struct AlbumRequest {
    /// The album's title.
    pub name: String,
    /// The album artist's name.
    pub artist: String,
    /// The MusicBrainz release id; empty when not known.
    #[omit_empty]
    pub mbid: String,
}

/// Describes an album.
#[since("0.60.0")]
pub struct AlbumInfoResponse {
    /// The album's title; existing servers do not use it.
    pub name: String,
    /// The MusicBrainz release id; existing servers do not use it.
    pub mbid: String,
    /// The text about the album; an empty one is not stored.
    pub description: String,
    /// The absolute URL of a web page about the album; it may be empty.
    pub url: String,
}

/// Holds images of an album.
#[since("0.60.0")]
pub struct AlbumImagesResponse {
    /// The images in any order; empty for no data.
    pub images: Vec<ImageInfo>,
}

/// Asks for songs similar to a track.
#[since("0.60.0")]
pub struct SimilarSongsByTrackRequest {
    /// The media file id of the track.
    pub id: String,
    /// The title of the track.
    pub name: String,
    /// The artist's name.
    pub artist: String,
    /// The MusicBrainz recording id; empty when not known.
    #[omit_empty]
    pub mbid: String,
    /// The number of songs wanted at most, as asked by the client and never above 500.
    pub count: i32,
}

/// Asks for songs similar to those of an album.
#[since("0.60.0")]
pub struct SimilarSongsByAlbumRequest {
    /// The server's album id.
    pub id: String,
    /// The album's title.
    pub name: String,
    /// The album artist's name.
    pub artist: String,
    /// The MusicBrainz release id; empty when not known.
    #[omit_empty]
    pub mbid: String,
    /// The number of songs wanted at most, as asked by the client and never above 500.
    pub count: i32,
}

/// Asks for songs similar to those of an artist.
#[since("0.60.0")]
pub struct SimilarSongsByArtistRequest {
    /// The server's artist id.
    pub id: String,
    /// The artist's name.
    pub name: String,
    /// The MusicBrainz artist id; empty when not known.
    #[omit_empty]
    pub mbid: String,
    /// The number of songs wanted at most, as asked by the client and never above 500.
    pub count: i32,
}

/// Holds songs similar to a track, an album or an artist.
#[since("0.60.0")]
pub struct SimilarSongsResponse {
    /// The songs, best first; empty for no data.
    pub songs: Vec<SongRef>,
}

/// Names an artist; an older name of the shared type.
#[since("0.60.0")]
#[alias(deprecated)]
pub type ArtistRef = types::ArtistRef;

/// Names a song; an older name of the shared type.
#[since("0.60.0")]
#[alias(deprecated)]
pub type SongRef = types::SongRef;

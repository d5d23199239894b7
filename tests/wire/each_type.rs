//! Calls `$check!("<module>", "<type>", <Rust type>)` for every DTO; shared by the wire tests of three crates.
macro_rules! for_each_type {
    ($check:ident) => {
        for_each_type!(@shared $check: ArtistRef SongRef Track);
        for_each_type!(@in scrobbler $check: TrackInfo IsAuthorizedRequest NowPlayingRequest ScrobbleRequest PlaybackReportRequest);
        for_each_type!(@in lyrics $check: TrackInfo GetLyricsRequest GetLyricsResponse LyricsText);
        for_each_type!(@in sonicsimilarity $check: SonicMatch SonicSimilarityResponse GetSonicSimilarTracksRequest FindSonicPathRequest);
        for_each_type!(@in taskworker $check: TaskExecuteRequest);
        for_each_type!(@in scheduler $check: SchedulerCallbackRequest);
        for_each_type!(@in websocket $check: OnTextMessageRequest OnBinaryMessageRequest OnErrorRequest OnCloseRequest);
        for_each_type!(@in metadata $check: ArtistMBIDRequest ArtistMBIDResponse ArtistRequest ArtistURLResponse
            ArtistBiographyResponse SimilarArtistsRequest SimilarArtistsResponse ImageInfo ArtistImagesResponse
            AlbumImagesResponse TopSongsRequest TopSongsResponse AlbumRequest AlbumInfoResponse SimilarSongsByTrackRequest
            SimilarSongsByAlbumRequest SimilarSongsByArtistRequest SimilarSongsResponse);
        for_each_type!(@in http $check: HTTPRequest HTTPResponse);
        for_each_type!(@in library $check: Library);
        for_each_type!(@in matcher $check: MatchOptions);
        for_each_type!(@in scrobbleretriever $check: ScrobbleOptions ScrobbleCountOptions ScrobbleRef);
        for_each_type!(@in task $check: QueueConfig TaskInfo);
        for_each_type!(@in users $check: User);
    };
    (@shared $check:ident: $($ty:ident)+) => { $($check!("shared", stringify!($ty), nd_types::$ty);)+ };
    (@in $module:ident $check:ident: $($ty:ident)+) => { $($check!(stringify!($module), stringify!($ty), nd_types::$module::$ty);)+ };
}

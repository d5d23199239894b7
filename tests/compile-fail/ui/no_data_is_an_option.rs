use nd_pdk::metadata::{ArtistBiographyResponse, ArtistRequest, Error, MetadataAgent};

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl MetadataAgent for Plugin {
    fn get_artist_biography(&self, req: ArtistRequest) -> Result<ArtistBiographyResponse, Error> {
        Ok(ArtistBiographyResponse { biography: req.name })
    }
}

fn main() {}

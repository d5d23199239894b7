use nd_pdk::metadata::{ArtistRequest, ArtistURLResponse, Error, MetadataAgent};

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl MetadataAgent for Plugin {
    fn get_artist_link(&self, req: ArtistRequest) -> Result<Option<ArtistURLResponse>, Error> {
        Ok(Some(ArtistURLResponse { url: req.name }))
    }
}

fn main() {}

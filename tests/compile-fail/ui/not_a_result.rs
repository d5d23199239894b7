use nd_pdk::scrobbler::{Error, IsAuthorizedRequest, NowPlayingRequest, ScrobbleRequest, Scrobbler};

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl Scrobbler for Plugin {
    fn is_authorized(&self, req: IsAuthorizedRequest) -> bool {
        req.username == "ada"
    }

    fn now_playing(&self, _req: NowPlayingRequest) -> Result<(), Error> {
        Ok(())
    }

    fn scrobble(&self, _req: ScrobbleRequest) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}

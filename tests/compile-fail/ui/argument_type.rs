use nd_pdk::scrobbler::{Error, IsAuthorizedRequest, NowPlayingRequest, ScrobbleRequest, Scrobbler};

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl Scrobbler for Plugin {
    fn is_authorized(&self, req: IsAuthorizedRequest) -> Result<bool, Error> {
        Ok(req.username == "ada")
    }

    fn now_playing(&self, req: ScrobbleRequest) -> Result<(), Error> {
        let _ = req.timestamp;
        Ok(())
    }

    fn scrobble(&self, req: ScrobbleRequest) -> Result<(), Error> {
        let _ = (req, NowPlayingRequest::default());
        Ok(())
    }
}

fn main() {}

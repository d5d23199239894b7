use nd_pdk::scrobbler::{Error, IsAuthorizedRequest, ScrobbleRequest, Scrobbler};

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl Scrobbler for Plugin {
    fn is_authorized(&self, req: IsAuthorizedRequest) -> Result<bool, Error> {
        Ok(req.username == "ada")
    }

    fn scrobble(&self, req: ScrobbleRequest) -> Result<(), Error> {
        let _ = req;
        Ok(())
    }
}

fn main() {}

use nd_pdk::scrobbler::{Error, IsAuthorizedRequest};

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl Scrobler for Plugin {
    fn is_authorized(&self, req: IsAuthorizedRequest) -> Result<bool, Error> {
        Ok(req.username == "ada")
    }
}

fn main() {}

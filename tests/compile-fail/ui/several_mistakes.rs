use nd_pdk::lyrics::{Error, GetLyricsRequest, Lyrics};

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl Lyrics for Plugin {
    async fn get_lyrics(&mut self, req: GetLyricsRequest) -> String {
        req.track.title
    }

    fn helper(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {}

use nd_pdk::lyrics::{Error, GetLyricsRequest, GetLyricsResponse, Lyrics};

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl Lyrics for Plugin {
    fn get_lyric(&self, req: GetLyricsRequest) -> Result<GetLyricsResponse, Error> {
        let _ = req;
        Ok(GetLyricsResponse::default())
    }
}

fn main() {}

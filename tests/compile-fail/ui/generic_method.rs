use nd_pdk::lyrics::{Error, GetLyricsRequest, GetLyricsResponse, Lyrics};

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl Lyrics for Plugin {
    fn get_lyrics<T: Default>(&self, req: GetLyricsRequest) -> Result<GetLyricsResponse, Error> {
        let _ = (req, T::default());
        Ok(GetLyricsResponse::default())
    }
}

fn main() {}

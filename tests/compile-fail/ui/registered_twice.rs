use nd_pdk::lyrics::{Error, GetLyricsRequest, GetLyricsResponse, Lyrics};

#[derive(Default)]
struct First;

#[derive(Default)]
struct Second;

impl Lyrics for First {
    fn get_lyrics(&self, _req: GetLyricsRequest) -> Result<GetLyricsResponse, Error> {
        Ok(GetLyricsResponse::default())
    }
}

impl Lyrics for Second {
    fn get_lyrics(&self, _req: GetLyricsRequest) -> Result<GetLyricsResponse, Error> {
        Ok(GetLyricsResponse::default())
    }
}

nd_pdk::register_lyrics!(First);
nd_pdk::register_lyrics!(Second);

fn main() {}

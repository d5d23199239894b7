use nd_pdk::websocket::{Error, OnTextMessageRequest, TextMessageProvider};

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl TextMessageProvider for Plugin {
    fn on_text_message(&self, req: OnTextMessageRequest, last: bool) -> Result<(), Error> {
        let _ = (req, last);
        Ok(())
    }
}

fn main() {}

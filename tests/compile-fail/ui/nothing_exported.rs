use nd_pdk::websocket::WebSocketCallback;

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl WebSocketCallback for Plugin {}

fn main() {}

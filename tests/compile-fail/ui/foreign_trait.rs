use std::fmt;

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl fmt::Display for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("plugin")
    }
}

fn main() {
    let _ = Plugin.to_string();
}

#[nd_pdk::export]
#[derive(Default)]
struct Plugin;

fn main() {
    let _ = Plugin;
}

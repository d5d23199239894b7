#[derive(Default)]
struct Plugin;

nd_pdk::register_lifecycle_init!(Plugin);

fn main() {}

use nd_pdk::scheduler::{Error, SchedulerCallback, SchedulerCallbackRequest};

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl SchedulerCallback for Plugin {
    fn on_callback(req: SchedulerCallbackRequest) -> Result<(), Error> {
        let _ = req;
        Ok(())
    }
}

fn main() {}

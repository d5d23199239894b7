use nd_pdk::scheduler::{CallbackProvider, Error, SchedulerCallbackRequest};

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl CallbackProvider for Plugin {
    fn on_callback(&self, req: &SchedulerCallbackRequest) -> Result<(), Error> {
        let _ = req;
        Ok(())
    }
}

fn main() {}

use nd_pdk::taskworker::{Error, TaskWorker};

#[derive(Default)]
struct Plugin;

#[nd_pdk::export]
impl TaskWorker for Plugin {
    fn on_task_execute(&self) -> Result<String, Error> {
        Ok(String::new())
    }
}

fn main() {}

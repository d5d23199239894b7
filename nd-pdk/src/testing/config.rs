//! The Config service: a map of strings.

use super::fake::State;
use super::services::Config;
use crate::host::HostError;

impl Config for State {
    fn get(&mut self, key: String) -> Result<Option<String>, HostError> {
        Ok(self.config.get(&key).cloned())
    }

    fn get_int(&mut self, key: String) -> Result<Option<i64>, HostError> {
        Ok(self.config.get(&key).and_then(|value| value.parse().ok()))
    }

    fn keys(&mut self, prefix: String) -> Result<Vec<String>, HostError> {
        Ok(self
            .config
            .keys()
            .filter(|key| key.starts_with(&prefix))
            .cloned()
            .collect())
    }
}

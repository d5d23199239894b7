//! The Users service: those users that the plugin was granted.

use super::fake::State;
use super::services::Users;
use crate::host::HostError;
use crate::host::users::User;

impl Users for State {
    fn get_users(&mut self) -> Result<Vec<User>, HostError> {
        Ok(self.granted_users().cloned().collect())
    }

    fn get_admins(&mut self) -> Result<Vec<User>, HostError> {
        Ok(self
            .granted_users()
            .filter(|user| user.is_admin)
            .cloned()
            .collect())
    }
}

impl State {
    fn granted_users(&self) -> impl Iterator<Item = &User> {
        self.users
            .iter()
            .filter(|(_, granted)| *granted)
            .map(|(user, _)| user)
    }
}

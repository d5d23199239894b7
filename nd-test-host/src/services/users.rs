//! Users: who the administrator lets the plugin know about.

use std::sync::Arc;

use nd_types::users::User;

use crate::context::CallContext;
use crate::error::ServiceError;
use crate::generated::Users;
use crate::setup::{Grant, HostUser};

/// The Users service: the granted users, by names only.
#[derive(Debug, Clone)]
pub struct UsersService {
    users: Arc<[HostUser]>,
    grant: Grant<String>,
}

impl UsersService {
    /// Makes the service from all users of the host and the plugin's grant, which holds ids.
    pub fn new(users: Arc<[HostUser]>, grant: Grant<String>) -> Self {
        Self { users, grant }
    }

    fn granted(&self) -> impl Iterator<Item = User> {
        let granted = self.users.iter().filter(|user| self.grant.allows(&user.id));
        granted.map(|user| User {
            user_name: user.name.clone(),
            name: user.display_name.clone(),
            is_admin: user.admin,
        })
    }
}

impl Users for UsersService {
    fn get_users(&self, _ctx: &CallContext) -> Result<Vec<User>, ServiceError> {
        Ok(self.granted().collect())
    }

    fn get_admins(&self, _ctx: &CallContext) -> Result<Vec<User>, ServiceError> {
        Ok(self.granted().filter(|user| user.is_admin).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(grant: Grant<String>) -> (Vec<String>, Vec<String>) {
        let user = |id: &str, name: &str, admin| HostUser {
            id: id.to_owned(),
            name: name.to_owned(),
            display_name: name.to_uppercase(),
            admin,
            libraries: Grant::All,
        };
        let all = [
            user("u1", "ann", true),
            user("u2", "bob", false),
            user("u3", "cy", true),
        ];
        let service = UsersService::new(all.into(), grant);
        let ctx = CallContext::detached("p");
        let list = |users: Result<Vec<User>, ServiceError>| {
            users
                .into_iter()
                .flatten()
                .map(|user| user.user_name)
                .collect()
        };
        (
            list(service.get_users(&ctx)),
            list(service.get_admins(&ctx)),
        )
    }

    #[test]
    fn the_all_flag_shows_everybody() {
        let (users, admins) = names(Grant::All);
        assert_eq!(users, ["ann", "bob", "cy"]);
        assert_eq!(admins, ["ann", "cy"]);
    }

    #[test]
    fn a_list_shows_its_ids_only_and_admins_get_no_exemption() {
        let (users, admins) = names(Grant::Listed(vec!["u2".into(), "u3".into()]));
        assert_eq!(users, ["bob", "cy"]);
        assert_eq!(admins, ["cy"]);
    }

    #[test]
    fn names_in_the_grant_match_nobody_and_an_empty_list_means_nobody() {
        assert_eq!(
            names(Grant::Listed(vec!["ann".into()])).0,
            Vec::<String>::new()
        );
        assert_eq!(names(Grant::none()).0, Vec::<String>::new());
    }
}

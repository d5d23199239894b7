//! Acting for a user: who a plugin may name as the user a call is about.

use crate::error::ServiceError;
use crate::setup::{Grant, HostUser};

/// Finds the user a plugin wants to act for, by name without regard to case.
///
/// Matcher and ScrobbleRetriever resolve users in this way; `service` is what their messages begin with.
///
/// # Errors
///
/// In this order: nobody is granted to the plugin, which reads the same whether or not the user exists; there is no such
/// user; that user's id is not granted.
pub(crate) fn acting_user<'a>(
    service: &str,
    users: &'a [HostUser],
    grant: &Grant<String>,
    name: &str,
) -> Result<&'a HostUser, ServiceError> {
    let failed = |reason: String| ServiceError::new(format!("{service}: {reason}"));
    if !grant.is_configured() {
        return Err(failed(
            "plugin is not authorized to scope by user".to_owned(),
        ));
    }
    let user =
        find_user(users, name).ok_or_else(|| failed(format!("user \"{name}\" not found")))?;
    if !grant.allows(&user.id) {
        return Err(failed(format!(
            "plugin is not allowed to act as user \"{name}\""
        )));
    }
    Ok(user)
}

/// Finds a user by login name, without regard to case.
pub(crate) fn find_user<'a>(users: &'a [HostUser], name: &str) -> Option<&'a HostUser> {
    users
        .iter()
        .find(|user| user.name.to_lowercase() == name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(grant: Grant<String>, name: &str) -> Result<String, String> {
        let user = |id: &str, name: &str, admin| HostUser {
            id: id.to_owned(),
            name: name.to_owned(),
            display_name: name.to_owned(),
            admin,
            libraries: Grant::All,
        };
        let users = [user("u1", "Ann", false), user("u2", "root", true)];
        acting_user("matcher", &users, &grant, name)
            .map(|user| user.id.clone())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_granted_user_is_found_whatever_the_case() {
        let listed = Grant::Listed(vec!["u1".to_owned()]);
        assert_eq!(resolve(listed, "aNN").as_deref(), Ok("u1"));
        assert_eq!(resolve(Grant::All, "root").as_deref(), Ok("u2"));
    }

    #[test]
    fn without_any_grant_nothing_shows_whether_the_user_exists() {
        let expected = Err("matcher: plugin is not authorized to scope by user".to_owned());
        assert_eq!(resolve(Grant::none(), "ann"), expected);
        assert_eq!(resolve(Grant::none(), "zoe"), expected);
    }

    #[test]
    fn unknown_users_are_named_before_the_grant_is_asked() {
        let listed = || Grant::Listed(vec!["u1".to_owned(), "zoe".to_owned()]);
        assert_eq!(
            resolve(listed(), "zoe"),
            Err("matcher: user \"zoe\" not found".to_owned())
        );
        // As it was given, whatever letters it has.
        assert_eq!(
            resolve(Grant::All, "Zoe\u{301}"),
            Err("matcher: user \"Zoe\u{301}\" not found".to_owned())
        );
        assert_eq!(
            resolve(Grant::All, ""),
            Err("matcher: user \"\" not found".to_owned())
        );
        // Administrators have no exemption.
        assert_eq!(
            resolve(listed(), "Root"),
            Err("matcher: plugin is not allowed to act as user \"Root\"".to_owned())
        );
    }
}

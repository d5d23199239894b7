//! The users that the plugin may know about.

/// Lists the users that the administrator granted to the plugin.
///
/// The grant names all users or some of them; without a grant every list is empty.
/// Ids, mail addresses and passwords are never shown.
///
/// The `users` permission is also the condition for scrobblers and for the SubsonicAPI and ScrobbleRetriever services.
#[host_service(name = "Users", permission = "users", since = "0.60.0")]
pub trait Users {
    /// Lists the granted users.
    ///
    /// # Errors
    ///
    /// Only the server's database can fail.
    #[host_fn]
    fn get_users() -> Result<Vec<User>>;

    /// Lists those granted users who are administrators.
    ///
    /// # Errors
    ///
    /// Only the server's database can fail.
    #[host_fn]
    fn get_admins() -> Result<Vec<User>>;
}

/// Describes a user of the server.
#[since("0.60.0")]
pub struct User {
    /// The name with which the user logs in; other services know the user by it.
    pub user_name: String,
    /// The name for display.
    pub name: String,
    /// Whether the user is an administrator.
    pub is_admin: bool,
}

//! Extism variables: values that live as long as the instance, which is one call.
//!
//! They are gone when the export returns; what shall stay belongs in [`host::kvstore`](crate::host::kvstore) or
//! [`host::cache`](crate::host::cache). At most 1 MiB in all.

/// Returns the value of a variable, or `None` when it is not set.
pub fn get(key: &str) -> Option<Vec<u8>> {
    crate::runtime::platform::var(key)
}

/// Sets a variable.
pub fn set(key: &str, value: &[u8]) {
    crate::runtime::platform::set_var(key, Some(value));
}

/// Removes a variable; a missing one is fine.
pub fn remove(key: &str) {
    crate::runtime::platform::set_var(key, None);
}

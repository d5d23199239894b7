//! ScrobbleRetriever: the listening history of the users a plugin may act for.

use std::sync::Arc;

use nd_types::scrobbleretriever::{ScrobbleCountOptions, ScrobbleOptions, ScrobbleRef};

use super::acting_user::acting_user;
use crate::context::CallContext;
use crate::error::ServiceError;
use crate::generated::ScrobbleRetriever;
use crate::setup::{Grant, HostUser};
use crate::store::scrobbles::{Scrobble, TimeRange};
use crate::store::{Database, StoreError};

/// Most scrobbles on a page; asking for none, or for more, gives this many.
pub const MAX_PAGE: i32 = 5_000;

/// The ScrobbleRetriever service.
#[derive(Debug, Clone)]
pub struct ScrobbleRetrieverService {
    users: Arc<[HostUser]>,
    grant: Grant<String>,
    store: Database,
}

impl ScrobbleRetrieverService {
    /// Makes the service from all users of the host, the plugin's grant, which holds ids, and the host's database.
    pub fn new(users: Arc<[HostUser]>, grant: Grant<String>, store: Database) -> Self {
        Self {
            users,
            grant,
            store,
        }
    }

    /// Returns the id of the user a call is about.
    fn user(&self, name: &str) -> Result<&str, ServiceError> {
        acting_user("scrobbleRetriever", &self.users, &self.grant, name)
            .map(|user| user.id.as_str())
    }
}

impl ScrobbleRetriever for ScrobbleRetrieverService {
    fn get_first_timestamp(
        &self,
        _ctx: &CallContext,
        username: String,
    ) -> Result<Option<i64>, ServiceError> {
        let user = self.user(&username)?;
        self.store.scrobble_time(user, false).map_err(unreadable)
    }

    fn get_last_timestamp(
        &self,
        _ctx: &CallContext,
        username: String,
    ) -> Result<Option<i64>, ServiceError> {
        let user = self.user(&username)?;
        self.store.scrobble_time(user, true).map_err(unreadable)
    }

    fn get_scrobbles(
        &self,
        _ctx: &CallContext,
        username: String,
        options: ScrobbleOptions,
    ) -> Result<(Vec<ScrobbleRef>, Option<ScrobbleOptions>), ServiceError> {
        let user = self.user(&username)?;
        let options = clamped(options);
        let range = TimeRange {
            from: options.from_timestamp,
            to: options.to_timestamp,
        };
        let (size, offset) = (
            options.max_items.unsigned_abs(),
            options.offset.unsigned_abs(),
        );
        // One more than the page holds tells whether there is another page, and where it starts.
        let rows = self
            .store
            .scrobbles(user, range, options.descending, size + 1, offset);
        let mut rows = rows.map_err(unreadable)?;
        let following = rows.split_off(rows.len().min(size as usize)).pop();
        let next = following.map(|following| next_page(options, &rows, following.submission_time));
        let scrobbles = rows.into_iter().map(|row| ScrobbleRef {
            id: row.id,
            media_file_id: row.media_file_id,
            submission_time: row.submission_time,
        });
        Ok((scrobbles.collect(), next))
    }

    fn get_scrobble_count(
        &self,
        _ctx: &CallContext,
        username: String,
        options: ScrobbleCountOptions,
    ) -> Result<i64, ServiceError> {
        let user = self.user(&username)?;
        let range = TimeRange {
            from: options.from_timestamp,
            to: options.to_timestamp,
        };
        self.store.count_scrobbles(user, range).map_err(unreadable)
    }
}

fn clamped(options: ScrobbleOptions) -> ScrobbleOptions {
    ScrobbleOptions {
        max_items: match options.max_items {
            size @ 1..=MAX_PAGE => size,
            _ => MAX_PAGE,
        },
        offset: options.offset.max(0),
        ..options
    }
}

/// Returns what to ask for to go on after a page: the range begins at the first scrobble that did not fit, and those of
/// the same second that did fit are passed over.
fn next_page(options: ScrobbleOptions, page: &[Scrobble], time: i64) -> ScrobbleOptions {
    let tied = page
        .iter()
        .rev()
        .take_while(|row| row.submission_time == time)
        .count();
    // If the whole page is of that second, so are those passed over before it.
    let before = if tied == page.len() {
        options.offset
    } else {
        0
    };
    let offset = i32::try_from(tied)
        .unwrap_or(i32::MAX)
        .saturating_add(before);
    match options.descending {
        true => ScrobbleOptions {
            to_timestamp: Some(time),
            offset,
            ..options
        },
        false => ScrobbleOptions {
            from_timestamp: Some(time),
            offset,
            ..options
        },
    }
}

fn unreadable(error: StoreError) -> ServiceError {
    ServiceError::new(format!("scrobbleRetriever: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(times: &[i64]) -> ScrobbleRetrieverService {
        let store = Database::in_memory().expect("a database");
        for (n, &time) in times.iter().enumerate() {
            store
                .record_scrobble("u1", &format!("t{}", n + 1), time)
                .expect("recorded");
        }
        let user = |id: &str, name: &str| HostUser {
            id: id.to_owned(),
            name: name.to_owned(),
            display_name: name.to_owned(),
            admin: false,
            libraries: Grant::All,
        };
        let users = [user("u1", "ann"), user("u2", "bob"), user("u3", "cy")];
        let grant = Grant::Listed(vec!["u1".to_owned(), "u2".to_owned()]);
        ScrobbleRetrieverService::new(users.into(), grant, store)
    }

    fn page(
        service: &ScrobbleRetrieverService,
        options: &ScrobbleOptions,
    ) -> (Vec<i64>, Option<ScrobbleOptions>) {
        let ctx = CallContext::detached("p");
        let (scrobbles, next) = service
            .get_scrobbles(&ctx, "ann".to_owned(), options.clone())
            .expect("a page");
        (scrobbles.iter().map(|row| row.id).collect(), next)
    }

    fn ascending(size: i32) -> ScrobbleOptions {
        ScrobbleOptions {
            max_items: size,
            ..ScrobbleOptions::default()
        }
    }

    #[test]
    fn first_and_last_are_absent_without_history_and_may_be_0() {
        let ctx = CallContext::detached("p");
        let service = service(&[0, 7, 3]);
        let first = |name: &str| service.get_first_timestamp(&ctx, name.to_owned());
        let last = |name: &str| service.get_last_timestamp(&ctx, name.to_owned());
        assert_eq!((first("ANN"), last("ann")), (Ok(Some(0)), Ok(Some(7))));
        assert_eq!((first("bob"), last("bob")), (Ok(None), Ok(None)));
    }

    #[test]
    fn every_function_asks_whether_the_plugin_may_act_for_the_user() {
        let ctx = CallContext::detached("p");
        let service = service(&[1]);
        let refused =
            ServiceError::new("scrobbleRetriever: plugin is not allowed to act as user \"cy\"");
        let name = || "cy".to_owned();
        assert_eq!(
            service.get_first_timestamp(&ctx, name()),
            Err(refused.clone())
        );
        assert_eq!(
            service.get_last_timestamp(&ctx, name()),
            Err(refused.clone())
        );
        let options = ScrobbleOptions::default();
        assert_eq!(
            service.get_scrobbles(&ctx, name(), options),
            Err(refused.clone())
        );
        let options = ScrobbleCountOptions::default();
        assert_eq!(
            service.get_scrobble_count(&ctx, name(), options),
            Err(refused)
        );
    }

    #[test]
    fn pages_follow_the_documented_walks() {
        let service = service(&[0, 1, 2, 2]);
        let walked = |from: Option<i64>, to: Option<i64>, descending, offset, size| {
            let next = ScrobbleOptions {
                from_timestamp: from,
                to_timestamp: to,
                descending,
                max_items: size,
                offset,
            };
            Some(next)
        };
        assert_eq!(
            page(&service, &ascending(2)),
            (vec![1, 2], walked(Some(2), None, false, 0, 2))
        );
        let from_1 = ScrobbleOptions {
            from_timestamp: Some(1),
            ..ascending(2)
        };
        assert_eq!(
            page(&service, &from_1),
            (vec![2, 3], walked(Some(2), None, false, 1, 2))
        );
        let newest = ScrobbleOptions {
            to_timestamp: Some(2),
            descending: true,
            ..ascending(1)
        };
        assert_eq!(
            page(&service, &newest),
            (vec![4], walked(None, Some(2), true, 1, 1))
        );
        let newest = ScrobbleOptions {
            descending: true,
            ..ascending(3)
        };
        assert_eq!(
            page(&service, &newest),
            (vec![4, 3, 2], walked(None, Some(0), true, 0, 3))
        );
        assert_eq!(page(&service, &ascending(4)), (vec![1, 2, 3, 4], None));
    }

    #[test]
    fn a_walk_in_either_direction_meets_every_scrobble_once() {
        // Many in the same second, so that ties run over several pages.
        let times: Vec<i64> = (0..40)
            .map(|n| if n < 9 { n } else { 9 + n / 20 })
            .collect();
        let service = service(&times);
        for (size, descending) in [(1, false), (3, true), (7, false), (40, true), (0, false)] {
            let mut options = Some(ScrobbleOptions {
                descending,
                ..ascending(size)
            });
            let mut seen = Vec::new();
            while let Some(asked) = options {
                let (ids, next) = page(&service, &asked);
                seen.extend(ids);
                options = next;
            }
            if descending {
                seen.reverse();
            }
            assert_eq!(seen, (1..=40).collect::<Vec<i64>>(), "page size {size}");
        }
    }

    #[test]
    fn sizes_out_of_range_become_5000_and_ranges_include_both_ends() {
        let times: Vec<i64> = (0..5_002).collect();
        let service = service(&times);
        for size in [0, -1, 5_001, i32::MAX] {
            let (ids, next) = page(&service, &ascending(size));
            assert_eq!(ids.len(), 5_000);
            assert_eq!(next.map(|next| next.max_items), Some(5_000));
        }
        let window = ScrobbleOptions {
            from_timestamp: Some(3),
            to_timestamp: Some(5),
            offset: -4,
            ..ScrobbleOptions::default()
        };
        assert_eq!(page(&service, &window), (vec![4, 5, 6], None));
        let count = |from, to| {
            let options = ScrobbleCountOptions {
                from_timestamp: from,
                to_timestamp: to,
            };
            let ctx = CallContext::detached("p");
            service.get_scrobble_count(&ctx, "ann".to_owned(), options)
        };
        assert_eq!(count(Some(3), Some(5)), Ok(3));
        assert_eq!(count(None, None), Ok(5_002));
        assert_eq!(count(Some(6_000), None), Ok(0));
    }
}

//! Making and closing the services of a load.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Weak;

use super::*;
use crate::context::{CallContext, Callback};
use crate::error::{CallError, ServiceError};
use crate::faults::Faults;
use crate::journal::Journal;
use crate::manifest::Manifest;
use crate::setup::Grant;
use crate::store::Database;

struct Nobody;

impl Callback for Nobody {
    fn call(&self, _export: &str, _input: Vec<u8>) -> Result<Vec<u8>, CallError> {
        Ok(Vec::new())
    }

    fn has_export(&self, _export: &str) -> bool {
        false
    }
}

fn setup(data_dir: &Path, permissions: &str) -> PluginSetup {
    let manifest =
        format!(r#"{{"name":"n","author":"a","version":"1","permissions":{permissions}}}"#);
    PluginSetup {
        id: "p".to_owned(),
        manifest: Arc::new(Manifest::parse(manifest.as_bytes()).expect("a manifest")),
        data_dir: data_dir.to_owned(),
        config: BTreeMap::from([("key".to_owned(), "value".to_owned())]),
        user_grant: Grant::All,
        library_grant: Grant::All,
        users: Arc::new([]),
        libraries: Arc::new([]),
        callback: Weak::<Nobody>::new(),
        journal: Journal::new(),
        rules: Arc::default(),
        server: Arc::default(),
        store: Database::in_memory().expect("a database"),
        faults: Faults::default(),
    }
}

#[test]
fn config_is_always_there_and_the_rest_by_permission() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("p");
    let set = ServiceSet::build(&setup(&data, "{}")).expect("services");
    let ctx = CallContext::detached("p");
    assert_eq!(
        set.services().config.get(&ctx, "key".to_owned()).as_deref(),
        Some("value")
    );
    let error = set
        .services()
        .kvstore
        .get(&ctx, "k".to_owned())
        .expect_err("no permission");
    assert!(matches!(
        error,
        ServiceError::Unavailable {
            function: "kvstore_get"
        }
    ));
    assert!(!data.exists(), "nothing is created without need");
    let all = r#"{"scheduler":{},"cache":{},"library":{},"kvstore":{},"users":{},"http":{},"taskqueue":{},"storage":{}}"#;
    let set = ServiceSet::build(&setup(&data, all)).expect("services");
    assert!(data.join("kvstore.db").is_file() && data.join("storage").is_dir());
    assert!(data.join("taskqueue.db").is_file() && set.task().is_some());
    assert!(set.services().users.get_users(&ctx).is_ok());
    assert!(set.services().library.get_all_libraries(&ctx).is_ok());
    assert!(set.services().cache.has(&ctx, "k".to_owned()).is_ok());
    assert_eq!(set.services().storage.get_storage_path(&ctx), "/storage");
    assert!(
        set.services()
            .scheduler
            .schedule_one_time(&ctx, 60, String::new(), String::new())
            .is_ok()
    );
}

#[test]
fn a_service_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let failure = |permissions: &str, data: &Path| {
        ServiceSet::build(&setup(data, permissions))
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    let error = failure(r#"{"kvstore":{"maxSize":"huge"}}"#, folder.path());
    assert!(
        error.starts_with("creating KVStore service: invalid maxSize"),
        "{error}"
    );
    std::fs::write(
        folder.path().join("kvstore.db"),
        "this is no database, whatever its name says",
    )
    .expect("a file");
    let error = failure(r#"{"kvstore":{}}"#, folder.path());
    assert!(
        error.starts_with("creating KVStore service: opening") && error.contains("kvstore.db"),
        "{error}"
    );
    let corrupt = folder.path().join("kvstore.db");
    std::fs::rename(corrupt, folder.path().join("taskqueue.db")).expect("a file");
    let error = failure(r#"{"taskqueue":{}}"#, folder.path());
    assert!(
        error.starts_with("creating Task service: opening") && error.contains("taskqueue.db"),
        "{error}"
    );
    std::fs::write(folder.path().join("storage"), "").expect("a file");
    let error = failure(r#"{"storage":{}}"#, folder.path());
    assert!(
        error.starts_with("creating Storage service: creating folder"),
        "{error}"
    );
}

#[test]
fn closing_ends_what_the_services_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let permissions = r#"{"scheduler":{},"cache":{},"kvstore":{},"http":{}}"#;
    let set = ServiceSet::build(&setup(folder.path(), permissions)).expect("services");
    let (services, ctx) = (set.services().clone(), CallContext::detached("p"));
    services
        .cache
        .set_int(&ctx, "k".to_owned(), 1, 60)
        .expect("a cache");
    services
        .scheduler
        .schedule_one_time(&ctx, 60, String::new(), "s".to_owned())
        .expect("a scheduler");
    drop(set);
    assert!(
        !services
            .cache
            .has(&ctx, "k".to_owned())
            .expect("an empty cache")
    );
    assert!(
        services
            .kvstore
            .get(&ctx, "k".to_owned())
            .is_err_and(|error| error.to_string().contains("database is closed"))
    );
    assert!(
        services
            .scheduler
            .cancel_schedule(&ctx, "s".to_owned())
            .is_err()
    );
}

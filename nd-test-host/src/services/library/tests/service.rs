//! The host functions.

use super::*;

fn service(grant: Grant<i32>, filesystem: bool) -> LibraryService {
    let library = |id, name: &str| HostLibrary {
        id,
        name: name.into(),
        path: PathBuf::from(format!("/music/{id}")),
    };
    let catalogue = Catalogue::new();
    let (_folder, scan) = music();
    catalogue.insert(
        7,
        Collection::new(scan, UNIX_EPOCH + Duration::from_secs(1_700_000_000)),
    );
    LibraryService::new(
        [library(7, "Music"), library(9, "Empty")].into(),
        grant,
        filesystem,
        catalogue,
    )
}

#[test]
fn an_ungranted_library_looks_like_one_that_does_not_exist() {
    let ctx = CallContext::detached("p");
    let error = |grant, id| {
        service(grant, false)
            .get_library(&ctx, id)
            .err()
            .map(|error| error.to_string())
    };
    let not_accessible = Some("library not accessible".to_owned());
    assert_eq!(error(Grant::Listed(vec![7]), 9), not_accessible);
    assert_eq!(error(Grant::Listed(vec![7]), 100), not_accessible);
    assert_eq!(error(Grant::none(), 7), not_accessible);
    assert_eq!(
        error(Grant::Listed(vec![100]), 100).as_deref(),
        Some("library not found")
    );
    assert_eq!(error(Grant::All, 100).as_deref(), Some("library not found"));
}

#[test]
fn only_granted_libraries_are_listed() {
    let ctx = CallContext::detached("p");
    let ids = |grant| {
        let all = service(grant, false)
            .get_all_libraries(&ctx)
            .expect("a list");
        all.into_iter()
            .map(|library| library.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(Grant::All), [7, 9]);
    assert_eq!(ids(Grant::Listed(vec![9, 100])), [9]);
    assert_eq!(ids(Grant::none()), Vec::<i32>::new());
}

#[test]
fn path_and_mount_point_follow_the_manifest() {
    let ctx = CallContext::detached("p");
    let get = |filesystem| {
        service(Grant::All, filesystem)
            .get_library(&ctx, 7)
            .expect("it is there")
            .expect("some")
    };
    let hidden = get(false);
    assert_eq!(
        (hidden.path.as_str(), hidden.mount_point.as_str()),
        ("", "")
    );
    let shown = get(true);
    assert_eq!(
        (shown.path.as_str(), shown.mount_point.as_str()),
        ("/music/7", "/libraries/7")
    );
}

#[test]
fn totals_come_from_the_scan() {
    let ctx = CallContext::detached("p");
    let all = service(Grant::All, false)
        .get_all_libraries(&ctx)
        .expect("a list");
    let (scanned, never) = (&all[0], &all[1]);
    assert_eq!(
        (
            scanned.total_songs,
            scanned.total_albums,
            scanned.total_artists
        ),
        (3, 3, 4)
    );
    assert_eq!(
        (scanned.total_duration, scanned.last_scan_at),
        (4.0, 1_700_000_000)
    );
    assert!(scanned.total_size > 32_000);
    assert_eq!(
        (never.total_songs, never.total_size, never.last_scan_at),
        (0, 0, NEVER_SCANNED)
    );
}

//! Library and Storage, and the folders that come with them.

use super::Fixture;
use nd_test_host::{Host, PluginSettings};
use serde_json::json;
use std::fs;

/// Two libraries with a file each, of which the first is granted.
fn libraries(settings: PluginSettings) -> (Fixture, [tempfile::TempDir; 2]) {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for folder in &folders {
        fs::create_dir(folder.path().join("album")).unwrap();
        fs::write(folder.path().join("album/song.txt"), "la la").unwrap();
    }
    let builder = Host::builder()
        .library(1, "Music", folders[0].path())
        .library(2, "Secret", folders[1].path())
        .every_plugin(settings.all_users().libraries([1]));
    (Fixture::in_host(builder), folders)
}

#[test]
fn only_granted_libraries_are_listed() {
    let (fixture, folders) = libraries(PluginSettings::new());
    let all = fixture.get("library_getalllibraries", json!({}));
    assert_eq!(all.as_array().unwrap().len(), 1, "{all}");
    assert_eq!(all[0]["name"], "Music");
    assert_eq!(all[0]["mountPoint"], "/libraries/1");
    assert_eq!(all[0]["path"], folders[0].path().to_str().unwrap());
    assert_eq!(
        fixture.get("library_getlibrary", json!({ "id": 1 })),
        all[0]
    );
    for id in [2, 3] {
        let error = fixture.call("library_getlibrary", json!({ "id": id }));
        assert_eq!(error.unwrap_err(), "library not accessible");
    }
}

#[test]
fn library_folders_can_be_read_and_not_changed() {
    let (fixture, folders) = libraries(PluginSettings::new());
    assert_eq!(
        fixture.file("list", "/libraries/1", ""),
        Ok(json!(["album"]))
    );
    assert_eq!(
        fixture.file("read", "/libraries/1/album/song.txt", ""),
        Ok(json!("la la"))
    );
    for (operation, path) in [
        ("write", "/libraries/1/new.txt"),
        ("write", "/libraries/1/album/song.txt"),
        ("remove", "/libraries/1/album/song.txt"),
    ] {
        let result = fixture.file(operation, path, "changed");
        assert!(result.is_err(), "{operation} {path}");
    }
    // Neither another library, nor a way around.
    for path in [
        "/libraries/2",
        "/libraries/1/../2",
        "/libraries/1/../..",
        "/",
        "/etc",
    ] {
        assert!(fixture.file("list", path, "").is_err(), "{path}");
    }
    let song = folders[0].path().join("album/song.txt");
    assert_eq!(fs::read_to_string(song).unwrap(), "la la");
    assert_eq!(fs::read_dir(folders[0].path()).unwrap().count(), 1);
}

#[test]
fn write_access_is_for_granted_libraries_alone() {
    let (fixture, folders) = libraries(PluginSettings::new().write_access());
    fixture
        .file("write", "/libraries/1/album/new.txt", "hello")
        .unwrap();
    let new = folders[0].path().join("album/new.txt");
    assert_eq!(fs::read_to_string(new).unwrap(), "hello");
    assert!(fixture.file("write", "/libraries/2/x", "").is_err());
}

#[test]
fn storage_is_a_folder_that_outlives_the_load() {
    let fixture = Fixture::new();
    let path = fixture.get("storage_getstoragepath", json!({}));
    assert_eq!(path, "/storage");
    assert_eq!(fixture.file("list", "/storage", ""), Ok(json!([])));
    fixture.file("write", "/storage/notes.txt", "kept").unwrap();
    let folder = fixture.host.plugin_data_dir("fixture-services");
    let on_disk = folder.join("storage/notes.txt");
    assert_eq!(fs::read_to_string(on_disk).unwrap(), "kept");
    assert!(fixture.file("read", "/storage/../kvstore.db", "").is_err());

    fixture.host.unload("fixture-services");
    let plugin = nd_tests::load(&fixture.host, "fixture-services");
    let again = Fixture { plugin, ..fixture };
    assert_eq!(
        again.file("read", "/storage/notes.txt", ""),
        Ok(json!("kept"))
    );
}

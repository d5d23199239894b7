//! The server's settings file, from a host's point of view.

use nd_test_host::server::Manager;
use nd_test_host::{Host, LogLevel};
use std::sync::Arc;

#[test]
fn a_file_and_variables_set_up_a_host() {
    let dir = tempfile::tempdir().unwrap();
    let (file, folder) = (
        dir.path().join("navidrome.toml"),
        dir.path().join("packages"),
    );
    let text = format!(
        "LogLevel = 'error'\nMusicFolder = '/music'\n[plugins]\nfolder = '{}'\n[PluginConfig.old]\nkey = 1\n",
        folder.display()
    );
    std::fs::write(&file, text).unwrap();
    let host = Host::builder()
        .data_dir(dir.path())
        .server_file(&file)
        .unwrap()
        .server_env([("ND_PLUGINS_LOGLEVEL", "debug"), ("ND_MUSICFOLDR", "x")])
        .unwrap()
        .build()
        .unwrap();
    assert_eq!(host.journal().threshold(), LogLevel::Debug);
    let notes: Vec<_> = host
        .journal()
        .logs()
        .into_iter()
        .map(|log| log.message)
        .collect();
    assert!(
        notes.contains(&"settings that mean nothing to plugins: MusicFolder".to_owned()),
        "{notes:?}"
    );
    assert!(
        notes.contains(&"settings that mean nothing to plugins: ND_MUSICFOLDR".to_owned()),
        "{notes:?}"
    );
    assert!(
        notes
            .iter()
            .any(|note| note.starts_with("[PluginConfig.old] is no longer read")),
        "{notes:?}"
    );
    let manager = Manager::start(Arc::new(host)).unwrap();
    assert_eq!(manager.folder(), folder);
    assert!(folder.is_dir());
}

#[test]
fn a_file_that_is_wrong_is_refused_before_anything_starts() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("navidrome.toml");
    std::fs::write(&file, "[Plugins]\nEnabled = 'perhaps'\n").unwrap();
    let error = Host::builder()
        .server_file(&file)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("navidrome.toml: Plugins.Enabled: expected true or false"),
        "{error}"
    );
    let error = Host::builder()
        .server_env([("ND_PORT", "many")])
        .err()
        .unwrap();
    assert!(error.to_string().contains("ND_PORT"), "{error}");
}

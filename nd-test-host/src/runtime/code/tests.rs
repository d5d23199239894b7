//! What the cache keeps, and what it throws away.
#![allow(clippy::unwrap_used, reason = "a failed test is a panic anyway")]

use std::fs::FileTimes;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::super::Engine as HostEngine;
use super::*;

const WASM: &[u8] = b"\0asm\x01\0\0\0";

fn key(seed: u8) -> Key {
    Key([seed; KEY_LENGTH])
}

fn cache() -> (TempDir, CodeCache) {
    let folder = tempfile::tempdir().unwrap();
    let cache = CodeCache::open(&folder.path().join("cache/plugins")).unwrap();
    (folder, cache)
}

fn found(cache: &CodeCache, seed: u8) -> Option<Vec<u8>> {
    cache.get(&key(seed)).map(|code| code.read().unwrap())
}

#[test]
fn code_is_found_under_its_own_key_only() {
    let (_folder, cache) = cache();
    cache.put(&key(1), b"one").unwrap();
    cache.put(&key(2), b"two").unwrap();
    cache.put(&key(2), b"two, again").unwrap();
    assert_eq!(found(&cache, 1).unwrap(), b"one");
    assert_eq!(found(&cache, 2).unwrap(), b"two, again");
    assert_eq!(found(&cache, 3), None);
    assert_eq!(fs::read_dir(&cache.folder).unwrap().count(), 2);
}

#[test]
fn a_damaged_file_is_as_good_as_none() {
    let (_folder, cache) = cache();
    let path = cache.folder.join(key(1).file_name());
    cache.put(&key(1), b"some code").unwrap();
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(found(&cache, 1), None, "cut to {length} bytes");
        let mut flipped = whole.clone();
        flipped[length] ^= 1;
        fs::write(&path, flipped).unwrap();
        assert_eq!(found(&cache, 1), None, "flipped at {length}");
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(found(&cache, 1).unwrap(), b"some code");
    fs::rename(&path, cache.folder.join(key(2).file_name())).unwrap();
    assert_eq!(found(&cache, 2), None, "renamed");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_write_is_not_trusted() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let (folder, cache) = cache();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&cache.folder), 0o700);
    cache.put(&key(1), b"code").unwrap();
    let path = cache.folder.join(key(1).file_name());
    assert_eq!(mode(&path), 0o600);
    for (mode, trusted) in [(0o644, true), (0o664, false), (0o646, false), (0o400, true)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(found(&cache, 1).is_some(), trusted, "{mode:o}");
    }
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    assert_eq!(found(&cache, 1), None, "a symbolic link");
    let stranger = CodeCache {
        owner: Owner {
            uid: cache.owner.uid.wrapping_add(1),
        },
        folder: cache.folder.clone(),
    };
    stranger.put(&key(2), b"code").unwrap();
    assert!(found(&cache, 2).is_some());
    assert_eq!(found(&stranger, 2), None, "somebody else's file");
}

#[test]
fn trimming_removes_the_oldest_files_and_the_folders_left_empty() {
    let (_folder, cache) = cache();
    let put = |name: &str, size: usize, age: u64| {
        let path = cache.folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, vec![0; size]).unwrap();
        let modified = SystemTime::now() - Duration::from_secs(age);
        let times = FileTimes::new().set_modified(modified);
        let file = File::options().write(true).open(path).unwrap();
        file.set_times(times).unwrap();
    };
    put("new", 100, 10);
    put("a/b/oldest", 100, 40);
    put("a/old", 100, 30);
    put("c/middle", 100, 20);
    fs::create_dir(cache.folder.join("empty")).unwrap();
    let names = || {
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        list(&cache.folder, &mut files, &mut folders);
        let mut paths: Vec<_> = files.into_iter().map(|file| file.path).collect();
        paths.extend(folders);
        let mut names: Vec<_> = paths
            .iter()
            .map(|path| path.strip_prefix(&cache.folder).unwrap())
            .map(|path| path.to_string_lossy().replace('\\', "/"))
            .collect();
        names.sort();
        names
    };
    cache.trim(300);
    assert_eq!(names(), ["a", "a/old", "c", "c/middle", "new"]);
    cache.trim(299);
    assert_eq!(names(), ["c", "c/middle", "new"]);
    cache.trim(200);
    assert_eq!(names(), ["c", "c/middle", "new"]);
    cache.trim(0);
    assert!(names().is_empty());
    assert!(cache.folder.is_dir());
}

fn engine(folder: &Path, count_fuel: bool) -> Arc<HostEngine> {
    let cache = CodeCache::open(folder).unwrap();
    HostEngine::start(1 << 20, count_fuel, Some(cache), Arc::default()).unwrap()
}

#[test]
fn a_module_is_compiled_once_per_engine_setting() {
    let folder = tempfile::tempdir().unwrap();
    let count = || fs::read_dir(folder.path()).unwrap().count();
    assert!(engine(folder.path(), true).compile(b"no module").is_err());
    assert_eq!(count(), 0);
    assert!(engine(folder.path(), true).compile(WASM).is_ok());
    assert_eq!(count(), 1);
    assert!(engine(folder.path(), true).compile(WASM).is_ok());
    assert_eq!(count(), 1);
    assert!(engine(folder.path(), false).compile(WASM).is_ok());
    assert_eq!(count(), 2);
}

#[test]
fn code_that_does_not_fit_the_engine_is_compiled_again() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path(), true);
    let cache = CodeCache::open(folder.path()).unwrap();
    let wasmtime = wasmtime::Engine::default();
    let key = Key::new(engine.wasmtime(), WASM);
    // Sound as a file, and no code of this engine: not code at all, or code made with other settings.
    let foreign = Module::new(&wasmtime, WASM).unwrap().serialize().unwrap();
    for code in [b"no code".to_vec(), foreign] {
        cache.put(&key, &code).unwrap();
        assert!(engine.compile(WASM).is_ok());
        assert_ne!(cache.get(&key).unwrap().read().unwrap(), code);
    }
}

#[test]
fn hosts_of_one_process_share_code_and_keep_it_on_disk_all_the_same() {
    // A module no other test compiles: with a section nobody reads.
    let wasm = [WASM, &[0, 7, 6, b's', b'h', b'a', b'r', b'e', b'd']].concat();
    let first = HostEngine::start(1 << 20, true, None, Arc::default()).unwrap();
    let key = Key::new(first.wasmtime(), &wasm);
    let shared = || {
        shared::slot(&key)
            .lock()
            .unwrap()
            .as_ref()
            .map(|kept| kept.read().unwrap())
    };
    assert_eq!(shared(), None);
    first.compile(&wasm).unwrap();
    let code = shared().expect("kept");
    let folder = tempfile::tempdir().unwrap();
    engine(folder.path(), true).compile(&wasm).unwrap();
    let cache = CodeCache::open(folder.path()).unwrap();
    assert_eq!(cache.get(&key).unwrap().read().unwrap(), code);
    // What is kept is of use: a host takes it even where it is no code any more, and compiles anew.
    *shared::slot(&key).lock().unwrap() = Some(super::Compiled::unnamed(b"no code").unwrap());
    HostEngine::start(1 << 20, true, None, Arc::default())
        .unwrap()
        .compile(&wasm)
        .unwrap();
    assert_eq!(shared().expect("kept"), code);
}

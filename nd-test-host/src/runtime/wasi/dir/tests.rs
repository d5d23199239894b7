//! The rules of confinement, operation by operation.
#![allow(clippy::unwrap_used)]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;

/// Every operation here is ready at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the operation waits"),
    }
}

fn code<T>(result: Result<T, Error>) -> Option<Errno> {
    result.err().map(|error| error.downcast().unwrap())
}

struct Fixture {
    _temp: tempfile::TempDir,
    outside: PathBuf,
    root: Arc<Path>,
    faults: Faults,
}

impl Fixture {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("mount");
        let outside = temp.path().join("outside");
        fs::create_dir_all(root.join("album")).unwrap();
        fs::write(root.join("album/song"), "la").unwrap();
        fs::write(&outside, "secret").unwrap();
        Self {
            _temp: temp,
            outside,
            root: root.into(),
            faults: Faults::default(),
        }
    }

    fn dir(&self, writable: bool) -> MountDir {
        MountDir::root(0, Arc::clone(&self.root), writable, self.faults.clone())
    }
}

fn open(dir: &MountDir, path: &str, flags: OFlags, write: bool) -> Result<OpenResult, Error> {
    now(dir.open_file(true, path, flags, true, write, FdFlags::empty()))
}

fn subdir(dir: &MountDir, path: &str) -> Box<dyn WasiDir> {
    match open(dir, path, OFlags::DIRECTORY, false).unwrap() {
        OpenResult::Dir(dir) => dir,
        OpenResult::File(_) => panic!("a file"),
    }
}

#[test]
fn paths_that_leave_the_directory_are_refused_everywhere() {
    let fixture = Fixture::new();
    let dir = fixture.dir(true);
    for path in ["../outside", "/etc", "album/../../outside"] {
        let refusals = [
            code(open(&dir, path, OFlags::empty(), false)),
            code(now(dir.get_path_filestat(path, true))),
            code(now(dir.get_path_filestat(path, false))),
            code(now(dir.create_dir(path))),
            code(now(dir.rename(path, &dir, "x"))),
            code(now(dir.rename("album", &dir, path))),
            code(now(dir.remove_dir(path))),
            code(now(dir.unlink_file(path))),
            code(now(dir.hard_link(path, &dir, "x"))),
            code(now(dir.hard_link("album/song", &dir, path))),
            code(now(dir.read_link(path))),
            code(now(dir.set_times(path, None, None, true))),
            code(now(dir.symlink("album", path))),
        ];
        assert!(
            refusals.iter().all(|refusal| *refusal == Some(Errno::Perm)),
            "{path}: {refusals:?}"
        );
    }
    let album = subdir(&dir, "album");
    let above = album.open_file(
        true,
        "../album/song",
        OFlags::empty(),
        true,
        false,
        FdFlags::empty(),
    );
    assert_eq!(
        code(now(above)),
        Some(Errno::Perm),
        "still inside the mount, but above the handle"
    );
    assert!(open(&dir, "gone/../album/song", OFlags::empty(), false).is_ok());
}

#[test]
fn nothing_changes_on_a_read_only_mount_also_below_its_root() {
    let fixture = Fixture::new();
    let root = fixture.dir(false);
    let below = subdir(&root, "album");
    let below = below.as_any().downcast_ref::<MountDir>().unwrap();
    for (dir, song) in [(&root, "album/song"), (below, "song")] {
        assert_eq!(
            code(open(dir, song, OFlags::empty(), true)),
            Some(Errno::Nosys)
        );
        assert_eq!(
            code(open(dir, "new", OFlags::CREATE, false)),
            Some(Errno::Nosys)
        );
        assert_eq!(
            code(open(dir, song, OFlags::TRUNCATE, false)),
            Some(Errno::Nosys)
        );
        assert_eq!(
            code(open(dir, ".", OFlags::DIRECTORY, true)),
            Some(Errno::Isdir)
        );
        assert_eq!(code(now(dir.create_dir("new"))), Some(Errno::Rofs));
        assert_eq!(code(now(dir.unlink_file(song))), Some(Errno::Rofs));
        assert_eq!(code(now(dir.remove_dir("x"))), Some(Errno::Rofs));
        assert_eq!(code(now(dir.rename(song, dir, "x"))), Some(Errno::Rofs));
        assert_eq!(code(now(dir.hard_link(song, dir, "x"))), Some(Errno::Rofs));
        assert_eq!(code(now(dir.rename(song, dir, "../x"))), Some(Errno::Perm));
        assert_eq!(
            code(now(dir.hard_link(song, dir, "../x"))),
            Some(Errno::Perm)
        );
        assert_eq!(code(now(dir.symlink("a", "x"))), Some(Errno::Rofs));
        assert_eq!(
            code(now(dir.set_times(song, None, None, true))),
            Some(Errno::Rofs)
        );
        let OpenResult::File(file) = open(dir, song, OFlags::empty(), false).unwrap() else {
            panic!("a directory");
        };
        assert_eq!(code(now(file.set_filestat_size(0))), Some(Errno::Badf));
        assert_eq!(
            code(now(file.set_times(Some(SystemTimeSpec::SymbolicNow), None))),
            Some(Errno::Badf)
        );
        assert_eq!(code(now(file.sync())), Some(Errno::Badf));
    }
}

#[test]
fn a_writable_mount_takes_changes_but_no_symbolic_links() {
    let fixture = Fixture::new();
    let dir = fixture.dir(true);
    now(dir.create_dir("new")).unwrap();
    open(&dir, "new/file", OFlags::CREATE | OFlags::EXCLUSIVE, true).unwrap();
    let again = open(&dir, "new/file", OFlags::CREATE | OFlags::EXCLUSIVE, true);
    assert_eq!(code(again), Some(Errno::Exist));
    let taken = open(&dir, "album", OFlags::CREATE | OFlags::EXCLUSIVE, true);
    assert_eq!(code(taken), Some(Errno::Exist), "by a directory");
    assert_eq!(
        code(open(&dir, "album", OFlags::empty(), true)),
        Some(Errno::Isdir)
    );
    // Asking for more safety than there is, is no reason to fail.
    let synced = dir.open_file(true, "new/file", OFlags::empty(), true, true, FdFlags::SYNC);
    assert!(now(synced).is_ok());
    now(dir.rename("new/file", &dir, "moved")).unwrap();
    now(dir.hard_link("moved", &dir, "linked")).unwrap();
    now(dir.set_times("moved", None, Some(SystemTimeSpec::SymbolicNow), true)).unwrap();
    now(dir.unlink_file("moved")).unwrap();
    now(dir.remove_dir("new")).unwrap();
    assert_eq!(code(now(dir.symlink("linked", "soft"))), Some(Errno::Perm));
    assert_eq!(code(now(dir.remove_dir("."))), Some(Errno::Inval));
    assert_eq!(
        code(open(&dir, "linked", OFlags::DIRECTORY, false)),
        Some(Errno::Notdir)
    );
    assert_eq!(
        code(open(&dir, "gone", OFlags::empty(), false)),
        Some(Errno::Noent)
    );
    let other = MountDir::root(1, Arc::clone(&fixture.root), true, Faults::default());
    assert_eq!(
        code(now(dir.rename("linked", &other, "x"))),
        Some(Errno::Nosys)
    );
    assert_eq!(
        code(now(dir.hard_link("linked", &other, "x"))),
        Some(Errno::Nosys)
    );
}

#[cfg(unix)]
#[test]
fn links_that_exist_are_followed_even_out_of_the_mount() {
    let fixture = Fixture::new();
    std::os::unix::fs::symlink(&fixture.outside, fixture.root.join("link")).unwrap();
    let dir = fixture.dir(false);
    assert!(open(&dir, "link", OFlags::empty(), false).is_ok());
    assert_eq!(now(dir.get_path_filestat("link", true)).unwrap().size, 6);
    let stat = now(dir.get_path_filestat("link", false)).unwrap();
    assert_eq!(stat.filetype, FileType::SymbolicLink);
    let unfollowed = dir.open_file(
        false,
        "link",
        OFlags::empty(),
        true,
        false,
        FdFlags::empty(),
    );
    assert_eq!(code(now(unfollowed)), Some(Errno::Loop));
    assert_eq!(now(dir.read_link("link")).unwrap(), fixture.outside);
}

#[test]
fn a_handle_is_the_path_it_was_opened_under() {
    let fixture = Fixture::new();
    let dir = fixture.dir(true);
    let album = subdir(&dir, "album");
    let stat = |path: &str| code(now(album.get_path_filestat(path, true)));
    now(dir.rename("album", &dir, "moved")).unwrap();
    assert_eq!(stat("song"), Some(Errno::Noent), "as on the server");
    // Whatever takes its place, the handle is no way up.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(fixture.root.parent().unwrap(), fixture.root.join("album"))
            .unwrap();
        for path in ["..", "../outside", "x/../../outside", "/outside"] {
            assert_eq!(stat(path), Some(Errno::Perm), "{path}");
        }
        assert_eq!(stat("outside"), None, "a link that exists is followed");
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf_8_are_listed_and_cannot_be_reached() {
    use std::os::unix::ffi::OsStrExt;
    let fixture = Fixture::new();
    let name = std::ffi::OsStr::from_bytes(b"s\xffng");
    if fs::write(fixture.root.join(name), "la").is_err() {
        return; // Some file systems refuse such names.
    }
    let dir = fixture.dir(false);
    let names: Vec<_> = now(dir.readdir(0.into()))
        .unwrap()
        .map(|entry| entry.unwrap().name)
        .collect();
    assert!(names.contains(&"s\u{fffd}ng".to_owned()), "{names:?}");
    assert_eq!(
        code(open(&dir, "s\u{fffd}ng", OFlags::empty(), false)),
        Some(Errno::Noent)
    );
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_opened() {
    let fixture = Fixture::new();
    std::os::unix::fs::symlink("/dev/zero", fixture.root.join("zero")).unwrap();
    let dir = fixture.dir(true);
    for write in [false, true] {
        assert_eq!(
            code(open(&dir, "zero", OFlags::empty(), write)),
            Some(Errno::Acces)
        );
    }
    let touched = dir.set_times("zero", None, Some(SystemTimeSpec::SymbolicNow), true);
    assert_eq!(code(now(touched)), Some(Errno::Acces));
}

#[test]
fn listings_can_be_continued() {
    let fixture = Fixture::new();
    for name in ["b", "a", "c"] {
        fs::write(fixture.root.join(name), "").unwrap();
    }
    let dir = fixture.dir(false);
    let names = |cursor: u64| -> Vec<String> {
        let entries = now(dir.readdir(cursor.into())).unwrap();
        entries.map(|entry| entry.unwrap().name).collect()
    };
    assert_eq!(names(0), [".", "..", "a", "album", "b", "c"]);
    assert_eq!(names(4), ["b", "c"]);
    assert!(names(u64::MAX).is_empty());
}

#[test]
fn a_full_disk_takes_nothing_new_and_keeps_what_it_has() {
    let fixture = Fixture::new();
    let dir = fixture.dir(true);
    let file = |path: &str, flags| match open(&dir, path, flags, true)? {
        OpenResult::File(file) => Ok(file),
        OpenResult::Dir(_) => panic!("a directory"),
    };
    let song = file("album/song", OFlags::empty()).unwrap();
    fixture.faults.fill_disk(true);
    let more = [std::io::IoSlice::new(b"more")];
    for refusal in [
        code(now(song.write_vectored(&more))),
        code(now(song.write_vectored_at(&more, 2))),
        code(now(song.set_filestat_size(3))),
        code(file("new", OFlags::CREATE)),
        code(now(dir.create_dir("folder"))),
        code(now(dir.hard_link("album/song", &dir, "other"))),
    ] {
        assert_eq!(refusal, Some(Errno::Nospc));
    }
    assert_eq!(fs::read(fixture.root.join("album/song")).unwrap(), b"la");
    now(song.set_filestat_size(1)).unwrap();
    now(dir.rename("album/song", &dir, "moved")).unwrap();
    fixture.faults.fill_disk(false);
    now(song.write_vectored_at(&more, 1)).unwrap();
    assert_eq!(fs::read(fixture.root.join("moved")).unwrap(), b"lmore");
}

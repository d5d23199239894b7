//! A directory of a mount, with the server's rules of confinement.
//!
//! Paths are judged by their text and never climb above the directory they are relative to. Links that exist are
//! followed, also out of the mount, because libraries contain such links on purpose; guests cannot make any.

use std::any::Any;
use std::fs::{self, Metadata, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wasi_common::dir::{OpenResult, ReaddirCursor, ReaddirEntity};
use wasi_common::file::{FdFlags, FileType, Filestat, OFlags};
use wasi_common::snapshots::preview_1::types::Errno;
use wasi_common::{Error, SystemTimeSpec, WasiDir};

use super::file::MountFile;
use super::path::local;
use crate::faults::Faults;

/// A directory of a mount.
pub(super) struct MountDir {
    /// Which mount this is, to tell renames across mounts.
    mount: usize,
    path: Arc<Path>,
    writable: bool,
    faults: Faults,
}

impl MountDir {
    /// Makes the root of a mount.
    pub(super) fn root(mount: usize, path: Arc<Path>, writable: bool, faults: Faults) -> Self {
        Self {
            mount,
            path,
            writable,
            faults,
        }
    }

    fn resolve(&self, path: &str) -> Result<PathBuf, Error> {
        let local = local(path).ok_or(Errno::Perm)?;
        Ok(self.path.join(local))
    }

    /// Resolves a path whose entry is going to change: not on a read-only mount, and not the directory itself.
    fn resolve_entry(&self, path: &str) -> Result<PathBuf, Error> {
        let local = local(path).ok_or(Errno::Perm)?;
        self.check_writable()?;
        if local.as_os_str().is_empty() {
            return Err(Errno::Inval.into());
        }
        Ok(self.path.join(local))
    }

    fn check_writable(&self) -> Result<(), Error> {
        if self.writable {
            Ok(())
        } else {
            Err(Errno::Rofs.into())
        }
    }

    /// Refuses to make something new on a disk that is full.
    fn check_space(&self) -> Result<(), Error> {
        match self.faults.disk_is_full() {
            false => Ok(()),
            true => Err(Errno::Nospc.into()),
        }
    }

    /// Finds the other directory of a rename or link, which must be of the same mount.
    fn same_mount<'a>(&self, other: &'a dyn WasiDir) -> Result<&'a Self, Error> {
        match other.as_any().downcast_ref::<Self>() {
            Some(other) if other.mount == self.mount => Ok(other),
            _ => Err(Errno::Nosys.into()),
        }
    }

    fn open_dir(&self, path: PathBuf) -> OpenResult {
        OpenResult::Dir(Box::new(Self {
            mount: self.mount,
            path: path.into(),
            writable: self.writable,
            faults: self.faults.clone(),
        }))
    }
}

#[async_trait::async_trait]
impl WasiDir for MountDir {
    fn as_any(&self) -> &dyn Any {
        self
    }

    async fn open_file(
        &self,
        follow: bool,
        path: &str,
        flags: OFlags,
        _read: bool,
        write: bool,
        fd_flags: FdFlags,
    ) -> Result<OpenResult, Error> {
        let path = self.resolve(path)?;
        let wants_dir = flags.contains(OFlags::DIRECTORY);
        let changes = write
            || flags.intersects(OFlags::CREATE | OFlags::TRUNCATE)
            || fd_flags.contains(FdFlags::APPEND);
        if changes && !self.writable {
            let refusal = if wants_dir {
                Errno::Isdir
            } else {
                Errno::Nosys
            };
            return Err(refusal.into());
        }
        if flags.contains(OFlags::CREATE | OFlags::EXCLUSIVE) && fs::symlink_metadata(&path).is_ok()
        {
            return Err(Errno::Exist.into());
        }
        if !follow && is_symlink(&path) {
            return Err(Errno::Loop.into());
        }
        match fs::metadata(&path) {
            Ok(meta) if meta.is_dir() => {
                if changes {
                    return Err(Errno::Isdir.into());
                }
                return Ok(self.open_dir(path));
            }
            Ok(_) if wants_dir => return Err(Errno::Notdir.into()),
            Ok(meta) => check_file(&meta)?,
            Err(error) if wants_dir || error.kind() != ErrorKind::NotFound => {
                return Err(error.into());
            }
            Err(_) if flags.contains(OFlags::CREATE) => self.check_space()?,
            Err(_) => {}
        }
        let file = OpenOptions::new()
            .read(true)
            .write(changes && !fd_flags.contains(FdFlags::APPEND))
            .append(fd_flags.contains(FdFlags::APPEND))
            .create(flags.contains(OFlags::CREATE))
            .create_new(flags.contains(OFlags::CREATE | OFlags::EXCLUSIVE))
            .truncate(flags.contains(OFlags::TRUNCATE))
            .open(&path)?;
        Ok(OpenResult::File(Box::new(MountFile::new(
            file,
            changes,
            self.writable,
            self.faults.clone(),
        ))))
    }

    async fn create_dir(&self, path: &str) -> Result<(), Error> {
        let path = self.resolve(path)?;
        self.check_writable()?;
        self.check_space()?;
        Ok(fs::create_dir(path)?)
    }

    async fn readdir(
        &self,
        cursor: ReaddirCursor,
    ) -> Result<Box<dyn Iterator<Item = Result<ReaddirEntity, Error>> + Send>, Error> {
        let own_inode = inode(&fs::metadata(&self.path)?);
        let mut entries = vec![
            (".".to_owned(), FileType::Directory, own_inode),
            ("..".to_owned(), FileType::Directory, own_inode),
        ];
        let mut names: Vec<_> = fs::read_dir(&self.path)?.collect::<Result<_, _>>()?;
        // A cursor is a position, so the order must be the same each time.
        names.sort_by_key(fs::DirEntry::file_name);
        for entry in names {
            // Gone between listing and looking: as if it had never been there.
            if let Ok(meta) = entry.metadata() {
                let name = entry.file_name().to_string_lossy().into_owned();
                entries.push((name, file_type(&meta), inode(&meta)));
            }
        }
        let entities = entries
            .into_iter()
            .zip(1_u64..)
            .map(|((name, filetype, inode), next)| {
                Ok(ReaddirEntity {
                    next: ReaddirCursor::from(next),
                    inode,
                    name,
                    filetype,
                })
            });
        let skip = usize::try_from(u64::from(cursor)).unwrap_or(usize::MAX);
        Ok(Box::new(entities.skip(skip)))
    }

    async fn symlink(&self, _target: &str, path: &str) -> Result<(), Error> {
        self.resolve(path)?;
        self.check_writable()?;
        Err(Errno::Perm.into())
    }

    async fn remove_dir(&self, path: &str) -> Result<(), Error> {
        Ok(fs::remove_dir(self.resolve_entry(path)?)?)
    }

    async fn unlink_file(&self, path: &str) -> Result<(), Error> {
        Ok(fs::remove_file(self.resolve_entry(path)?)?)
    }

    async fn read_link(&self, path: &str) -> Result<PathBuf, Error> {
        Ok(fs::read_link(self.resolve(path)?)?)
    }

    async fn get_filestat(&self) -> Result<Filestat, Error> {
        Ok(stat(&fs::metadata(&self.path)?))
    }

    async fn get_path_filestat(&self, path: &str, follow: bool) -> Result<Filestat, Error> {
        let path = self.resolve(path)?;
        let meta = if follow {
            fs::metadata(path)?
        } else {
            fs::symlink_metadata(path)?
        };
        Ok(stat(&meta))
    }

    async fn rename(&self, path: &str, dir: &dyn WasiDir, to: &str) -> Result<(), Error> {
        let dir = self.same_mount(dir)?;
        // Both names are looked at before it matters whether anything may change.
        dir.resolve(to)?;
        Ok(fs::rename(
            self.resolve_entry(path)?,
            dir.resolve_entry(to)?,
        )?)
    }

    async fn hard_link(&self, path: &str, dir: &dyn WasiDir, to: &str) -> Result<(), Error> {
        let dir = self.same_mount(dir)?;
        dir.resolve(to)?;
        let (path, to) = (self.resolve_entry(path)?, dir.resolve_entry(to)?);
        self.check_space()?;
        Ok(fs::hard_link(path, to)?)
    }

    async fn set_times(
        &self,
        path: &str,
        accessed: Option<SystemTimeSpec>,
        modified: Option<SystemTimeSpec>,
        follow: bool,
    ) -> Result<(), Error> {
        let path = self.resolve(path)?;
        self.check_writable()?;
        if !follow && is_symlink(&path) {
            return Err(Errno::Notsup.into());
        }
        let meta = fs::metadata(&path)?;
        if !meta.is_dir() {
            check_file(&meta)?;
        }
        let mut times = fs::FileTimes::new();
        if let Some(time) = accessed {
            times = times.set_accessed(moment(time));
        }
        if let Some(time) = modified {
            times = times.set_modified(moment(time));
        }
        Ok(fs::File::open(path)?.set_times(times)?)
    }
}

fn moment(time: SystemTimeSpec) -> std::time::SystemTime {
    match time {
        SystemTimeSpec::SymbolicNow => std::time::SystemTime::now(),
        SystemTimeSpec::Absolute(time) => time.into_std(),
    }
}

/// Refuses to open anything but a file: it could block for ever, on a pipe, or reach a device.
fn check_file(meta: &Metadata) -> Result<(), Error> {
    match meta.is_file() {
        true => Ok(()),
        false => Err(Errno::Acces.into()),
    }
}

fn is_symlink(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink())
}

fn file_type(meta: &Metadata) -> FileType {
    let kind = meta.file_type();
    if kind.is_dir() {
        FileType::Directory
    } else if kind.is_symlink() {
        FileType::SymbolicLink
    } else if kind.is_file() {
        FileType::RegularFile
    } else {
        FileType::Unknown
    }
}

fn stat(meta: &Metadata) -> Filestat {
    Filestat {
        device_id: device(meta),
        inode: inode(meta),
        filetype: file_type(meta),
        nlink: links(meta),
        size: meta.len(),
        atim: meta.accessed().ok(),
        mtim: meta.modified().ok(),
        ctim: meta.created().ok(),
    }
}

#[cfg(unix)]
use std::os::unix::fs::MetadataExt;

#[cfg(unix)]
fn inode(meta: &Metadata) -> u64 {
    meta.ino()
}

#[cfg(unix)]
fn device(meta: &Metadata) -> u64 {
    meta.dev()
}

#[cfg(unix)]
fn links(meta: &Metadata) -> u64 {
    meta.nlink()
}

#[cfg(not(unix))]
fn inode(_meta: &Metadata) -> u64 {
    0
}

#[cfg(not(unix))]
fn device(_meta: &Metadata) -> u64 {
    0
}

#[cfg(not(unix))]
fn links(_meta: &Metadata) -> u64 {
    1
}

#[cfg(test)]
mod tests;

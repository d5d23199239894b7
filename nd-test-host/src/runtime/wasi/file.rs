//! An open file of a mount: reading always, writing only if it was opened for it.

use std::any::Any;
use std::io::{IoSlice, IoSliceMut, SeekFrom};

use wasi_common::file::{Advice, FdFlags, FileType, Filestat};
use wasi_common::snapshots::preview_1::types::Errno;
use wasi_common::sync::file::File;
use wasi_common::{Error, ErrorExt, SystemTimeSpec, WasiFile};

use crate::faults::Faults;

/// A file of a mount.
pub(super) struct MountFile {
    file: File,
    /// Whether it was opened for writing.
    writable: bool,
    /// Whether it could have been.
    on_writable_mount: bool,
    faults: Faults,
}

impl MountFile {
    pub(super) fn new(
        file: std::fs::File,
        writable: bool,
        on_writable_mount: bool,
        faults: Faults,
    ) -> Self {
        Self {
            file: File::from_cap_std(cap_std::fs::File::from_std(file)),
            writable,
            on_writable_mount,
            faults,
        }
    }

    /// Refuses what changes a file that was opened for reading.
    fn for_writing(&self) -> Result<&File, Error> {
        if self.writable {
            Ok(&self.file)
        } else {
            Err(Error::badf())
        }
    }

    /// Refuses what a read-only mount does not allow, however the file was opened.
    fn for_upkeep(&self) -> Result<&File, Error> {
        match self.on_writable_mount {
            true => Ok(&self.file),
            false => Err(Error::badf()),
        }
    }

    /// Refuses what makes a file take more of a disk that is full.
    fn for_growing(&self) -> Result<&File, Error> {
        let file = self.for_writing()?;
        match self.faults.disk_is_full() {
            false => Ok(file),
            true => Err(Errno::Nospc.into()),
        }
    }
}

#[async_trait::async_trait]
impl WasiFile for MountFile {
    fn as_any(&self) -> &dyn Any {
        self
    }

    async fn get_filetype(&self) -> Result<FileType, Error> {
        self.file.get_filetype().await
    }

    async fn datasync(&self) -> Result<(), Error> {
        self.for_upkeep()?.datasync().await
    }

    async fn sync(&self) -> Result<(), Error> {
        self.for_upkeep()?.sync().await
    }

    async fn get_fdflags(&self) -> Result<FdFlags, Error> {
        self.file.get_fdflags().await
    }

    async fn get_filestat(&self) -> Result<Filestat, Error> {
        self.file.get_filestat().await
    }

    async fn set_filestat_size(&self, size: u64) -> Result<(), Error> {
        let file = match size > self.file.get_filestat().await?.size {
            true => self.for_growing()?,
            false => self.for_writing()?,
        };
        file.set_filestat_size(size).await
    }

    async fn advise(&self, offset: u64, length: u64, advice: Advice) -> Result<(), Error> {
        self.file.advise(offset, length, advice).await
    }

    async fn set_times(
        &self,
        accessed: Option<SystemTimeSpec>,
        modified: Option<SystemTimeSpec>,
    ) -> Result<(), Error> {
        self.for_upkeep()?.set_times(accessed, modified).await
    }

    async fn read_vectored<'a>(&self, buffers: &mut [IoSliceMut<'a>]) -> Result<u64, Error> {
        self.file.read_vectored(buffers).await
    }

    async fn read_vectored_at<'a>(
        &self,
        buffers: &mut [IoSliceMut<'a>],
        offset: u64,
    ) -> Result<u64, Error> {
        self.file.read_vectored_at(buffers, offset).await
    }

    async fn write_vectored<'a>(&self, buffers: &[IoSlice<'a>]) -> Result<u64, Error> {
        self.for_growing()?.write_vectored(buffers).await
    }

    async fn write_vectored_at<'a>(
        &self,
        buffers: &[IoSlice<'a>],
        offset: u64,
    ) -> Result<u64, Error> {
        self.for_growing()?.write_vectored_at(buffers, offset).await
    }

    async fn seek(&self, position: SeekFrom) -> Result<u64, Error> {
        self.file.seek(position).await
    }

    fn num_ready_bytes(&self) -> Result<u64, Error> {
        self.file.num_ready_bytes()
    }

    async fn readable(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn writable(&self) -> Result<(), Error> {
        self.for_writing().map(|_| ())
    }
}

//! Directories where files are expected: the server tells a guest so, and the library only that it is no file.

use wasi_common::WasiCtx;
use wasi_common::snapshots::preview_1::types::{Fd, Filetype};
use wasi_common::snapshots::preview_1::wasi_snapshot_preview1::{self as library, *};
use wasmtime::{Caller, Error, Extern, Linker, Result};
use wiggle::{GuestMemory, run_in_dummy_executor};

use crate::runtime::imports::WASI_MODULE;
use crate::runtime::instance::State;

/// Numbers of `EBADF` and `EISDIR`.
const BADF: i32 = 8;
const ISDIR: i32 = 31;

/// Wraps functions of the library that change a file: what it answers for a directory becomes `EISDIR`.
macro_rules! told_of_directories {
    ($linker:ident: $($name:ident($($argument:ident: $type:ty),*);)*) => {$(
        $linker.func_wrap(
            WASI_MODULE,
            stringify!($name),
            |mut caller: Caller<'_, State>, fd: i32, $($argument: $type),*| -> Result<i32> {
                let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
                    return Err(Error::msg("missing required memory export"));
                };
                let (bytes, state) = memory.data_and_store_mut(&mut caller);
                let (wasi, mut memory) = (state.wasi(), GuestMemory::Unshared(bytes));
                run_in_dummy_executor(async {
                    match library::$name(&mut *wasi, &mut memory, fd, $($argument),*).await {
                        Ok(BADF) if is_directory(wasi, &mut memory, fd).await => Ok(ISDIR),
                        answer => answer,
                    }
                })?
            },
        )?;
    )*};
}

/// Puts these functions in the place of the library's.
pub(in crate::runtime) fn link(linker: &mut Linker<State>) -> Result<()> {
    told_of_directories! { linker:
        fd_write(buffers: i32, count: i32, written: i32);
        fd_pwrite(buffers: i32, count: i32, offset: i64, written: i32);
        fd_filestat_set_size(size: i64);
        fd_sync();
        fd_datasync();
    }
    Ok(())
}

async fn is_directory(wasi: &mut WasiCtx, memory: &mut GuestMemory<'_>, fd: i32) -> bool {
    let stat = wasi.fd_filestat_get(memory, Fd::from(fd as u32)).await;
    stat.is_ok_and(|stat| stat.filetype == Filetype::Directory)
}

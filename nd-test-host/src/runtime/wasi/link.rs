//! The functions of WASI as guests import them: those of `wasi-common`, but for what the server does otherwise.
//!
//! * What would change the content of a directory fails with `EISDIR`; the library takes a directory for no file at all
//!   and answers `EBADF`.
//! * `proc_exit` takes any code and needs no exported memory; the library refuses codes above 125.

use wasi_common::snapshots::preview_1::types::{Errno, Fd, Filetype};
use wasi_common::snapshots::preview_1::wasi_snapshot_preview1::{self, WasiSnapshotPreview1};
use wasi_common::sync::snapshots::preview_1::add_wasi_snapshot_preview1_to_linker;
use wasi_common::{I32Exit, WasiCtx};
use wasmtime::{Caller, Error, Extern, Linker, Result};
use wiggle::{GuestMemory, run_in_dummy_executor};

use super::super::imports::WASI_MODULE;
use super::super::instance::State;

/// Puts functions that change what a descriptor stands for in the place of those of `wasi-common`.
macro_rules! changes {
    ($linker:ident: $($function:ident($($argument:ident: $type:ty),*);)*) => {$(
        $linker.func_wrap(
            WASI_MODULE,
            stringify!($function),
            |mut caller: Caller<'_, State>, fd: i32 $(, $argument: $type)*| -> Result<i32> {
                let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
                    return Err(Error::msg("missing required memory export"));
                };
                let (bytes, state) = memory.data_and_store_mut(&mut caller);
                let (mut memory, wasi) = (GuestMemory::Unshared(bytes), state.wasi());
                run_in_dummy_executor(async {
                    let code = wasi_snapshot_preview1::$function(wasi, &mut memory, fd $(, $argument)*).await?;
                    let is_directory = code == Errno::Badf as i32 && is_directory(wasi, &mut memory, fd).await;
                    Ok(if is_directory { Errno::Isdir as i32 } else { code })
                })?
            },
        )?;
    )*};
}

/// Links WASI preview 1.
pub(in crate::runtime) fn link(linker: &mut Linker<State>) -> Result<()> {
    add_wasi_snapshot_preview1_to_linker(linker, State::wasi)?;
    linker.allow_shadowing(true);
    linker.func_wrap(WASI_MODULE, "proc_exit", |code: i32| -> Result<()> {
        Err(Error::new(I32Exit(code)))
    })?;
    changes! { linker:
        fd_write(buffers: i32, count: i32, written: i32);
        fd_pwrite(buffers: i32, count: i32, offset: i64, written: i32);
        fd_filestat_set_size(size: i64);
        fd_sync();
        fd_datasync();
    }
    linker.allow_shadowing(false);
    Ok(())
}

async fn is_directory(wasi: &mut WasiCtx, memory: &mut GuestMemory<'_>, fd: i32) -> bool {
    let stat = wasi.fd_filestat_get(memory, Fd::from(fd)).await;
    stat.is_ok_and(|stat| stat.filetype == Filetype::Directory)
}

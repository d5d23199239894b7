//! WASI preview 1 as the server's guests see it: no arguments, no environment, a clock that only counts readings,
//! sleep that returns at once, and the mounts.

mod clock;
mod dir;
mod file;
mod link;
mod output;
mod path;

use std::path::PathBuf;
use std::sync::Arc;

use wasi_common::pipe::WritePipe;
use wasi_common::sync::clocks::SystemClock;
use wasi_common::{Table, WasiClocks, WasiCtx};

use crate::context::CallContext;
use crate::faults::Faults;
use clock::{CountingClock, NoWaiting};
use dir::MountDir;
pub(super) use link::link;
use output::LineLog;

/// Descriptor of the first mount: those below are the standard streams.
const FIRST_MOUNT: u32 = 3;

/// A folder of this machine that guests see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Absolute path in the guest.
    pub(crate) guest: String,
    /// Folder on this machine.
    pub(crate) host: PathBuf,
    /// Whether guests may change anything in it.
    pub(crate) writable: bool,
}

/// Makes the WASI side of one instance.
pub(super) fn context(mounts: &[Mount], faults: &Faults, call: &CallContext) -> WasiCtx {
    let clock = CountingClock::new();
    let clocks = WasiClocks {
        system: Some(Box::new(SystemClock::new(cap_std::ambient_authority()))),
        monotonic: Some(clock.as_offset_clock()),
    };
    let context = WasiCtx::new(
        wasi_common::sync::random_ctx(),
        clocks,
        Box::new(NoWaiting::new(clock)),
        Table::new(),
    );
    for ((index, mount), descriptor) in mounts.iter().enumerate().zip(FIRST_MOUNT..) {
        let path = Arc::from(mount.host.as_path());
        let dir = MountDir::root(index, path, mount.writable, faults.clone());
        context.insert_dir(descriptor, Box::new(dir), PathBuf::from(&mount.guest));
    }
    context.set_stdout(Box::new(WritePipe::new(LineLog::new("stdout", call))));
    context.set_stderr(Box::new(WritePipe::new(LineLog::new("stderr", call))));
    context
}

//! The thread that serves all connections of a load, and how plugin calls wait for it.

use std::future::Future;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::connection::Connection;
use crate::context::CallContext;
use crate::services::clock::Clock;
use crate::services::http::Cause;

/// How often somebody who waits looks whether the plugin call was cancelled.
const CANCEL_POLL: Duration = Duration::from_millis(20);

/// Runs the network side. The thread starts with the first connection and ends at [`Engine::stop`].
pub(super) struct Engine {
    name: String,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

enum State {
    Idle,
    Running(Running),
    Stopped,
}

struct Running {
    handle: Handle,
    stop: oneshot::Sender<Vec<Arc<Connection>>>,
    thread: JoinHandle<()>,
}

impl Engine {
    pub(super) fn new(plugin: &str, clock: Arc<dyn Clock>) -> Self {
        Self {
            name: format!("nd-websocket-{plugin}"),
            clock,
            state: Mutex::new(State::Idle),
        }
    }

    /// Returns the way to the thread, which is started if need be; an error after [`Engine::stop`].
    pub(super) fn handle(&self) -> Result<Handle, Cause> {
        let mut state = self.lock();
        if let State::Idle = *state {
            let running = start(&self.name).map_err(|error| Cause::Other(error.to_string()))?;
            *state = State::Running(running);
        }
        match &*state {
            State::Running(running) => Ok(running.handle.clone()),
            _ => Err(Cause::Cancelled),
        }
    }

    /// Runs something on the thread and waits for it, no longer than `limit` of either clock and the plugin call allow.
    ///
    /// What is not finished by then is dropped.
    pub(super) fn run<T: Send + 'static>(
        &self,
        ctx: &CallContext,
        limit: Duration,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Cause> {
        let limit = Limit::new(ctx, &self.clock, limit);
        let (answer, answered) = sync_channel(1);
        let task = self.handle()?.spawn(async move {
            // Nobody waits any more if this fails.
            let _ = answer.send(work.await);
        });
        loop {
            if let Err(cause) = limit.check() {
                task.abort();
                return Err(cause);
            }
            match answered.recv_timeout(limit.slice()) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Cause::Cancelled),
            }
        }
    }

    /// Says goodbye on all connections and ends the thread. Callbacks that are running are not waited for.
    pub(super) fn stop(&self, connections: Vec<Arc<Connection>>) {
        let state = std::mem::replace(&mut *self.lock(), State::Stopped);
        if let State::Running(running) = state {
            // It fails only if the thread has ended, and then there is nothing left to say.
            let _ = running.stop.send(connections);
            let _ = running.thread.join();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn start(name: &str) -> std::io::Result<Running> {
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .thread_name("nd-websocket-call")
        .build()?;
    let handle = runtime.handle().clone();
    let (stop, stopped) = oneshot::channel::<Vec<Arc<Connection>>>();
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            runtime.block_on(async {
                let connections = stopped.await.unwrap_or_default();
                let goodbyes = connections.iter().map(|connection| connection.go_away());
                futures_util::future::join_all(goodbyes).await;
            });
            runtime.shutdown_background();
        })?;
    Ok(Running {
        handle,
        stop,
        thread,
    })
}

/// When somebody who waits has to give up.
struct Limit {
    ctx: CallContext,
    due: Instant,
    /// The same moment on a clock that is moved by hand.
    manual: Option<(Arc<dyn Clock>, SystemTime)>,
}

impl Limit {
    fn new(ctx: &CallContext, clock: &Arc<dyn Clock>, limit: Duration) -> Self {
        let manual_due = clock.now() + limit;
        let is_manual = clock.sleep_for(manual_due).is_none();
        Self {
            ctx: ctx.clone(),
            due: ctx.deadline().min(Instant::now() + limit),
            manual: is_manual.then(|| (clock.clone(), manual_due)),
        }
    }

    fn check(&self) -> Result<(), Cause> {
        let passed = |(clock, due): &(Arc<dyn Clock>, SystemTime)| clock.now() >= *due;
        if self.ctx.is_cancelled() && !self.ctx.cancel_token().is_expired() {
            Err(Cause::Cancelled)
        } else if self.ctx.is_cancelled()
            || Instant::now() >= self.due
            || self.manual.as_ref().is_some_and(passed)
        {
            Err(Cause::DeadlineExceeded)
        } else {
            Ok(())
        }
    }

    fn slice(&self) -> Duration {
        let left = self.due.saturating_duration_since(Instant::now());
        left.min(CANCEL_POLL)
    }
}

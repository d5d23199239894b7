//! Connecting: names are resolved by a resolver of the host's choice, and the very address that is about to be
//! connected to passes the allow-list, so that no name can lead somewhere else a moment later.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, Either, NextTimeout, Transport, time,
};

use super::allow::AllowList;
use super::socket::Socket;
use crate::context::CancelToken;

/// How often somebody who waits for the network looks whether the plugin call was cancelled.
pub(super) const CANCEL_POLL: Duration = Duration::from_millis(20);

/// What the HTTP service finds addresses with.
pub trait Resolve: Send + Sync + 'static {
    /// Returns the addresses of a host name, best first.
    ///
    /// # Errors
    ///
    /// Any failure, an unknown name included.
    fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        // The port is a formality of the standard library.
        let found = (host, 0).to_socket_addrs()?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// A resolver that knows only what it was told: names for tests that need no network.
#[derive(Debug, Clone, Default)]
pub struct StaticResolver {
    names: HashMap<String, Vec<IpAddr>>,
}

impl StaticResolver {
    /// Makes a resolver that knows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an address to a name. Several addresses are tried in the order they were added.
    #[must_use]
    pub fn with(mut self, name: &str, address: impl Into<IpAddr>) -> Self {
        self.names
            .entry(name.to_owned())
            .or_default()
            .push(address.into());
        self
    }
}

impl Resolve for StaticResolver {
    fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = self.names.get(host).cloned();
        found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such host"))
    }
}

/// Lets the HTTP library ask our resolver, within the time that is left.
///
/// Look-ups that nobody waits for any more go on; those beyond the sixteenth wait until another one has ended.
pub(super) struct PatientResolver {
    resolver: Arc<dyn Resolve>,
    under_way: Arc<UnderWay>,
}

impl std::fmt::Debug for PatientResolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PatientResolver")
    }
}

impl Resolver for PatientResolver {
    fn resolve(
        &self,
        uri: &Uri,
        _config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().unwrap_or_default();
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let found = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(literal) => vec![literal],
            Err(_) => self.ask(host, timeout)?,
        };
        let mut addresses = self.empty();
        for ip in found.into_iter().take(MAX_ADDRESSES) {
            addresses.push(SocketAddr::new(ip, port));
        }
        match addresses.is_empty() {
            true => Err(Error::HostNotFound),
            false => Ok(addresses),
        }
    }
}

/// As many addresses as the HTTP library has room for.
const MAX_ADDRESSES: usize = 16;
/// Look-ups one service has under way. Each has a thread, for as long as the resolver takes.
const MAX_LOOKUPS: usize = 16;

impl PatientResolver {
    pub(super) fn new(resolver: Arc<dyn Resolve>) -> Self {
        Self {
            resolver,
            under_way: Arc::default(),
        }
    }

    /// Asks on a thread of its own, because looking a name up cannot be interrupted.
    fn ask(&self, host: &str, timeout: NextTimeout) -> Result<Vec<IpAddr>, Error> {
        let started = Instant::now();
        let place = in_slices(timeout, |slice| self.under_way.place(slice).map(Ok))?;
        let (answer, waiting) = mpsc::sync_channel(1);
        let (resolver, name) = (self.resolver.clone(), host.to_owned());
        std::thread::Builder::new()
            .name("nd-resolve".to_owned())
            .spawn(move || {
                let found = resolver.resolve(&name);
                drop(place);
                answer.send(found).ok()
            })?;
        let left = NextTimeout {
            after: match timeout.after {
                time::Duration::Exact(after) => after.saturating_sub(started.elapsed()).into(),
                never => never,
            },
            ..timeout
        };
        let found = in_slices(left, |slice| match waiting.recv_timeout(slice) {
            Ok(found) => Some(Ok(found)),
            Err(mpsc::RecvTimeoutError::Timeout) => None,
            Err(mpsc::RecvTimeoutError::Disconnected) => Some(Err(Error::HostNotFound)),
        })?;
        found.map_err(|error| {
            Error::Io(io::Error::new(
                error.kind(),
                format!("lookup {host}: {error}"),
            ))
        })
    }
}

/// The look-ups of one service that have not ended.
#[derive(Default)]
struct UnderWay {
    count: Mutex<usize>,
    ended: Condvar,
}

impl UnderWay {
    /// Returns a place for one more, if there is one within that time.
    fn place(self: &Arc<Self>, within: Duration) -> Option<Place> {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .ended
            .wait_timeout_while(count, within, |count| *count >= MAX_LOOKUPS);
        let (mut count, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *count >= MAX_LOOKUPS {
            return None;
        }
        *count += 1;
        Some(Place(self.clone()))
    }
}

/// Counts as a look-up until it is dropped, also by a resolver that panics.
struct Place(Arc<UnderWay>);

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.ended.notify_one();
    }
}

/// Opens TCP connections to addresses the allow-list accepts; refused ones are skipped.
#[derive(Debug)]
pub(super) struct GuardedTcp(pub(super) Arc<AllowList>);

impl<In: Transport> Connector<In> for GuardedTcp {
    type Out = Either<In, Socket>;

    fn connect(
        &self,
        details: &ConnectionDetails,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        DIALLED.set(true);
        // With a connection already there (a proxy's tunnel) nothing is dialled here; the proxy itself was, and was checked.
        if let Some(chained) = chained {
            return Ok(Some(Either::A(chained)));
        }
        let mut accepted = Vec::new();
        let mut refused = None;
        for &address in &details.addrs {
            match self.0.check_dial(address) {
                Ok(()) => accepted.push(address),
                Err(refusal) => refused = refused.or(Some(refusal)),
            }
        }
        if let (true, Some(refusal)) = (accepted.is_empty(), refused) {
            return Err(Error::Other(Box::new(refusal)));
        }
        Ok(Some(Either::B(Socket::connect(accepted, details)?)))
    }
}

/// Waits a little again and again, until there is an answer, the time is up, or the call is cancelled.
pub(super) fn in_slices<T>(
    timeout: NextTimeout,
    mut wait: impl FnMut(Duration) -> Option<Result<T, Error>>,
) -> Result<T, Error> {
    let started = Instant::now();
    loop {
        if cancelled() {
            return Err(Error::Other(Box::new(CallCancelled)));
        }
        let slice = match timeout.after {
            time::Duration::Exact(after) => {
                after.saturating_sub(started.elapsed()).min(CANCEL_POLL)
            }
            time::Duration::NotHappening => CANCEL_POLL,
        };
        if slice.is_zero() {
            return Err(Error::Timeout(timeout.reason));
        }
        if let Some(answer) = wait(slice) {
            return answer;
        }
    }
}

/// The plugin call a request was made for has been cancelled.
#[derive(Debug, thiserror::Error)]
#[error("context canceled")]
pub(super) struct CallCancelled;

thread_local! {
    // Connections are pooled and serve many calls, one after the other; what they share with the present call is the thread.
    static CANCEL: RefCell<Option<CancelToken>> = const { RefCell::new(None) };
    static DIALLED: Cell<bool> = const { Cell::new(false) };
}

/// Runs something, and tells whether a connection was made for it. If not, it went over one that had served before.
pub(super) fn watching<T>(run: impl FnOnce() -> T) -> (T, bool) {
    DIALLED.set(false);
    (run(), DIALLED.get())
}

fn cancelled() -> bool {
    CANCEL.with_borrow(|token| token.as_ref().is_some_and(CancelToken::is_cancelled))
}

/// Runs something whose waiting on the network ends when the token is cancelled.
pub(super) fn cancellable<T>(token: &CancelToken, run: impl FnOnce() -> T) -> T {
    struct Reset(Option<CancelToken>);
    impl Drop for Reset {
        fn drop(&mut self) {
            CANCEL.set(self.0.take());
        }
    }
    let _reset = Reset(CANCEL.replace(Some(token.clone())));
    run()
}

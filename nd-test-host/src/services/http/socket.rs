//! TCP connections whose making, writing and reading all end when the plugin call of this thread is cancelled.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Weak, mpsc};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, LazyBuffers, NextTimeout, Transport, time,
};

use super::dial::{CANCEL_POLL, in_slices};

/// Every address gets at least this long.
const SHORTEST_TRY: Duration = Duration::from_millis(10);

/// A connection. What its peer does not take or send for a while is asked for again and again, in slices of time.
#[derive(Debug)]
pub(super) struct Socket {
    stream: Arc<TcpStream>,
    buffers: LazyBuffers,
}

impl Socket {
    /// Connects to the first of the addresses that answers.
    pub(super) fn connect(
        addresses: Vec<SocketAddr>,
        details: &ConnectionDetails,
    ) -> Result<Self, Error> {
        let stream = connect(addresses, details.timeout)?;
        stream.set_nodelay(details.config.no_delay())?;
        stream.set_read_timeout(Some(CANCEL_POLL))?;
        stream.set_write_timeout(Some(CANCEL_POLL))?;
        let stream = Arc::new(stream);
        let shared: Weak<TcpStream> = Arc::downgrade(&stream);
        (details.register_shutdown)(shared)?;
        let config = details.config;
        Ok(Self {
            stream,
            buffers: LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size()),
        })
    }
}

impl Transport for Socket {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let mut left = &self.buffers.output()[..amount];
        let mut stream = &*self.stream;
        in_slices(timeout, |_| {
            if left.is_empty() {
                return Some(Ok(()));
            }
            match stream.write(left) {
                Ok(0) => Some(Err(io::Error::from(ErrorKind::WriteZero).into())),
                Ok(sent) => {
                    left = &left[sent..];
                    left.is_empty().then_some(Ok(()))
                }
                Err(error) => failed(error),
            }
        })
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let input = self.buffers.input_append_buf();
        let mut stream = &*self.stream;
        let read = in_slices(timeout, |_| match stream.read(input) {
            Ok(read) => Some(Ok(read)),
            Err(error) => failed(error),
        })?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    /// Tells whether the peer has neither closed the connection nor sent what nobody asked for.
    fn is_open(&mut self) -> bool {
        let waits = || {
            self.stream.set_nonblocking(true)?;
            let peeked = self.stream.peek(&mut [0]);
            self.stream.set_nonblocking(false)?;
            peeked
        };
        waits().is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

/// The failure of one slice, if it is one that more patience does not mend.
fn failed<T>(error: io::Error) -> Option<Result<T, Error>> {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => None,
        _ => Some(Err(error.into())),
    }
}

/// Connects on a thread of its own, which ends together with the waiting: the standard library's connecting cannot be
/// interrupted, and this thread may already run somebody else's asynchronous program.
fn connect(addresses: Vec<SocketAddr>, timeout: NextTimeout) -> Result<TcpStream, Error> {
    let limit = match timeout.after {
        time::Duration::Exact(after) => Some(after),
        time::Duration::NotHappening => None,
    };
    let (answer, waiting) = mpsc::sync_channel(1);
    let (_waits, given_up) = oneshot::channel::<()>();
    std::thread::Builder::new()
        .name("nd-connect".to_owned())
        .spawn(move || {
            let connected = first_of(&addresses, limit, given_up);
            answer.send(connected).ok()
        })?;
    in_slices(timeout, |slice| match waiting.recv_timeout(slice) {
        Ok(connected) => Some(connected.map_err(Error::Io)),
        Err(mpsc::RecvTimeoutError::Timeout) => None,
        Err(mpsc::RecvTimeoutError::Disconnected) => Some(Err(Error::ConnectionFailed)),
    })
}

/// Tries the addresses one after the other, each for half of the time that is left and the last one without an end.
fn first_of(
    addresses: &[SocketAddr],
    limit: Option<Duration>,
    given_up: oneshot::Receiver<()>,
) -> io::Result<TcpStream> {
    let started = Instant::now();
    let attempts = async {
        let mut problem = io::Error::from(ErrorKind::AddrNotAvailable);
        for (n, &address) in addresses.iter().enumerate() {
            let connecting = tokio::net::TcpStream::connect(address);
            let connected = match limit {
                Some(limit) if n + 1 < addresses.len() => {
                    let share = limit.saturating_sub(started.elapsed()) / 2;
                    tokio::time::timeout(share.max(SHORTEST_TRY), connecting).await
                }
                _ => Ok(connecting.await),
            };
            match connected {
                Ok(Ok(stream)) => return stream.into_std(),
                Ok(Err(error)) => problem = error,
                Err(_) => problem = ErrorKind::TimedOut.into(),
            }
        }
        Err(problem)
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    let stream = runtime.block_on(async {
        tokio::select! {
            connected = attempts => connected,
            _ = given_up => Err(ErrorKind::TimedOut.into()),
        }
    })?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

//! Passing a connection on to a real server, and keeping what passes.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rustls::ClientConfig;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::log::{Log, WsEvent};
use super::session::{Arrival, Socket, close_message};
use crate::peer::recording::{Bytes, LeaveOut, Passed, Recording, Session, Side, What};
use crate::peer::{Answer, Request};
use crate::services::http::{SystemResolver, Target};
use crate::services::websocket::client::{
    End, Event, Handshake, Kind, MAX_MESSAGE, Reader, Sink, browser_roots, close_payload, connect,
    encode, lookup,
};

/// How long reaching the real server may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);
/// Headers of the handshake that belong to one connection only.
const OWN_HEADERS: [&str; 8] = [
    "host",
    "upgrade",
    "connection",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-extensions",
    "sec-websocket-accept",
    "content-length",
];

/// The way to a real server, and what came along it.
pub(super) struct Proxy {
    upstream: String,
    leave_out: LeaveOut,
    tls: Arc<ClientConfig>,
    recording: Mutex<Recording>,
}

impl Proxy {
    pub(super) fn new(upstream: &str, leave_out: LeaveOut) -> Result<Self, String> {
        Ok(Self {
            upstream: upstream.trim_end_matches('/').to_owned(),
            tls: browser_roots()?,
            recording: Mutex::new(Recording::of_nothing(&leave_out)),
            leave_out,
        })
    }

    pub(super) fn recorded(&self) -> Recording {
        self.recording().clone()
    }

    /// Passes a connection on until one side has left.
    pub(super) async fn run(&self, arrival: Arrival, log: Log) -> io::Result<()> {
        let request = arrival.request.clone();
        let (reader, sink, answered) = match self.connect(&request).await {
            Ok(connected) => connected,
            Err(problem) => {
                let problem = format!("{}{}: {problem}", self.upstream, request.target);
                log.unexpected(&problem);
                return arrival.refuse(&Answer::status(502).body(problem)).await;
            }
        };
        let answer_headers = others(&answered);
        let socket = arrival.accept(&answer_headers).await?;
        let mut events = Vec::new();
        pass(socket, reader, sink, &log, &mut events).await;
        let session = Session {
            target: request.target.clone(),
            headers: others(&request.headers),
            answer_headers,
            events,
        };
        self.recording().add_session(&self.leave_out, session);
        Ok(())
    }

    async fn connect(
        &self,
        request: &Request,
    ) -> Result<(mpsc::Receiver<Event>, Sink, Vec<(String, String)>), String> {
        let target = Target::parse(&format!("{}{}", self.upstream, request.target))?;
        let headers: HashMap<_, _> = others(&request.headers).into_iter().collect();
        let handshake = Handshake::new(&target, &headers)?;
        let host = handshake.host.clone();
        let found = tokio::task::spawn_blocking(move || lookup(&SystemResolver, &host)).await;
        let found = found.map_err(|error| error.to_string())?;
        let found = found.map_err(|error| error.to_string())?;
        let addresses: Vec<_> = found
            .into_iter()
            .map(|ip| (ip, handshake.port).into())
            .collect();
        let tls = handshake.secure.then(|| self.tls.clone());
        let meet = async {
            let due = Instant::now() + CONNECT_LIMIT;
            let stream = connect(&addresses, &handshake.host, tls, due).await;
            let (source, mut sink) = tokio::io::split(stream.map_err(|error| error.to_string())?);
            let mut source = BufReader::new(source);
            let answered = handshake.perform(&mut source, &mut sink).await?;
            Ok((source, sink, answered))
        };
        let (source, sink, answered) = tokio::time::timeout(CONNECT_LIMIT, meet)
            .await
            .unwrap_or_else(|_| Err("no answer in time".to_owned()))?;
        let (events, arrived) = mpsc::channel(1);
        // A task of its own, because a frame that was begun has to be read to its end.
        tokio::spawn(async move {
            let mut reader = Reader::new(source, MAX_MESSAGE);
            loop {
                let event = reader.next().await;
                let last = matches!(event, Event::End(_));
                if events.send(event).await.is_err() || last {
                    return;
                }
            }
        });
        Ok((arrived, sink, answered))
    }

    fn recording(&self) -> MutexGuard<'_, Recording> {
        self.recording
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the headers that matter beyond one connection.
fn others(headers: &[(String, String)]) -> Vec<(String, String)> {
    let kept = headers
        .iter()
        .filter(|(name, _)| !OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()));
    kept.cloned().collect()
}

/// Passes messages both ways; pings are answered on each side by itself.
async fn pass(
    mut socket: Socket,
    mut upstream: mpsc::Receiver<Event>,
    mut sink: Sink,
    log: &Log,
    events: &mut Vec<Passed>,
) {
    loop {
        tokio::select! {
            message = socket.next() => {
                let event = match message {
                    Some(Ok(message)) => WsEvent::of(message),
                    Some(Err(error)) => Some(WsEvent::Lost(error.to_string())),
                    None => Some(WsEvent::Lost("the client has gone".to_owned())),
                };
                let Some(event) = event else { continue };
                log.received(event.clone());
                let (kind, payload, what) = match event {
                    WsEvent::Text(text) => (Kind::Text, text.clone().into_bytes(), What::Text(text)),
                    WsEvent::Binary(data) => (Kind::Binary, data.clone(), What::Base64(Bytes(data))),
                    WsEvent::Close { code, reason } => {
                        let close = (code != 1005).then(|| (code, reason.clone()));
                        (Kind::Close, close_payload(code, &reason), What::Close(close))
                    }
                    WsEvent::Lost(error) => (Kind::Close, close_payload(1001, ""), What::Lost(error)),
                    WsEvent::Ping(_) | WsEvent::Pong(_) => continue,
                };
                let last = matches!(what, What::Close(_) | What::Lost(_));
                events.push(Passed { from: Side::Client, what });
                let frame = encode(kind, &payload, [0; 4]);
                let sent = sink.write_all(&frame).await;
                if last || sent.is_err() {
                    // The answer to the client's close frame goes out with the next look at the socket.
                    let _ = socket.next().await;
                    let _ = sink.shutdown().await;
                    return;
                }
            }
            event = upstream.recv() => {
                let event = event.unwrap_or_else(|| Event::End(End::Lost("gone".to_owned())));
                let (message, what) = match event {
                    Event::Text(text) => (Message::text(text.clone()), What::Text(text)),
                    Event::Binary(data) => (Message::binary(data.clone()), What::Base64(Bytes(data))),
                    Event::Ping(payload) => {
                        let _ = sink.write_all(&encode(Kind::Pong, &payload, [0; 4])).await;
                        continue;
                    }
                    Event::End(end) => {
                        if let Some(answer) = end.answer() {
                            let _ = sink.write_all(&encode(Kind::Close, &answer, [0; 4])).await;
                        }
                        let text = end.message();
                        if let End::Closed { code, reason } = end {
                            let close = (code != 1005).then_some((code, reason));
                            let what = What::Close(close.clone());
                            events.push(Passed { from: Side::Server, what });
                            let _ = socket.send(close_message(close)).await;
                            // Whatever the client still says, down to its close frame.
                            while let Some(Ok(message)) = socket.next().await {
                                if let Some(event) = WsEvent::of(message) {
                                    log.received(event);
                                }
                            }
                        } else {
                            events.push(Passed { from: Side::Server, what: What::Lost(text) });
                        }
                        return;
                    }
                };
                events.push(Passed { from: Side::Server, what });
                if socket.send(message).await.is_err() {
                    return;
                }
            }
        }
    }
}

//! One connection to a peer: the handshake, and the steps of its script.

use std::collections::VecDeque;
use std::io;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

use super::log::{Log, WsEvent};
use super::script::{Opening, WsScript, WsStep};
use crate::peer::http::{parse_head, write_answer};
use crate::peer::{Answer, Request};
use crate::until::until;

/// Longest head of a handshake.
const MAX_HEAD: usize = 64 * 1024;
/// Longest message the peer takes.
const MAX_MESSAGE: usize = 256 << 20;
/// The close code of a session that did not go as scripted.
const POLICY_VIOLATION: u16 = 1008;

/// A connection whose request was read.
pub(super) struct Arrival {
    pub(super) stream: TcpStream,
    pub(super) request: Request,
    /// What came behind the request.
    tail: Vec<u8>,
}

impl Arrival {
    pub(super) async fn read(mut stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let mut buffer = Vec::new();
        loop {
            if let Some((request, length)) = parse_head(&buffer)? {
                let tail = buffer.split_off(length);
                return Ok(Self {
                    stream,
                    request,
                    tail,
                });
            }
            if buffer.len() > MAX_HEAD {
                return Err(io::Error::other("the head is too long"));
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Answers as a server of web pages would, and hangs up.
    pub(super) async fn refuse(mut self, answer: &Answer) -> io::Result<()> {
        tokio::time::sleep(answer.delay).await;
        if answer.hang_up {
            return Ok(());
        }
        let mut bytes = Vec::new();
        write_answer(&mut bytes, answer.status, &answer.headers, &answer.body)?;
        self.stream.write_all(&bytes).await?;
        self.stream.shutdown().await
    }

    /// Accepts the handshake.
    pub(super) async fn accept(mut self, headers: &[(String, String)]) -> io::Result<Socket> {
        let Some(key) = self.request.header("Sec-WebSocket-Key") else {
            self.refuse(&Answer::status(400).body("this is a WebSocket server"))
                .await?;
            return Err(io::Error::other("no handshake of a WebSocket"));
        };
        let accept = derive_accept_key(key.as_bytes());
        let mut head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n"
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        self.stream.write_all(head.as_bytes()).await?;
        Ok(self.into_socket().await)
    }

    async fn into_socket(self) -> Socket {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        WebSocketStream::from_partially_read(self.stream, self.tail, Role::Server, Some(config))
            .await
    }
}

pub(super) type Socket = WebSocketStream<TcpStream>;

/// Makes a message out of a close code and a reason.
pub(super) fn close_message(close: Option<(u16, String)>) -> Message {
    Message::Close(close.map(|(code, reason)| CloseFrame {
        code: code.into(),
        reason: reason.into(),
    }))
}

/// Runs a script on a connection until the client is gone.
pub(super) async fn run(
    mut arrival: Arrival,
    script: WsScript,
    log: Log,
    commands: UnboundedReceiver<WsStep>,
) -> io::Result<()> {
    tokio::time::sleep(script.delay).await;
    let socket = match script.opening {
        Opening::Answer(answer) => return arrival.refuse(&answer).await,
        Opening::Accept => arrival.accept(&script.headers).await?,
        Opening::Raw(bytes) => {
            arrival.stream.write_all(&bytes).await?;
            arrival.into_socket().await
        }
    };
    let mut session = Session {
        socket,
        log,
        steps: script.steps,
        commands,
        inbox: VecDeque::new(),
        lost: false,
    };
    session.run().await;
    Ok(())
}

struct Session {
    socket: Socket,
    log: Log,
    steps: VecDeque<WsStep>,
    commands: UnboundedReceiver<WsStep>,
    /// Messages no step has asked for yet.
    inbox: VecDeque<WsEvent>,
    lost: bool,
}

impl Session {
    async fn run(&mut self) {
        while !self.lost {
            match self.steps.front() {
                None => self.pause(None).await,
                Some(WsStep::ExpectText(_) | WsStep::ExpectBinary(_) | WsStep::ExpectAny)
                    if self.inbox.is_empty() =>
                {
                    self.pause(None).await;
                }
                Some(_) => {
                    if let Some(step) = self.steps.pop_front()
                        && let Err(error) = self.step(step).await
                    {
                        self.lose(&error);
                    }
                }
            }
        }
    }

    async fn step(&mut self, step: WsStep) -> Result<(), tungstenite::Error> {
        match step {
            WsStep::ExpectText(text) => self.compare(&WsEvent::Text(text)).await,
            WsStep::ExpectBinary(data) => self.compare(&WsEvent::Binary(data)).await,
            WsStep::ExpectAny => {
                self.inbox.pop_front();
                Ok(())
            }
            WsStep::Text(text) => self.socket.send(Message::text(text)).await,
            WsStep::Binary(data) => self.socket.send(Message::binary(data)).await,
            WsStep::Ping(payload) => self.socket.send(Message::Ping(payload.into())).await,
            WsStep::Close(close) => self.socket.send(close_message(close)).await,
            WsStep::Raw(bytes) => {
                self.socket.flush().await?;
                let stream = self.socket.get_mut();
                stream.write_all(&bytes).await?;
                Ok(stream.flush().await?)
            }
            WsStep::Wait(time) => {
                let until: Instant = until(time).into();
                while !self.lost && Instant::now() < until {
                    self.pause(Some(until)).await;
                }
                Ok(())
            }
            // Only the end of the peer ends this.
            WsStep::GoDeaf => std::future::pending().await,
            WsStep::HangUp => {
                self.lost = true;
                Ok(())
            }
        }
    }

    /// Compares the next message with what the script says.
    async fn compare(&mut self, expected: &WsEvent) -> Result<(), tungstenite::Error> {
        let Some(arrived) = self.inbox.pop_front() else {
            return Ok(());
        };
        if arrived == *expected {
            return Ok(());
        }
        let problem = format!("expected {expected}, got {arrived}");
        self.log.unexpected(&problem);
        self.steps.clear();
        // Cut to what a close frame has room for.
        let reason = problem.chars().take(30).collect();
        let close = close_message(Some((POLICY_VIOLATION, reason)));
        self.socket.send(close).await
    }

    /// Waits for a message, a step from outside, or the time.
    async fn pause(&mut self, until: Option<Instant>) {
        let alarm = async {
            match until {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            message = self.socket.next() => match message {
                Some(Ok(message)) => self.note(message),
                Some(Err(error)) => self.lose(&error),
                None => self.lost = true,
            },
            Some(step) = self.commands.recv() => self.steps.push_back(step),
            () = alarm => {}
        }
    }

    fn note(&mut self, message: Message) {
        let Some(event) = WsEvent::of(message) else {
            return;
        };
        if matches!(event, WsEvent::Text(_) | WsEvent::Binary(_)) {
            self.inbox.push_back(event.clone());
        }
        self.log.received(event);
    }

    fn lose(&mut self, error: &tungstenite::Error) {
        use tungstenite::Error::{AlreadyClosed, ConnectionClosed};
        if !matches!(error, ConnectionClosed | AlreadyClosed) {
            self.log.received(WsEvent::Lost(error.to_string()));
        }
        self.lost = true;
    }
}

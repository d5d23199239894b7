//! `wss`, with a certificate made for these tests and good for nothing else.

use super::super::dial;
use super::*;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use tokio_tungstenite::tungstenite;

/// For `peer.test` and 127.0.0.1, signed by itself.
const CERTIFICATE: &[u8] = include_bytes!("peer.cert.der");
const KEY: &[u8] = include_bytes!("peer.key.der");

/// A server that echoes one message after a greeting.
fn serve() -> SocketAddr {
    let certificate = CertificateDer::from(CERTIFICATE);
    let key = PrivateKeyDer::try_from(KEY).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate");
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let tls = rustls::ServerConnection::new(config.clone()).expect("a session");
            let stream = rustls::StreamOwned::new(tls, stream);
            std::thread::spawn(move || echo(stream));
        }
    });
    address
}

fn echo(stream: impl Read + Write) -> Option<()> {
    let mut socket = tungstenite::accept(stream).ok()?;
    socket.send("over TLS".into()).ok()?;
    let message = socket.read().ok()?;
    socket.send(message).ok()?;
    while socket.read().is_ok() {}
    Some(())
}

/// A service that trusts the certificate.
fn fixture() -> Fixture {
    let fixture = Fixture::with_hosts(&["*"], Rules::default());
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from(CERTIFICATE);
    roots.add(certificate).expect("a certificate");
    let Fixture {
        service,
        listener,
        journal,
    } = fixture;
    let mut service = Arc::into_inner(service).expect("the only one");
    service.tls = dial::trusting(roots).expect("a configuration");
    Fixture {
        service: Arc::new(service),
        listener,
        journal,
    }
}

#[test]
fn messages_travel_encrypted_in_both_directions() {
    let (fixture, address) = (fixture(), serve());
    for (id, url) in [
        ("name", format!("wss://peer.test:{}/", address.port())),
        ("address", format!("wss://{address}/")),
    ] {
        fixture.connect(&url, id).expect("a connection");
        fixture.send(id, &"long ".repeat(50_000)).expect("sent");
    }
    let told = fixture.told(4);
    let greetings = told
        .iter()
        .filter(|(_, request)| request["message"] == "over TLS");
    assert_eq!(greetings.count(), 2);
    for id in ["name", "address"] {
        assert_eq!(fixture.close(id, 1000, ""), Ok(()));
    }
}

#[test]
fn certificates_are_checked() {
    let (fixture, address) = (fixture(), serve());
    // The resolver leads there, but the certificate is for another name.
    let url = format!("wss://other.test:{}/", address.port());
    fixture.refused(&url, &["failed to connect: "]);
    let strict = Fixture::with_hosts(&["*"], Rules::default());
    strict.refused(
        &format!("wss://peer.test:{}/", address.port()),
        &["failed to connect: tls: ", "certificate"],
    );
    let peer = WsPeer::start().expect("a peer");
    strict.refused(
        &peer.url("/").replace("ws:", "wss:"),
        &["failed to connect: tls: "],
    );
}

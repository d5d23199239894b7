//! Hosts, names and the addresses they lead to.

use super::*;

#[test]
fn a_name_that_leads_to_a_private_address_needs_an_address_entry() {
    let server = Server::echo();
    let url = format!("http://nas.lan:{}/", server.address.port());
    let quoted = format!("\"127.0.0.1:{}\"", server.address.port());
    for hosts in [
        &[][..],
        &["nas.lan"],
        &["*.lan"],
        &["nas.lan", "10.0.0.0/8"],
    ] {
        refused(
            send(&service(hosts), get(&url)),
            &[
                "dial to private/loopback address",
                &quoted,
                "requires an explicit IP or CIDR in requiredHosts",
                "add \"127.0.0.1\"",
            ],
        );
    }
    assert!(server.seen().is_empty());
    for hosts in [
        &["*"][..],
        &["nas.lan", "127.0.0.1"],
        &["nas.lan", "127.0.0.0/8"],
    ] {
        assert!(send(&service(hosts), get(&url)).is_ok(), "{hosts:?}");
    }
    let hosts = ["nas.lan".to_owned()];
    let old = HttpService::new(&hosts, &settings(), &HttpRules::release_0_63());
    assert!(send(&old.expect("a service"), get(&url)).is_ok());
}

#[test]
fn refused_addresses_of_a_name_are_skipped() {
    let server = Server::echo();
    let url = format!("http://two.lan:{}/", server.address.port());
    assert!(send(&service(&["two.lan", "127.0.0.1"]), get(&url)).is_ok());
}

#[test]
fn private_literals_need_an_entry_even_without_a_list() {
    let server = Server::echo();
    refused(
        send(&service(&[]), get(&server.url("/"))),
        &["host \"127.0.0.1:", "is not allowed", "private/loopback"],
    );
    refused(
        send(&service(&[]), get("http://LOCALHOST:1/")),
        &["private/loopback"],
    );
    refused(
        send(&service(&[]), get("http://[::ffff:10.0.0.1]/")),
        &["private/loopback"],
    );
    assert!(send(&service(&["127.0.0.1"]), get(&server.url("/"))).is_ok());
}

#[test]
fn a_refusal_can_be_told_from_other_failures_without_reading_its_text() {
    let ctx = CallContext::detached("p");
    let refusal = |url: &str| {
        service(&["nas.lan"])
            .request(&ctx, &get(url))
            .err()
            .and_then(|error| error.refusal().cloned())
    };
    assert!(matches!(
        refusal("http://a.example/"),
        Some(Refusal::NotListed { .. })
    ));
    assert!(matches!(
        refusal("http://nas.lan/"),
        Some(Refusal::PrivateDial { .. })
    ));
    assert!(refusal("nonsense").is_none());
}

#[test]
fn an_unknown_name_and_a_closed_port_are_plain_failures() {
    refused(
        send(&service(&["*"]), get("http://unknown.example/")),
        &["Get \"http://unknown.example/\"", "no such host"],
    );
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a port");
    let request = HTTPRequest {
        method: "POST".into(),
        ..get(&format!("http://u:secret@{free}/"))
    };
    let error = send(&service(&["*"]), request)
        .expect_err("nobody listens")
        .to_string();
    assert!(
        error.starts_with("Post \"http://u:***@127.0.0.1:"),
        "{error}"
    );
    assert!(error.to_lowercase().contains("refused"), "{error}");
}

//! From the URL to the handshake, and what stops on the way.

use super::*;
use crate::peer::Answer;

#[test]
fn checks_come_in_order() {
    let fixture = Fixture::new();
    let scheme = "invalid URL scheme: must be ws:// or wss://";
    fixture.refused("ws://[::1", &["invalid URL: "]);
    fixture.refused("http://\u{7f}", &["invalid URL: "]);
    fixture.refused("http://127.0.0.1/", &[scheme]);
    fixture.refused("127.0.0.1/", &[scheme]);
    fixture.refused("", &[scheme]);
    fixture.refused(
        "ws://user@other.test:1/",
        &[
            "host \"other.test:1\" is not allowed",
            "websocket.requiredHosts",
        ],
    );
    fixture.refused(
        "ws://user:secret@127.0.0.1:1/",
        &["failed to connect: malformed ws or wss URL"],
    );
    fixture.refused(
        "ws://127.0.0.1:1/",
        &["failed to connect: dial tcp 127.0.0.1:1: "],
    );
    let peer = fixture.meet(WsScript::new());
    // The id is looked at after the host, and before the network.
    let again = |url: &str| fixture.connect(url, "c").expect_err(url);
    assert!(again("ws://other.test/").contains("is not allowed"));
    let taken = "connection ID \"c\" already exists";
    assert_eq!(again("ws://user@127.0.0.1:1/"), taken);
    assert_eq!(peer.sessions().len(), 1);
}

#[test]
fn an_empty_list_allows_nothing() {
    for rules in [Rules::release_0_63(), Rules::release_0_64()] {
        let fixture = Fixture::with_hosts(&[], rules);
        fixture.refused(
            "ws://127.0.0.1:1/",
            &["host \"127.0.0.1:1\" is not allowed"],
        );
    }
}

#[test]
fn ids_are_given_or_made_and_unique() {
    let fixture = Fixture::new();
    let peer = WsPeer::start().expect("a peer");
    peer.on("/", WsScript::new());
    let made = fixture.connect(&peer.url("/"), "").expect("a connection");
    assert!(made.len() == 22 && made.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_eq!(
        fixture.connect(&peer.url("/?q=1"), "mine"),
        Ok("mine".to_owned())
    );
    let connections = fixture.service.connections();
    assert!(
        connections
            .iter()
            .any(|info| info.id == "mine" && info.url.ends_with("/?q=1"))
    );
    assert_eq!(connections.len(), 2);
}

#[test]
fn an_id_is_taken_by_one_of_many_at_once() {
    let fixture = Fixture::new();
    let peer = WsPeer::start().expect("a peer");
    peer.on("/", WsScript::new());
    let url = peer.url("/");
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| fixture.connect(&url, "c")))
            .collect();
        let results = threads.into_iter().map(|thread| thread.join());
        results.map(|result| result.expect("no panic")).collect()
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(peer.sessions().len(), 1, "the others did not even knock");
}

#[test]
fn headers_go_along_and_the_hosts_own_are_refused() {
    let fixture = Fixture::new();
    let peer = WsPeer::start().expect("a peer");
    peer.on("/a b", WsScript::new());
    peer.otherwise(WsScript::new().header("Sec-WebSocket-Protocol", "two"));
    let headers = [
        ("X-Token", "naïve"),
        ("Host", "elsewhere.test"),
        ("Sec-WebSocket-Protocol", "one, two"),
    ];
    let url = peer.url("/a%20b?x=1#fragment");
    fixture
        .connect_with(&url, "c", &headers)
        .expect("a connection");
    let request = &peer.sessions()[0].request;
    assert_eq!(request.target, "/a%20b?x=1");
    assert_eq!(request.header("x-token"), Some("naïve"));
    assert_eq!(request.header("Host"), Some("elsewhere.test"));
    assert_eq!(request.header("Sec-WebSocket-Protocol"), Some("one, two"));
    assert_eq!(request.header("Sec-WebSocket-Version"), Some("13"));
    assert_eq!(request.header("Sec-WebSocket-Extensions"), None);
    assert!(request.header("User-Agent").is_some());

    let fixture = Fixture::new();
    for name in [
        "upgrade",
        "Connection",
        "Sec-WebSocket-Key",
        "Sec-Websocket-Version",
        "Sec-WebSocket-Extensions",
    ] {
        let text = format!("failed to connect: websocket: duplicate header not allowed: {name}");
        fixture.refused_with(&peer.url("/"), &[(name, "x")], &[&text]);
    }
    let wrong = "failed to connect: invalid header field";
    fixture.refused_with(&peer.url("/"), &[("A B", "x")], &[wrong, "name"]);
    fixture.refused_with(&peer.url("/"), &[("A", "x\r\nB: y")], &[wrong, "value"]);
    assert_eq!(peer.sessions().len(), 1);
}

#[test]
fn a_server_may_choose_no_protocol_and_list_several_connection_options() {
    let fixture = Fixture::new();
    let peer = WsPeer::start().expect("a peer");
    peer.on("/", WsScript::new().header("Connection", "keep-alive"));
    let headers = [("Sec-WebSocket-Protocol", "chat")];
    let connected = fixture.connect_with(&peer.url("/"), "c", &headers);
    assert_eq!(connected, Ok("c".to_owned()));
}

#[test]
fn without_a_handshake_there_is_no_connection() {
    let fixture = Fixture::new();
    let peer = WsPeer::start().expect("a peer");
    let accept = |lines: &str| format!("HTTP/1.1 101 Switching Protocols\r\n{lines}\r\n");
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    let cases = [
        (
            WsScript::answer(Answer::status(403)),
            "bad handshake: the server answered 403 Forbidden",
        ),
        (
            WsScript::answer(Answer::redirect("/")),
            "the server answered 302",
        ),
        (WsScript::answer(Answer::hang_up()), "EOF"),
        (
            WsScript::handshake(accept(upgrade)).hang_up(),
            "Sec-WebSocket-Accept is wrong",
        ),
        (
            WsScript::handshake(accept("Connection: Upgrade\r\n")).hang_up(),
            "Upgrade: websocket",
        ),
        (
            WsScript::handshake(accept("Upgrade: websocket\r\n")).hang_up(),
            "Connection: upgrade",
        ),
        (
            WsScript::handshake("SSH-2.0-x\r\n\r\n").hang_up(),
            "malformed HTTP response",
        ),
        (
            WsScript::handshake("HTTP/1.1 101 x\r\nUpgr").hang_up(),
            "EOF",
        ),
        (WsScript::handshake("x".repeat(1 << 20)), "too long"),
        (
            WsScript::handshake("HTTP/1.1 101\r\n".to_owned() + &"A: b\r\n".repeat(500) + "\r\n"),
            "malformed",
        ),
        (
            WsScript::new().header("Sec-WebSocket-Extensions", "permessage-deflate"),
            "compress",
        ),
    ];
    for (script, problem) in cases {
        peer.on("/", script);
        fixture.refused(&peer.url("/"), &["failed to connect: ", problem]);
    }
}

#[test]
fn a_server_that_dawdles_runs_into_the_limit_of_either_clock() {
    let clock = ManualClock::default();
    let fixture = Fixture::with(Options {
        clock: Arc::new(clock.clone()),
        ..Options::default()
    });
    let peer = WsPeer::start().expect("a peer");
    peer.on("/", WsScript::handshake("HTTP/1.1 101 Swi"));
    std::thread::scope(|scope| {
        let connect = scope.spawn(|| fixture.connect(&peer.url("/"), "c"));
        assert!(peer.wait_for_sessions(1, LIMIT));
        clock.advance(Duration::from_secs(30));
        let error = connect.join().expect("no panic").expect_err("too late");
        assert_eq!(error, "failed to connect: context deadline exceeded");
    });
    assert_eq!(
        fixture
            .connect(&peer.url("/none"), "c")
            .err()
            .map(|error| error.contains("404")),
        Some(true)
    );

    let fixture = Fixture::new();
    let (ctx, cancel) = context(Duration::from_millis(50));
    let connect = |ctx: &CallContext| {
        let result = fixture
            .service
            .open(ctx, &peer.url("/"), &HashMap::new(), "c".into());
        result.expect_err("no connection").to_string()
    };
    assert_eq!(
        connect(&ctx),
        "failed to connect: context deadline exceeded"
    );
    let (ctx, _) = context(LIMIT);
    let sessions = peer.sessions().len();
    std::thread::scope(|scope| {
        let connecting = scope.spawn(|| connect(&ctx));
        assert!(peer.wait_for_sessions(sessions + 1, LIMIT));
        ctx.cancel_token().cancel();
        let error = connecting.join().expect("no panic");
        assert_eq!(error, "failed to connect: context canceled");
    });
    drop(cancel);
}

fn context(left: Duration) -> (CallContext, CancelToken) {
    let cancel = CancelToken::new();
    let deadline = std::time::Instant::now() + left;
    let (journal, call) = (Journal::new(), CallId::NONE);
    let ctx = CallContext::new("p", "test", deadline, cancel.clone(), journal, call);
    (ctx, cancel)
}

#[test]
fn addresses_are_checked_when_connecting_from_0_64_on() {
    let peer = WsPeer::start().expect("a peer");
    peer.on("/", WsScript::new());
    let url = |host: &str| format!("ws://{host}:{}/", peer.address().port());
    let connects = |hosts: &[&str], rules: Rules, host: &str| {
        let fixture = Fixture::with_hosts(hosts, rules);
        fixture.connect(&url(host), "c").map(drop)
    };
    let (old, new) = (Rules::release_0_63, Rules::release_0_64);
    assert_eq!(connects(&["peer.test"], old(), "peer.test"), Ok(()));
    let error = connects(&["peer.test"], new(), "peer.test").expect_err("refused");
    assert!(
        error.starts_with("failed to connect: dial to private/loopback address \"127.0.0.1:")
            && error.contains("requires an explicit IP or CIDR in requiredHosts"),
        "{error}"
    );
    assert_eq!(
        connects(&["peer.test", "127.0.0.0/8"], new(), "peer.test"),
        Ok(())
    );
    assert_eq!(connects(&["*"], new(), "peer.test"), Ok(()));
    // A refused address is passed over.
    assert_eq!(
        connects(&["two.test", "127.0.0.1"], new(), "two.test"),
        Ok(())
    );
    let error = connects(&["*"], new(), "unknown.test").expect_err("no such name");
    assert_eq!(
        error,
        "failed to connect: lookup unknown.test: no such host"
    );
}

#[test]
fn refusals_are_data_too() {
    let fixture = Fixture::with_hosts(&["peer.test"], Rules::default());
    let refusal = |url: &str| {
        let (ctx, none) = (CallContext::detached("p"), HashMap::new());
        let error = fixture.service.open(&ctx, url, &none, String::new());
        error.expect_err(url).refusal().cloned()
    };
    use crate::services::http::Refusal;
    assert!(matches!(
        refusal("ws://x.test/"),
        Some(Refusal::NotListed { .. })
    ));
    assert!(matches!(
        refusal("ws://peer.test:1/"),
        Some(Refusal::PrivateDial { .. })
    ));
    assert_eq!(refusal("http://x.test/"), None);
}

#[test]
fn what_another_release_would_do_is_noted() {
    let rules = Rules::release_0_63().comparing(Rules::release_0_64());
    let fixture = Fixture::with_hosts(&["peer.test"], rules);
    let peer = WsPeer::start().expect("a peer");
    peer.on("/", WsScript::new());
    let ctx = CallContext::detached("p");
    let entered = ctx.enter();
    let url = format!("ws://peer.test:{}/", peer.address().port());
    let connected = fixture
        .service
        .open(&ctx, &url, &HashMap::new(), "c".into());
    drop(entered);
    assert!(connected.is_ok());
    let notes = ctx.journal().logs();
    assert!(
        notes
            .iter()
            .any(|note| note.message.contains("0.64: would refuse 127.0.0.1:")),
        "{notes:?}"
    );
}

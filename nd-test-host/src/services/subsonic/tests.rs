//! The checks of the service, and the proxy.

use std::sync::Mutex;

use serde_json::Value;

use super::*;
use crate::peer::{Answer, HttpPeer};

/// Remembers what it is asked.
#[derive(Default)]
struct Echo(Mutex<Vec<SubsonicRequest>>);

impl SubsonicBackend for Echo {
    fn get(&self, _ctx: &CallContext, request: &SubsonicRequest) -> Result<SubsonicAnswer, String> {
        self.0.lock().expect("a lock").push(request.clone());
        Ok(SubsonicAnswer {
            status: 404,
            content_type: "text/odd".to_owned(),
            body: b"as it \xff is".to_vec(),
        })
    }
}

fn users() -> Arc<[HostUser]> {
    let user = |id: &str, name: &str, admin| HostUser {
        id: id.to_owned(),
        name: name.to_owned(),
        display_name: name.to_owned(),
        admin,
        libraries: Grant::All,
    };
    [user("u1", "ann", false), user("u2", "root", true)].into()
}

fn service(grant: Grant<String>) -> (SubsonicService, Arc<Echo>) {
    let echo = Arc::<Echo>::default();
    let service = SubsonicService::new("demo", users(), grant, Some(echo.clone()));
    (service, echo)
}

fn failure(service: &SubsonicService, uri: &str) -> String {
    let ctx = CallContext::detached("demo");
    let failed = service
        .call(&ctx, uri.to_owned())
        .expect_err("an error")
        .to_string();
    let raw = service
        .call_raw(&ctx, uri.to_owned())
        .expect_err("an error");
    assert_eq!(failed, raw.to_string());
    failed
}

#[test]
fn the_checks_come_in_order() {
    let nobody = SubsonicService::new("demo", users(), Grant::none(), None);
    assert!(failure(&nobody, "\n").contains("router not available"));
    let (ungranted, _) = service(Grant::none());
    assert!(failure(&ungranted, "ping\n").starts_with("invalid URL"));
    for uri in ["ping", "ping?u=", "ping?U=ann"] {
        assert_eq!(failure(&ungranted, uri), "missing required parameter 'u'");
    }
    assert!(failure(&ungranted, "ping?u=zoe").contains("no users configured"));
    let (listed, echo) = service(Grant::Listed(vec!["u1".to_owned(), "zoe".to_owned()]));
    assert_eq!(failure(&listed, "ping?u=zoe"), "username zoe not found");
    // Administrators have no exemption.
    assert_eq!(
        failure(&listed, "ping?u=Root"),
        "user Root is not authorized for this plugin"
    );
    assert!(echo.0.lock().expect("a lock").is_empty());
    let ctx = CallContext::detached("demo");
    assert!(listed.call(&ctx, "ping?u=ANN".to_owned()).is_ok());
    let (all, _) = service(Grant::All);
    assert!(all.call(&ctx, "ping?u=zoe".to_owned()).is_ok());
}

#[test]
fn the_host_sets_client_version_and_format_and_passes_answers_on() {
    let (service, echo) = service(Grant::All);
    let ctx = CallContext::detached("demo");
    let uri = "https://x.test/rest/a/getSong.view?u=ann&c=me&v=9&f=xml&c=again&id=1&id=2";
    let json = service.call(&ctx, uri.to_owned());
    assert_eq!(json.as_deref(), Ok("as it \u{fffd} is"));
    let raw = service.call_raw(&ctx, uri.to_owned());
    assert_eq!(raw, Ok(("text/odd".to_owned(), b"as it \xff is".to_vec())));
    let asked: Vec<_> = echo
        .0
        .lock()
        .expect("a lock")
        .iter()
        .map(|request| format!("{}?{}", request.endpoint(), request.encoded_query()))
        .collect();
    assert_eq!(
        asked,
        [
            "getSong.view?c=demo&f=json&id=1&id=2&u=ann&v=1.16.1",
            "getSong.view?c=demo&f=xml&id=1&id=2&u=ann&v=1.16.1",
        ]
    );
}

fn ask(proxy: &ProxySubsonic, uri: &str) -> Result<SubsonicAnswer, String> {
    let request = SubsonicRequest::parse(uri).expect("a request");
    proxy.get(&CallContext::detached("demo"), &request)
}

fn login(user: &str, password: &str) -> Credential {
    Credential::Token {
        user: user.to_owned(),
        password: password.to_owned(),
    }
}

#[test]
fn a_proxy_logs_in_as_each_user_is_told_to() {
    let peer = HttpPeer::start().expect("a peer");
    peer.otherwise(
        Answer::status(503)
            .header("Content-Type", "text/odd")
            .body("no"),
    );
    let proxy = ProxySubsonic::new(&peer.url("/music/"))
        .expect("a proxy")
        .everybody(Credential::ApiKey("k 1".to_owned()))
        .user(
            "Ann",
            Credential::Password {
                user: "anna".to_owned(),
                password: "sesame".to_owned(),
            },
        )
        .user("bob", login("bobby", "sesame"));
    // Any status is an answer, and credentials of the plugin's own are dropped.
    let answer = ask(
        &proxy,
        "ping.view?u=ann&p=own&t=own&s=own&apiKey=own&id=%C3%A9",
    );
    let expected = SubsonicAnswer {
        status: 503,
        content_type: "text/odd".to_owned(),
        body: b"no".to_vec(),
    };
    assert_eq!(answer, Ok(expected));
    ask(&proxy, "ping?u=zoe").expect("an answer");
    ask(&proxy, "ping?u=BOB").expect("an answer");
    let asked: Vec<_> = peer
        .requests()
        .into_iter()
        .map(|request| request.target)
        .collect();
    assert_eq!(
        asked[0],
        "/music/rest/ping.view?id=%C3%A9&p=enc%3A736573616d65&u=anna"
    );
    assert_eq!(asked[1], "/music/rest/ping?apiKey=k+1");
    let sent = SubsonicRequest::parse(&asked[2]).expect("a request");
    let salt = sent.parameter("s").expect("a salt");
    assert_eq!(sent.parameter("t"), Some(token("sesame", salt).as_str()));
    assert_eq!(sent.parameter("u"), Some("bobby"));
}

#[test]
fn a_proxy_that_reaches_nobody_says_who_without_secrets() {
    let peer = HttpPeer::start().expect("a peer");
    let address = peer.address();
    drop(peer);
    let proxy = ProxySubsonic::new(&format!("http://user:hidden@{address}/nd?key=hidden"));
    let proxy = proxy.expect("a proxy");
    let error = ask(&proxy, "ping?u=ann").expect_err("no credential");
    assert!(
        error.contains("no credential") && error.contains("\"ann\""),
        "{error}"
    );
    let proxy = proxy.everybody(login("ann", "hidden"));
    let error = ask(&proxy, "ping?u=ann").expect_err("nobody there");
    let server = format!("asking http://{address}/nd: ");
    assert!(error.starts_with(&server), "{error}");
    for text in [error, format!("{proxy:?} {:?}", login("ann", "hidden"))] {
        assert!(!text.contains("hidden"), "{text}");
    }
    assert!(ProxySubsonic::new("ftp://x.test").is_err());
    assert!(ProxySubsonic::new("nonsense").is_err());
}

#[test]
fn a_proxy_and_the_embedded_responder_understand_each_other() {
    let parts = SubsonicParts {
        users: users(),
        libraries: Arc::new([]),
        catalogue: Default::default(),
        store: crate::store::Database::in_memory().expect("a database"),
        clock: Arc::new(crate::services::ManualClock::default()),
        config: Arc::default(),
        server_version: "0.64.2".to_owned(),
        now_playing: NowPlaying::default(),
        plays: None,
    };
    let responder = EmbeddedSubsonic::new(parts);
    let server = responder.serve([("ann", "sesame")]).expect("a server");
    let proxy = ProxySubsonic::new(&server.url()).expect("a proxy");
    let proxy = proxy.everybody(login("ann", "sesame"));
    let service = SubsonicService::new("demo", users(), Grant::All, Some(Arc::new(proxy)));
    let ctx = CallContext::detached("demo");
    let call = |uri: &str| {
        let json = service.call(&ctx, uri.to_owned()).expect("an answer");
        serde_json::from_str::<Value>(&json).unwrap_or(Value::String(json))
    };
    let made = call("/rest/createPlaylist?u=root&name=Mix");
    assert_eq!(made["subsonic-response"]["playlist"]["owner"], "ann");
    assert_eq!(call("nonsense?u=ann"), "404 page not found\n");
    let raw = service.call_raw(&ctx, "ping?u=ann".to_owned());
    assert_eq!(raw.expect("an answer").0, "application/xml");
}

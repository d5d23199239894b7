//! Artwork: addresses depend on the server's settings, its release, and the request behind the call.

use super::Fixture;
use nd_test_host::context::{CallContext, Callback};
use nd_test_host::error::ServiceError;
use nd_test_host::generated::SubsonicApi;
use nd_test_host::plugin::CallOptions;
use nd_test_host::server::ServerConfig;
use nd_test_host::{Host, HostBuilder, PluginSettings};
use serde_json::{Value, json};
use std::sync::{Arc, Weak};

fn host() -> HostBuilder {
    Host::builder().every_plugin(PluginSettings::all())
}

fn url(fixture: &Fixture, function: &str, size: i32) -> String {
    let url = fixture.get(function, json!({ "id": "x-1", "size": size }));
    url.as_str().unwrap().to_owned()
}

#[test]
fn addresses_begin_as_the_release_and_the_settings_say() {
    let newest = Fixture::in_host(host());
    assert!(url(&newest, "artwork_getalbumurl", 0).starts_with("http://localhost:4533/share/img/"));
    let mut config = ServerConfig::default();
    config.base_url = "https://music.test/nd".to_owned();
    let configured = Fixture::in_host(host().server(config));
    let url_of_artist = url(&configured, "artwork_getartisturl", 300);
    assert!(url_of_artist.starts_with("https://music.test/nd/share/img/"));
    assert!(url_of_artist.ends_with("?size=300"), "{url_of_artist}");
}

#[test]
fn each_kind_of_image_has_an_address_of_its_own_that_stays() {
    let fixture = Fixture::new();
    let functions = [
        "artwork_getartisturl",
        "artwork_getalbumurl",
        "artwork_gettrackurl",
        "artwork_getplaylisturl",
    ];
    let urls: std::collections::BTreeSet<String> = functions
        .iter()
        .map(|function| url(&fixture, function, 0))
        .collect();
    assert_eq!(urls.len(), 4);
    assert!(urls.contains(&url(&fixture, "artwork_gettrackurl", 0)));
}

/// A service that calls its plugin back and hands out what that answers.
struct Nested(Weak<dyn Callback>);

impl SubsonicApi for Nested {
    fn call(&self, _: &CallContext, command: String) -> Result<String, ServiceError> {
        let plugin = self.0.upgrade().ok_or("unloaded")?;
        let answer = plugin.call("call_service", command.into_bytes());
        let answer = answer.map_err(|error| error.to_string())?;
        Ok(String::from_utf8(answer).unwrap_or_default())
    }

    fn call_raw(&self, _: &CallContext, _: String) -> Result<(String, Vec<u8>), ServiceError> {
        Err("not needed".into())
    }
}

#[test]
fn the_request_behind_a_call_is_where_the_client_can_fetch_the_image() {
    let nested = host().services(|setup, services| {
        services.subsonicapi = Arc::new(Nested(setup.callback.clone()));
    });
    let fixture = Fixture::in_host(nested);
    let url = json!({ "function": "artwork_getalbumurl", "arguments": { "id": "x-1" } });
    let nested = json!({ "function": "subsonicapi_call", "arguments": { "uri": url.to_string() } });
    let options = CallOptions::default().request_base("https://nas.test:8443");
    // Calls made from inside the call have the same request behind them.
    for command in [url, nested] {
        let call = |options| {
            let input = command.to_string();
            let plugin = &fixture.plugin;
            let answer = plugin.call_with("call_service", input.as_bytes(), options);
            let answer: Value = serde_json::from_slice(&answer.unwrap()).unwrap();
            answer.as_str().unwrap().trim_matches('"').to_owned()
        };
        let url = call(&options);
        assert!(url.starts_with("https://nas.test:8443/share/img/"), "{url}");
        let url = call(&CallOptions::default());
        assert!(url.starts_with("http://localhost:4533/share/img/"), "{url}");
    }
}

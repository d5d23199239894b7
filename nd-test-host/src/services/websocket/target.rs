//! What a WebSocket URL says, and whether the plugin may go there.

use std::net::IpAddr;

use url::{Host, Url};

use super::dial::Dialer;
use crate::error::ServiceError;
use crate::services::http::matches_text;

/// Where a connection leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) url: Url,
    /// The host to look up or to connect to.
    pub(super) host: Host<String>,
    pub(super) port: u16,
}

impl Dialer {
    /// Checks a URL in the server's order: that it is one, its scheme, and its host.
    pub(super) fn check(&self, text: &str) -> Result<Target, ServiceError> {
        let invalid = |why: &str| ServiceError::new(format!("invalid URL: {why}"));
        let url = Url::parse(text).map_err(|error| match scheme(text) {
            // A scheme with nothing behind it is still a wrong one.
            Some(scheme) if !is_websocket(scheme) => wrong_scheme(),
            _ => invalid(&error.to_string()),
        })?;
        if !is_websocket(url.scheme()) {
            return Err(wrong_scheme());
        }
        let host = url
            .host()
            .ok_or_else(|| invalid("it names no host"))?
            .to_owned();
        let port = url.port_or_known_default().unwrap_or(80);
        let authority = authority(text).unwrap_or_default();
        if !self.allows(authority, &host) {
            return Err(format!(
                "host \"{authority}\" is not allowed: add \"{}\" to permissions.websocket.requiredHosts in the manifest",
                bare(authority)
            )
            .into());
        }
        Ok(Target { url, host, port })
    }

    /// An empty list allows nothing. The host is compared as it is spelt; where the release compares addresses as
    /// addresses, an address may also be meant by an IP or CIDR entry.
    fn allows(&self, authority: &str, host: &Host<String>) -> bool {
        let address: Option<IpAddr> = match host {
            Host::Ipv4(address) => Some((*address).into()),
            Host::Ipv6(address) => Some((*address).into()),
            Host::Domain(_) => None,
        };
        let by_text = self
            .allow
            .texts()
            .any(|entry| matches_text(entry, bare(authority)));
        let by_address =
            || self.checks_dial && address.is_some_and(|address| self.allow.lists(address));
        !self.unlisted && (by_text || by_address())
    }
}

fn is_websocket(scheme: &str) -> bool {
    matches!(scheme, "ws" | "wss")
}

fn wrong_scheme() -> ServiceError {
    ServiceError::new("invalid URL scheme: must be ws:// or wss://")
}

fn scheme(text: &str) -> Option<&str> {
    text.split_once("://").map(|(scheme, _)| scheme)
}

/// Returns host and port as the URL spells them, without user info.
fn authority(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end)?;
    Some(authority.rsplit('@').next().unwrap_or(authority))
}

/// Cuts off what follows the last colon, as the server does, also inside an IPv6 address without a port.
fn bare(authority: &str) -> &str {
    authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::server::Rules;
    use crate::services::http::{AllowList, SystemResolver};

    fn dialer(hosts: &[&str], rules: &Rules) -> Dialer {
        let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        Dialer {
            allow: Arc::new(AllowList::new(&hosts, rules.http.clone())),
            unlisted: hosts.is_empty(),
            checks_dial: rules.websocket_dial_check,
            resolver: Arc::new(SystemResolver),
        }
    }

    fn verdict(hosts: &[&str], url: &str, rules: &Rules) -> String {
        let checked = dialer(hosts, rules).check(url);
        checked
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn urls_are_checked_before_hosts() {
        let rules = Rules::default();
        for (url, part) in [
            ("", "invalid URL"),
            ("nonsense", "invalid URL"),
            (
                "http://a.test",
                "invalid URL scheme: must be ws:// or wss://",
            ),
            ("http://", "invalid URL scheme"),
            ("ws://", "invalid URL"),
            ("ws://b.test:8080/x", "host \"b.test:8080\" is not allowed"),
            ("wss://u:p@b.test", "host \"b.test\" is not allowed"),
        ] {
            let error = verdict(&["a.test"], url, &rules);
            assert!(error.contains(part), "{url}: {error}");
        }
        assert_eq!(verdict(&["a.test"], "ws://a.test:80/x?y", &rules), "");
    }

    #[test]
    fn hosts_are_compared_as_the_releases_do() {
        let (old, new) = (Rules::release_0_63(), Rules::release_0_64());
        for (hosts, url, in_old, in_new) in [
            (&[][..], "ws://a.test", false, false),
            (&["*"], "ws://a.test", true, true),
            (&["*"], "ws://[::1]", true, true),
            (&["*.test"], "ws://a.test:1", true, true),
            (&["*.test"], "ws://test", false, false),
            (&["A.test"], "ws://a.test", false, false),
            (&["[::1]"], "ws://[::1]:80", true, true),
            (&["::1"], "ws://[::1]:80", false, true),
            (&["[::1]"], "ws://[::1]", false, false),
            (&["::1"], "ws://[::1]", false, true),
            (&["127.0.0.1"], "ws://127.0.0.1:9", true, true),
            (&["127.0.0.0/8"], "ws://127.0.0.1:9", false, true),
        ] {
            assert_eq!(
                verdict(hosts, url, &old).is_empty(),
                in_old,
                "0.63 {hosts:?} {url}"
            );
            assert_eq!(
                verdict(hosts, url, &new).is_empty(),
                in_new,
                "0.64 {hosts:?} {url}"
            );
        }
    }
}

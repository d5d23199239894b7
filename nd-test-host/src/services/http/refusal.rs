//! Why a request was not made, as data; the texts the plugin reads are made here and nowhere else.

use std::net::SocketAddr;

/// Why the host rules stopped a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// This host is not among those the manifest lists. Add it to the permission's `requiredHosts`.
    #[error(
        "host \"{authority}\" is not allowed: add \"{host}\" to permissions.{permission}.requiredHosts in the manifest"
    )]
    NotListed {
        /// Key of the permission: `http` or `websocket`.
        permission: &'static str,
        /// Host and port as in the URL.
        authority: String,
        /// The host alone, as an entry has to spell it.
        host: String,
    },
    /// The manifest lists no hosts, and the URL names a private address itself. List the address, or `*`.
    #[error(
        "host \"{authority}\" is not allowed: private/loopback address; \
         add \"{host}\" to permissions.http.requiredHosts in the manifest"
    )]
    PrivateLiteral {
        /// Host and port as in the URL.
        authority: String,
        /// The host alone, as an entry has to spell it.
        host: String,
    },
    /// The name leads to a private address that no entry authorises. List the address or its range beside the name, or `*`.
    #[error(
        "dial to private/loopback address \"{address}\" blocked: requires an explicit IP or CIDR in requiredHosts; \
         add \"{ip}\" or a CIDR range around it, or \"*\"",
        ip = address.ip()
    )]
    PrivateDial {
        /// The address that would have been connected to.
        address: SocketAddr,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_carry_the_stable_parts_and_name_the_missing_entry() {
        let check = |refusal: Refusal, parts: &[&str]| {
            let text = refusal.to_string();
            for part in parts {
                assert!(text.contains(part), "{part:?} in {text:?}");
            }
        };
        let (authority, host) = ("nas.lan:8080".to_owned(), "nas.lan".to_owned());
        check(
            Refusal::NotListed {
                permission: "websocket",
                authority,
                host,
            },
            &[
                "host \"nas.lan:8080\" is not allowed",
                "add \"nas.lan\" to permissions.websocket.requiredHosts",
            ],
        );
        let (authority, host) = ("[::1]:80".to_owned(), "::1".to_owned());
        check(
            Refusal::PrivateLiteral { authority, host },
            &[
                "host \"[::1]:80\" is not allowed",
                "private/loopback",
                "add \"::1\"",
            ],
        );
        let dial = Refusal::PrivateDial {
            address: ([192, 168, 1, 10], 443).into(),
        };
        check(
            dial.clone(),
            &[
                "dial to private/loopback address",
                "\"192.168.1.10:443\"",
                "blocked",
                "requires an explicit IP or CIDR in requiredHosts",
                "add \"192.168.1.10\"",
            ],
        );
        assert!(
            !dial.to_string().contains("not allowed"),
            "plugins tell the two refusals apart by that"
        );
    }
}

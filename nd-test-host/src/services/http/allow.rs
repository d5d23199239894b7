//! Which hosts and addresses a plugin may reach: the manifest's `requiredHosts` under the rules of a server release.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::refusal::Refusal;
use crate::context::CallContext;
use crate::server::Rules;

/// What a server release allows. Services read the fields, never the release.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpRules {
    /// Entries that are an IP address or a CIDR range match address literals in any notation.
    pub address_entries: bool,
    /// `0.0.0.0` and `::` count as private.
    pub unspecified_is_private: bool,
    /// Private addresses are checked again when connecting, and need an IP or CIDR entry or `*`.
    pub dial_check: bool,
    /// Requests without a `User-Agent` get the server's name and version.
    pub server_user_agent: bool,
}

impl HttpRules {
    /// Returns the rules of server release 0.64 and later.
    pub fn release_0_64() -> Self {
        Self {
            address_entries: true,
            unspecified_is_private: true,
            dial_check: true,
            server_user_agent: true,
        }
    }

    /// Returns the rules of server release 0.63.
    pub fn release_0_63() -> Self {
        Self {
            address_entries: false,
            unspecified_is_private: false,
            dial_check: false,
            server_user_agent: false,
        }
    }
}

impl Default for HttpRules {
    fn default() -> Self {
        Self::release_0_64()
    }
}

/// The hosts of one plugin under the rules of one release.
#[derive(Debug, Clone)]
pub(crate) struct AllowList {
    user: User,
    rules: HttpRules,
    entries: Vec<Entry>,
    /// The rules of the release, if others are compared with them.
    compared: Option<Box<Rules>>,
}

/// The service a list belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum User {
    Http,
    /// An empty list allows nothing, and releases without a dial check cut the host off the authority in their own way.
    WebSocket,
}

impl User {
    /// Returns the part of a release's rules that applies.
    fn rules(self, rules: &Rules) -> HttpRules {
        match self {
            Self::WebSocket if !rules.websocket_dial_check => HttpRules {
                address_entries: false,
                dial_check: false,
                ..rules.http.clone()
            },
            _ => rules.http.clone(),
        }
    }

    fn permission(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::WebSocket => "websocket",
        }
    }
}

#[derive(Debug, Clone)]
struct Entry {
    text: String,
    range: Option<Range>,
}

/// An address, or the addresses that share its first bits.
#[derive(Debug, Clone, Copy)]
struct Range {
    address: IpAddr,
    bits: u8,
}

impl AllowList {
    /// The list of the HTTP service.
    pub(crate) fn new(required_hosts: &[String], rules: HttpRules) -> Self {
        Self::of(User::Http, required_hosts, rules)
    }

    /// The list of the WebSocket service; notes in the journal what the rules compared with would decide otherwise.
    pub(crate) fn websocket(required_hosts: &[String], rules: &Rules) -> Self {
        let user = User::WebSocket;
        Self::of(user, required_hosts, user.rules(rules)).comparing(rules)
    }

    fn of(user: User, required_hosts: &[String], rules: HttpRules) -> Self {
        let entries = required_hosts.iter().map(|text| Entry {
            text: text.clone(),
            range: Range::parse(text),
        });
        Self {
            user,
            entries: entries.collect(),
            rules,
            compared: None,
        }
    }

    /// Notes in the journal of the running plugin call what the rules compared with would decide otherwise.
    pub(crate) fn comparing(mut self, rules: &Rules) -> Self {
        self.compared = rules
            .compared_with
            .is_some()
            .then(|| Box::new(rules.clone()));
        self
    }

    /// Checks the host as the URL spells it, before anything is resolved.
    ///
    /// `authority` is host and port for the message, `host` the bare host without port and brackets.
    pub(crate) fn check_host(&self, authority: &str, host: &str) -> Result<(), Refusal> {
        let verdict = self.judge_host(&self.rules, authority, host);
        self.compare(authority, &verdict, |rules| {
            self.judge_host(rules, authority, host)
        });
        verdict
    }

    /// Checks the address that is about to be connected to.
    pub(crate) fn check_dial(&self, address: SocketAddr) -> Result<(), Refusal> {
        let verdict = self.judge_dial(&self.rules, address);
        self.compare(&address.to_string(), &verdict, |rules| {
            self.judge_dial(rules, address)
        });
        verdict
    }

    /// Notes a verdict that other rules would have turned round.
    fn compare(
        &self,
        place: &str,
        verdict: &Result<(), Refusal>,
        judge: impl FnOnce(&HttpRules) -> Result<(), Refusal>,
    ) {
        if let Some(rules) = &self.compared
            && let Some(context) = CallContext::current()
        {
            rules.compare(context.journal(), context.plugin(), |other| {
                match (verdict, judge(&self.user.rules(other))) {
                    (Ok(()), Err(refusal)) => Some(format!("would refuse {place}: {refusal}")),
                    (Err(_), Ok(())) => Some(format!("would let {place} pass")),
                    _ => None,
                }
            });
        }
    }

    fn judge_host(&self, rules: &HttpRules, authority: &str, host: &str) -> Result<(), Refusal> {
        let literal = literal(host);
        let host = match self.user {
            User::WebSocket if !rules.dial_check => before_last_colon(authority),
            _ => host,
        };
        if self.entries.is_empty() && self.user == User::Http {
            let private = host.eq_ignore_ascii_case("localhost")
                || literal.is_some_and(|address| is_private(rules, address));
            return match private {
                true => Err(Refusal::PrivateLiteral {
                    authority: authority.to_owned(),
                    host: host.to_owned(),
                }),
                false => Ok(()),
            };
        }
        let by_text = self
            .entries
            .iter()
            .any(|entry| matches_text(&entry.text, host));
        let by_address =
            || rules.address_entries && literal.is_some_and(|address| self.lists(address));
        match by_text || by_address() {
            true => Ok(()),
            false => Err(Refusal::NotListed {
                permission: self.user.permission(),
                authority: authority.to_owned(),
                host: host.to_owned(),
            }),
        }
    }

    fn judge_dial(&self, rules: &HttpRules, address: SocketAddr) -> Result<(), Refusal> {
        let allowed = !rules.dial_check
            || self.entries.iter().any(|entry| entry.text == "*")
            || !is_private(rules, address.ip())
            || self.lists(address.ip());
        match allowed {
            true => Ok(()),
            false => Err(Refusal::PrivateDial { address }),
        }
    }

    /// Tells whether an IP or CIDR entry covers the address.
    fn lists(&self, address: IpAddr) -> bool {
        self.entries
            .iter()
            .filter_map(|entry| entry.range)
            .any(|range| range.contains(address))
    }
}

/// Tells whether an address is private, loopback or local to the link.
fn is_private(rules: &HttpRules, address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.octets()[..3] == [224, 0, 0]
                || (rules.unspecified_is_private && v4.is_unspecified())
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || is_link_local_multicast(v6)
                || (rules.unspecified_is_private && v6.is_unspecified())
        }
    }
}

/// `ff02::/16` and the same scope with any flags.
fn is_link_local_multicast(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.octets();
    first == 0xff && second & 0x0f == 0x02
}

/// Cuts a port off without looking whether it is one, so that `[::1]` becomes `[:`.
fn before_last_colon(authority: &str) -> &str {
    authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host)
}

/// Reads a host that is an address. A zone (`fe80::1%eth0`) is cut off, so that it cannot hide a private address.
fn literal(host: &str) -> Option<IpAddr> {
    host.split('%').next()?.parse().ok()
}

/// Compares a host with one entry: `*`, `*.suffix`, or the very same text. No normalisation of any kind.
fn matches_text(entry: &str, host: &str) -> bool {
    entry == "*"
        || entry == host
        || entry.strip_prefix('*').is_some_and(|suffix| {
            suffix.starts_with('.')
                && !suffix.contains('*')
                && host.ends_with(suffix)
                && host != suffix
        })
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let full = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(full);
        if bits > full {
            return None;
        }
        // A range of IPv4-mapped addresses is a range of IPv4 addresses.
        match address.to_canonical() {
            canonical if canonical.is_ipv4() && address.is_ipv6() => {
                bits.checked_sub(96).map(|bits| Self {
                    address: canonical,
                    bits,
                })
            }
            _ => Some(Self { address, bits }),
        }
    }

    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(range), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                range.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(range), IpAddr::V6(address)) => {
                let mask = u128::MAX
                    .checked_shl(128 - u32::from(self.bits))
                    .unwrap_or(0);
                range.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;

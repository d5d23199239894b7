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
    rules: HttpRules,
    entries: Vec<Entry>,
    /// The rules of the release, if others are compared with them.
    compared: Option<Box<Rules>>,
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
    pub(crate) fn new(required_hosts: &[String], rules: HttpRules) -> Self {
        let entries = required_hosts.iter().map(|text| Entry {
            text: text.clone(),
            range: Range::parse(text),
        });
        Self {
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
                match (verdict, judge(&other.http)) {
                    (Ok(()), Err(refusal)) => Some(format!("would refuse {place}: {refusal}")),
                    (Err(_), Ok(())) => Some(format!("would let {place} pass")),
                    _ => None,
                }
            });
        }
    }

    fn judge_host(&self, rules: &HttpRules, authority: &str, host: &str) -> Result<(), Refusal> {
        let literal = literal(host);
        if self.entries.is_empty() {
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

    /// Returns the entries as they are spelt.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.text.as_str())
    }

    /// Tells whether an IP or CIDR entry covers the address.
    pub(crate) fn lists(&self, address: IpAddr) -> bool {
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

/// Reads a host that is an address. A zone (`fe80::1%eth0`) is cut off, so that it cannot hide a private address.
fn literal(host: &str) -> Option<IpAddr> {
    host.split('%').next()?.parse().ok()
}

/// Compares a host with one entry: `*`, `*.suffix`, or the very same text. No normalisation of any kind.
pub(crate) fn matches_text(entry: &str, host: &str) -> bool {
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
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Clone, Copy)]
    enum Verdict {
        Done,
        NotListed,
        PrivateLiteral,
        PrivateDial,
    }
    use Verdict::*;

    fn verdict(list: &[&str], rules: HttpRules, host: &str, address: &str) -> Verdict {
        let list: Vec<String> = list.iter().map(|&entry| entry.to_owned()).collect();
        let list = AllowList::new(&list, rules);
        let address: IpAddr = address.parse().expect("an address");
        match list
            .check_host(host, host)
            .and_then(|()| list.check_dial((address, 80).into()))
        {
            Ok(()) => Done,
            Err(Refusal::NotListed { .. }) => NotListed,
            Err(Refusal::PrivateLiteral { .. }) => PrivateLiteral,
            Err(Refusal::PrivateDial { .. }) => PrivateDial,
        }
    }

    /// List, host in the URL, its address, verdict of 0.63, verdict of 0.64.
    type Example<'a> = (&'a [&'a str], &'a str, &'a str, Verdict, Verdict);

    #[test]
    fn worked_examples_of_both_releases() {
        const PUBLIC: &str = "93.184.216.34";
        let examples: &[Example<'_>] = &[
            (&[], "api.example.com", PUBLIC, Done, Done),
            (&[], "nas.lan", "192.168.1.10", Done, PrivateDial),
            (
                &[],
                "192.168.1.10",
                "192.168.1.10",
                PrivateLiteral,
                PrivateLiteral,
            ),
            (&[], "0.0.0.0", "0.0.0.0", Done, PrivateLiteral),
            (&[], "::", "::", Done, PrivateLiteral),
            (
                &[],
                "localhost",
                "127.0.0.1",
                PrivateLiteral,
                PrivateLiteral,
            ),
            (
                &[],
                "LocalHost",
                "127.0.0.1",
                PrivateLiteral,
                PrivateLiteral,
            ),
            (&[], "localhost.", "127.0.0.1", Done, PrivateDial),
            (&[], "127.1", "127.0.0.1", Done, PrivateDial),
            (&[], "0x7f000001", "127.0.0.1", Done, PrivateDial),
            (
                &[],
                "fe80::1%eth0",
                "fe80::1",
                PrivateLiteral,
                PrivateLiteral,
            ),
            (&["nas.lan"], "nas.lan", "192.168.1.10", Done, PrivateDial),
            (
                &["*.example.com"],
                "a.example.com",
                "10.0.0.1",
                Done,
                PrivateDial,
            ),
            (
                &["192.168.1.10"],
                "192.168.1.10",
                "192.168.1.10",
                Done,
                Done,
            ),
            (
                &["192.168.1.10"],
                "nas.lan",
                "192.168.1.10",
                NotListed,
                NotListed,
            ),
            (
                &["nas.lan", "192.168.0.0/16"],
                "nas.lan",
                "192.168.1.10",
                Done,
                Done,
            ),
            (&["10.0.0.0/8"], "10.1.2.3", "10.1.2.3", NotListed, Done),
            (&["10.9.9.9/8"], "10.1.2.3", "10.1.2.3", NotListed, Done),
            (
                &["203.0.113.0/24"],
                "203.0.113.9",
                "203.0.113.9",
                NotListed,
                Done,
            ),
            (&["localhost"], "localhost", "127.0.0.1", Done, PrivateDial),
            (
                &["localhost", "127.0.0.1"],
                "localhost",
                "127.0.0.1",
                Done,
                Done,
            ),
            (
                &["localhost", "127.0.0.1"],
                "localhost",
                "::1",
                Done,
                PrivateDial,
            ),
            (&["*.0.0.1"], "127.0.0.1", "127.0.0.1", Done, PrivateDial),
            (&["*"], "anything", "127.0.0.1", Done, Done),
            (&["*"], "10.0.0.1", "10.0.0.1", Done, Done),
            (&["::1"], "0:0:0:0:0:0:0:1", "::1", NotListed, Done),
            (&["fd00::/8"], "fd12::1", "fd12::1", NotListed, Done),
            (
                &["::ffff:10.0.0.0/104"],
                "10.1.2.3",
                "10.1.2.3",
                NotListed,
                Done,
            ),
            (
                &["127.0.0.1"],
                "::ffff:127.0.0.1",
                "::ffff:127.0.0.1",
                NotListed,
                Done,
            ),
            (
                &["0.0.0.0/0"],
                "example.com",
                "10.0.0.1",
                NotListed,
                NotListed,
            ),
            (
                &["example.com", "0.0.0.0/0"],
                "example.com",
                "10.0.0.1",
                Done,
                Done,
            ),
        ];
        for &(list, host, address, old, new) in examples {
            assert_eq!(
                verdict(list, HttpRules::release_0_63(), host, address),
                old,
                "0.63: {list:?} {host}"
            );
            assert_eq!(
                verdict(list, HttpRules::release_0_64(), host, address),
                new,
                "0.64: {list:?} {host}"
            );
        }
    }

    #[test]
    fn the_rules_of_the_releases_differ_in_every_field() {
        let (old, new) = (HttpRules::release_0_63(), HttpRules::release_0_64());
        let HttpRules {
            address_entries,
            unspecified_is_private,
            dial_check,
            server_user_agent,
        } = new;
        assert_ne!(old.address_entries, address_entries);
        assert_ne!(old.unspecified_is_private, unspecified_is_private);
        assert_ne!(old.dial_check, dial_check);
        assert_ne!(old.server_user_agent, server_user_agent);
    }

    #[test]
    fn patterns_are_star_suffix_or_the_text_itself() {
        let cases = [
            ("*", "anything", true),
            ("example.com", "example.com", true),
            ("example.com", "Example.com", false),
            ("example.com", "example.com.", false),
            ("example.com:8080", "example.com", false),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "badexample.com", false),
            ("*.example.com", "a.EXAMPLE.com", false),
            ("*.0.0.1", "127.0.0.1", true),
            ("*example.com", "aexample.com", false),
            ("api.*.com", "api.x.com", false),
            ("api.*.com", "api.*.com", true),
            ("*.*.com", "a.b.com", false),
            ("*", "", true),
            ("", "", true),
        ];
        for (entry, host, expected) in cases {
            assert_eq!(matches_text(entry, host), expected, "{entry} {host}");
        }
    }

    #[test]
    fn private_addresses_are_those_of_the_contract() {
        let rules = HttpRules::release_0_64();
        for private in [
            "127.0.0.1",
            "127.255.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.1.1",
            "224.0.0.251",
            "0.0.0.0",
            "::",
            "::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "febf::1",
            "ff02::1",
            "ff12::1",
            "::ffff:10.0.0.1",
            "::ffff:0.0.0.0",
        ] {
            assert!(
                is_private(&rules, private.parse().expect(private)),
                "{private}"
            );
        }
        for public in [
            "8.8.8.8",
            "100.64.0.1",
            "172.32.0.1",
            "172.15.0.1",
            "192.169.0.1",
            "224.0.1.1",
            "239.1.1.1",
            "255.255.255.255",
            "0.0.0.1",
            "192.0.2.1",
            "2001:db8::1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "ff05::1",
            "fec0::1",
        ] {
            assert!(
                !is_private(&rules, public.parse().expect(public)),
                "{public}"
            );
        }
    }
}

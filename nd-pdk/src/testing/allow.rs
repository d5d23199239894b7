//! Which hosts HTTP requests may go to: the manifest's `requiredHosts` under the rules of the server releases.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The server release whose rules a fake host keeps where releases differ: in what HTTP requests may reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Release {
    /// 0.63: an entry of `requiredHosts` matches a host by its text alone, and `0.0.0.0` and `::` are not private.
    V0_63,
    /// 0.64 and later: an IP address or a CIDR range is an entry too, `0.0.0.0` and `::` are private, and a private address
    /// needs such an entry or `*` beside the one that matches its name. Of names, only `localhost` has an address here.
    V0_64,
    /// Both, for a package that runs on either. What only one of them accepts is done, and
    /// [`FakeHost::logs`](super::FakeHost::logs) has a warning with the reason of the other.
    #[default]
    Both,
}

/// The addresses of the name `localhost`.
const LOCALHOST: &[IpAddr] = &[
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

/// Where a request goes, as the URL spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target<'a> {
    /// Host and port.
    authority: &'a str,
    /// The host without brackets.
    host: &'a str,
    port: u16,
}

impl<'a> Target<'a> {
    /// Takes an authority apart; `port` is what it has if it names none.
    pub(super) fn new(authority: &'a str, port: u16) -> Self {
        let (host, rest) = match authority.strip_prefix('[') {
            Some(inner) => inner.split_once(']').unwrap_or((authority, "")),
            None => authority.split_at(authority.rfind(':').unwrap_or(authority.len())),
        };
        let named = rest.strip_prefix(':').and_then(|named| named.parse().ok());
        Self {
            authority,
            host,
            port: named.unwrap_or(port),
        }
    }
}

/// Returns a warning for what only one of both releases accepts.
///
/// # Errors
///
/// When the release, or each of both, refuses the target; with the message that the plugin gets.
pub(super) fn check(
    release: Release,
    required: &[String],
    target: Target<'_>,
) -> Result<Option<String>, String> {
    if release != Release::Both {
        return judge(release, required, target).map(|()| None);
    }
    let refused =
        |release, refusal| Some(format!("server release {release} refuses this: {refusal}"));
    match [Release::V0_63, Release::V0_64].map(|release| judge(release, required, target)) {
        [Ok(()), Ok(())] => Ok(None),
        [Err(refusal), Ok(())] => Ok(refused("0.63", refusal)),
        [Ok(()), Err(refusal)] => Ok(refused("0.64", refusal)),
        [Err(_), Err(refusal)] => Err(refusal),
    }
}

/// Applies the list, or without one the ban on private addresses; then, from 0.64 on, looks at the address.
fn judge(release: Release, required: &[String], target: Target<'_>) -> Result<(), String> {
    let Target {
        authority,
        host,
        port,
    } = target;
    let local = host.eq_ignore_ascii_case("localhost");
    let literal = literal(host);
    if required.is_empty() {
        if local || literal.is_some_and(|address| is_private(release, address)) {
            return Err(format!(
                "host \"{authority}\" is not allowed: private/loopback addresses must be listed in requiredHosts"
            ));
        }
        return Ok(());
    }
    let by_text = required.iter().any(|entry| matches_text(entry, host));
    if release == Release::V0_63 {
        return match by_text {
            true => Ok(()),
            false => Err(format!("host \"{authority}\" is not allowed")),
        };
    }
    let listed = |address| {
        let mut ranges = required.iter().filter_map(|entry| Range::parse(entry));
        ranges.any(|range| range.contains(address))
    };
    if !by_text && !literal.is_some_and(listed) {
        return Err(format!("host \"{authority}\" is not allowed"));
    }
    let addresses = match literal {
        None if local => LOCALHOST,
        _ => literal.as_slice(),
    };
    let Some(first) = addresses.first() else {
        return Ok(());
    };
    // One address of a name is enough.
    let reached = |address: &IpAddr| !is_private(release, *address) || listed(*address);
    if required.iter().any(|entry| entry == "*") || addresses.iter().any(reached) {
        return Ok(());
    }
    Err(format!(
        "dial to private/loopback address \"{}\" blocked: requires an explicit IP or CIDR in requiredHosts",
        SocketAddr::new(*first, port)
    ))
}

/// Compares a host with one entry: `*`, `*.suffix`, or the very same text.
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

/// Reads a host that is an address, without its zone, which must not hide a private one.
fn literal(host: &str) -> Option<IpAddr> {
    host.split('%').next()?.parse().ok()
}

fn is_private(release: Release, address: IpAddr) -> bool {
    let address = address.to_canonical();
    let unspecified = release != Release::V0_63 && address.is_unspecified();
    unspecified
        || address.is_loopback()
        || match address {
            IpAddr::V4(v4) => {
                v4.is_private() || v4.is_link_local() || v4.octets().starts_with(&[224, 0, 0])
            }
            IpAddr::V6(v6) => {
                let local_multicast = v6.segments()[0] & 0xff0f == 0xff02;
                v6.is_unique_local() || v6.is_unicast_link_local() || local_multicast
            }
        }
}

/// An entry that is an address, or a range: the addresses that share its first bits. All are IPv6, so that IPv4 addresses
/// are the same in any notation.
#[derive(Debug, Clone, Copy)]
struct Range {
    address: u128,
    bits: u32,
}

impl Range {
    fn parse(entry: &str) -> Option<Self> {
        let (address, bits) = match entry.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
            None => (entry, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (all, before) = match address {
            IpAddr::V4(_) => (32, 96),
            IpAddr::V6(_) => (128, 0),
        };
        let bits = bits.map_or(all, u32::from);
        // A range is of one family: shorter ones of IPv6 do not take in IPv4.
        (bits <= all).then(|| Self {
            address: number(address),
            bits: before + bits,
        })
    }

    fn contains(self, address: IpAddr) -> bool {
        let address = number(address);
        let is_v4 = |number: u128| number >> 32 == 0xffff;
        let shared = (self.address ^ address).leading_zeros() >= self.bits;
        shared && (self.bits >= 96 || !is_v4(address))
    }
}

/// Returns an address as the number it has in IPv6.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Release, Target, check};

    #[derive(Debug, PartialEq, Clone, Copy)]
    enum Verdict {
        Done,
        NotListed,
        /// Refused for the text of the URL.
        Private,
        /// Refused for the address.
        Dial,
    }
    use Verdict::{Dial, Done, NotListed, Private};

    fn list(entries: &[&str]) -> Vec<String> {
        entries.iter().map(|entry| (*entry).to_owned()).collect()
    }

    fn verdict(release: Release, entries: &[&str], authority: &str) -> Verdict {
        match check(release, &list(entries), Target::new(authority, 80)) {
            Ok(_) => Done,
            Err(text) if text.starts_with("dial to private/loopback address") => Dial,
            Err(text) if text.contains("is not allowed: private/loopback") => Private,
            Err(text) => {
                assert_eq!(text, format!("host \"{authority}\" is not allowed"));
                NotListed
            }
        }
    }

    #[test]
    fn the_rules_of_both_releases() {
        // List, host and port in the URL, verdict of 0.63, verdict of 0.64.
        let examples: &[(&[&str], &str, Verdict, Verdict)] = &[
            (&[], "example.com", Done, Done),
            (&[], "EXAMPLE.com:8080", Done, Done),
            (&[], "8.8.8.8", Done, Done),
            (&[], "100.64.0.1", Done, Done),
            (&[], "nas.lan", Done, Done),
            (&[], "0.0.0.0", Done, Private),
            (&[], "0.0.0.0:80", Done, Private),
            (&[], "[::]", Done, Private),
            (&[], "[::ffff:0.0.0.0]", Done, Private),
            (&[], "localhost", Private, Private),
            (&[], "LocalHost:1", Private, Private),
            (&[], "127.0.0.2", Private, Private),
            (&[], "10.1.1.1", Private, Private),
            (&[], "172.31.0.1", Private, Private),
            (&[], "192.168.1.1:80", Private, Private),
            (&[], "169.254.1.1", Private, Private),
            (&[], "224.0.0.9", Private, Private),
            (&[], "[::1]:80", Private, Private),
            (&[], "[fd00::1]", Private, Private),
            (&[], "[fe80::1]", Private, Private),
            (&[], "[fe80::1%25eth0]", Private, Private),
            (&[], "[ff02::1]", Private, Private),
            (&[], "[::ffff:10.0.0.1]", Private, Private),
            (&["*"], "localhost", Done, Done),
            (&["*"], "10.0.0.1", Done, Done),
            (&["127.0.0.1"], "127.0.0.1:8080", Done, Done),
            (&["127.0.0.1"], "[::ffff:127.0.0.1]", NotListed, Done),
            (&["::1"], "[::1]:8080", Done, Done),
            (&["::1"], "[0:0:0:0:0:0:0:1]", NotListed, Done),
            (&["example.com"], "example.com:443", Done, Done),
            (
                &["example.com:443"],
                "example.com:443",
                NotListed,
                NotListed,
            ),
            (&["example.com"], "EXAMPLE.com", NotListed, NotListed),
            (&["example.com"], "a.example.com", NotListed, NotListed),
            (&["*.example.com"], "a.b.example.com", Done, Done),
            (&["*.example.com"], "example.com", NotListed, NotListed),
            (&["*.example.com"], ".example.com", NotListed, NotListed),
            (&["api.*.com"], "api.x.com", NotListed, NotListed),
            (&["*.0.0.1"], "127.0.0.1", Done, Dial),
            (&["localhost"], "localhost", Done, Dial),
            (&["localhost", "127.0.0.1"], "localhost", Done, Done),
            (&["localhost", "::1"], "localhost", Done, Done),
            (&["localhost", "10.0.0.0/8"], "localhost", Done, Dial),
            (&["nas.lan"], "nas.lan", Done, Done),
            (&["192.168.1.10"], "nas.lan", NotListed, NotListed),
            (&["10.0.0.0/8"], "10.1.2.3", NotListed, Done),
            (&["10.9.9.9/8"], "10.1.2.3", NotListed, Done),
            (&["10.0.0.0/8"], "11.1.2.3", NotListed, NotListed),
            (&["10.0.0.0/33"], "10.0.0.0", NotListed, NotListed),
            (&["203.0.113.0/24"], "203.0.113.9", NotListed, Done),
            (&["fd00::/8"], "[fd12::1]", NotListed, Done),
            (&["::ffff:10.0.0.0/104"], "10.1.2.3", NotListed, Done),
            (&["0.0.0.0/0"], "10.0.0.1", NotListed, Done),
            (&["0.0.0.0/0"], "[fd12::1]", NotListed, NotListed),
            (&["::/0"], "10.0.0.1", NotListed, NotListed),
            (&["::/0"], "[fd12::1]", NotListed, Done),
            (&["0.0.0.0/0"], "example.com", NotListed, NotListed),
        ];
        for &(entries, authority, old, new) in examples {
            let verdict = |release| verdict(release, entries, authority);
            assert_eq!(
                verdict(Release::V0_63),
                old,
                "0.63: {entries:?} {authority}"
            );
            assert_eq!(
                verdict(Release::V0_64),
                new,
                "0.64: {entries:?} {authority}"
            );

            let checked = check(Release::Both, &list(entries), Target::new(authority, 80));
            let warned = checked.map(|warning| warning.map(|text| text[..19].to_owned()));
            match (old, new) {
                (Done, Done) => assert_eq!(warned, Ok(None)),
                (Done, _) => assert_eq!(warned, Ok(Some("server release 0.64".to_owned()))),
                (_, Done) => assert_eq!(warned, Ok(Some("server release 0.63".to_owned()))),
                (_, _) => assert!(warned.is_err(), "{entries:?} {authority}"),
            }
        }
    }

    #[test]
    fn a_refused_dial_names_address_and_port() {
        for (authority, address) in [
            ("localhost", "\"127.0.0.1:80\""),
            ("localhost:8080", "\"127.0.0.1:8080\""),
            ("10.0.0.1:", "\"10.0.0.1:80\""),
        ] {
            let entries = list(&["localhost", "*.0.0.1"]);
            let refusal = check(Release::V0_64, &entries, Target::new(authority, 80));
            let text = refusal.err().unwrap_or_default();
            assert!(text.contains(address), "{authority}: {text}");
        }
    }
}

//! The lists, example by example.

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

fn websocket(list: &[&str], rules: &Rules, authority: &str, host: &str) -> Verdict {
    let list: Vec<String> = list.iter().map(|&entry| entry.to_owned()).collect();
    match AllowList::websocket(&list, rules).check_host(authority, host) {
        Ok(()) => Done,
        Err(refusal) => {
            assert!(
                refusal
                    .to_string()
                    .contains("permissions.websocket.requiredHosts")
            );
            NotListed
        }
    }
}

#[test]
fn websocket_hosts_have_rules_of_their_own() {
    let (old, new) = (Rules::release_0_63(), Rules::release_0_64());
    // List, host and port in the URL, the host alone, verdict of 0.63, verdict of 0.64.
    let examples: &[(&[&str], &str, &str, Verdict, Verdict)] = &[
        (&[], "example.com", "example.com", NotListed, NotListed),
        (&[], "127.0.0.1:80", "127.0.0.1", NotListed, NotListed),
        (&["*"], "[::1]", "::1", Done, Done),
        (&["example.com"], "example.com:9", "example.com", Done, Done),
        (
            &["example.com"],
            "Example.com",
            "Example.com",
            NotListed,
            NotListed,
        ),
        (
            &["*.example.com"],
            "a.b.example.com:9",
            "a.b.example.com",
            Done,
            Done,
        ),
        (
            &["*.example.com"],
            "example.com:9",
            "example.com",
            NotListed,
            NotListed,
        ),
        (
            &["example.com:9"],
            "example.com:9",
            "example.com",
            NotListed,
            NotListed,
        ),
        // The old rule keeps the brackets, and cuts an address without port in two.
        (&["[::1]"], "[::1]:80", "::1", Done, NotListed),
        (&["[::1]"], "[::1]", "::1", NotListed, NotListed),
        (&["::1"], "[::1]:80", "::1", NotListed, Done),
        (&["[:"], "[::1]", "::1", Done, NotListed),
        (&["10.0.0.0/8"], "10.1.2.3:80", "10.1.2.3", NotListed, Done),
    ];
    for &(list, authority, host, before, now) in examples {
        assert_eq!(
            websocket(list, &old, authority, host),
            before,
            "0.63: {list:?} {authority}"
        );
        assert_eq!(
            websocket(list, &new, authority, host),
            now,
            "0.64: {list:?} {authority}"
        );
    }
}

#[test]
fn websocket_addresses_are_checked_from_0_64_on() {
    let list = ["localhost".to_owned()];
    let address = ([127, 0, 0, 1], 80).into();
    let dial = |rules: &Rules| AllowList::websocket(&list, rules).check_dial(address);
    assert_eq!(dial(&Rules::release_0_63()), Ok(()));
    assert_eq!(
        dial(&Rules::release_0_64()),
        Err(Refusal::PrivateDial { address })
    );
}

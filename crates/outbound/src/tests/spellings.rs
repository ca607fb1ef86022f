//! Every way to write an address that must not be asked.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

/// Hosts as they may stand in an address. Each leads to this machine, its network, or nowhere on the public internet.
const INSIDE: &[&str] = &[
    // Loopback in every notation that inet_aton and browsers know.
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0X7F000001",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.01",
    "0x7f.0.0.1",
    "0x7f.1",
    "127.0.0x1",
    "127.0x0.0.01",
    "00000177.0.0.1",
    "127.65535",
    // Percent-encoding and letters that IDNA maps to digits and dots.
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "１２７.0.0.1",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "𝟭𝟮𝟳.𝟬.𝟬.𝟭",
    "0ⅹ7f.1",
    // This machine by name.
    "localhost",
    "LOCALHOST",
    "LocalHost.",
    "ｌｏｃａｌｈｏｓｔ",
    "%6cocalhost",
    "lo\u{ad}calhost",
    "a.localhost",
    "b.a.localhost.",
    // This network, and nobody: 0.0.0.0/8.
    "0.0.0.0",
    "0",
    "00",
    "0x0",
    "0.1.2.3",
    // Private (RFC 1918), edges included.
    "10.0.0.1",
    "10.255.255.255",
    "0xa.1",
    "167772161",
    "172.16.0.1",
    "172.31.255.255",
    "0254.020.1",
    "192.168.0.1",
    "192.168.65535",
    "0300.0250.1.1",
    "3232235777",
    // Link-local, with the metadata services of clouds.
    "169.254.169.254",
    "169.254.43518",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "169.254.0.1",
    "169.254.255.255",
    "[fd00:ec2::254]",
    "[::ffff:169.254.169.254]",
    // Shared by carriers (RFC 6598).
    "100.64.0.1",
    "100.127.255.254",
    "1681915905",
    // Documentation, benchmarks, protocol assignments, 6to4 relays.
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.9",
    "198.18.0.1",
    "198.19.255.255",
    "192.0.0.8",
    "192.88.99.1",
    // Multicast, reserved, broadcast.
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "4294967295",
    // IPv6: unspecified, loopback, link-local, unique local, site-local, multicast, discard, documentation.
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[fe80::1]",
    "[febf::1]",
    "[fc00::1]",
    "[fdff::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[ff0e::1]",
    "[100::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[5f00::1]",
    // Teredo, ORCHID, benchmarking, and everything else below 2001::/23.
    "[2001::1]",
    "[2001:0:7f00:1::]",
    "[2001:2::1]",
    "[2001:10::1]",
    "[2001:20::1]",
    // IPv4 in disguise: mapped, translated, compatible, NAT64 (also the local prefix), 6to4, ISATAP.
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:10.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::192.168.1.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2002:c0a8:101::1]",
    "[2a00:1450::5efe:127.0.0.1]",
    "[2a00:1450::200:5efe:10.0.0.1]",
];

/// Whole addresses that are none.
const MALFORMED: &[&str] = &[
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "//127.0.0.1/",
    "not a url",
    "",
    "http://",
    "http:///",
    "http://[::1/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[::ffff:127.0.0.256]/",
    "http://127.0.0.1.1.1:99999/",
    "http://256.256.256.256/",
    "http://1.2.3.4.5/",
    "http://0x1ffffffff/",
    "http://exam ple.com/",
    "http://example.com:99999/",
    "http://user@example.com/",
    "http://user:password@example.com/",
    "http://127.0.0.1@example.com/",
    "http://example.com:80@127.0.0.1/",
    "http://127.0.0.1:80:80/",
];

#[tokio::test]
async fn forbidden_addresses_are_refused_in_every_spelling() {
    assert!(INSIDE.len() >= 80, "{}", INSIDE.len());
    let client = GuardedClient::new(OutboundSettings::default()).unwrap();
    for host in INSIDE {
        for url in [
            format!("http://{host}/"),
            format!("https://{host}:8443/path?query#fragment"),
            format!("HTTP://{host}"),
            format!("http:\\\\{host}\\"),
            format!(" \thttp://{host}/\n"),
            format!("ht\ntp://{host}/"),
        ] {
            assert!(matches!(client.check(&url), Err(HttpError::Forbidden(_))), "{url:?}: {:?}", client.check(&url));
            let got = client.send(request(&url)).await;
            assert!(matches!(got, Err(HttpError::Forbidden(_))), "{url:?}: {got:?}");
        }
        let tricked = client.check(&format!("http://example.com@{host}/"));
        assert!(matches!(tricked, Err(HttpError::BadUrl(_))), "{host}: {tricked:?}");
    }
    for url in MALFORMED {
        assert!(matches!(client.send(request(url)).await, Err(HttpError::BadUrl(_))), "{url}: {:?}", client.check(url));
    }
}

#[test]
fn public_addresses_are_allowed() {
    let client = GuardedClient::new(OutboundSettings::default()).unwrap();
    for host in [
        "example.com",
        "EXAMPLE.com.",
        "localhost.example.com",
        "notlocalhost",
        "8.8.8.8",
        "134744072",
        "9.255.255.255",
        "11.0.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.167.1.1",
        "100.63.255.255",
        "100.128.0.1",
        "169.253.1.1",
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.255",
        "[2606:4700:4700::1111]",
        "[2a00:1450:4001:80b::200e]",
        "[64:ff9b::808:808]",
        "[::ffff:8.8.8.8]",
        "xn--bcher-kva.example",
        "bücher.example",
    ] {
        assert_eq!(client.check(&format!("https://{host}/hook?x=1")), Ok(()), "{host}");
    }
}

#[test]
fn only_allowed_ports_are_asked() {
    let settings = OutboundSettings { allowed_ports: vec![443, 8443], ..OutboundSettings::default() };
    let client = GuardedClient::new(settings).unwrap();
    for url in ["https://example.com/", "https://example.com:443/", "http://example.com:8443/"] {
        assert_eq!(client.check(url), Ok(()), "{url}");
    }
    for (url, port) in [("http://example.com/", 80), ("https://example.com:22/", 22), ("https://example.com:0/", 0)] {
        assert_eq!(client.check(url), Err(HttpError::Port(port)), "{url}");
    }
    let any = GuardedClient::new(OutboundSettings::default()).unwrap();
    assert_eq!(any.check("http://example.com:0/"), Err(HttpError::Port(0)));
}

/// One number in one of the bases that `inet_aton` reads.
fn spelled(value: u32, base: u8, zeros: usize) -> String {
    let zeros = "0".repeat(zeros);
    match base % 4 {
        0 => value.to_string(),
        1 => format!("0{zeros}{value:o}"),
        2 => format!("0x{zeros}{value:x}"),
        _ => format!("0X{zeros}{value:X}"),
    }
}

/// An address of one to four parts (the last takes what is left), each in its own base.
fn dotted(address: Ipv4Addr, parts: usize, bases: [u8; 4], zeros: usize) -> String {
    let whole = u32::from(address);
    let mut texts: Vec<String> =
        (0..parts - 1).map(|n| spelled((whole >> (24 - 8 * n)) & 0xff, bases[n], zeros)).collect();
    let rest = u64::from(whole) & ((1_u64 << (8 * (5 - parts))) - 1);
    texts.push(spelled(rest as u32, bases[parts - 1], zeros));
    texts.join(".")
}

fn inside_v4() -> impl Strategy<Value = Ipv4Addr> {
    let nets: &[(u32, u32)] = &[
        (0x7f00_0000, 8),
        (0x0a00_0000, 8),
        (0xac10_0000, 12),
        (0xc0a8_0000, 16),
        (0xa9fe_0000, 16),
        (0x6440_0000, 10),
        (0x0000_0000, 8),
        (0xc612_0000, 15),
        (0xc000_0200, 24),
        (0xe000_0000, 3),
    ];
    (proptest::sample::select(nets), any::<u32>()).prop_map(|((net, bits), host)| Ipv4Addr::from(net | (host >> bits)))
}

proptest! {
    #[test]
    fn no_notation_of_an_inner_address_gets_through(
        address in inside_v4(),
        parts in 1..=4_usize,
        bases in any::<[u8; 4]>(),
        zeros in 0..4_usize,
        dot in any::<bool>(),
        port in 1..=u16::MAX,
    ) {
        let client = GuardedClient::new(OutboundSettings::default()).unwrap();
        let host = format!("{}{}", dotted(address, parts, bases, zeros), if dot { "." } else { "" });
        let url = format!("http://{host}:{port}/");
        prop_assert!(matches!(client.check(&url), Err(HttpError::Forbidden(_))), "{}: {:?}", url, client.check(&url));
    }

    #[test]
    fn no_disguise_of_an_inner_address_gets_through(address in inside_v4(), disguise in 0..6_u8, tail in any::<u64>()) {
        let v4 = u128::from(u32::from(address));
        let v6 = match disguise {
            0 => 0xffff << 32 | v4,
            1 => v4.max(2),
            2 => 0x64_ff9b << 96 | v4,
            3 => 0x2002 << 112 | v4 << 80 | u128::from(tail),
            4 => 0x2a00_1450 << 96 | 0x5efe << 32 | v4,
            _ => 0x2001 << 112 | v4 << 64 | u128::from(tail),
        };
        prop_assert!(!is_public(Ipv6Addr::from(v6).into()), "{}", Ipv6Addr::from(v6));
    }

    #[test]
    fn nothing_outside_global_unicast_is_public(bits in any::<u128>()) {
        let address = Ipv6Addr::from(bits);
        let unicast = bits >> 125 == 1;
        let embedded = address.to_ipv4().is_some() || bits >> 32 == 0x64_ff9b << 64;
        prop_assert!(unicast || embedded || !is_public(address.into()), "{address}");
    }
}

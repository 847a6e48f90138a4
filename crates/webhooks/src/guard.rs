//! What may be a target: public addresses only, unless the operator allows others.
//!
//! A webhook's address is typed by whoever may edit webhooks, but it is this server that connects to
//! it. Without a guard they could reach what only this server can: a cloud's metadata service, an
//! internal API, itself. Addresses are checked where they are resolved, so that the address that was
//! checked is the one connected to, and a second answer of the name server changes nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Why an address is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the target is not a URL: {0}")]
    NotAUrl(#[from] url::ParseError),
    #[error("the target must begin with http:// or https://, not {0}:")]
    Scheme(String),
    #[error("the target must not contain a user name or password; use a custom header instead")]
    Credentials,
    #[error("the target resolves to {kind} address ({address}); set GUERDON_WEBHOOK_ALLOW_PRIVATE=true to allow that")]
    NotPublic {
        address: IpAddr,
        /// With its article, such as `a private`.
        kind: &'static str,
    },
    #[error("the target is this machine (localhost); set GUERDON_WEBHOOK_ALLOW_PRIVATE=true to allow that")]
    Localhost,
    #[error("the host {host} could not be resolved: {reason}")]
    Unresolved { host: String, reason: String },
}

/// Checks targets before and while connecting.
#[derive(Debug, Clone, Copy)]
pub struct Guard {
    /// Whether addresses that are not public are allowed.
    pub allow_private: bool,
}

impl Guard {
    /// Reads a target and checks whatever can be checked without resolving its host.
    ///
    /// # Errors
    /// The reason why it is refused.
    pub fn check(self, target_url: &str) -> Result<Url, Refusal> {
        let url = Url::parse(target_url)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        // A literal address is connected to without asking the resolver. `Url` has already turned its
        // octal, hexadecimal and shortened spellings into an address.
        match url.host() {
            Some(Host::Ipv4(address)) => self.check_address(address.into())?,
            Some(Host::Ipv6(address)) => self.check_address(address.into())?,
            Some(Host::Domain(name)) => self.check_name(name)?,
            None => return Err(url::ParseError::EmptyHost.into()),
        }
        Ok(url)
    }

    fn check_name(self, name: &str) -> Result<(), Refusal> {
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_local = name == "localhost" || name.ends_with(".localhost");
        if is_local && !self.allow_private { Err(Refusal::Localhost) } else { Ok(()) }
    }

    fn check_address(self, address: IpAddr) -> Result<(), Refusal> {
        match special_kind(address) {
            Some(kind) if !self.allow_private => Err(Refusal::NotPublic { address, kind }),
            _ => Ok(()),
        }
    }

    /// All addresses of a host. One that is not public condemns the others, too: a name that mixes
    /// them is either a mistake or an attempt.
    async fn resolve_checked(self, host: String) -> Result<Vec<SocketAddr>, Refusal> {
        let found = tokio::net::lookup_host((host.as_str(), 0)).await.map(Iterator::collect::<Vec<_>>);
        let found = found.map_err(|error| Refusal::Unresolved { host, reason: error.to_string() })?;
        found.iter().try_for_each(|address| self.check_address(address.ip()))?;
        Ok(found)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, host) = (*self, name.as_str().to_owned());
        Box::pin(async move {
            let addresses = guard.resolve_checked(host).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the public internet, as do the addresses that it embeds.
pub fn is_public(address: IpAddr) -> bool {
    special_kind(address).is_none()
}

/// What kind of address it is, with its article, if it is not a public one.
fn special_kind(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

/// IPv4 networks that are not public, from the registry of special-purpose addresses.
const SPECIAL_V4: [([u8; 4], u32, &str); 16] = [
    ([0, 0, 0, 0], 8, "an unspecified"),
    ([10, 0, 0, 0], 8, "a private"),
    ([100, 64, 0, 0], 10, "a carrier-grade NAT"),
    ([127, 0, 0, 0], 8, "a loopback"),
    ([169, 254, 0, 0], 16, "a link-local"),
    ([172, 16, 0, 0], 12, "a private"),
    ([192, 0, 0, 0], 24, "a reserved"),
    ([192, 0, 2, 0], 24, "a documentation"),
    ([192, 88, 99, 0], 24, "a reserved"),
    ([192, 168, 0, 0], 16, "a private"),
    ([198, 18, 0, 0], 15, "a benchmarking"),
    ([198, 51, 100, 0], 24, "a documentation"),
    ([203, 0, 113, 0], 24, "a documentation"),
    ([224, 0, 0, 0], 4, "a multicast"),
    ([240, 0, 0, 0], 4, "a reserved"),
    ([255, 255, 255, 255], 32, "a broadcast"),
];

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    let bits = address.to_bits();
    SPECIAL_V4
        .iter()
        .find(|(network, length, _)| (bits ^ u32::from_be_bytes(*network)) >> (32 - length) == 0)
        .map(|(_, _, kind)| *kind)
}

/// IPv6 networks that are not public. What is outside of 2000::/3 isn't either.
const SPECIAL_V6: [(Ipv6Addr, u32, &str); 7] = [
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, "a private"),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, "a link-local"),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, "a private"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, "a multicast"),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "a reserved"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "a documentation"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "a documentation"),
];

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    let is_in = |network: Ipv6Addr, length: u32| (address.to_bits() ^ network.to_bits()) >> (128 - length) == 0;
    // These two look like the compatible form of an IPv4 address.
    if address.is_unspecified() {
        return Some("an unspecified");
    }
    if address.is_loopback() {
        return Some("a loopback");
    }
    let embedded = embedded_v4(address);
    if !embedded.is_empty() {
        return embedded.into_iter().find_map(special_v4);
    }
    let special = SPECIAL_V6.iter().find(|(network, length, _)| is_in(*network, *length)).map(|(_, _, kind)| *kind);
    let is_global_unicast = is_in(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
    special.or((!is_global_unicast).then_some("a reserved"))
}

/// The IPv4 addresses that packets to this address end up at, if it is of a kind that embeds some.
fn embedded_v4(address: Ipv6Addr) -> Vec<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        // Mapped, and the obsolete compatible form.
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] => vec![v4(high, low)],
        // NAT64.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => vec![v4(high, low)],
        // 6to4.
        [0x2002, high, low, ..] => vec![v4(high, low)],
        // Teredo: its server, and its client with all bits flipped.
        [0x2001, 0, server_high, server_low, _, _, high, low] => vec![v4(server_high, server_low), v4(!high, !low)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001::1",
            "::ffff:8.8.8.8",
            "::8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
            // Teredo with server 8.8.8.8 and client 9.9.9.9.
            "2001:0:808:808::f6f6:f6f6",
        ];
        let special = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:a00:1::1",
            // Teredo with a private server, and with client 10.0.0.1.
            "2001:0:a00:1::f6f6:f6f6",
            "2001:0:808:808::f5ff:fffe",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for (addresses, expected) in [(&public[..], true), (&special[..], false)] {
            for address in addresses {
                assert_eq!(is_public(address.parse().expect("an address")), expected, "{address}");
            }
        }
    }

    #[test]
    fn every_spelling_of_a_forbidden_address_is_refused() {
        let guard = Guard { allow_private: false };
        for target in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://[::1]:8080/",
            "http://[::ffff:7f00:1]/",
            "http://localhost:9000/hook",
            "http://LOCALHOST./",
            "http://api.localhost/",
            "http://169.254.169.254/latest/meta-data",
            "https://10.0.0.1",
        ] {
            let refused = guard.check(target).map(drop);
            assert!(
                matches!(refused, Err(Refusal::NotPublic { .. } | Refusal::Localhost)),
                "{target} gave {refused:?}"
            );
            assert!(Guard { allow_private: true }.check(target).is_ok(), "{target}");
        }
    }

    #[test]
    fn what_is_no_web_address_is_refused_even_where_private_ones_are_allowed() {
        let guard = Guard { allow_private: true };
        for (target, reason) in [
            ("your_url", "the target is not a URL: relative URL without a base"),
            ("http://", "the target is not a URL: empty host"),
            ("ftp://example.com/", "the target must begin with http:// or https://, not ftp:"),
            ("file:///etc/passwd", "the target must begin with http:// or https://, not file:"),
            (
                "https://user:secret@example.com/",
                "the target must not contain a user name or password; use a custom header instead",
            ),
        ] {
            assert_eq!(guard.check(target).map_err(|refusal| refusal.to_string()), Err(reason.to_owned()), "{target}");
        }
    }

    #[test]
    fn a_refusal_names_the_address_and_what_would_allow_it() {
        let refused = Guard { allow_private: false }.check("http://10.0.0.1/").map_err(|refusal| refusal.to_string());
        let text =
            "the target resolves to a private address (10.0.0.1); set GUERDON_WEBHOOK_ALLOW_PRIVATE=true to allow that";
        assert_eq!(refused, Err(text.to_owned()));
    }

    #[tokio::test]
    async fn names_are_checked_by_what_they_resolve_to() {
        let resolved = Guard { allow_private: false }.resolve_checked("localhost".into()).await;
        assert!(matches!(resolved, Err(Refusal::NotPublic { kind: "a loopback", .. })), "{resolved:?}");
        assert!(Guard { allow_private: true }.resolve_checked("localhost".into()).await.is_ok());
    }
}

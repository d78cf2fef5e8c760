use std::{collections::HashSet, fmt, net::Ipv6Addr, str::FromStr};

use http::uri::Authority;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{printable_line, wire::Endpoint};

/// The address of a node: `http` or `https`, host and port.
///
/// Session signatures use the text verbatim as their key and as `nodeAddress`. A trailing slash is dropped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeUrl {
    text: String,
    scheme_len: usize,
}

impl NodeUrl {
    /// The URL without a trailing slash: `https://192.0.2.1:7470`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the scheme is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// Host and port, as given: `192.0.2.1:7470`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.text[self.scheme_len..]
    }

    /// The host, without the brackets of an IPv6 address.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.authority();
        let host = match authority.rfind(']') {
            Some(end) => &authority[..=end],
            None => authority
                .rsplit_once(':')
                .map_or(authority, |(host, _)| host),
        };
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Whether the host is this machine: `localhost` or a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        host.eq_ignore_ascii_case("localhost")
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback())
    }

    /// Host and port as nodes compare them: lower case, and `localhost` as `127.0.0.1`.
    #[must_use]
    pub fn comparable_authority(&self) -> String {
        comparable(self.authority())
    }

    /// Whether the `nodeAddress` of a session signature names this node. The scheme is ignored and may be missing.
    #[must_use]
    pub fn is_named_by(&self, node_address: &str) -> bool {
        let address = node_address.trim();
        let authority = ["https://", "http://"]
            .into_iter()
            .find_map(|scheme| address.strip_prefix(scheme))
            .unwrap_or(address);
        comparable(authority) == self.comparable_authority()
    }

    /// Host and port in lower case. The port is that of the scheme if the URL has none.
    ///
    /// ```
    /// use lit_types::NodeUrl;
    ///
    /// let node: NodeUrl = "https://Node.example".parse()?;
    /// assert_eq!(node.host_and_port(), "node.example:443");
    /// # Ok::<(), lit_types::NodeUrlError>(())
    /// ```
    #[must_use]
    pub fn host_and_port(&self) -> String {
        let authority = self.authority().to_ascii_lowercase();
        let host_end = authority.rfind(']').unwrap_or_default();
        if authority[host_end..].contains(':') {
            return authority;
        }
        let port = if self.is_https() { 443 } else { 80 };
        format!("{authority}:{port}")
    }

    /// The URL of an endpoint of this node.
    #[doc(alias = "composeLitUrl")]
    #[must_use]
    pub fn endpoint(&self, endpoint: Endpoint) -> String {
        format!("{}{}", self.text, endpoint.path())
    }
}

/// Whether two of these URLs name one node, to nodes ([`NodeUrl::comparable_authority`]) or in fact: `https://a` and
/// `https://A:443`.
///
/// ```
/// use lit_types::{NodeUrl, names_a_node_twice};
///
/// let nodes: Vec<NodeUrl> = vec!["https://a.example".parse()?, "https://A.example:443".parse()?];
/// assert!(names_a_node_twice(&nodes));
/// # Ok::<(), lit_types::NodeUrlError>(())
/// ```
#[must_use]
pub fn names_a_node_twice<'a>(nodes: impl IntoIterator<Item = &'a NodeUrl>) -> bool {
    let (mut names, mut servers) = (HashSet::new(), HashSet::new());
    nodes.into_iter().any(|node| {
        let is_new = names.insert(node.comparable_authority());
        !servers.insert(comparable(&node.host_and_port())) || !is_new
    })
}

/// The one form in which host and port are compared. Nodes compare the letters of a host as they are, but their own URLs have
/// none in upper case.
fn comparable(authority: &str) -> String {
    authority
        .to_ascii_lowercase()
        .replace("localhost", "127.0.0.1")
}

impl FromStr for NodeUrl {
    type Err = NodeUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || NodeUrlError::new(text);
        let url = text.strip_suffix('/').unwrap_or(text);
        let scheme_len = ["https://", "http://"]
            .into_iter()
            .find(|scheme| url.starts_with(scheme))
            .map(str::len)
            .ok_or_else(malformed)?;
        let authority = Authority::from_str(&url[scheme_len..]).map_err(|_| malformed())?;
        if !is_host_and_port(&authority) {
            return Err(malformed());
        }
        Ok(Self {
            text: url.to_owned(),
            scheme_len,
        })
    }
}

/// Accepts a host and a numeric port, no user, and only an IPv6 address in brackets.
fn is_host_and_port(authority: &Authority) -> bool {
    let host = authority.host();
    let port = match authority.as_str().strip_prefix(host) {
        Some("") => true,
        Some(rest) => rest.starts_with(':') && authority.port_u16().is_some(),
        None => false,
    };
    let host = match host.strip_prefix('[') {
        Some(rest) => rest
            .strip_suffix(']')
            .is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok()),
        None => !host.is_empty() && !host.contains(['[', ']', '@']),
    };
    host && port
}

impl fmt::Display for NodeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for NodeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for NodeUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for NodeUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A malformed node URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "malformed node URL `{0}`: expected http:// or https://, a host, and usually a port, without path or user"
)]
pub struct NodeUrlError(String);

impl NodeUrlError {
    fn new(text: &str) -> Self {
        Self(printable_line(text, 100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_nodes_use() {
        let url: NodeUrl = "https://192.0.2.1:7470/".parse().unwrap();
        assert_eq!(
            (url.as_str(), url.authority(), url.host()),
            ("https://192.0.2.1:7470", "192.0.2.1:7470", "192.0.2.1")
        );
        assert!(!url.is_loopback());
        let local: NodeUrl = "http://localhost:7470".parse().unwrap();
        assert!(local.is_loopback() && !local.is_https());
        assert_eq!(local.comparable_authority(), "127.0.0.1:7470");
        let v6: NodeUrl = "http://[::1]:7470".parse().unwrap();
        assert_eq!(v6.host(), "::1");
        assert!(v6.is_loopback());
    }

    #[test]
    fn the_case_of_a_host_names_the_same_node() {
        let lower: NodeUrl = "https://api.example.com:7470".parse().unwrap();
        let mixed: NodeUrl = "https://API.Example.com:7470".parse().unwrap();
        let local: NodeUrl = "http://LocalHost:7470".parse().unwrap();
        for (node, address, same) in [
            (&lower, lower.as_str(), true),
            (&lower, mixed.as_str(), true),
            (&mixed, lower.as_str(), true),
            (&mixed, mixed.as_str(), true),
            (&mixed, "http://api.example.com:7470", true),
            (&mixed, " api.example.com:7470 ", true),
            (&local, "http://127.0.0.1:7470", true),
            (&local, "https://LOCALHOST:7470", true),
            (&lower, "https://api.example.com:7471", false),
            (&lower, "https://api.example.com", false),
            (&lower, "https://api.example.com:7470/", false),
            (&lower, "https://https://api.example.com:7470", false),
            (&lower, "https://u@api.example.com:7470", false),
            (&lower, "", false),
        ] {
            assert_eq!(node.is_named_by(address), same, "{node} {address}");
        }
    }

    #[test]
    fn a_node_is_found_under_two_names() {
        for (one, other, is_twice) in [
            ("https://a", "https://a:443", true),
            ("http://a:80", "http://A", true),
            ("http://localhost", "http://127.0.0.1:80", true),
            ("https://a:7470", "http://a:7470", true),
            ("https://a", "http://a", true),
            ("https://a:7470", "https://a:7471", false),
            ("https://a", "https://b", false),
            ("https://a", "https://a:80", false),
        ] {
            let nodes = [one, other].map(|url| url.parse().unwrap());
            assert_eq!(names_a_node_twice(&nodes), is_twice, "{one} {other}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        for bad in [
            "",
            "nonsense",
            "ftp://a",
            "http://",
            "https://a/b",
            "https://u@h:1",
            "http://a b",
            "http://a:1?x",
            "http://a:b",
            "http://a:99999",
            "http://a:",
            "http://[zz]:1",
            "http://[::1]x:1",
        ] {
            assert_eq!(bad.parse::<NodeUrl>(), Err(NodeUrlError::new(bad)));
        }
    }
}

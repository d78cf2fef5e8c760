//! Which hosts and origins may call a listener.

use std::{fmt, net::IpAddr, str::FromStr};

use hyper::{
    Uri,
    header::{self, HeaderMap, HeaderValue},
    http::{request::Parts, uri::Authority},
};

/// The longest part of a header that a refusal repeats, in characters.
const MAX_SHOWN: usize = 200;

/// Who may call a listener. Default: programs and pages of this machine.
///
/// A page names its origin in the header `Origin`. A page from elsewhere must not call, because the listener changes state for everyone who
/// can reach it. The header `Host` must name this machine: a page from elsewhere can make a name of its own resolve to this machine (DNS
/// rebinding), and its calls then have the listener's own origin.
///
/// ```
/// use lit_devnet_chain::Callers;
///
/// let callers = Callers::this_machine()
///     .with_allowed_host("devnet.internal".parse()?)
///     .with_allowed_origin("https://app.example.com".parse()?);
/// # let _ = callers;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Callers {
    hosts: Vec<AllowedHost>,
    origins: Vec<AllowedOrigin>,
}

impl Callers {
    /// Allows programs and pages of this machine: `localhost`, loopback addresses, and the address that the listener is bound to.
    #[must_use]
    pub fn this_machine() -> Self {
        Self::default()
    }

    /// Allows requests to another host name.
    #[must_use]
    pub fn with_allowed_host(mut self, host: AllowedHost) -> Self {
        self.hosts.push(host);
        self
    }

    /// Allows pages of another origin.
    #[must_use]
    pub fn with_allowed_origin(mut self, origin: AllowedOrigin) -> Self {
        self.origins.push(origin);
        self
    }

    /// Checks who sends a request to a listener on the address `local`.
    pub(super) fn check(&self, head: &Parts, local: Option<IpAddr>) -> Result<Page, NotAllowed> {
        for host in hosts(head) {
            let name = host.and_then(host_name);
            let is_allowed = name.as_deref().is_some_and(|name| {
                is_this_machine(name, local) || self.hosts.iter().any(|known| known.matches(name))
            });
            if !is_allowed {
                return Err(NotAllowed::Host(shown(name.as_deref().or(host))));
            }
        }
        let mut page = Page(None);
        for header in head.headers.get_all(header::ORIGIN) {
            let origin = text(header);
            let is_allowed = origin.is_some_and(|origin| {
                is_origin_here(origin, local) || self.origins.iter().any(|it| it.matches(origin))
            });
            if !is_allowed {
                return Err(NotAllowed::Origin(shown(origin)));
            }
            page = Page(Some(header.clone()));
        }
        Ok(page)
    }
}

/// The hosts that a request names: in its headers, and in its target if that is a whole URL.
fn hosts(head: &Parts) -> impl Iterator<Item = Option<&str>> {
    let headers = head.headers.get_all(header::HOST).into_iter();
    let target = head.uri.authority().map(|it| Some(it.as_str()));
    headers.map(text).chain(target)
}

/// The host of `host:port`, in lower case.
fn host_name(authority: &str) -> Option<String> {
    let authority = authority.parse::<Authority>().ok()?;
    let has_user = authority.as_str().contains('@');
    (!has_user).then(|| authority.host().to_ascii_lowercase())
}

/// Whether a host is a name or address of this machine. Addresses are safe: a browser sends them only to where it connects.
/// A listener on `[::]` has IPv4 addresses in the form of IPv6.
fn is_this_machine(host: &str, local: Option<IpAddr>) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || address
            .parse::<IpAddr>()
            .map(|ip| ip.to_canonical())
            .is_ok_and(|ip| ip.is_loopback() || Some(ip) == local.map(|it| it.to_canonical()))
}

fn is_origin_here(origin: &str, local: Option<IpAddr>) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    matches!(scheme, "http" | "https")
        && host_name(authority).is_some_and(|host| is_this_machine(&host, local))
}

fn text(header: &HeaderValue) -> Option<&str> {
    header.to_str().ok()
}

/// The start of a text from outside.
fn shown(text: Option<&str>) -> String {
    text.unwrap_or("?").chars().take(MAX_SHOWN).collect()
}

/// The page that sends a request, if a page does.
#[derive(Debug)]
pub(super) struct Page(Option<HeaderValue>);

impl Page {
    /// The CORS headers for this page.
    pub(super) fn headers(self, asked: &HeaderMap, methods: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        let Some(origin) = self.0 else {
            return headers;
        };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("*"),
        );
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static(methods),
        );
        // Browsers ask for it when a page of another machine calls this one.
        if asked.contains_key("access-control-request-private-network") {
            headers.insert(
                "access-control-allow-private-network",
                HeaderValue::from_static("true"),
            );
        }
        headers
    }
}

/// Why a caller is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotAllowed {
    #[error(
        "host {0} is not a name of this machine; pass --allow-host {0} to lit devnet, or with_allowed_host"
    )]
    Host(String),
    #[error(
        "pages of origin {0} may not call this network{hint}; pass --allow-origin {0} to lit devnet, or with_allowed_origin",
        hint = null_hint(.0)
    )]
    Origin(String),
}

/// What the origin `null` is.
fn null_hint(origin: &str) -> &'static str {
    if origin == "null" {
        ": it is a file or a sandboxed frame, serve the page from localhost"
    } else {
        ""
    }
}

/// A host that requests may name: a name or an address without a port, or `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost(String);

/// An origin that pages may have, such as `https://app.example.com`, `null`, or `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedOrigin(String);

impl AllowedHost {
    fn matches(&self, host: &str) -> bool {
        self.0 == "*" || self.0 == host
    }
}

impl AllowedOrigin {
    fn matches(&self, origin: &str) -> bool {
        self.0 == "*" || self.0 == origin.to_ascii_lowercase()
    }
}

/// The text is not a valid host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid host {0:?}: expected a name or an address without a port, such as devnet.internal, or *"
)]
pub struct AllowedHostError(String);

/// The text is not a valid origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid origin {0:?}: expected scheme and host, such as https://app.example.com, or null, or *"
)]
pub struct AllowedOriginError(String);

impl FromStr for AllowedHost {
    type Err = AllowedHostError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = host_name(text).filter(|name| !name.is_empty() && name.len() == text.len());
        match name {
            Some(name) => Ok(Self(name)),
            None => Err(AllowedHostError(text.to_owned())),
        }
    }
}

impl FromStr for AllowedOrigin {
    type Err = AllowedOriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let origin = text.to_ascii_lowercase();
        if matches!(origin.as_str(), "*" | "null") {
            return Ok(Self(origin));
        }
        // Browsers leave out the port that the scheme implies, and the slash of the path.
        let origin = origin.strip_suffix('/').unwrap_or(&origin);
        let origin = match origin.split_once("://") {
            Some(("http", host)) => format!("http://{}", host.strip_suffix(":80").unwrap_or(host)),
            Some(("https", host)) => {
                format!("https://{}", host.strip_suffix(":443").unwrap_or(host))
            }
            _ => origin.to_owned(),
        };
        let is_origin = origin.split_once("://").is_some_and(|(_, host)| {
            origin.parse::<Uri>().is_ok_and(|uri| {
                uri.authority().is_some_and(|it| it.as_str() == host)
                    && host_name(host).is_some_and(|name| !name.is_empty() && name != "*")
            })
        });
        if is_origin {
            Ok(Self(origin))
        } else {
            Err(AllowedOriginError(text.to_owned()))
        }
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AllowedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    /// What a listener on 192.168.1.5 answers to a request with these headers: the origin to allow, or the refusal.
    fn checked(callers: &Callers, headers: &[(&str, &str)]) -> Result<Option<String>, String> {
        let request = headers
            .iter()
            .fold(Request::post("/"), |request, (name, value)| {
                request.header(*name, *value)
            });
        let (head, ()) = request.body(()).unwrap().into_parts();
        let local = Some("192.168.1.5".parse().unwrap());
        let page = callers.check(&head, local);
        page.map(|page| page.0.map(|it| it.to_str().unwrap().to_owned()))
            .map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn programs_of_this_machine_may_call() {
        let callers = Callers::this_machine();
        assert_eq!(checked(&callers, &[]), Ok(None));
        for host in [
            "localhost",
            "LOCALHOST:8545",
            "app.localhost:1",
            "127.0.0.1:7470",
            "127.8.8.8",
            "[::1]:80",
            "192.168.1.5:8545",
            "[::ffff:192.168.1.5]:8545",
            "[::ffff:127.0.0.1]",
        ] {
            assert_eq!(checked(&callers, &[("host", host)]), Ok(None), "{host}");
        }
    }

    #[test]
    fn a_listener_on_all_addresses_knows_its_ipv4_address() {
        let local = Some("::ffff:192.168.1.5".parse().unwrap());
        for (host, is_allowed) in [("192.168.1.5:8545", true), ("192.168.1.6:8545", false)] {
            let request = Request::post("/").header("host", host);
            let (head, ()) = request.body(()).unwrap().into_parts();
            let page = Callers::this_machine().check(&head, local);
            assert_eq!(page.is_ok(), is_allowed, "{host}");
        }
    }

    #[test]
    fn other_hosts_are_refused() {
        let callers = Callers::this_machine();
        for (host, named) in [
            ("evil.example:8545", "evil.example"),
            ("EVIL.example", "evil.example"),
            ("127.0.0.1.evil.example", "127.0.0.1.evil.example"),
            ("localhost.evil.example", "localhost.evil.example"),
            ("localhost@evil.example", "localhost@evil.example"),
            ("192.168.1.6", "192.168.1.6"),
            ("0.0.0.0:8545", "0.0.0.0"),
            ("", ""),
            ("a b", "a b"),
        ] {
            let refusal = NotAllowed::Host(named.to_owned()).to_string();
            assert_eq!(checked(&callers, &[("host", host)]), Err(refusal), "{host}");
        }
        let two = [("host", "localhost"), ("host", "evil.example")];
        let refusal = NotAllowed::Host("evil.example".to_owned()).to_string();
        assert_eq!(checked(&callers, &two), Err(refusal.clone()));
        assert_eq!(
            refusal,
            "host evil.example is not a name of this machine; \
             pass --allow-host evil.example to lit devnet, or with_allowed_host"
        );
        let long = "a".repeat(1_000);
        let refusal = NotAllowed::Host(long[..MAX_SHOWN].to_owned());
        assert_eq!(
            checked(&callers, &[("host", &long)]),
            Err(refusal.to_string())
        );
    }

    #[test]
    fn the_host_of_a_whole_url_counts_too() {
        let callers = Callers::this_machine();
        let request = Request::post("http://evil.example/").header("host", "localhost");
        let (head, ()) = request.body(()).unwrap().into_parts();
        let refusal = NotAllowed::Host("evil.example".to_owned());
        assert_eq!(callers.check(&head, None).unwrap_err(), refusal);
    }

    #[test]
    fn pages_of_this_machine_may_call() {
        let callers = Callers::this_machine();
        for origin in [
            "http://localhost:5173",
            "https://localhost",
            "http://127.0.0.1:3000",
            "http://[::1]:8080",
            "http://app.localhost",
        ] {
            let allowed = Ok(Some(origin.to_owned()));
            assert_eq!(checked(&callers, &[("origin", origin)]), allowed);
        }
    }

    #[test]
    fn pages_from_elsewhere_are_refused() {
        let callers = Callers::this_machine();
        for origin in [
            "https://evil.example",
            "http://localhost.evil.example",
            "http://localhost@evil.example",
            "chrome-extension://localhost",
            "file://localhost",
            "http://0.0.0.0",
            "localhost",
            "",
        ] {
            let refusal = NotAllowed::Origin(origin.to_owned()).to_string();
            let headers = [("host", "localhost"), ("origin", origin)];
            assert_eq!(checked(&callers, &headers), Err(refusal), "{origin}");
        }
        let two = [
            ("origin", "http://localhost"),
            ("origin", "https://evil.example"),
        ];
        let refusal = NotAllowed::Origin("https://evil.example".to_owned());
        assert_eq!(checked(&callers, &two), Err(refusal.to_string()));
        assert_eq!(
            checked(&callers, &[("origin", "null")]).unwrap_err(),
            "pages of origin null may not call this network: it is a file or a sandboxed frame, serve the page from localhost; \
             pass --allow-origin null to lit devnet, or with_allowed_origin"
        );
    }

    #[test]
    fn added_hosts_and_origins_may_call() {
        let callers = Callers::this_machine()
            .with_allowed_host("Devnet.internal".parse().unwrap())
            .with_allowed_origin("https://App.example.com:443/".parse().unwrap())
            .with_allowed_origin("null".parse().unwrap())
            .with_allowed_origin("chrome-extension://abcdef".parse().unwrap());
        assert_eq!(
            checked(&callers, &[("host", "devnet.internal:7470")]),
            Ok(None)
        );
        for origin in [
            "https://app.example.com",
            "null",
            "chrome-extension://abcdef",
        ] {
            let allowed = Ok(Some(origin.to_owned()));
            assert_eq!(checked(&callers, &[("origin", origin)]), allowed);
        }
        for origin in ["http://app.example.com", "https://app.example.com:444"] {
            let refusal = NotAllowed::Origin(origin.to_owned()).to_string();
            assert_eq!(checked(&callers, &[("origin", origin)]), Err(refusal));
        }
        let all = Callers::this_machine()
            .with_allowed_host("*".parse().unwrap())
            .with_allowed_origin("*".parse().unwrap());
        let headers = [("host", "a.example"), ("origin", "https://b.example")];
        let allowed = Ok(Some("https://b.example".to_owned()));
        assert_eq!(checked(&all, &headers), allowed);
    }

    #[test]
    fn malformed_hosts_and_origins_are_refused() {
        for bad in ["", "a:1", "a b", "http://a", "a/b", "a@b", "[::1"] {
            let refusal = bad.parse::<AllowedHost>().unwrap_err();
            assert_eq!(refusal, AllowedHostError(bad.to_owned()));
        }
        for bad in [
            "",
            "a.example",
            "https://",
            "https://a/b",
            "https://a?b",
            "https://u@a",
            "https://*",
            "https://a b",
        ] {
            let refusal = bad.parse::<AllowedOrigin>().unwrap_err();
            assert_eq!(refusal, AllowedOriginError(bad.to_owned()));
        }
        for good in ["*", "devnet", "10.0.0.1", "[::1]"] {
            assert_eq!(good.parse::<AllowedHost>().unwrap().to_string(), good);
        }
    }

    #[test]
    fn only_pages_get_cors_headers() {
        let asked = HeaderMap::new();
        let names = |page: Page| {
            let headers = page.headers(&asked, "POST");
            headers
                .keys()
                .map(|it| it.as_str().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(Page(None)), ["vary"]);
        let page = Page(Some(HeaderValue::from_static("http://localhost")));
        let headers = page.headers(&asked, "POST");
        assert_eq!(headers["access-control-allow-origin"], "http://localhost");
        assert_eq!(headers["access-control-allow-methods"], "POST");
        let mut asked = HeaderMap::new();
        asked.insert(
            "access-control-request-private-network",
            HeaderValue::from_static("true"),
        );
        let page = Page(Some(HeaderValue::from_static("https://a.example")));
        let headers = page.headers(&asked, "POST");
        assert_eq!(headers["access-control-allow-private-network"], "true");
    }
}

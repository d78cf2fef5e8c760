use std::{fmt, str::FromStr};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Uri};
use lit_types::NodeUrl;

use crate::TransportError;

/// Sends requests to servers other than nodes: a relayer, a block indexer.
///
/// An implementation sends the request as it is, follows no redirects, bounds the size of the answer, and stops when its
/// future is dropped. The caller sets deadlines.
#[async_trait]
pub trait HttpClient: Send + Sync + 'static {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// [`TransportError`] when there is no answer; an answer with an error status is an [`HttpResponse`].
    async fn request(&self, request: HttpRequest) -> Result<HttpResponse, TransportError>;
}

/// A request.
#[derive(Clone)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// The URL.
    pub url: HttpUrl,
    /// Header names in lower case, and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body, often empty.
    pub body: Bytes,
}

impl HttpRequest {
    /// A `GET` without headers.
    #[must_use]
    pub const fn get(url: HttpUrl) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// A `POST` without headers.
    #[must_use]
    pub const fn post(url: HttpUrl, body: Bytes) -> Self {
        Self {
            method: Method::POST,
            url,
            headers: Vec::new(),
            body,
        }
    }

    /// Adds a header. The name is in lower case.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Headers and body carry credentials, so they are not shown.
impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The answer of a server.
#[derive(Clone)]
pub struct HttpResponse {
    /// HTTP status.
    pub status: u16,
    /// The body, whole.
    pub body: Bytes,
}

/// A body may carry credentials, so it is not shown.
impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// An `http` or `https` URL: origin, path, and perhaps a query. No user, no fragment.
///
/// ```
/// use lit_node_transport::HttpUrl;
///
/// let base: HttpUrl = "https://relayer.example/v1/".parse()?;
/// assert_eq!(base.join("/auth/status/0x1")?.as_str(), "https://relayer.example/v1/auth/status/0x1");
/// # Ok::<(), lit_node_transport::HttpUrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HttpUrl {
    text: String,
    origin: NodeUrl,
}

impl HttpUrl {
    /// The text, without slashes at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port.
    #[must_use]
    pub const fn origin(&self) -> &NodeUrl {
        &self.origin
    }

    /// Appends a path, which begins with a slash. Its variable parts must be percent-encoded.
    ///
    /// # Errors
    /// [`HttpUrlError`] when this URL has a query, or the result is not a URL.
    pub fn join(&self, path: &str) -> Result<Self, HttpUrlError> {
        let joined = format!("{}{path}", self.text);
        if !path.starts_with('/') || self.text.contains('?') {
            return Err(HttpUrlError::new(&joined));
        }
        joined.parse()
    }
}

impl FromStr for HttpUrl {
    type Err = HttpUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || HttpUrlError::new(text);
        let text = text.trim_end_matches('/');
        let authority = text.find("://").ok_or_else(error)? + 3;
        let end = text[authority..]
            .find(['/', '?', '#'])
            .map_or(text.len(), |end| authority + end);
        let origin = text[..end].parse::<NodeUrl>().map_err(|_| error())?;
        if text.contains('#') || text.parse::<Uri>().is_err() {
            return Err(error());
        }
        Ok(Self {
            text: text.to_owned(),
            origin,
        })
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Path and query carry credentials at times, so they are not shown.
impl fmt::Debug for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.origin)?;
        if self.text == self.origin.as_str() {
            return Ok(());
        }
        f.write_str("/..")
    }
}

/// The text is not a URL that can be used here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a URL: expected http:// or https://, a host, perhaps a port and a path, no user, no fragment"
)]
pub struct HttpUrlError(String);

impl HttpUrlError {
    fn new(text: &str) -> Self {
        // What stands before an @ may be a password, and what follows the host a token.
        let host = text.find("://").map_or(0, |end| end + 3);
        let end = text[host..].find(['/', '?', '#']);
        let shown = &text[..end.map_or(text.len(), |end| host + end)];
        let shown = shown.rsplit_once('@').map_or(shown, |(_, host)| host);
        Self(shown.chars().take(100).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_checked() {
        let url: HttpUrl = "http://localhost:3000/a?b=c%20d".parse().unwrap();
        assert_eq!(url.as_str(), "http://localhost:3000/a?b=c%20d");
        assert_eq!(url.origin().as_str(), "http://localhost:3000");
        assert_eq!(
            url.join("/more"),
            Err(HttpUrlError("http://localhost:3000".to_owned()))
        );
        let query: HttpUrl = "https://a?b".parse().unwrap();
        assert_eq!(query.origin().as_str(), "https://a");
        for bad in [
            "",
            "a",
            "ftp://a",
            "https://",
            "https:///a",
            "https://a#b",
            "https://a b",
            "https://a/ b",
            "https://a/\r\nb",
            "https://u:SECRET@a/b",
            "https://a:x/b",
            "://a",
            "https://a?b#c",
            "https://a b/SECRET",
            "https://a/ ?SECRET",
            "a/SECRET",
        ] {
            let error = bad.parse::<HttpUrl>().unwrap_err();
            assert!(!error.to_string().contains("SECRET"), "{error}");
        }
        let base: HttpUrl = "https://a/b//".parse().unwrap();
        assert_eq!(base.join("/c").unwrap().as_str(), "https://a/b/c");
        for bad in ["c", "@evil/c", ".evil/c", "/c d", "/c#d"] {
            assert_eq!(
                base.join(bad),
                Err(HttpUrlError("https://a".to_owned())),
                "{bad}"
            );
        }
    }

    #[test]
    fn debug_keeps_paths_headers_and_bodies() {
        let url: HttpUrl = "https://a/SECRET?SECRET".parse().unwrap();
        let request =
            HttpRequest::post(url, Bytes::from_static(b"SECRET")).with_header("api-key", "SECRET");
        let response = HttpResponse {
            status: 200,
            body: Bytes::from_static(b"SECRET"),
        };
        let shown = format!("{request:?} {response:?}");
        assert!(
            shown.contains("https://a") && !shown.contains("SECRET"),
            "{shown}"
        );
    }
}

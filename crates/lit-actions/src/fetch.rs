//! The requests behind `fetch`.

use std::error::Error;

use bytes::Bytes;
use data_url::DataUrl;
use http::{
    HeaderMap, Method, Request, StatusCode,
    header::{self, HeaderName, HeaderValue},
};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::{
    ActionEnvironment, FetchError, HostError,
    answers::{self, Answers},
    input::{Answer, CallError},
};

/// The largest response body, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// The room for the head of a response, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// The number of redirects followed, as in the Fetch standard.
const MAX_REDIRECTS: usize = 20;
/// Why `fetch` fails without an [`HttpFetch`].
const NO_FETCHER: &str =
    "this engine has no way to send requests; set one with ActionEnvironment::with_fetcher";
/// The user agent of real nodes.
const USER_AGENT: &str = "lit_protocol_node";

/// Headers of the connection, which actions cannot set.
const RESERVED: [HeaderName; 7] = [
    header::HOST,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::TE,
    header::EXPECT,
];

/// A request in the form of `web.js`.
#[derive(Debug, Deserialize)]
pub(crate) struct FetchRequest {
    url: String,
    method: String,
    headers: Vec<(String, String)>,
    redirect: Redirect,
    #[serde(skip)]
    pub(crate) body: Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Redirect {
    Follow,
    Error,
    Manual,
}

impl FetchRequest {
    /// Whether the request is for a `data:` URL, which reaches no host.
    pub(crate) fn is_for_data(&self) -> bool {
        self.url.starts_with("data:")
    }

    /// The response to a request for a `data:` URL.
    pub(crate) fn data(&self) -> Result<Answer, HostError> {
        let malformed = || HostError::wrong_type("fetch: malformed data: URL");
        let url = Url::parse(&self.url).map_err(HostError::wrong_type)?;
        let data = DataUrl::process(url.as_str()).map_err(|_| malformed())?;
        let (body, _) = data.decode_to_vec().map_err(|_| malformed())?;
        let head = json!({
            "url": url.as_str(),
            "status": 200,
            "statusText": "OK",
            "headers": [["content-type", data.mime_type().to_string()]],
            "redirected": false,
        });
        Ok(Answer {
            json: head.to_string(),
            bytes: Some(body.into()),
            room: None,
        })
    }
}

impl ActionEnvironment {
    /// Sends a request, and reads the response when there is room for it.
    pub(crate) async fn fetch(
        &self,
        request: FetchRequest,
        answers: &Answers,
    ) -> Result<Answer, CallError> {
        let method = Method::from_bytes(request.method.as_bytes());
        let url = Url::parse(&request.url).map_err(HostError::wrong_type)?;
        let mut exchange = Exchange {
            url,
            method: method.map_err(HostError::wrong_type)?,
            headers: header_map(&request.headers)?,
            body: request.body,
        };
        let mut redirects = 0;
        loop {
            self.check_host(&exchange.url)?;
            let failed = |error: &dyn Error| {
                HostError::wrong_type(format_args!(
                    "fetch {}: {}",
                    exchange.url,
                    root_cause(error)
                ))
            };
            let fetcher = self.fetcher().ok_or_else(|| failed(&Refused(NO_FETCHER)))?;
            let sent = fetcher.fetch(exchange.request()?).await;
            let (head, body) = sent.map_err(|error| failed(&error))?.into_parts();
            if let Some(target) = exchange.redirection(head.status, &head.headers)
                && request.redirect != Redirect::Manual
            {
                if request.redirect == Redirect::Error {
                    return Err(failed(&Refused("unexpected redirect")).into());
                }
                if redirects == MAX_REDIRECTS {
                    return Err(failed(&Refused("too many redirects")).into());
                }
                redirects += 1;
                exchange.redirect(head.status, target?);
                continue;
            }
            let limit = MAX_ANSWER.min(answers.limit().saturating_sub(MAX_HEAD));
            let expected = length_of(&head.headers).map_or(limit, |length| length.min(limit));
            let mut room = answers
                .wait(expected + MAX_HEAD)
                .await
                .ok_or(CallError::OutOfMemory)?;
            let body = body.read(expected).await.map_err(|error| match error {
                FetchError::TooLarge => failed(&TooLarge(limit)),
                error => failed(&error),
            })?;
            answers::shrink(&mut room, body.len() + MAX_HEAD);
            let headers: Vec<_> = head
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), latin1(value)))
                .collect();
            let head = json!({
                "url": exchange.url.as_str(),
                "status": head.status.as_u16(),
                "statusText": head.status.canonical_reason().unwrap_or_default(),
                "headers": headers,
                "redirected": redirects > 0,
            });
            return Ok(Answer {
                json: head.to_string(),
                bytes: Some(body),
                room: Some(room),
            });
        }
    }

    fn check_host(&self, url: &Url) -> Result<(), HostError> {
        let host = url.host_str().unwrap_or_default();
        if !matches!(url.scheme(), "http" | "https") {
            return Err(HostError::wrong_type(format_args!(
                "fetch {url}: only http, https and data are supported"
            )));
        }
        let port = url.port_or_known_default().unwrap_or_default();
        if self.allows_fetch(host, &format!("{host}:{port}")) {
            return Ok(());
        }
        Err(HostError::wrong_type(format_args!(
            "fetch: the host {host} is not allowed here; pass --allow-fetch {host}, or set with_fetch_host(\"{host}\")"
        )))
    }
}

/// The length of a body, if the server says it. A compressed body is longer.
fn length_of(headers: &HeaderMap) -> Option<usize> {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return None;
    }
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// The request to send next.
struct Exchange {
    url: Url,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
}

impl Exchange {
    fn request(&self) -> Result<Request<Bytes>, HostError> {
        let mut url = self.url.clone();
        url.set_fragment(None);
        let mut request = Request::new(self.body.clone());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = url.as_str().parse().map_err(HostError::wrong_type)?;
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }

    /// The target of a redirect, if the response is one.
    fn redirection(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Option<Result<Url, HostError>> {
        if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let target = latin1(headers.get(header::LOCATION)?);
        Some(self.url.join(&target).map_err(HostError::wrong_type))
    }

    fn redirect(&mut self, status: StatusCode, target: Url) {
        let becomes_get = match status.as_u16() {
            301 | 302 => self.method == Method::POST,
            303 => self.method != Method::GET && self.method != Method::HEAD,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = Bytes::new();
            self.headers.remove(header::CONTENT_TYPE);
        }
        if target.origin() != self.url.origin() {
            self.headers.remove(header::AUTHORIZATION);
            self.headers.remove(header::COOKIE);
        }
        self.url = target;
    }
}

fn header_map(pairs: &[(String, String)]) -> Result<HeaderMap, HostError> {
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(HostError::wrong_type)?;
        let value: Vec<u8> = value.chars().map(|char| char as u8).collect();
        let value = HeaderValue::from_bytes(&value).map_err(HostError::wrong_type)?;
        if !RESERVED.contains(&name) {
            headers.insert(name, value);
        }
    }
    Ok(headers)
}

/// Converts header values: each byte is one character in JavaScript.
fn latin1(value: &HeaderValue) -> String {
    value.as_bytes().iter().copied().map(char::from).collect()
}

/// The innermost cause, which says what failed.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(&'static str);

#[derive(Debug, thiserror::Error)]
#[error("the response is larger than {0} bytes")]
struct TooLarge(usize);

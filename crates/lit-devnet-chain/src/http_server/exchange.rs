//! One request and its answer.

use std::{net::IpAddr, sync::Arc};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Incoming},
    header::{self, HeaderValue},
    http::request::Parts,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use super::{
    Service, Shared,
    connections::{Connection, STALL},
};

/// The bytes of a body or an answer that are not counted: the number of connections bounds them.
const UNCOUNTED: usize = 64 * 1024;
/// The largest memory to parse one body, in bytes.
const MAX_TREE: usize = 128 * 1024 * 1024;

/// The service closes the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the service closed the connection")]
pub(super) struct Closed;

/// Answers requests of one connection.
pub(super) struct Exchange<S> {
    pub(super) shared: Arc<Shared>,
    pub(super) connection: Arc<Connection>,
    pub(super) local: Option<IpAddr>,
    pub(super) service: S,
}

impl<S: Service> Exchange<S> {
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Closed> {
        self.connection.is_working();
        let (head, body) = request.into_parts();
        let page = match self.shared.callers.check(&head, self.local) {
            Ok(page) => page,
            Err(refusal) => {
                tracing::debug!(%refusal, "refused a caller");
                let refusal = text(StatusCode::FORBIDDEN, refusal.to_string());
                return Ok(self.send(refusal).await);
            }
        };
        let cors = page.headers(&head.headers, S::METHODS);
        let mut response = if head.method == Method::OPTIONS {
            let mut response = Response::default();
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        } else {
            match self.receive(head, body).await {
                Ok((request, _counted)) => self.service.answer(request).await.ok_or(Closed)?,
                Err(refused) => refused.response(),
            }
        };
        response.headers_mut().extend(cors);
        Ok(self.send(response).await)
    }

    /// The whole request, which is counted until the permits are dropped; or the response to send if it is too large or too slow.
    async fn receive(
        &self,
        head: Parts,
        body: Incoming,
    ) -> Result<(Request<Bytes>, Counted), Refused> {
        let (expected, limit) = (body.size_hint(), self.service.max_body(&head));
        // Checked before the body is read, for clients that wait for a response before they send the body.
        if expected.lower() > limit as u64 {
            return Err(Refused::TooLarge(limit));
        }
        let deadline = Instant::now() + self.shared.limits.body_timeout;
        let mut counted = Counted::default();
        // Bodies that wait for one another while each holds a part of the memory would never end, so a body of known length gets its
        // memory first.
        let known = usize::try_from(expected.exact().unwrap_or_default()).unwrap_or(usize::MAX);
        if known > UNCOUNTED {
            self.connection.is_queued();
            let waited = timeout_at(deadline, self.count_received(known)).await;
            counted.body = waited.map_err(|_| Refused::Busy)?;
        }
        self.connection.awaits_body();
        let read = self.read(body, limit, &mut counted.body);
        let read = timeout_at(deadline, read).await;
        self.connection.is_working();
        let body = read.unwrap_or(Err(Refused::TimedOut))?;
        let request = Request::from_parts(head, body);
        let (request, memory) = self.measured(request).await?;
        if memory > UNCOUNTED {
            let taken = take(&self.shared.trees, memory, || false);
            let waited = timeout_at(deadline, taken).await;
            counted.tree = waited.map_err(|_| Refused::Busy)?;
        }
        Ok((request, counted))
    }

    async fn read(
        &self,
        mut body: Incoming,
        limit: usize,
        counted: &mut Option<OwnedSemaphorePermit>,
    ) -> Result<Bytes, Refused> {
        let is_counted = counted.is_some();
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return Err(Refused::Unreadable);
            };
            let Ok(part) = frame.into_data() else {
                continue;
            };
            if whole.len() + part.len() > limit {
                return Err(Refused::TooLarge(limit));
            }
            self.connection.received(part.len());
            if !is_counted && whole.len() + part.len() > UNCOUNTED {
                let more = self.count_received(part.len()).await;
                match (counted.as_mut(), more) {
                    (Some(counted), Some(more)) => counted.merge(more),
                    (_, more) => *counted = more,
                }
            }
            whole.extend_from_slice(&part);
        }
        Ok(whole.freeze())
    }

    /// Counts bytes of a body. While too many are in memory it waits, and closes connections that send slowly.
    async fn count_received(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let shared = &self.shared;
        let close = || shared.connections.close_slow_body();
        take(&shared.received, bytes, close).await
    }

    /// The memory that the service takes to parse a request.
    async fn measured(&self, request: Request<Bytes>) -> Result<(Request<Bytes>, usize), Refused> {
        let service = self.service.clone();
        let is_large = request.body().len() > UNCOUNTED;
        let measure = move || {
            let (head, body) = request.into_parts();
            let memory = service.memory(&head, &body);
            (Request::from_parts(head, body), memory)
        };
        let (request, memory) = if is_large {
            // The semaphore is never closed.
            let place = Arc::clone(&self.shared.measuring).acquire_owned().await;
            let measure = move || {
                let _place = place;
                measure()
            };
            let measured = tokio::task::spawn_blocking(measure).await;
            measured.map_err(|_| Refused::Internal)?
        } else {
            measure()
        };
        if memory > MAX_TREE {
            return Err(Refused::TooManyValues);
        }
        Ok((request, memory))
    }

    /// Counts the bytes of an answer until they are sent.
    async fn send(&self, response: Response<Bytes>) -> Response<Full<Bytes>> {
        let (mut head, body) = response.into_parts();
        let shared = &self.shared;
        let mut counted = None;
        if body.len() > UNCOUNTED {
            let close = || shared.connections.close_stalled();
            let taken = take(&shared.unsent, body.len(), close);
            match tokio::time::timeout(shared.limits.send_timeout, taken).await {
                Ok(taken) => counted = taken,
                Err(_) => return Refused::Busy.response().map(Full::new),
            }
        }
        // The place of the worker that made it.
        head.extensions.clear();
        let unsent = Unsent {
            bytes: body,
            connection: Arc::clone(&self.connection),
            _counted: counted,
        };
        self.connection.is_sending();
        // An empty answer counts as sent at once.
        let body = match unsent.bytes.is_empty() {
            true => Bytes::new(),
            false => Bytes::from_owner(unsent),
        };
        Response::from_parts(head, Full::new(body))
    }
}

/// Takes permits for bytes, at most all. While there are not enough it makes room, again and again.
async fn take(
    budget: &Budget,
    bytes: usize,
    make_room: impl Fn() -> bool,
) -> Option<OwnedSemaphorePermit> {
    let bytes = u32::try_from(bytes.min(budget.limit)).unwrap_or(u32::MAX);
    let acquired = Arc::clone(&budget.free).acquire_many_owned(bytes);
    let mut acquired = std::pin::pin!(acquired);
    loop {
        match tokio::time::timeout(STALL / 4, acquired.as_mut()).await {
            // The budget is never closed.
            Ok(permit) => return permit.ok(),
            Err(_) => _ = make_room(),
        }
    }
}

/// A number of bytes that requests share.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    free: Arc<Semaphore>,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        let limit = limit.min(Semaphore::MAX_PERMITS);
        Self {
            limit,
            free: Arc::new(Semaphore::new(limit)),
        }
    }
}

/// The memory of a request.
#[derive(Debug, Default)]
struct Counted {
    body: Option<OwnedSemaphorePermit>,
    #[allow(dead_code, reason = "it is counted until it is dropped")]
    tree: Option<OwnedSemaphorePermit>,
}

/// The bytes of an answer. Once they are sent, or the connection has closed, it is dropped.
struct Unsent {
    bytes: Bytes,
    connection: Arc<Connection>,
    _counted: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Unsent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        self.connection.is_sent();
    }
}

/// Why a request is not answered by the service.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("request too large: the limit is {0} bytes")]
    TooLarge(usize),
    #[error("the request has too many values: parsing it takes more than 128 MiB")]
    TooManyValues,
    #[error("cannot read the request body")]
    Unreadable,
    #[error("request timed out")]
    TimedOut,
    #[error("too many requests and answers are in memory; try again")]
    Busy,
    #[error("internal error")]
    Internal,
}

impl Refused {
    fn response(&self) -> Response<Bytes> {
        let status = match self {
            Self::TooLarge(_) | Self::TooManyValues => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        text(status, self.to_string())
    }
}

/// A plain text response.
pub fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

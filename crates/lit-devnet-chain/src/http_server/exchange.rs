//! One request and its answer.

use std::{net::IpAddr, sync::Arc};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Incoming},
    header::{self, HeaderMap, HeaderValue},
    http::request::Parts,
};
use tokio::{
    sync::{Mutex, OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use super::{
    Service, Shared,
    callers::NotAllowed,
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
        let mut is_read = body.is_end_stream();
        let mut headers = HeaderMap::new();
        let answered = match self.shared.callers.check(&head, self.local) {
            Err(refusal) => {
                tracing::debug!(%refusal, "refused a caller");
                Err(Refused::Caller(refusal))
            }
            Ok(page) => {
                headers = page.headers(&head.headers, S::METHODS);
                if head.method == Method::OPTIONS {
                    Ok(no_content())
                } else {
                    match self.receive(head, body).await {
                        Ok((request, _counted)) => {
                            is_read = true;
                            Ok(self.service.answer(request).await.ok_or(Closed)?)
                        }
                        Err(refused) => Err(refused),
                    }
                }
            }
        };
        // Without this, hyper skips a short body and takes the next request before the answer is sent, if the answer has no body.
        // A client that never reads would make it keep any number of answers.
        if !is_read {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let response = answered.unwrap_or_else(|refused| self.refusal(&refused));
        Ok(self.send(response, headers).await)
    }

    fn refusal(&self, refused: &Refused) -> Response<Bytes> {
        self.service.refusal(refused.status(), refused.to_string())
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
        let read = self.read(body, limit, &mut counted.body);
        let read = timeout_at(deadline, read).await;
        self.connection.is_working();
        let body = read.unwrap_or(Err(Refused::TimedOut))?;
        let request = Request::from_parts(head, body);
        let (request, memory) = self.measured(request).await?;
        if memory > UNCOUNTED {
            let taken = self.shared.trees.take(memory, || false);
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
        let mut whole = BytesMut::new();
        self.connection.awaits_body(held(counted));
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return Err(Refused::Unreadable);
            };
            let Ok(part) = frame.into_data() else {
                continue;
            };
            let length = whole.len() + part.len();
            if length > limit {
                return Err(Refused::TooLarge(limit));
            }
            self.connection.received(part.len());
            if counted.is_none() && length > UNCOUNTED {
                // Its length is unknown, so it gets memory for the longest one.
                self.connection.is_queued();
                *counted = self.count_received(limit).await;
                self.connection.awaits_body(held(counted));
            }
            whole.extend_from_slice(&part);
        }
        if let Some(counted) = counted {
            let unused = counted.num_permits().saturating_sub(whole.len());
            drop(counted.split(unused));
        }
        Ok(whole.freeze())
    }

    /// Counts bytes of a body. While too many are in memory it waits, and closes connections that send slowly.
    async fn count_received(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let shared = &self.shared;
        let close = || shared.connections.close_slow_body();
        shared.received.take(bytes, close).await
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
    async fn send(&self, response: Response<Bytes>, headers: HeaderMap) -> Response<Full<Bytes>> {
        let (mut head, mut body) = response.into_parts();
        let shared = &self.shared;
        let mut counted = None;
        if body.len() > UNCOUNTED {
            let close = || shared.connections.close_stalled();
            let taken = shared.unsent.take(body.len(), close);
            match tokio::time::timeout(shared.limits.send_timeout, taken).await {
                Ok(taken) => counted = taken,
                Err(_) => (head, body) = self.refusal(&Refused::Busy).into_parts(),
            }
        }
        head.headers.extend(headers);
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

/// The bytes that a permit stands for.
fn held(counted: &Option<OwnedSemaphorePermit>) -> usize {
    counted
        .as_ref()
        .map_or(0, OwnedSemaphorePermit::num_permits)
}

fn no_content() -> Response<Bytes> {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// A number of bytes that requests share.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    free: Arc<Semaphore>,
    /// The turn of the first in the queue, which makes room for all.
    turn: Mutex<()>,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        let limit = limit.min(Semaphore::MAX_PERMITS);
        Self {
            limit,
            free: Arc::new(Semaphore::new(limit)),
            turn: Mutex::default(),
        }
    }

    /// Takes permits for bytes, at most all, in order. While there are not enough it makes room, again and again.
    async fn take(
        &self,
        bytes: usize,
        make_room: impl Fn() -> bool,
    ) -> Option<OwnedSemaphorePermit> {
        let _turn = self.turn.lock().await;
        let bytes = u32::try_from(bytes.min(self.limit)).unwrap_or(u32::MAX);
        let acquired = Arc::clone(&self.free).acquire_many_owned(bytes);
        let mut acquired = std::pin::pin!(acquired);
        loop {
            match tokio::time::timeout(STALL / 4, acquired.as_mut()).await {
                // The budget is never closed.
                Ok(permit) => return permit.ok(),
                Err(_) => _ = make_room(),
            }
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
    #[error(transparent)]
    Caller(NotAllowed),
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
    const fn status(&self) -> StatusCode {
        match self {
            Self::Caller(_) => StatusCode::FORBIDDEN,
            Self::TooLarge(_) | Self::TooManyValues => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
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

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_the_first_in_the_queue_makes_room() {
        let budget = Budget::new(1);
        let taken = budget.take(1, || false).await;
        let made = AtomicUsize::new(0);
        let make_room = || made.fetch_add(1, Ordering::Relaxed) == usize::MAX;
        let waiting = join_all((0..100).map(|_| budget.take(1, make_room)));
        let long = 4 * STALL + Duration::from_millis(1);
        assert!(tokio::time::timeout(long, waiting).await.is_err());
        assert_eq!(made.into_inner(), 16);
        drop(taken);
        assert!(budget.take(1, || false).await.is_some());
    }
}

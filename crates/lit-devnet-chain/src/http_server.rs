//! A small HTTP/1.1 server with limits on connections, heads, bodies and times, for this crate and for networks around it.

use std::{error::Error, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    Request, Response, StatusCode,
    body::{Body, Incoming},
    header::{self, HeaderMap, HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// The number of open connections per listener. Further connections wait until one closes.
const MAX_CONNECTIONS: usize = 1_024;
/// The timeout for the head of a request, including idle time before it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The timeout for the body of a request.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Passes every connection to `serve` until the future is dropped, which also drops the connections. A connection is closed if
/// `serve` returns nothing.
pub async fn accept<F>(listener: TcpListener, serve: impl Fn(TcpStream) -> Option<F>)
where
    F: Future<Output = ()> + Send + 'static,
{
    accept_up_to(MAX_CONNECTIONS, listener, serve).await;
}

async fn accept_up_to<F>(
    limit: usize,
    listener: TcpListener,
    serve: impl Fn(TcpStream) -> Option<F>,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < limit => match accepted {
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    if let Some(served) = serve(stream) {
                        connections.spawn(served);
                    }
                }
                Err(error) => {
                    tracing::warn!(address = ?listener.local_addr().ok(), %error, "cannot accept a connection");
                    // Most likely the process is out of file descriptors; retry when some are free.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves HTTP/1.1 on a connection until it closes. If `answer` fails the connection is closed at once.
pub async fn serve_http<S, F, B, E>(stream: S, answer: impl Fn(Request<Incoming>) -> F)
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future<Output = Result<Response<B>, E>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended");
    }
}

/// The body of a request.
///
/// # Errors
/// The response to send if it is too large or too slow.
pub async fn read_body(body: Incoming, limit: usize) -> Result<Bytes, Response<Full<Bytes>>> {
    // Checked before the body is read, for clients that wait for a response before they send the body.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    match tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, limit).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(text(
            StatusCode::BAD_REQUEST,
            "cannot read the request body",
        )),
        Err(_) => Err(text(StatusCode::REQUEST_TIMEOUT, "request timed out")),
    }
}

fn too_large() -> Response<Full<Bytes>> {
    text(StatusCode::PAYLOAD_TOO_LARGE, "request too large")
}

/// A plain text response.
pub fn text(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response
}

/// CORS headers that allow every origin, these methods and any headers.
pub fn cross_origin(methods: &'static str) -> HeaderMap {
    let any = |name: HeaderName| (name, HeaderValue::from_static("*"));
    HeaderMap::from_iter([
        any(header::ACCESS_CONTROL_ALLOW_ORIGIN),
        any(header::ACCESS_CONTROL_ALLOW_HEADERS),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static(methods),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv4Addr, sync::Arc};

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn connections_over_the_limit_wait_for_one_to_end() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (served, mut serving) = mpsc::unbounded_channel();
        let end = Arc::new(tokio::sync::Notify::new());
        let until_told = Arc::clone(&end);
        let server = tokio::spawn(accept_up_to(1, listener, move |_| {
            let _ = served.send(());
            let end = Arc::clone(&until_told);
            Some(async move { end.notified().await })
        }));
        let _first = TcpStream::connect(address).await.unwrap();
        serving.recv().await.unwrap();
        let _second = TcpStream::connect(address).await.unwrap();
        // Yield often enough that the runtime polls its sockets several times.
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        assert_eq!(serving.try_recv(), Err(mpsc::error::TryRecvError::Empty));
        end.notify_one();
        serving.recv().await.unwrap();
        server.abort();
    }
}

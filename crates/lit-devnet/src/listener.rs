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
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// How many connections a listener has at once. More wait until one of them ends.
const MAX_CONNECTIONS: usize = 1_024;
/// How long a client may take for the head of a request, its silence before that included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long it may take for the body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Gives every connection to `serve` until the future is dropped, and what was served with it. Connections for which there is
/// nothing to do are closed.
pub(crate) async fn accept<F>(listener: TcpListener, serve: impl Fn(TcpStream) -> Option<F>)
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
                    if let Some(served) = serve(stream) {
                        connections.spawn(served);
                    }
                }
                Err(error) => {
                    tracing::warn!(address = ?listener.local_addr().ok(), %error, "cannot accept a connection");
                    // Out of file descriptors, most likely; some will become free.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Speaks HTTP/1.1 on a connection to its end. An error in place of an answer ends it at once.
pub(crate) async fn serve_http<F, B, E>(stream: TcpStream, answer: impl Fn(Request<Incoming>) -> F)
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let _ = stream.set_nodelay(true);
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended");
    }
}

/// The body of a request, or what the client is told that sends too much or takes too long.
pub(crate) async fn read_body(
    body: Incoming,
    limit: usize,
) -> Result<Bytes, Response<Full<Bytes>>> {
    // Said before the body is read, so that a client which waits for an answer first gets it.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    match tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, limit).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(text(StatusCode::BAD_REQUEST, "the body cannot be read")),
        Err(_) => Err(text(
            StatusCode::REQUEST_TIMEOUT,
            "the request takes too long",
        )),
    }
}

fn too_large() -> Response<Full<Bytes>> {
    text(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large")
}

/// An answer that is no JSON.
pub(crate) fn text(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response
}

/// Headers by which every web page may call with these methods and any headers.
pub(crate) fn cross_origin(methods: &'static str) -> HeaderMap {
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
        // Often enough that the runtime looks at its sockets several times.
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        assert!(serving.try_recv().is_err());
        end.notify_one();
        serving.recv().await.unwrap();
        server.abort();
    }
}

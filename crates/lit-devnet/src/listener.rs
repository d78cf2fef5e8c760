use std::{error::Error, time::Duration};

use hyper::{
    Request, Response,
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Gives every connection to `serve` until the future is dropped, and what was served with it. Connections for which there is
/// nothing to do are closed.
pub(crate) async fn accept<F>(listener: TcpListener, serve: impl Fn(TcpStream) -> Option<F>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
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
        .header_read_timeout(Duration::from_secs(30))
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended");
    }
}

//! Connections that give up on servers that do not take part.

use std::{
    error::Error,
    fmt,
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::time::{Sleep, sleep, timeout};
use tower_service::Service;

/// Bounds how long connecting takes, TLS included, and how long a connection waits for its server to read.
#[derive(Debug, Clone)]
pub(crate) struct TimedConnector<C> {
    pub(crate) connector: C,
    pub(crate) connect_timeout: Duration,
    pub(crate) write_timeout: Duration,
}

type Connecting<S> =
    Pin<Box<dyn Future<Output = Result<TimedStream<S>, Box<dyn Error + Send + Sync>>> + Send>>;

impl<C> Service<Uri> for TimedConnector<C>
where
    C: Service<Uri>,
    C::Error: Into<Box<dyn Error + Send + Sync>>,
    C::Future: Send + 'static,
{
    type Response = TimedStream<C::Response>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Connecting<C::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.connector.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.connector.call(uri);
        let (limit, write_timeout) = (self.connect_timeout, self.write_timeout);
        Box::pin(async move {
            match timeout(limit, connecting).await {
                Ok(stream) => Ok(TimedStream {
                    stream: stream.map_err(Into::into)?,
                    write_timeout,
                    stalled: None,
                }),
                Err(_) => Err(NotConnected(limit).into()),
            }
        })
    }
}

/// A connection that fails if the server reads nothing for a while.
pub(crate) struct TimedStream<S> {
    stream: S,
    write_timeout: Duration,
    /// Ends when the server has not read for too long. None while nothing waits to be written.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> TimedStream<S> {
    /// The result of writing, or an error if it has been pending for too long.
    fn timed<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let limit = self.write_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        let stalled = stalled.as_mut().poll(cx);
        stalled.map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, NotRead(limit))))
    }
}

impl<S: Read + Unpin> Read for TimedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: Write + Unpin> Write for TimedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.timed(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.timed(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.timed(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.timed(cx, closed)
    }
}

impl<S: Connection> Connection for TimedStream<S> {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}

impl<S> fmt::Debug for TimedStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TimedStream")
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {} ms", .0.as_millis())]
struct NotConnected(Duration);

/// Why a connection was given up.
#[derive(Debug, thiserror::Error)]
#[error("the server has not read the request for {} ms", .0.as_millis())]
struct NotRead(Duration);

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};

    use hyper_util::rt::TokioIo;
    use tokio::{
        io::{AsyncReadExt, duplex},
        time::Instant,
    };

    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    async fn write(
        stream: &mut TimedStream<impl Write + Unpin>,
        bytes: &[u8],
    ) -> io::Result<usize> {
        poll_fn(|cx| Pin::new(&mut *stream).poll_write(cx, bytes)).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_does_not_read_is_given_up() {
        let (ours, mut theirs) = duplex(4);
        let mut stream = TimedStream {
            stream: TokioIo::new(ours),
            write_timeout: LIMIT,
            stalled: None,
        };
        let start = Instant::now();
        assert_eq!(write(&mut stream, b"0123456").await.unwrap(), 4);
        // A server that reads a little now and then is slow, and not given up.
        for _ in 0..3 {
            let (written, read) = tokio::join!(write(&mut stream, b"4567"), async {
                sleep(LIMIT / 2).await;
                theirs.read_u8().await
            });
            assert_eq!(written.unwrap(), 1);
            read.unwrap();
        }
        assert_eq!(start.elapsed(), LIMIT / 2 * 3);
        let error = write(&mut stream, b"7").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let text = "the server has not read the request for 20000 ms";
        assert_eq!(error.to_string(), text);
        assert_eq!(start.elapsed(), LIMIT / 2 * 3 + LIMIT);
    }

    /// A server that accepts, and then says nothing during the TLS handshake.
    #[derive(Clone)]
    struct Silent;

    impl Service<Uri> for Silent {
        type Response = TokioIo<tokio::io::DuplexStream>;
        type Error = io::Error;
        type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Uri) -> Self::Future {
            Box::pin(pending())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn connecting_ends_in_time_whatever_takes_long() {
        let mut connector = TimedConnector {
            connector: Silent,
            connect_timeout: Duration::from_secs(10),
            write_timeout: LIMIT,
        };
        let start = Instant::now();
        let error = connector
            .call(Uri::from_static("https://127.0.0.1:1"))
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "no connection within 10000 ms");
        assert_eq!(start.elapsed(), Duration::from_secs(10));
    }
}

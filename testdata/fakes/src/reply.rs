use std::time::Duration;

use bytes::Bytes;
use lit_node_transport::{HttpResponse, NodeResponse, TransportError};

/// What a fake does with one request.
#[derive(Debug, Clone)]
pub struct Reply {
    after: Duration,
    end: End,
}

#[derive(Debug, Clone)]
enum End {
    Answer { status: u16, body: Bytes },
    Fail(TransportError),
    Never,
}

impl Reply {
    /// Answers with status 200.
    #[must_use]
    pub fn ok(body: impl Into<Bytes>) -> Self {
        Self::status(200, body)
    }

    /// Answers with a status.
    #[must_use]
    pub fn status(status: u16, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self::of(End::Answer { status, body })
    }

    /// Answers with status 200 and JSON.
    ///
    /// # Panics
    /// When the value does not serialize.
    #[must_use]
    pub fn json(value: &impl serde::Serialize) -> Self {
        Self::ok(serde_json::to_vec(value).unwrap())
    }

    /// Gives no answer.
    #[must_use]
    pub const fn fail(error: TransportError) -> Self {
        Self::of(End::Fail(error))
    }

    /// Refuses the connection.
    #[must_use]
    pub fn refused() -> Self {
        Self::fail(TransportError::Connect("connection refused".into()))
    }

    /// Keeps the connection open, and says nothing.
    #[must_use]
    pub const fn never() -> Self {
        Self::of(End::Never)
    }

    /// The same, so much later. Tests run on tokio's paused time.
    #[must_use]
    pub const fn after(mut self, duration: Duration) -> Self {
        self.after = duration;
        self
    }

    const fn of(end: End) -> Self {
        Self {
            after: Duration::ZERO,
            end,
        }
    }

    async fn give(self) -> Result<(u16, Bytes), TransportError> {
        if !self.after.is_zero() {
            tokio::time::sleep(self.after).await;
        }
        match self.end {
            End::Answer { status, body } => Ok((status, body)),
            End::Fail(error) => Err(error),
            End::Never => std::future::pending().await,
        }
    }

    pub(crate) async fn of_server(self) -> Result<HttpResponse, TransportError> {
        let (status, body) = self.give().await?;
        Ok(HttpResponse { status, body })
    }

    pub(crate) async fn of_node(self) -> Result<NodeResponse, TransportError> {
        let (status, body) = self.give().await?;
        Ok(NodeResponse { status, body })
    }
}

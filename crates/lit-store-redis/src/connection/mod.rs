mod failure;
mod server;

use std::{
    io,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use lit_sdk::store::StoreError;
use redis::{Cmd, FromRedisValue, RedisResult};
use tokio::{sync::Mutex, time::timeout};

use failure::{is_lost, store_error};
use server::Open;

pub(crate) use server::{Node, Server};

/// The timeout of a connection or an answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A lazy connection that is replaced after a loss. Clones share it.
#[derive(Clone)]
pub(crate) struct Connection(Arc<Shared>);

struct Shared {
    server: Server,
    open: RwLock<Option<Arc<Open>>>,
    /// Held by the one caller that connects.
    connecting: Mutex<()>,
}

impl Connection {
    pub(crate) fn new(server: Server) -> Self {
        #[cfg(feature = "tls")]
        choose_crypto();
        Self(Arc::new(Shared {
            server,
            open: RwLock::default(),
            connecting: Mutex::default(),
        }))
    }

    /// Whether the server refuses commands on keys with different hash tags.
    pub(crate) fn is_cluster(&self) -> bool {
        self.0.server.is_cluster()
    }

    /// Runs an idempotent command, and repeats it once on a new connection after a loss.
    pub(crate) async fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        self.run_on(&Node::default(), command).await
    }

    /// As [`Connection::run`], on one node of a cluster.
    pub(crate) async fn run_on<T: FromRedisValue>(
        &self,
        node: &Node,
        command: &Cmd,
    ) -> Result<T, StoreError> {
        let result = match self.attempt(node, command).await {
            Err(error) if is_lost(&error) && !error.is_timeout() => {
                tracing::debug!(%error, "lost the connection to Redis; reconnecting");
                self.attempt(node, command).await
            }
            result => result,
        };
        result.map_err(store_error)
    }

    /// The nodes that together hold all keys.
    pub(crate) async fn nodes(&self) -> Result<Vec<Node>, StoreError> {
        let open = self.open().await.map_err(store_error)?;
        open.nodes().await.map_err(store_error)
    }

    async fn attempt<T: FromRedisValue>(&self, node: &Node, command: &Cmd) -> RedisResult<T> {
        let open = self.open().await?;
        let result = open.run(node, command).await;
        if let Err(error) = &result
            && is_lost(error)
            && open.must_be_replaced(error)
        {
            self.close(&open);
        }
        result
    }

    async fn open(&self) -> RedisResult<Arc<Open>> {
        if let Some(open) = self.current() {
            return Ok(open);
        }
        let connect = async {
            let _turn = self.0.connecting.lock().await;
            if let Some(open) = self.current() {
                return Ok(open);
            }
            let open = Arc::new(self.0.server.connect().await?);
            *self.0.open.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&open));
            Ok(open)
        };
        // The time includes the wait for the turn, so that a server that hangs delays each caller once.
        let connected = timeout(TIMEOUT, connect).await;
        connected.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
    }

    fn current(&self) -> Option<Arc<Open>> {
        let open = self.0.open.read();
        open.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets a connection, unless another one has replaced it. Calls in flight keep it.
    fn close(&self, lost: &Arc<Open>) {
        let open = self.0.open.write();
        let mut open = open.unwrap_or_else(PoisonError::into_inner);
        if open.as_ref().is_some_and(|open| Arc::ptr_eq(open, lost)) {
            *open = None;
        }
    }
}

/// Chooses a crypto provider for rustls, which panics without a choice between two. The program's own choice stays.
#[cfg(feature = "tls")]
fn choose_crypto() {
    use rustls::crypto::{CryptoProvider, ring};
    if CryptoProvider::get_default().is_none() {
        // Another thread may have installed one meanwhile, which serves as well.
        let _ = ring::default_provider().install_default();
    }
}

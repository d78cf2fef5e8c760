use std::time::Duration;

use lit_sdk::store::StoreError;
use redis::{
    Client, FromRedisValue, Pipeline, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

/// The timeout of a connection or an answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A lazy connection that reconnects after a loss. Clones share it.
#[derive(Clone)]
pub(crate) struct Connection(ConnectionManager);

impl Connection {
    pub(crate) fn new(client: Client) -> Result<Self, StoreError> {
        #[cfg(feature = "tls")]
        choose_crypto();
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(50))
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        let manager = ConnectionManager::new_lazy_with_config(client, config);
        Ok(Self(manager.map_err(unavailable)?))
    }

    /// Runs idempotent commands, and repeats them once after a lost connection.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        commands: &Pipeline,
    ) -> Result<T, StoreError> {
        let mut connection = self.0.clone();
        let result = match commands.query_async(&mut connection).await {
            Err(error) if is_lost(&error) => commands.query_async(&mut connection).await,
            result => result,
        };
        result.map_err(unavailable)
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

fn is_lost(error: &RedisError) -> bool {
    !error.is_timeout() && (error.is_connection_dropped() || error.is_io_error())
}

fn unavailable(error: RedisError) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

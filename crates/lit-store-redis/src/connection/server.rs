//! The ways to reach Redis: one server, the master that sentinels name, a cluster.

use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError, RedisResult,
    aio::MultiplexedConnection,
};
#[cfg(feature = "cluster")]
use redis::{
    cluster::{ClusterClient, ClusterConfig},
    cluster_async::ClusterConnection,
};
#[cfg(feature = "sentinel")]
use {redis::sentinel::SentinelClient, tokio::sync::Mutex};

use super::TIMEOUT;
#[cfg(feature = "cluster")]
use crate::cluster;

/// Where to connect.
pub(crate) enum Server {
    One(Box<Client>),
    #[cfg(feature = "sentinel")]
    Sentinels(Box<Mutex<SentinelClient>>),
    #[cfg(feature = "cluster")]
    Cluster(Box<ClusterClient>),
}

/// One node of a cluster; by default the one that has the keys of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Node {
    #[cfg(feature = "cluster")]
    pub(crate) address: Option<(String, u16)>,
}

/// An open connection.
pub(super) enum Open {
    One(MultiplexedConnection),
    /// It replaces the connections to its nodes by itself.
    #[cfg(feature = "cluster")]
    Cluster(ClusterConnection),
}

impl Server {
    pub(super) const fn is_cluster(&self) -> bool {
        match self {
            Self::One(_) => false,
            #[cfg(feature = "sentinel")]
            Self::Sentinels(_) => false,
            #[cfg(feature = "cluster")]
            Self::Cluster(_) => true,
        }
    }

    pub(super) async fn connect(&self) -> RedisResult<Open> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        match self {
            Self::One(client) => {
                let connection = client.get_multiplexed_async_connection_with_config(&config);
                Ok(Open::One(connection.await?))
            }
            #[cfg(feature = "sentinel")]
            Self::Sentinels(client) => {
                let mut client = client.lock().await;
                let connection = client.get_async_connection_with_config(&config);
                Ok(Open::One(connection.await?))
            }
            #[cfg(feature = "cluster")]
            Self::Cluster(client) => {
                // A node that is gone must leave time for the others.
                let config = ClusterConfig::new()
                    .set_connection_timeout(TIMEOUT / 4)
                    .set_response_timeout(TIMEOUT);
                let connection = client.get_async_connection_with_config(config);
                Ok(Open::Cluster(connection.await?))
            }
        }
    }
}

impl Open {
    #[cfg_attr(
        not(feature = "cluster"),
        allow(unused_variables, reason = "only clusters have nodes")
    )]
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        node: &Node,
        command: &Cmd,
    ) -> RedisResult<T> {
        match self {
            Self::One(connection) => command.query_async(&mut connection.clone()).await,
            #[cfg(feature = "cluster")]
            Self::Cluster(connection) => cluster::run(connection.clone(), node, command).await,
        }
    }

    /// The nodes that together hold all keys.
    pub(super) async fn nodes(&self) -> RedisResult<Vec<Node>> {
        match self {
            Self::One(_) => Ok(vec![Node::default()]),
            #[cfg(feature = "cluster")]
            Self::Cluster(connection) => cluster::masters(connection.clone()).await,
        }
    }

    /// Whether the connection does not recover by itself from this loss.
    #[cfg_attr(
        not(feature = "cluster"),
        allow(unused_variables, reason = "only clusters recover")
    )]
    pub(super) fn must_be_replaced(&self, error: &RedisError) -> bool {
        match self {
            Self::One(_) => true,
            // One slow node does not require new connections to all.
            #[cfg(feature = "cluster")]
            Self::Cluster(_) => !error.is_timeout(),
        }
    }
}

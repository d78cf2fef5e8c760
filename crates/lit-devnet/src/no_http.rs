//! What stands in for HTTP without the feature `http`: the network is in memory only.

use lit_node_transport::HttpUrl;
use lit_types::NodeUrl;
use tokio::task::JoinSet;

use crate::{DevnetBuilder, DevnetError, served::Served, tls::Tls, urls::memory_urls};

/// Where the network listens: nowhere.
#[derive(Debug)]
pub(crate) struct Addresses {
    pub(crate) nodes: Vec<NodeUrl>,
    pub(crate) rpc: Option<HttpUrl>,
    pub(crate) services: Option<NodeUrl>,
}

pub(crate) struct Sockets;

impl Sockets {
    #[allow(clippy::unused_async, reason = "with the feature `http` it binds")]
    pub(crate) async fn bind(
        builder: &DevnetBuilder,
        _: Option<&Tls>,
    ) -> Result<(Addresses, Self), DevnetError> {
        let addresses = Addresses {
            nodes: memory_urls(builder.nodes),
            rpc: None,
            services: None,
        };
        Ok((addresses, Self))
    }

    pub(crate) fn serve(self, _: &Served<'_>) -> JoinSet<()> {
        JoinSet::new()
    }
}

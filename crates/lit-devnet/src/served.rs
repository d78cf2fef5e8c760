use std::sync::Arc;

use lit_devnet_chain::LitChain;

use crate::{
    DevnetClock, blocks::Blocks, embedded_node::EmbeddedNode, ipfs::Ipfs, issuer::LocalIssuer,
    keys::NetworkKeys,
};

/// What the servers of a network serve.
#[cfg_attr(not(feature = "http"), allow(dead_code, reason = "nothing listens"))]
pub(crate) struct Served<'a> {
    pub(crate) nodes: &'a [Arc<EmbeddedNode>],
    pub(crate) keys: &'a Arc<NetworkKeys>,
    pub(crate) clock: &'a Arc<DevnetClock>,
    pub(crate) chain: &'a LitChain,
    pub(crate) blocks: &'a Arc<Blocks>,
    pub(crate) ipfs: &'a Arc<Ipfs>,
    pub(crate) jwt_issuer: &'a Arc<LocalIssuer>,
}

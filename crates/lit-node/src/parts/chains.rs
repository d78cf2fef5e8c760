use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use alloy_provider::ProviderBuilder;
use lit_contracts::RpcTransport;
use lit_node_transport::{HttpClient, HttpUrl};
use lit_types::chains::{EVM_CHAINS, NODE_EVM_CHAINS};

use super::{ChainReader, ProviderReader};

/// The EVM chains of a node, by the names that actions and conditions use.
///
/// ```
/// # use std::sync::Arc;
/// # use lit_node::{ChainReader, Chains};
/// # use lit_node_transport::HttpClient;
/// # fn chains(own: Arc<dyn ChainReader>, http: Arc<dyn HttpClient>) -> Result<Chains, Box<dyn std::error::Error>> {
/// // `ethereum` is another chain; all other names mean the network's own.
/// Ok(Chains::new(own).with_chain("ethereum", http, "https://eth.example.org".parse()?))
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Chains {
    own: NamedChain,
    own_names: ChainNames,
    others: BTreeMap<String, NamedChain>,
}

/// The chain that a name means.
#[derive(Debug, Clone)]
pub(crate) struct NamedChain {
    pub(crate) reader: Arc<dyn ChainReader>,
    /// The URL of its JSON-RPC.
    pub(crate) rpc_url: Option<HttpUrl>,
}

/// The names that mean the network's own chain.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum ChainNames {
    /// The names of all EVM chains.
    #[default]
    AllEvm,
    /// These names.
    Only(BTreeSet<String>),
}

impl Chains {
    /// The network's own chain, under the names of all EVM chains.
    #[must_use]
    pub fn new(own: Arc<dyn ChainReader>) -> Self {
        Self {
            own: NamedChain {
                reader: own,
                rpc_url: None,
            },
            own_names: ChainNames::default(),
            others: BTreeMap::new(),
        }
    }

    /// Sets the URL of the own chain's JSON-RPC, which actions ask for. Default: none.
    #[must_use]
    pub fn with_rpc_url(mut self, url: HttpUrl) -> Self {
        self.own.rpc_url = Some(url);
        self
    }

    /// Sets the names that mean the network's own chain. Default: those of all EVM chains.
    #[must_use]
    pub fn with_own_names(mut self, names: ChainNames) -> Self {
        self.own_names = names;
        self
    }

    /// Makes a name mean the chain behind a JSON-RPC. May be repeated. Default: none.
    #[must_use]
    pub fn with_chain(
        mut self,
        name: impl Into<String>,
        http: Arc<dyn HttpClient>,
        rpc_url: HttpUrl,
    ) -> Self {
        let client = RpcTransport::new(http, rpc_url.clone()).client();
        let provider = ProviderBuilder::new().connect_client(client);
        let chain = NamedChain {
            reader: Arc::new(ProviderReader::new(provider)),
            rpc_url: Some(rpc_url),
        };
        self.others.insert(name.into(), chain);
        self
    }

    /// The network's own chain, which holds its contracts.
    pub(crate) const fn own(&self) -> &Arc<dyn ChainReader> {
        &self.own.reader
    }

    /// The chain that a name means.
    pub(crate) fn named(&self, name: &str) -> Option<&NamedChain> {
        let own = || self.own_names.contains(name).then_some(&self.own);
        self.others.get(name).or_else(own)
    }
}

impl ChainNames {
    fn contains(&self, name: &str) -> bool {
        match self {
            Self::AllEvm => {
                EVM_CHAINS.iter().any(|(known, _)| *known == name)
                    || NODE_EVM_CHAINS.contains(&name)
            }
            Self::Only(names) => names.contains(name),
        }
    }
}

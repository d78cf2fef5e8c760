use std::net::Ipv4Addr;

use alloy_primitives::Address;
use lit_types::{LitNetwork, NodeUrl, NodeUrlError};

use crate::addresses::{self, ContractAddresses};

/// A network's chain, RPC and contract addresses.
///
/// ```
/// use lit_contracts::NetworkContext;
/// use lit_types::LitNetwork;
///
/// let datil = NetworkContext::of(LitNetwork::Datil)?;
/// assert_eq!(datil.chain_id(), 175_188);
/// let mirror = datil.with_rpc_url("http://127.0.0.1:8545");
/// assert_eq!(mirror.rpc_url(), "http://127.0.0.1:8545");
/// # Ok::<(), lit_contracts::ContextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkContext {
    network: LitNetwork,
    chain_id: u64,
    rpc_url: String,
    contracts: ContractAddresses,
    resolver: Option<Resolver>,
    node_scheme: Option<NodeScheme>,
}

impl NetworkContext {
    /// The context of a hosted network.
    ///
    /// # Errors
    /// [`ContextError::Custom`] for the custom network. Use [`NetworkContext::custom`] instead.
    pub fn of(network: LitNetwork) -> Result<Self, ContextError> {
        let contracts = match network {
            LitNetwork::DatilDev => addresses::DATIL_DEV,
            LitNetwork::DatilTest => addresses::DATIL_TEST,
            LitNetwork::Datil => addresses::DATIL,
            LitNetwork::Habanero => addresses::HABANERO,
            LitNetwork::Manzano => addresses::MANZANO,
            LitNetwork::Cayenne => addresses::CAYENNE,
            _ => return Err(ContextError::Custom),
        };
        let profile = network.profile();
        let chain_id = profile.chain_id.ok_or(ContextError::Custom)?;
        let environment = match network {
            LitNetwork::Datil => Some(ResolverEnvironment::Prod),
            LitNetwork::DatilDev | LitNetwork::DatilTest => Some(ResolverEnvironment::Dev),
            _ => None,
        };
        let resolver = environment.map(|environment| Resolver {
            address: contracts.contract_resolver,
            environment,
        });
        Ok(Self {
            network,
            chain_id,
            rpc_url: profile.rpc_url.to_owned(),
            contracts,
            resolver,
            node_scheme: None,
        })
    }

    /// The context of your own network.
    ///
    /// The addresses default to those of datil-dev, which the official client and the embedded network use for custom networks.
    #[must_use]
    pub fn custom(chain_id: u64, rpc_url: impl Into<String>) -> Self {
        Self {
            network: LitNetwork::Custom,
            chain_id,
            rpc_url: rpc_url.into(),
            contracts: addresses::CUSTOM,
            resolver: None,
            node_scheme: None,
        }
    }

    /// Sets the RPC. Default: that of the network's profile.
    #[doc(alias("LIT_RPC", "rpcUrl"))]
    #[must_use]
    pub fn with_rpc_url(mut self, rpc_url: impl Into<String>) -> Self {
        self.rpc_url = rpc_url.into();
        self
    }

    /// Sets the contract addresses.
    #[must_use]
    pub const fn with_contracts(mut self, contracts: ContractAddresses) -> Self {
        self.contracts = contracts;
        self
    }

    /// Sets a resolver of current addresses.
    #[must_use]
    pub const fn with_resolver(mut self, resolver: Resolver) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// Sets the scheme of all node URLs. Default: `https` on port 443 and on hosted networks, otherwise `http`.
    #[doc(alias = "nodeProtocol")]
    #[must_use]
    pub const fn with_node_scheme(mut self, scheme: NodeScheme) -> Self {
        self.node_scheme = Some(scheme);
        self
    }

    /// The network.
    #[must_use]
    pub const fn network(&self) -> LitNetwork {
        self.network
    }

    /// The id of the chain.
    #[must_use]
    pub const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The JSON-RPC URL of the chain.
    #[must_use]
    pub fn rpc_url(&self) -> &str {
        &self.rpc_url
    }

    /// The contracts.
    #[must_use]
    pub const fn contracts(&self) -> &ContractAddresses {
        &self.contracts
    }

    /// The resolver, if known.
    #[must_use]
    pub const fn resolver(&self) -> Option<Resolver> {
        self.resolver
    }

    /// Whether RPC, contracts and resolver are those of the hosted network.
    #[cfg(feature = "http")]
    pub(crate) fn is_hosted(&self) -> bool {
        Self::of(self.network).is_ok_and(|hosted| {
            (hosted.contracts, hosted.resolver) == (self.contracts, self.resolver)
                && hosted.rpc_url.trim_end_matches('/') == self.rpc_url.trim_end_matches('/')
        })
    }

    /// The URL of a node. The chain has only IPv4 addresses and ports; the port is always written.
    pub(crate) fn node_url(&self, ip: Ipv4Addr, port: u16) -> Result<NodeUrl, NodeUrlError> {
        let scheme = match self.node_scheme {
            Some(scheme) => scheme,
            None if port == 443 || self.network.profile().https => NodeScheme::Https,
            None => NodeScheme::Http,
        };
        format!("{}://{ip}:{port}", scheme.as_str()).parse()
    }
}

/// The scheme of node URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeScheme {
    /// Plain HTTP.
    Http,
    /// TLS.
    Https,
}

impl NodeScheme {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A contract that knows the current addresses of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolver {
    /// The address.
    pub address: Address,
    /// The environment.
    pub environment: ResolverEnvironment,
}

/// The environments of a resolver, by their numbers on chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ResolverEnvironment {
    /// Development.
    Dev = 0,
    /// Staging.
    Staging = 1,
    /// Production.
    Prod = 2,
}

/// Why a context is unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// The custom network has no known contracts.
    #[error("no known contracts for the custom network; use NetworkContext::custom")]
    Custom,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hosted_network_has_one() {
        let mut staking = Vec::new();
        for network in LitNetwork::ALL
            .into_iter()
            .filter(|network| *network != LitNetwork::Custom)
        {
            let context = NetworkContext::of(network).unwrap();
            assert_eq!(Some(context.chain_id()), network.profile().chain_id);
            staking.push(context.contracts().staking);
        }
        staking.sort();
        staking.dedup();
        assert_eq!(staking.len(), 6, "two networks share a staking contract");
        assert_eq!(
            NetworkContext::of(LitNetwork::Custom),
            Err(ContextError::Custom)
        );
    }
    #[test]
    fn node_urls_follow_the_network_and_the_port() {
        let url = |context: &NetworkContext, port| {
            let url = context.node_url(Ipv4Addr::LOCALHOST, port).unwrap();
            url.as_str().to_owned()
        };
        let custom = NetworkContext::custom(31_337, "http://127.0.0.1:8545");
        assert_eq!(url(&custom, 7470), "http://127.0.0.1:7470");
        assert_eq!(url(&custom, 443), "https://127.0.0.1:443");
        let datil = NetworkContext::of(LitNetwork::Datil).unwrap();
        assert_eq!(url(&datil, 7470), "https://127.0.0.1:7470");
        let plain = datil.with_node_scheme(NodeScheme::Http);
        assert_eq!(url(&plain, 443), "http://127.0.0.1:443");
    }
}

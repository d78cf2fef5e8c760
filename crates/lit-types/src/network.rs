use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The Lit networks of the Datil generation and its predecessor.
///
/// The hosted ones were switched off on 2026-02-25; their profiles remain for what is signed and stored under their
/// names and for networks that were cloned from them. [`LitNetwork::Custom`] is what the embedded network and
/// self-hosted nodes use.
#[doc(alias = "LIT_NETWORK")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LitNetwork {
    /// Development network, one operator, no capacity credits.
    DatilDev,
    /// Test network.
    DatilTest,
    /// Production network.
    Datil,
    /// Production network before Datil.
    Habanero,
    /// Test network before Datil.
    Manzano,
    /// Development network before Datil.
    Cayenne,
    /// Any other network: addresses, RPC and nodes come from the configuration.
    Custom,
}

/// What distinguishes one network from another for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetworkProfile {
    /// Name in configuration and storage.
    pub name: &'static str,
    /// Id of the chain with the contracts; none for a custom network.
    pub chain_id: Option<u64>,
    /// Default JSON-RPC URL of that chain.
    pub rpc_url: &'static str,
    /// Default URL of the relayer.
    pub relayer_url: &'static str,
    /// Whether clients must verify the nodes' SEV-SNP attestation.
    pub attestation_required: bool,
    /// Whether calls need a capacity credit.
    pub capacity_credits_required: bool,
    /// Whether nodes speak `https` on every port (otherwise on port 443 only).
    pub https: bool,
}

const YELLOWSTONE: (Option<u64>, &str) = (Some(175_188), "https://yellowstone-rpc.litprotocol.com");
const CHRONICLE: (Option<u64>, &str) =
    (Some(175_177), "https://lit-protocol.calderachain.xyz/http");

impl LitNetwork {
    /// All networks.
    pub const ALL: [Self; 7] = [
        Self::DatilDev,
        Self::DatilTest,
        Self::Datil,
        Self::Habanero,
        Self::Manzano,
        Self::Cayenne,
        Self::Custom,
    ];

    /// Returns the facts about this network.
    #[must_use]
    pub const fn profile(self) -> NetworkProfile {
        const fn hosted(
            name: &'static str,
            (chain_id, rpc_url): (Option<u64>, &'static str),
            relayer_url: &'static str,
            decentralised: bool,
        ) -> NetworkProfile {
            NetworkProfile {
                name,
                chain_id,
                rpc_url,
                relayer_url,
                attestation_required: decentralised,
                capacity_credits_required: decentralised,
                https: true,
            }
        }
        match self {
            Self::DatilDev => hosted(
                "datil-dev",
                YELLOWSTONE,
                "https://datil-dev-relayer.getlit.dev",
                false,
            ),
            Self::DatilTest => hosted(
                "datil-test",
                YELLOWSTONE,
                "https://datil-test-relayer.getlit.dev",
                true,
            ),
            Self::Datil => hosted(
                "datil",
                YELLOWSTONE,
                "https://datil-relayer.getlit.dev",
                true,
            ),
            Self::Habanero => hosted(
                "habanero",
                CHRONICLE,
                "https://habanero-relayer.getlit.dev",
                true,
            ),
            Self::Manzano => hosted(
                "manzano",
                CHRONICLE,
                "https://manzano-relayer.getlit.dev",
                true,
            ),
            Self::Cayenne => hosted(
                "cayenne",
                CHRONICLE,
                "https://relayer-server-staging-cayenne.getlit.dev",
                false,
            ),
            Self::Custom => NetworkProfile {
                name: "custom",
                chain_id: None,
                rpc_url: "http://127.0.0.1:8545",
                relayer_url: "http://localhost:3000",
                attestation_required: false,
                capacity_credits_required: false,
                https: false,
            },
        }
    }
}

impl fmt::Display for LitNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.profile().name)
    }
}

impl FromStr for LitNetwork {
    type Err = UnknownNetwork;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|network| network.profile().name == name)
            .ok_or_else(|| UnknownNetwork(name.chars().take(40).collect()))
    }
}

/// The name is not one of [`LitNetwork::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown network `{0}`: expected datil-dev, datil-test, datil, habanero, manzano, cayenne or custom"
)]
pub struct UnknownNetwork(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_agree_everywhere() {
        for network in LitNetwork::ALL {
            assert_eq!(network.to_string().parse::<LitNetwork>().unwrap(), network);
            assert_eq!(
                serde_json::to_value(network).unwrap(),
                network.profile().name
            );
        }
        assert!("naga".parse::<LitNetwork>().is_err());
    }
}

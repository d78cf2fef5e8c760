use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::printable_line;

/// A Lit network by name.
///
/// **None of the hosted networks runs any more.** The three Datil networks were switched off on 2026-02-25. Their profiles
/// describe networks cloned from them, such as the embedded one, which uses the contracts of `datil-dev`. Habanero, Manzano
/// and Cayenne were retired before Datil; their names remain so that old data can be read, and `Debug` marks them.
/// [`LitNetwork::switched_off`] says when each ended.
/// Self-hosted nodes use [`LitNetwork::Custom`].
///
/// ```
/// use lit_types::LitNetwork;
///
/// assert_eq!(LitNetwork::Habanero.to_string(), "habanero");
/// assert_eq!(format!("{:?}", LitNetwork::Habanero), "Habanero (retired)");
/// ```
#[doc(alias = "LIT_NETWORK")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LitNetwork {
    /// Development network with one operator and without capacity credits. Hosting ended on 2026-02-25.
    DatilDev,
    /// Test network. Hosting ended on 2026-02-25.
    DatilTest,
    /// Production network. Hosting ended on 2026-02-25.
    Datil,
    /// Retired: the production network before Datil.
    Habanero,
    /// Retired: the test network before Datil.
    Manzano,
    /// Retired: the development network before Datil.
    Cayenne,
    /// Any other network. Addresses, RPC and nodes come from the configuration.
    Custom,
}

/// The properties of a network that clients need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetworkProfile {
    /// Name in configuration and storage.
    pub name: &'static str,
    /// Id of the chain with the contracts; `None` for a custom network.
    pub chain_id: Option<u64>,
    /// Default JSON-RPC URL of that chain.
    pub rpc_url: &'static str,
    /// Default URL of the relayer. Those of hosted networks no longer answer.
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

    /// Whether this network is older than Datil and was retired with its nodes.
    ///
    /// ```
    /// use lit_types::LitNetwork;
    ///
    /// assert!(LitNetwork::Cayenne.is_retired());
    /// assert!(!LitNetwork::DatilDev.is_retired());
    /// ```
    #[must_use]
    pub const fn is_retired(self) -> bool {
        matches!(self, Self::Habanero | Self::Manzano | Self::Cayenne)
    }

    /// That the nodes of this hosted network are off, and since when; `None` for a custom network.
    ///
    /// ```
    /// use lit_types::LitNetwork;
    ///
    /// let datil = LitNetwork::Datil.switched_off().expect("it was hosted");
    /// assert!(datil.to_string().starts_with("datil was switched off on 2026-02-25"));
    /// assert_eq!(LitNetwork::Custom.switched_off(), None);
    /// ```
    #[must_use]
    pub const fn switched_off(self) -> Option<SwitchedOff> {
        match self {
            Self::Custom => None,
            network => Some(SwitchedOff(network)),
        }
    }

    /// The properties of this network.
    #[must_use]
    pub const fn profile(self) -> NetworkProfile {
        const fn hosted(
            name: &'static str,
            (chain_id, rpc_url): (Option<u64>, &'static str),
            relayer_url: &'static str,
            decentralized: bool,
        ) -> NetworkProfile {
            NetworkProfile {
                name,
                chain_id,
                rpc_url,
                relayer_url,
                attestation_required: decentralized,
                capacity_credits_required: decentralized,
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

/// The name of the variant, with a mark on the retired networks.
impl fmt::Debug for LitNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DatilDev => "DatilDev",
            Self::DatilTest => "DatilTest",
            Self::Datil => "Datil",
            Self::Habanero => "Habanero (retired)",
            Self::Manzano => "Manzano (retired)",
            Self::Cayenne => "Cayenne (retired)",
            Self::Custom => "Custom",
        })
    }
}

impl FromStr for LitNetwork {
    type Err = UnknownNetwork;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|network| network.profile().name == name)
            .ok_or_else(|| UnknownNetwork(printable_line(name, 40)))
    }
}

/// The hosted network does not run any more. See [`LitNetwork::switched_off`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} {}; start a network of your own, for example with `lit devnet`, and connect to its nodes or its chain",
    .0,
    since(*.0)
)]
pub struct SwitchedOff(LitNetwork);

impl SwitchedOff {
    /// The network.
    #[must_use]
    pub const fn network(&self) -> LitNetwork {
        self.0
    }
}

/// When a network ended. Lit's documentation gives no day for the networks before Datil: in January 2025 it lists Habanero and Manzano as
/// deprecated, and in July 2024 Cayenne as not live.
const fn since(network: LitNetwork) -> &'static str {
    match network {
        LitNetwork::Habanero | LitNetwork::Manzano => {
            "was deprecated in January 2025 and has been switched off since"
        }
        LitNetwork::Cayenne => "was switched off in 2024",
        _ => "was switched off on 2026-02-25",
    }
}

/// An unknown network name. [`LitNetwork::ALL`] has the known ones.
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
        assert_eq!(
            "naga".parse::<LitNetwork>(),
            Err(UnknownNetwork("naga".into()))
        );
    }
}

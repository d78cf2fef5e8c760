use std::{collections::HashSet, path::PathBuf};

use super::{
    issuers::Issuer,
    values::{ApiKey, CallerHost, CallerOrigin, ChainUrl, FetchHost, Fund, Seed, Url},
};
use clap::builder::RangedU64ValueParser;
use lit_devnet::{MAX_NODES, MIN_NODES};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::error::Error;

/// The options of `lit devnet`, from the command line and the file that `--config` names.
///
/// A field is a flag and a key of the file, both of the same name. A flag that may be repeated is a list in the file. The first
/// paragraph of the doc is the help of the flag and the comment that `--print-config` writes.
#[derive(Debug, Clone, PartialEq, clap::Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Config {
    /// How many nodes, 3 to 255.
    #[arg(long, default_value_t = 3, value_parser = node_count())]
    #[serde(deserialize_with = "node_count_in_range")]
    pub(super) nodes: usize,
    /// The port of the first node on 127.0.0.1; the others follow. 0 picks free ports.
    #[arg(long, default_value_t = 7470)]
    pub(super) port: u16,
    /// The seed that all keys are derived from: 64 hex digits.
    #[arg(long, default_value_t = Seed::default())]
    pub(super) seed: Seed,
    /// The port of the chain's JSON-RPC on 127.0.0.1; 0 picks a free one.
    #[arg(long, default_value_t = 8545)]
    pub(super) rpc_port: u16,
    /// The port of the relayer, block indexer and IPFS on 127.0.0.1; 0 picks a free one. The official client expects the
    /// relayer of a custom network on port 3000.
    #[arg(long, default_value_t = 3000)]
    pub(super) services_port: u16,
    /// Serve the nodes over https, with a certificate that is made at the first start. Clients must trust the file ca.pem of --state,
    /// or else the one in the cache directory that is printed.
    #[arg(long, value_name = "BOOL", default_value_t = false, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(super) tls: bool,
    /// Require capacity credits for requests.
    #[arg(long, value_name = "BOOL", default_value_t = false, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(super) capacity: bool,
    /// How long an epoch lasts, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub(super) epoch_length: u32,
    /// The JSON-RPC of the chain that a name means in actions and conditions, such as `ethereum=https://eth.example.org`; several
    /// may be given. All other names mean the chain of this network.
    #[arg(long, value_name = "NAME=URL")]
    pub(super) chain: Vec<ChainUrl>,
    /// A host that `fetch` of actions may reach besides this network and the chains of --chain, such as api.example.org,
    /// 127.0.0.1:8080, or * for every host; several may be given.
    #[arg(
        long,
        value_name = "HOST",
        value_delimiter = ',',
        env = "LIT_ALLOW_FETCH"
    )]
    pub(super) allow_fetch: Vec<FetchHost>,
    /// Answer requests to this host besides localhost and loopback addresses, such as devnet.internal, or * for every host; several may
    /// be given.
    #[arg(
        long,
        value_name = "HOST",
        value_delimiter = ',',
        env = "LIT_ALLOW_HOST"
    )]
    pub(super) allow_host: Vec<CallerHost>,
    /// Answer web pages of this origin besides those of this machine, such as `https://app.example.com`, null for files and sandboxed
    /// frames, or * for every origin; several may be given.
    #[arg(
        long,
        value_name = "ORIGIN",
        value_delimiter = ',',
        env = "LIT_ALLOW_ORIGIN"
    )]
    pub(super) allow_origin: Vec<CallerOrigin>,
    /// Give an account at least this many tokens (default 10000) at every start, such as 0x1234...=2.5; several may be given. The
    /// wallets of --describe and the ten accounts of anvil have funds without it.
    #[arg(long, value_name = "ADDRESS[=AMOUNT]")]
    pub(super) fund: Vec<Fund>,
    /// Keep the chain, code on IPFS, uses of delegations, epoch and clock in this directory, and go on from there.
    #[arg(long, value_name = "DIR")]
    pub(super) state: Option<PathBuf>,
    /// The file that becomes `ethers` in actions: dist/ethers.umd.min.js of npm's ethers 5. By default node_modules of this
    /// directory and those above, and the cache directory, are searched.
    #[arg(long, value_name = "FILE")]
    pub(super) ethers: Option<PathBuf>,
    /// An issuer of JWTs to trust besides the network's own; several may be given. provider is google, apple or stytch, keys a key set
    /// (JWKS) at a URL or in a file, and aud the apps whose tokens are accepted, by default all. As a flag:
    /// provider=google,iss=ISSUER,keys=URL,aud=APP.
    #[arg(long, value_name = "ISSUER")]
    pub(super) jwt_issuer: Vec<Issuer>,
    /// The API that verifies Google access tokens; Google itself is at `https://www.googleapis.com`.
    #[arg(long, value_name = "URL")]
    pub(super) google: Option<Url>,
    /// The API that verifies Discord tokens; Discord itself is at `https://discord.com/api`.
    #[arg(long, value_name = "URL")]
    pub(super) discord: Option<Url>,
    /// A server that evaluates access control conditions which the network cannot evaluate itself.
    #[arg(long, value_name = "URL")]
    pub(super) condition_resolver: Option<Url>,
    /// The JSON-RPC of a Solana chain, which access control conditions ask for balances, tokens and accounts.
    #[arg(long, value_name = "URL")]
    pub(super) solana_rpc: Option<Url>,
    /// The service that access control conditions on POAPs ask; POAP itself is at `https://api.poap.tech`.
    #[arg(long, value_name = "URL")]
    pub(super) poap: Option<Url>,
    /// The API key for --poap. Without that it is not used. `--print-config` does not show it.
    #[arg(long, value_name = "KEY", env = "LIT_POAP_KEY", hide_env_values = true)]
    pub(super) poap_key: Option<ApiKey>,
    /// Write addresses and keys to this file as JSON once the network is ready.
    #[arg(long, value_name = "FILE")]
    pub(super) describe: Option<PathBuf>,
    /// Write the contracts with their ABIs to this file as JSON: the contractContext of the official LitNodeClient, and the customContext
    /// of LitContracts.
    #[arg(long, value_name = "FILE")]
    pub(super) contract_context: Option<PathBuf>,
}

impl Config {
    /// Refuses options that contradict each other.
    pub(super) fn check(&self) -> Result<(), Error> {
        let mut names = HashSet::new();
        match (self.chain.iter()).find(|chain| !names.insert(chain.name.as_str())) {
            Some(chain) => Err(Error::ChainTwice(chain.name.clone())),
            None => Ok(()),
        }
    }
}

/// Accepts as many nodes as a network can have.
pub(crate) fn node_count() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(MIN_NODES as u64..=MAX_NODES as u64)
}

fn node_count_in_range<'de, D: Deserializer<'de>>(file: D) -> Result<usize, D::Error> {
    let nodes = usize::deserialize(file)?;
    if (MIN_NODES..=MAX_NODES).contains(&nodes) {
        Ok(nodes)
    } else {
        Err(D::Error::custom(format_args!(
            "{nodes} is not in {MIN_NODES}..={MAX_NODES}"
        )))
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches};

    use super::*;

    #[test]
    fn debug_shows_no_key() {
        let matches = Config::augment_args(Command::new("devnet"))
            .get_matches_from(["devnet", "--poap-key=c4f3"]);
        let config = Config::from_arg_matches(&matches).unwrap();
        assert_eq!(config.poap_key, Some(ApiKey("c4f3".to_owned())));
        let shown = format!("{config:?}");
        assert!(shown.contains("poap_key: Some(ApiKey(..))"), "{shown}");
        assert!(!shown.contains("c4f3"), "{shown}");
    }
}

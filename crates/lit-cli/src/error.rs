use std::{
    error::Error as StdError,
    fs::File,
    io::Read,
    iter,
    path::{Path, PathBuf},
};

use alloy_primitives::Address;
use alloy_provider::transport::TransportError;
use lit_devnet::DevnetError;
use lit_sdk::{
    ActionCid, AuthorizeError,
    contracts::{ContractError, RevertKind},
    login::AuthProviderError,
    transport::{
        HttpUrlError, InvalidRootCertificate, Outcome, QuorumError, TransportError as HttpError,
    },
    types::{NodeErrorCode, Printable, TokenId},
};

use crate::action_check::Unreadable;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Sdk(#[from] lit_sdk::Error),
    #[error("the wallet {wallet} is not permitted to use the PKP {pkp} in this way")]
    WalletNotPermitted {
        wallet: Address,
        pkp: TokenId,
        source: lit_sdk::Error,
    },
    #[error("the Lit Action {action} is not permitted to use the PKP {pkp}")]
    ActionNotPermitted {
        action: ActionCid,
        pkp: TokenId,
        source: lit_sdk::Error,
    },
    #[error("the Lit Action failed: {0}")]
    LocalAction(lit_actions::ActionError),
    #[error("cannot log in with the wallet")]
    Login(#[from] AuthProviderError),
    #[error(transparent)]
    Contract(#[from] ContractError),
    #[error("cannot read the chain")]
    Rpc(#[source] TransportError),
    #[error("PKP not found: {0}")]
    UnknownPkp(TokenId),
    #[error(transparent)]
    Devnet(DevnetError),
    #[error("port {port} is in use; pass {flag} 0 to pick a free one")]
    PortInUse { port: u16, flag: &'static str },
    #[error("no wallet; pass --key-file or set LIT_PRIVATE_KEY")]
    NoWallet,
    // Neither the value nor the error of the parser is kept: they could repeat the key.
    #[error("LIT_PRIVATE_KEY is not a private key: expected 64 hex digits")]
    PrivateKey,
    #[error("{path} does not contain a private key: expected 64 hex digits", path = .path.display())]
    KeyFile { path: PathBuf },
    #[error("cannot read {path}", path = .path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path} is not a certificate to trust", path = .path.display())]
    RootCertificate {
        path: PathBuf,
        source: InvalidRootCertificate,
    },
    #[error("no cache directory for the certificate; set XDG_CACHE_HOME, or pass --state DIR")]
    NoCacheDir,
    #[error("{path} is not {expected}", path = .path.display())]
    Content {
        path: PathBuf,
        expected: &'static str,
        source: serde_json::Error,
    },
    #[error("{path}, line {line}: {message}", path = .path.display())]
    ConfigSyntax {
        path: PathBuf,
        line: usize,
        message: String,
    },
    #[error("{path}: {field}: {message}", path = .path.display())]
    ConfigField {
        path: PathBuf,
        field: String,
        message: String,
    },
    #[error("--chain gives {0} twice; keep one of the URLs")]
    ChainTwice(String),
    #[error("{path} cannot be checked", path = .path.display())]
    Unreadable { path: PathBuf, source: Unreadable },
    #[error("the embedded network lacks {}; see DIFFERENCES.md", .0.join(", "))]
    NotEmbedded(Vec<String>),
    #[error("{path} is not ethers 5; pass dist/ethers.umd.min.js of npm's ethers@5.7.2 to --ethers", path = .0.display())]
    NotEthers(PathBuf),
    #[error("cannot write the options as TOML")]
    ConfigText(#[source] toml::ser::Error),
    #[error("{path} has no key for tokens", path = .path.display())]
    KeySet {
        path: PathBuf,
        source: lit_devnet::JwksError,
    },
    #[error("cannot reach the services of the network")]
    Services(#[source] lit_sdk::transport::TransportError),
    #[error("invalid URL of the services")]
    ServicesUrl(#[source] HttpUrlError),
    #[error("no token: status {status}: {reason}")]
    NoToken { status: u16, reason: String },
    #[error("cannot write {path}", path = .path.display())]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot write to standard output")]
    Stdout(#[source] std::io::Error),
    #[error("cannot serialize the result")]
    Json(#[from] serde_json::Error),
    #[error("cannot wait for the interrupt")]
    Signal(#[source] std::io::Error),
}

impl Error {
    /// The wallet lacks a permission if that is what the nodes say.
    pub(crate) fn of_wallet(source: lit_sdk::Error, wallet: Address, pkp: TokenId) -> Self {
        if is_not_permitted(&source) {
            Self::WalletNotPermitted {
                wallet,
                pkp,
                source,
            }
        } else {
            source.into()
        }
    }

    /// The action lacks a permission if that is what the nodes say.
    pub(crate) fn of_action(source: lit_sdk::Error, action: ActionCid, pkp: TokenId) -> Self {
        if is_not_permitted(&source) {
            return Self::ActionNotPermitted {
                action,
                pkp,
                source,
            };
        }
        source.into()
    }

    /// 2 for a wrong command line, and 1 for everything else.
    ///
    /// Values that clap does not check come from the command line too: the files it names, the terms of a session, the threshold.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::NoWallet
            | Self::PrivateKey
            | Self::KeyFile { .. }
            | Self::Read { .. }
            | Self::Content { .. }
            | Self::RootCertificate { .. }
            | Self::ConfigSyntax { .. }
            | Self::ConfigField { .. }
            | Self::ConfigText(_)
            | Self::ChainTwice(_)
            | Self::NotEthers(_)
            | Self::KeySet { .. }
            | Self::ServicesUrl(_)
            | Self::Unreadable { .. }
            | Self::Sdk(
                lit_sdk::Error::Config(_)
                | lit_sdk::Error::InvalidMessage(_)
                | lit_sdk::Error::Lifetime { .. }
                | lit_sdk::Error::Conditions(_)
                | lit_sdk::Error::Authorize(AuthorizeError::InvalidMessage(_)),
            ) => 2,
            _ => 1,
        }
    }

    /// What to do about it, where that is clear.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::WalletNotPermitted { wallet, pkp, .. } => Some(format!(
                "permit the wallet with `lit pkp permit {pkp} --address {wallet}`"
            )),
            Self::ActionNotPermitted { action, pkp, .. } => Some(format!(
                "permit the action with `lit pkp permit {pkp} --action {action}`"
            )),
            Self::Contract(ContractError::InsufficientFunds { .. }) => Some(
                "`lit devnet --describe FILE` lists wallets that have funds on its chain"
                    .to_owned(),
            ),
            Self::Contract(error) if error.revert_kind() == Some(RevertKind::NotPkpOwner) => Some(
                "only the owner of a PKP can change its permissions; `lit pkp show` prints the owner"
                    .to_owned(),
            ),
            Self::UnknownPkp(_) => {
                Some("`lit pkp list` prints the token ids of the wallet's PKPs".to_owned())
            }
            Self::Services(_) => Some(
                "start a network with `lit devnet`, or name its services with --services-url"
                    .to_owned(),
            ),
            Self::Rpc(_) => Some(
                "start a network with `lit devnet`, or name another chain with --rpc-url"
                    .to_owned(),
            ),
            Self::Sdk(lit_sdk::Error::Action { .. }) | Self::LocalAction(_) => Some(
                "correct the code of the action, or pass what it reads with --param".to_owned(),
            ),
            _ => self.sdk().and_then(sdk_help).map(ToOwned::to_owned),
        }
    }

    /// The error of the SDK, at any depth.
    pub(crate) fn sdk(&self) -> Option<&lit_sdk::Error> {
        match self {
            Self::Sdk(error) => Some(error),
            _ => iter::successors(self.source(), |error| (*error).source())
                .find_map(|error| error.downcast_ref()),
        }
    }

    /// What every node answered, if nodes were asked.
    pub(crate) fn quorum(&self) -> Option<&QuorumError> {
        if let Some(nodes) = self.sdk().and_then(quorum_of) {
            return Some(nodes);
        }
        iter::successors(self.source(), |error| (*error).source()).find_map(quorum_in)
    }

    fn is_exception(&self) -> bool {
        matches!(
            self,
            Self::Sdk(lit_sdk::Error::Action { .. }) | Self::LocalAction(_)
        )
    }

    /// What failed, and its causes. Each sentence is there once, without the lines per node.
    pub(crate) fn sentences(&self) -> (String, Vec<String>) {
        let report = self.quorum().map(ToString::to_string);
        let summary = report.as_deref().and_then(|report| report.lines().next());
        let mut sentences: Vec<String> = Vec::new();
        // The exception of an action has several lines.
        let is_exception = self.is_exception();
        let mut add = |text: &str| {
            let text = match is_exception {
                true => text.to_owned(),
                false => Printable(text).to_string(),
            };
            if !sentences.iter().any(|earlier| earlier.contains(&text)) {
                sentences.push(text);
            }
        };
        for error in iter::successors(Some(self as &dyn StdError), |error| (*error).source()) {
            let text = error.to_string();
            match &report {
                Some(_) if quorum_in(error).is_some() => {}
                Some(report) => add(text.replace(report.as_str(), "").trim_end()),
                None => add(&text),
            }
        }
        if let Some(summary) = summary {
            add(summary);
        }
        let causes = sentences.split_off(1);
        (sentences.remove(0), causes)
    }
}

fn is_not_permitted(error: &lit_sdk::Error) -> bool {
    has_code(error, NodeErrorCode::NodeAuthSigScopeTooLimited)
}

fn has_code(error: &lit_sdk::Error, code: NodeErrorCode) -> bool {
    error.node_error_code() == Some(code.as_str())
}

fn sdk_help(error: &lit_sdk::Error) -> Option<&'static str> {
    match error {
        lit_sdk::Error::Connect(nodes)
            if nodes.outcomes.iter().any(|node| {
                matches!(
                    node.outcome,
                    Outcome::Failed(HttpError::UntrustedCertificate(_))
                )
            }) =>
        {
            Some("pass the certificate that `lit devnet --tls` names with --ca-cert or LIT_CA_CERT")
        }
        lit_sdk::Error::Connect(nodes)
            if nodes
                .outcomes
                .iter()
                .all(|node| matches!(node.outcome, Outcome::Failed(_))) =>
        {
            Some("check --node, or start a network with `lit devnet`")
        }
        error
            if has_code(
                error,
                NodeErrorCode::NodeLitActionsSessionSigAuthenticationFailed,
            ) =>
        {
            Some(
                "the action authorizes a session if its response is true; check the code and every --param",
            )
        }
        error
            if has_code(
                error,
                NodeErrorCode::NodeAccessControlConditionsReturnedNotAuthorized,
            ) =>
        {
            Some(
                "the wallet must meet the conditions in the file; pass another wallet with --key-file or LIT_PRIVATE_KEY",
            )
        }
        error if error.node_error_code() == Some("rate_limit_exceeded") => {
            Some("mint a capacity credit with `lit credits mint`")
        }
        _ => None,
    }
}

const fn quorum_of(error: &lit_sdk::Error) -> Option<&QuorumError> {
    match error {
        lit_sdk::Error::Connect(nodes)
        | lit_sdk::Error::Nodes(nodes)
        | lit_sdk::Error::Shares(nodes)
        | lit_sdk::Error::Action { nodes, .. } => Some(nodes),
        _ => None,
    }
}

fn quorum_in<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a QuorumError> {
    error
        .downcast_ref::<QuorumError>()
        .or_else(|| error.downcast_ref::<Box<QuorumError>>().map(AsRef::as_ref))
}

/// The size of the largest file that is read, in bytes. It equals the limit on the code of an action.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// The text of a file that was named on the command line.
pub(crate) fn read_file(path: &Path) -> Result<String, Error> {
    let read = || {
        let mut text = String::new();
        let file = File::open(path)?;
        let length = file.take(MAX_FILE + 1).read_to_string(&mut text)?;
        if length as u64 > MAX_FILE {
            let large = "it is larger than 16 MiB";
            return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, large));
        }
        Ok(text)
    };
    read().map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

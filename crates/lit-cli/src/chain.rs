use std::{error::Error as StdError, num::NonZeroU32, sync::Arc};

use alloy_network::EthereumWallet;
use alloy_primitives::Address;
use alloy_provider::{Provider, ProviderBuilder, WalletProvider};
use lit_sdk::{
    contracts::{
        ActionCid, CapacityCredit, CreditExpiry, LitContracts, NetworkContext, RequestRate,
        RpcTransport, Scopes,
    },
    transport::{HttpTransport, HttpUrl, HttpUrlError},
    types::{Timestamp, TokenId},
};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::{error::Error, output::Output, wallet::WalletArgs};

/// The JSON-RPC of the chain.
#[derive(Debug, clap::Args)]
pub(crate) struct RpcArgs {
    /// The JSON-RPC of the chain, as `lit devnet` prints it.
    #[arg(
        long,
        value_name = "URL",
        env = "LIT_RPC_URL",
        default_value = "http://127.0.0.1:8545",
        hide_env_values = true,
        value_parser = parse_rpc_url
    )]
    rpc_url: RpcUrl,
}

/// The URL of a JSON-RPC, and the transport to it.
#[derive(Debug, Clone)]
struct RpcUrl {
    url: HttpUrl,
    transport: RpcTransport,
}

fn parse_rpc_url(text: &str) -> Result<RpcUrl, HttpUrlError> {
    let url: HttpUrl = text.parse()?;
    let transport = RpcTransport::new(Arc::new(HttpTransport::new()), url.clone());
    Ok(RpcUrl { url, transport })
}

fn parse_requests_per_day(text: &str) -> Result<RequestRate, Box<dyn StdError + Send + Sync>> {
    let requests = text
        .parse()
        .map_err(|_| "expected a number of requests per day")?;
    Ok(RequestRate::per_day(requests)?)
}

fn parse_days(text: &str) -> Result<CreditExpiry, Box<dyn StdError + Send + Sync>> {
    let days: NonZeroU32 = text
        .parse()
        .map_err(|_| "expected a whole number of days, at least 1")?;
    let now = OffsetDateTime::now_utc();
    Ok(CreditExpiry::midnight_after_days(now, days.get())?)
}

fn parse_address(text: &str) -> Result<Address, &'static str> {
    text.parse()
        .map_err(|_| "expected an address: 0x and 40 hex digits")
}

/// The chain, and the wallet that sends transactions.
#[derive(Debug, clap::Args)]
pub(crate) struct ChainArgs {
    #[command(flatten)]
    rpc: RpcArgs,
    #[command(flatten)]
    wallet: WalletArgs,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum PkpCommand {
    /// Mint a PKP that the wallet owns.
    Mint(#[command(flatten)] ChainArgs),
    /// List the PKPs of the wallet.
    List(#[command(flatten)] ChainArgs),
    /// Show a PKP: its keys, its owner and its permissions.
    Show {
        /// The token id, as hex with 0x or decimal.
        token: TokenId,
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// Sign a message with a PKP that the wallet may use.
    Sign(#[command(flatten)] crate::call::Sign),
    /// Permit a Lit Action or a wallet to use a PKP.
    Permit {
        /// The token id, as hex with 0x or decimal.
        token: TokenId,
        /// The CID of the action, as `lit action cid` prints it.
        #[arg(
            long,
            value_name = "CID",
            required_unless_present = "address",
            conflicts_with = "address"
        )]
        action: Option<ActionCid>,
        /// The address of the wallet.
        #[arg(long, value_parser = parse_address)]
        address: Option<Address>,
        /// Permit only EIP-191 messages. Default: any data.
        #[arg(long)]
        personal_sign: bool,
        #[command(flatten)]
        chain: ChainArgs,
    },
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum CreditsCommand {
    /// Mint a capacity credit.
    Mint {
        /// How many requests it allows per day.
        #[arg(long, value_name = "REQUESTS", default_value = "1000", value_parser = parse_requests_per_day)]
        requests_per_day: RequestRate,
        /// How many days it lasts. It expires at midnight UTC.
        #[arg(long, default_value = "1", value_parser = parse_days)]
        days: CreditExpiry,
        #[command(flatten)]
        chain: ChainArgs,
    },
    /// List the capacity credits of the wallet.
    List(#[command(flatten)] ChainArgs),
}

impl RpcArgs {
    async fn context(&self, provider: &impl Provider) -> Result<NetworkContext, Error> {
        let chain_id = provider.get_chain_id().await.map_err(Error::Rpc)?;
        Ok(NetworkContext::custom(chain_id, self.rpc_url.url.as_str()))
    }

    /// The contracts, to read them.
    async fn connect(&self) -> Result<LitContracts<impl Provider + Clone + use<>>, Error> {
        let provider =
            ProviderBuilder::new().connect_client(self.rpc_url.transport.clone().client());
        let contracts = LitContracts::new(self.context(&provider).await?, provider);
        contracts.verify().await?;
        Ok(contracts)
    }
}

impl ChainArgs {
    /// The contracts, and the wallet that sends transactions to them.
    async fn connect(
        &self,
    ) -> Result<LitContracts<impl Provider + WalletProvider + Clone + use<>>, Error> {
        let wallet = EthereumWallet::from(self.wallet.signer()?);
        let provider = ProviderBuilder::new()
            .wallet(wallet)
            .connect_client(self.rpc.rpc_url.transport.clone().client());
        let context = self.rpc.context(&provider).await?;
        let contracts = LitContracts::with_wallet(context, provider);
        contracts.verify().await?;
        Ok(contracts)
    }
}

pub(crate) async fn pkp(command: &PkpCommand, output: &Output) -> Result<(), Error> {
    match command {
        PkpCommand::Mint(chain) => {
            let contracts = chain.connect().await?;
            let step = output.step("minting");
            let pkp = contracts.pkp().mint().await?;
            step.done(output, "minted");
            show(&described(&contracts, pkp.token_id).await?, output)
        }
        PkpCommand::List(chain) => {
            let contracts = chain.connect().await?;
            let owner = sender(&contracts);
            let mut pkps = Vec::new();
            for token in contracts.pkp().owned_by(owner).await? {
                pkps.push(described(&contracts, token).await?);
            }
            let text: Vec<String> = pkps.iter().map(in_lines).collect();
            let json = json!({ "owner": owner.to_string(), "pkps": pkps });
            output.list(&json, &text, "no PKPs")
        }
        PkpCommand::Show { token, rpc } => {
            show(&described(&rpc.connect().await?, *token).await?, output)
        }
        PkpCommand::Sign(args) => crate::call::sign(args, output).await,
        PkpCommand::Permit {
            token,
            action,
            address,
            personal_sign,
            chain,
        } => {
            let contracts = chain.connect().await?;
            if contracts.pkp().owner(*token).await?.is_none() {
                return Err(Error::UnknownPkp(*token));
            }
            let permissions = contracts.permissions();
            let scopes = if *personal_sign {
                Scopes::PERSONAL_SIGN
            } else {
                Scopes::SIGN_ANYTHING
            };
            if let Some(action) = action {
                permissions.add_action(*token, action, scopes).await?;
            }
            if let Some(address) = address {
                permissions.add_address(*token, *address, scopes).await?;
            }
            show(&described(&contracts, *token).await?, output)
        }
    }
}

pub(crate) async fn credits(command: &CreditsCommand, output: &Output) -> Result<(), Error> {
    let (CreditsCommand::Mint { chain, .. } | CreditsCommand::List(chain)) = command;
    let contracts = chain.connect().await?;
    if let CreditsCommand::Mint {
        requests_per_day,
        days,
        ..
    } = command
    {
        let step = output.step("minting");
        let credit = contracts.credits().mint(*requests_per_day, *days).await?;
        step.done(
            output,
            &format!("minted credit {} for {} wei", credit.id, credit.paid),
        );
    }
    let owner = sender(&contracts);
    let credits: Vec<Value> = contracts
        .credits()
        .owned_by(owner)
        .await?
        .iter()
        .map(credit_json)
        .collect();
    let text: Vec<String> = credits.iter().map(in_lines).collect();
    let json = json!({ "owner": owner.to_string(), "credits": credits });
    output.list(&json, &text, "no capacity credits")
}

#[allow(clippy::expect_used, reason = "`ChainArgs::connect` sets the sender")]
fn sender<P: Provider>(contracts: &LitContracts<P>) -> Address {
    contracts
        .sender()
        .expect("contracts connected with a wallet have a sender")
}

/// A credit, with its rate and its expiry also in the units that people use.
fn credit_json(credit: &CapacityCredit) -> Value {
    let seconds = i64::try_from(credit.expires_at).ok();
    let expires = seconds
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|time| Timestamp::try_from(time).ok());
    json!({
        "id": credit.id.to_string(),
        // 86.4 kiloseconds are a day.
        "requestsPerDay": credit.requests_per_kilosecond.saturating_mul(864) / 10,
        "requestsPerKilosecond": credit.requests_per_kilosecond,
        "expires": expires.map(|time| time.to_string()),
        "expiresAt": credit.expires_at,
        "expired": credit.is_expired_at(OffsetDateTime::now_utc()),
    })
}

/// The state of a PKP on chain.
async fn described<P: Provider + Clone>(
    contracts: &LitContracts<P>,
    token: TokenId,
) -> Result<Value, Error> {
    let key = contracts
        .pkp()
        .public_key(token)
        .await?
        .ok_or(Error::UnknownPkp(token))?;
    let permissions = contracts.permissions();
    let actions: Vec<String> = permissions
        .actions(token)
        .await?
        .iter()
        .map(ToString::to_string)
        .collect();
    let addresses: Vec<String> = permissions
        .addresses(token)
        .await?
        .iter()
        .map(ToString::to_string)
        .collect();
    Ok(json!({
        "tokenId": token.to_string(),
        "publicKey": key,
        "ethAddress": key.address().to_string(),
        "owner": contracts.pkp().owner(token).await?.map(|owner| owner.to_string()),
        "permittedActions": actions,
        "permittedAddresses": addresses,
    }))
}

fn show(value: &Value, output: &Output) -> Result<(), Error> {
    output.result(value, &in_lines(value))
}

/// One member to a line.
fn in_lines(value: &Value) -> String {
    let members = value.as_object().into_iter().flatten();
    let lines: Vec<String> = members
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name:<22} {text}"),
            Value::Array(items) => {
                let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                format!("{name:<22} {}", items.join(" "))
            }
            other => format!("{name:<22} {other}"),
        })
        .collect();
    lines.join("\n")
}

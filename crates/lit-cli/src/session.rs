use std::{error::Error as StdError, path::PathBuf};

use alloy_signer_local::PrivateKeySigner;
use clap::Subcommand;
use lit_sdk::{
    ActionCid, Clock, LitAbility, LitAction, LitActionLogin, LitNodeClient, LitResource, PkpLogin,
    PkpPublicKey, Right, Session, SessionRequest, SystemClock, Timestamp, WalletAuth,
    login::EthWalletProvider, types::TokenId,
};
use serde_json::{Value, json};

use crate::{
    error::{Error, read_file},
    network::NetworkArgs,
    output::{Output, printable_json},
    parse::{parse_param, parse_pkp},
    tour::{describe, explain},
    wallet::WalletArgs,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make session signatures that a wallet authorizes.
    Wallet(Wallet),
    /// Make session signatures that a PKP authorizes; the wallet must be permitted to use it.
    Pkp(Pkp),
    /// Make session signatures that a PKP authorizes; a Lit Action decides.
    Action(Action),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Wallet {
    #[command(flatten)]
    session: SessionArgs,
    #[command(flatten)]
    wallet: WalletArgs,
    /// Use a new wallet and discard it afterwards.
    #[arg(long, conflicts_with = "key_file")]
    random_wallet: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Pkp {
    /// The public key of the PKP, in hex.
    #[arg(long, value_name = "KEY", value_parser = parse_pkp)]
    pkp: PkpPublicKey,
    #[command(flatten)]
    session: SessionArgs,
    #[command(flatten)]
    wallet: WalletArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Action {
    /// The public key of the PKP, in hex.
    #[arg(long, value_name = "KEY", value_parser = parse_pkp)]
    pkp: PkpPublicKey,
    /// A file with the JavaScript of the action.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "ipfs_id",
        conflicts_with = "ipfs_id"
    )]
    code: Option<PathBuf>,
    /// The CID of the action; the nodes fetch its code from IPFS.
    #[arg(long, value_name = "CID")]
    ipfs_id: Option<ActionCid>,
    /// A parameter of the action, such as magicNumber=42; repeat the option for more.
    #[arg(long = "param", value_name = "NAME=JSON", value_parser = parse_param)]
    params: Vec<(String, Value)>,
    /// Log in with the wallet as well, so that the action sees its address.
    #[arg(long)]
    with_wallet: bool,
    #[command(flatten)]
    session: SessionArgs,
    #[command(flatten)]
    wallet: WalletArgs,
}

/// The network and the terms of the session.
#[derive(Debug, clap::Args)]
struct SessionArgs {
    #[command(flatten)]
    network: NetworkArgs,
    /// A right: run:any, run:CID, sign:any, sign:PKP (token id or public key, 0x…) or ABILITY=RESOURCE, such as
    /// lit-action-execution=lit-litaction://*; repeat the option for more.
    #[arg(long = "grant", value_name = "RIGHT", required = true, value_parser = parse_grant)]
    grants: Vec<Right>,
    /// When the session ends, in ISO 8601. Default: 24 hours from now.
    #[arg(long, value_name = "TIME")]
    expiration: Option<Timestamp>,
    /// The domain that the message names. Default: localhost for a wallet, litprotocol.com for a PKP.
    #[arg(long)]
    domain: Option<String>,
    /// A sentence that the message shows before the rights.
    #[arg(long)]
    statement: Option<String>,
}

fn parse_grant(text: &str) -> Result<Right, Box<dyn StdError + Send + Sync>> {
    if let Some(action) = text.strip_prefix("run:") {
        return match action {
            "any" => Ok(Right::run_any_action()),
            cid => cid.parse().map(Right::run_action).map_err(|_| {
                "expected run:any or run:CID, the CID of a Lit Action (46 base58 digits that begin with Qm)"
                    .into()
            }),
        };
    }
    if let Some(pkp) = text.strip_prefix("sign:") {
        return match (pkp, pkp.parse::<PkpPublicKey>(), pkp.parse::<TokenId>()) {
            ("any", ..) => Ok(Right::sign_with_any_pkp()),
            (_, Ok(key), _) => Ok(Right::sign_with(key)),
            (_, _, Ok(token)) => Ok(Right::sign_with(token)),
            _ => Err("expected sign:any or sign:PKP, the token id or public key of a PKP in hex, with 0x".into()),
        };
    }
    let (ability, resource) = text.split_once('=').ok_or(
        "expected run:any, run:CID, sign:any, sign:PKP or ABILITY=RESOURCE, such as lit-action-execution=lit-litaction://*",
    )?;
    let (ability, resource): (LitAbility, LitResource) = (ability.parse()?, resource.parse()?);
    Ok(Right::new(resource, ability)?)
}

pub(crate) async fn run(command: &Command, output: &Output) -> Result<(), Error> {
    match command {
        Command::Wallet(args) => wallet(args, output).await,
        Command::Pkp(args) => pkp(args, output).await,
        Command::Action(args) => action(args, output).await,
    }
}

async fn wallet(args: &Wallet, output: &Output) -> Result<(), Error> {
    let wallet = if args.random_wallet {
        PrivateKeySigner::random()
    } else {
        args.wallet.signer()?
    };
    let client = args.session.network.connect(output).await?;
    let step = output.step("signing");
    let request = args.session.request();
    let session = client.session(&request, &WalletAuth::new(wallet)).await?;
    step.done(output, "the wallet signed");
    show(&client, &session, output)
}

async fn pkp(args: &Pkp, output: &Output) -> Result<(), Error> {
    let wallet = args.wallet.signer()?;
    let client = args.session.network.connect(output).await?;
    let step = output.step("logging in");
    let method = EthWalletProvider::authenticate(&client, &wallet).await?;
    let login = PkpLogin::new(args.pkp).with_auth_method(method);
    let session = client.session(&args.session.request(), &login).await;
    let session =
        session.map_err(|error| Error::of_wallet(error, wallet.address(), args.pkp.token_id()))?;
    step.done(output, "the network signed for the PKP");
    show(&client, &session, output)
}

async fn action(args: &Action, output: &Output) -> Result<(), Error> {
    let (action, cid) = match (&args.code, args.ipfs_id) {
        (Some(file), _) => {
            let code = read_file(file)?;
            let cid = ActionCid::of_code(&code);
            (LitAction::code(code), cid)
        }
        (None, Some(cid)) => (LitAction::ipfs_id(cid.to_string()), cid),
        (None, None) => unreachable!("clap requires --code or --ipfs-id"),
    };
    let action = action.with_params(args.params.iter().cloned().collect());
    let mut login = LitActionLogin::new(args.pkp, action);
    let wallet = args.with_wallet.then(|| args.wallet.signer()).transpose()?;
    let client = args.session.network.connect(output).await?;
    if let Some(wallet) = wallet {
        let method = EthWalletProvider::authenticate(&client, &wallet).await?;
        login = login.with_auth_method(method);
    }
    let step = output.step("running the action");
    let session = client.session(&args.session.request(), &login).await;
    let session = session.map_err(|error| Error::of_action(error, cid, args.pkp.token_id()));
    if let Err(Error::Sdk(lit_sdk::Error::Action { logs, .. })) = &session {
        output.logs(logs);
    }
    let session = session?;
    step.done(
        output,
        "the action authorized the session, and the network signed for the PKP",
    );
    show(&client, &session, output)
}

impl SessionArgs {
    fn request(&self) -> SessionRequest {
        let mut request = SessionRequest::new(self.grants.clone());
        if let Some(domain) = &self.domain {
            request = request.with_domain(domain);
        }
        if let Some(statement) = &self.statement {
            request = request.with_statement(statement);
        }
        if let Some(expiration) = &self.expiration {
            request = request.until(expiration.clone());
        }
        request
    }
}

/// Prints the session signatures to standard output, and what they grant to standard error.
fn show(client: &LitNodeClient, session: &Session, output: &Output) -> Result<(), Error> {
    let sigs = client.session_sigs(session)?;
    output.message(&format!(
        "{}\n{} session signatures; they are credentials, keep them secret",
        explain(session, &sigs, SystemClock.now()),
        sigs.len()
    ));
    let json = json!({ "session": describe(session), "sessionSigs": sigs });
    output.result(&json, &printable_json(&serde_json::to_string(&sigs)?))
}

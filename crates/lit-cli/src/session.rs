use std::path::PathBuf;

use alloy_signer_local::PrivateKeySigner;
use clap::Subcommand;
use lit_sdk::{
    AuthMethod, Clock, LitAbility, LitAction, LitActionLogin, LitNodeClient, LitResource, PkpLogin,
    PkpPublicKey, Right, Session, SessionRequest, SystemClock, Timestamp, WalletAuth,
    login::{EthWalletOptions, EthWalletProvider},
};
use serde_json::{Value, json};

use crate::{
    error::{Error, read_file},
    network::NetworkArgs,
    output::Output,
    tour::{describe, explain},
    wallet::WalletArgs,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Session signatures that a wallet authorises.
    Wallet(Wallet),
    /// Session signatures that a PKP authorises, for a wallet that may use it.
    Pkp(Pkp),
    /// Session signatures that a PKP authorises because a Lit Action says so.
    Action(Action),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Wallet {
    #[command(flatten)]
    session: SessionArgs,
    #[command(flatten)]
    wallet: WalletArgs,
    /// Use a fresh wallet that is forgotten afterwards.
    #[arg(long, conflicts_with = "key_file")]
    random_wallet: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Pkp {
    /// The public key of the PKP, in hex.
    #[arg(long, value_name = "KEY")]
    pkp: PkpPublicKey,
    #[command(flatten)]
    session: SessionArgs,
    #[command(flatten)]
    wallet: WalletArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Action {
    /// The public key of the PKP, in hex.
    #[arg(long, value_name = "KEY")]
    pkp: PkpPublicKey,
    /// A file with the JavaScript of the action.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "ipfs_id",
        conflicts_with = "ipfs_id"
    )]
    code: Option<PathBuf>,
    /// The CID of the action, whose code the nodes fetch.
    #[arg(long, value_name = "CID")]
    ipfs_id: Option<String>,
    /// A parameter of the action, NAME=JSON, such as magicNumber=42.
    #[arg(long = "param", value_name = "NAME=JSON", value_parser = parse_param)]
    params: Vec<(String, Value)>,
    /// Log in with the wallet as well, so that the action sees whose it is.
    #[arg(long)]
    with_wallet: bool,
    #[command(flatten)]
    session: SessionArgs,
    #[command(flatten)]
    wallet: WalletArgs,
}

/// The network, and what the session shall be.
#[derive(Debug, clap::Args)]
struct SessionArgs {
    #[command(flatten)]
    network: NetworkArgs,
    /// A right, ABILITY=RESOURCE, such as lit-action-execution=lit-litaction://* or pkp-signing=lit-pkp://0x….
    #[arg(long = "grant", value_name = "ABILITY=RESOURCE", required = true, value_parser = parse_grant)]
    grants: Vec<Right>,
    /// When the session ends, ISO-8601. 24 hours from now unless given.
    #[arg(long)]
    expiration: Option<Timestamp>,
    /// The domain the message names. Unless given localhost for a wallet, litprotocol.com for a PKP.
    #[arg(long)]
    domain: Option<String>,
    /// What the signer is told before the list of rights.
    #[arg(long)]
    statement: Option<String>,
}

fn parse_grant(text: &str) -> Result<Right, String> {
    let (ability, resource) = text.split_once('=').ok_or("expected ABILITY=RESOURCE")?;
    let ability: LitAbility = ability.parse().map_err(|error| format!("{error}"))?;
    let resource: LitResource = resource.parse().map_err(|error| format!("{error}"))?;
    Right::new(resource, ability).map_err(|error| error.to_string())
}

pub(crate) fn parse_param(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=JSON")?;
    let value = serde_json::from_str(value).map_err(|error| format!("not JSON: {error}"))?;
    Ok((name.to_owned(), value))
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
    let method = sign_in(&wallet, &client).await?;
    let login = PkpLogin::new(args.pkp).with_auth_methods([method]);
    let session = client.session(&args.session.request(), &login).await?;
    step.done(output, "the network signed for the PKP");
    show(&client, &session, output)
}

async fn action(args: &Action, output: &Output) -> Result<(), Error> {
    let action = match (&args.code, &args.ipfs_id) {
        (Some(file), _) => LitAction::code(read_file(file)?),
        (None, Some(cid)) => LitAction::ipfs_id(cid),
        (None, None) => return Err(Error::usage("no action: give --code or --ipfs-id")),
    };
    let action = action.with_js_params(args.params.iter().cloned().collect());
    let mut login = LitActionLogin::new(args.pkp, action);
    let client = args.session.network.connect(output).await?;
    if args.with_wallet {
        login = login.with_auth_methods([sign_in(&args.wallet.signer()?, &client).await?]);
    }
    let step = output.step("running the action");
    let session = client.session(&args.session.request(), &login).await?;
    step.done(
        output,
        "the action said yes, and the network signed for the PKP",
    );
    show(&client, &session, output)
}

pub(crate) async fn sign_in(
    wallet: &PrivateKeySigner,
    client: &LitNodeClient,
) -> Result<AuthMethod, Error> {
    let options = EthWalletOptions::default();
    let method = EthWalletProvider::authenticate_with(client, wallet, &options).await;
    method.map_err(|error| Error::usage(error.to_string()))
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

fn show(client: &LitNodeClient, session: &Session, output: &Output) -> Result<(), Error> {
    let sigs = client.session_sigs(session)?;
    output.message(&format!(
        "{} session signatures; they are credentials, keep them secret",
        sigs.len()
    ));
    let json = json!({ "session": describe(session), "sessionSigs": sigs });
    let shown = serde_json::to_string(&sigs).map_err(std::io::Error::from)?;
    output.result(
        &json,
        &format!(
            "{}\nsessionSigs\n{shown}",
            explain(session, &sigs, SystemClock.now())
        ),
    )
}

//! What sessions are for: signatures, actions, decryption. The wallet authorises a session for each call.

use std::{
    fs,
    path::{Path, PathBuf},
};

use lit_sdk::{
    ActionCid, Encrypted, ExecuteJs, LitAbility, LitNodeClient, LitResource, PkpPublicKey, PkpSign,
    Right, Session, SessionRequest, WalletAuth, types::access_control::AccessControlConditions,
};
use serde_json::{Value, json};

use crate::{
    error::{Error, read_file},
    network::NetworkArgs,
    output::Output,
    session::parse_param,
    wallet::WalletArgs,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Sign {
    /// The public key of the PKP, in hex.
    #[arg(long, value_name = "KEY")]
    pkp: PkpPublicKey,
    /// The text to sign, as wallets sign messages (EIP-191).
    message: String,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ActionCommand {
    /// Run a Lit Action on all nodes.
    Run(Run),
    /// Print the CID of an action, by which it is permitted to use a PKP.
    Cid {
        /// A file with the JavaScript of the action.
        code: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// A file with the JavaScript of the action.
    code: PathBuf,
    /// A parameter of the action, NAME=JSON, such as magicNumber=42.
    #[arg(long = "param", value_name = "NAME=JSON", value_parser = parse_param)]
    params: Vec<(String, Value)>,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Encrypt {
    /// The file to encrypt.
    file: PathBuf,
    /// A file with the conditions: a JSON object with one of the members accessControlConditions, evmContractConditions,
    /// solRpcConditions and unifiedAccessControlConditions.
    #[arg(long, value_name = "FILE")]
    conditions: PathBuf,
    #[command(flatten)]
    network: NetworkArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Decrypt {
    /// The file that `lit encrypt` printed.
    file: PathBuf,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
}

pub(crate) async fn sign(args: &Sign, output: &Output) -> Result<(), Error> {
    let client = args.network.connect(output).await?;
    let pkp = LitResource::pkp(args.pkp.token_id());
    // Nodes want the right to run actions of whoever signs with a wallet's session.
    let rights = [
        right(pkp, LitAbility::PkpSigning)?,
        right(
            LitResource::any_lit_action(),
            LitAbility::LitActionExecution,
        )?,
    ];
    let session = session(&client, &args.wallet, rights).await?;
    let step = output.step("signing");
    let call = PkpSign::message(args.pkp, &args.message);
    let signature = client.pkp_sign(&session, &call).await?;
    step.done(output, "the network signed");
    output.result(&json!(signature), &signature.to_string())
}

pub(crate) async fn action(command: &ActionCommand, output: &Output) -> Result<(), Error> {
    match command {
        ActionCommand::Run(args) => run(args, output).await,
        ActionCommand::Cid { code } => {
            let cid = ActionCid::of_code(read_file(code)?).to_string();
            output.result(&json!({ "cid": cid }), &cid)
        }
    }
}

async fn run(args: &Run, output: &Output) -> Result<(), Error> {
    let code = read_file(&args.code)?;
    let client = args.network.connect(output).await?;
    // The action may sign for the wallet, with whatever PKP it names.
    let rights = [
        right(
            LitResource::any_lit_action(),
            LitAbility::LitActionExecution,
        )?,
        right(LitResource::any_pkp(), LitAbility::PkpSigning)?,
    ];
    let session = session(&client, &args.wallet, rights).await?;
    let step = output.step("running the action");
    let call = ExecuteJs::code(code).with_js_params(args.params.iter().cloned().collect());
    let answer = client.execute_js(&session, &call).await;
    if let Err(lit_sdk::Error::Action { logs, .. }) = &answer {
        show_logs(logs, output);
    }
    let answer = answer?;
    step.done(output, "the nodes agree");
    let json = json!({
        "response": answer.json(),
        "logs": answer.logs,
        "signatures": answer.signatures,
        "claims": answer.claims,
    });
    show_logs(&answer.logs, output);
    let signed = |(name, signature)| format!("\n{name}: {signature}");
    let signatures: String = answer.signatures.iter().map(signed).collect();
    output.result(&json, &format!("{}{signatures}", answer.response))
}

pub(crate) async fn encrypt(args: &Encrypt, output: &Output) -> Result<(), Error> {
    let conditions: AccessControlConditions =
        serde_json::from_str(&read_file(&args.conditions)?)
            .map_err(|error| is_not("a JSON object with conditions", &args.conditions, &error))?;
    let data = fs::read(&args.file).map_err(|source| Error::Read {
        path: args.file.clone(),
        source,
    })?;
    let client = args.network.connect(output).await?;
    let encrypted = client.encrypt(data, &conditions).await?;
    let json = json!(encrypted);
    output.result(&json, &json.to_string())
}

pub(crate) async fn decrypt(args: &Decrypt, output: &Output) -> Result<(), Error> {
    let encrypted: Encrypted = serde_json::from_str(&read_file(&args.file)?)
        .map_err(|error| is_not("what `lit encrypt` prints", &args.file, &error))?;
    let client = args.network.connect(output).await?;
    let right = right(
        encrypted.resource(),
        LitAbility::AccessControlConditionDecryption,
    )?;
    let session = session(&client, &args.wallet, [right]).await?;
    let step = output.step("decrypting");
    let data = client.decrypt(&session, &encrypted).await?;
    step.done(output, "decrypted");
    output.data(&data)
}

/// What an action wrote to the console.
fn show_logs(logs: &str, output: &Output) {
    if !logs.is_empty() {
        output.message(logs.trim_end());
    }
}

fn is_not(what: &str, file: &Path, error: &serde_json::Error) -> Error {
    Error::usage(format!("{} is not {what}: {error}", file.display()))
}

fn right(resource: LitResource, ability: LitAbility) -> Result<Right, Error> {
    Right::new(resource, ability).map_err(|error| Error::usage(error.to_string()))
}

async fn session(
    client: &LitNodeClient,
    wallet: &WalletArgs,
    rights: impl IntoIterator<Item = Right>,
) -> Result<Session, Error> {
    let wallet = WalletAuth::new(wallet.signer()?);
    let request = SessionRequest::new(rights);
    Ok(client.session(&request, &wallet).await?)
}

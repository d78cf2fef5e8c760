use std::fmt::Write;

use alloy_network::EthereumWallet;
use alloy_provider::ProviderBuilder;
use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{
    Clock, ExecuteJs, LitAction, LitActionLogin, LitNodeClient, NodeList, PkpLogin, PkpPublicKey,
    Right, Session, SessionRequest, SessionSigs, WalletAuth,
    contracts::{ActionCid, LitContracts, Scopes},
    login::EthWalletProvider,
    types::AuthSigKind,
};
use serde_json::{Value, json};

use crate::{error::Error, output::Output};

/// The action that the tour runs. It returns a greeting and the address that authorized the session.
const ACTION: &str = "(async () => {
  console.log('the node runs the action');
  Lit.Actions.setResponse({ response: JSON.stringify({ greeting: 'hello ' + name, signedInAs: Lit.Auth.authSigAddress }) });
})()";

/// The action that authorizes a session of the PKP.
const DOORMAN: &str = "Lit.Actions.setResponse({ response: String(magicNumber === 42) })";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many nodes the network has.
    #[arg(long, default_value_t = 10, value_parser = crate::devnet::node_count())]
    nodes: usize,
}

impl Default for Args {
    fn default() -> Self {
        Self { nodes: 10 }
    }
}

pub(crate) async fn run(args: &Args, output: &Output) -> Result<(), Error> {
    let step = output.step("starting an embedded network");
    let network = Devnet::builder()
        .with_nodes(args.nodes)
        .with_http(0)
        .start()
        .await
        .map_err(Error::Devnet)?;
    let nodes = network.node_urls().len();
    let start = step.done(
        output,
        &format!("started a Lit network of {nodes} nodes in this process"),
    );

    let step = output.step("connecting");
    let client = LitNodeClient::builder(&NodeList::from_urls(
        network.node_urls().to_vec(),
        network.threshold(),
    ))
    .with_clock(network.clock())
    .connect()
    .await?;
    let connect = step.done(
        output,
        &format!(
            "connected: at least {} nodes agree on the keys",
            client.threshold()
        ),
    );

    #[allow(clippy::expect_used, reason = "an embedded network has funded wallets")]
    let wallet: PrivateKeySigner = network
        .funded_keys()
        .first()
        .and_then(|key| key.parse().ok())
        .expect("an embedded network has funded wallets");
    let step = output.step("making session signatures");
    let right = Right::run_action(ActionCid::of_code(ACTION));
    let request = SessionRequest::new([right])
        .with_domain("localhost")
        .with_statement("Take the tour of Lit.");
    let session = client
        .session(&request, &WalletAuth::new(wallet.clone()))
        .await?;
    let sigs = client.session_sigs(&session)?;
    let sign = step.done(
        output,
        &format!(
            "the wallet signed once, the session key {} times",
            sigs.len()
        ),
    );

    let step = output.step("running a Lit Action on every node");
    let call = ExecuteJs::code(ACTION)
        .with_param("name", "world")
        .with_all_answers();
    let answer = client.execute_js(&sigs, &call).await?;
    let execute = step.done(
        output,
        &format!("{} nodes ran the action and agree", answer.answers.len()),
    );

    let step = output.step("minting a PKP");
    let pkp = mint(&network, wallet.clone()).await?;
    let mint = step.done(output, "minted a PKP, and permitted a Lit Action to use it");

    let step = output.step("making a session of the PKP");
    let method = EthWalletProvider::authenticate(&client, &wallet).await?;
    let login = PkpLogin::new(pkp).with_auth_method(method);
    let of_pkp = client.session(&request, &login).await?;
    let sign_pkp = step.done(
        output,
        "its owner logged in, and the network signed for the PKP",
    );

    let step = output.step("making a session by a Lit Action");
    let doorman = LitAction::code(DOORMAN).with_param("magicNumber", 42);
    let login = LitActionLogin::new(pkp, doorman);
    let by_action = client.session(&request, &login).await?;
    let sign_action = step.done(
        output,
        "the action authorized the session, and the network signed for the PKP",
    );

    let millis = |duration: std::time::Duration| duration.as_secs_f64() * 1000.0;
    let node_answers: Vec<Value> = answer
        .answers
        .iter()
        .map(|one| {
            json!({
                "node": one.node,
                "response": one.answer.response,
                "logs": one.answer.logs,
                "ms": millis(one.elapsed),
            })
        })
        .collect();
    let report = json!({
        "network": { "nodes": client.nodes().as_ref(), "threshold": client.threshold(), "networkPublicKey": client.keys().network_public_key },
        "session": describe(&session),
        "pkpSession": describe(&of_pkp),
        "litActionSession": describe(&by_action),
        "response": answer.json(),
        "answers": node_answers,
        "ms": {
            "start": millis(start), "connect": millis(connect), "sign": millis(sign), "execute": millis(execute),
            "mint": millis(mint), "signPkp": millis(sign_pkp), "signLitAction": millis(sign_action),
        },
    });
    let mut text = explain(&session, &sigs, network.clock().now());
    text.push_str("\nAnswers of the nodes\n");
    for one in &answer.answers {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "  {}  {:>5.1} ms  {}",
            one.node,
            millis(one.elapsed),
            one.answer.response
        );
    }
    text.push_str("\nThree ways to a session\n");
    for (way, session, duration) in [
        ("a wallet signs", &session, sign),
        ("a PKP, its owner logs in", &of_pkp, sign_pkp),
        ("a PKP, its action authorizes", &by_action, sign_action),
    ] {
        let _ = writeln!(
            text,
            "  {way:28}  {:>6.1} ms  authorized by {}",
            millis(duration),
            session.address()
        );
    }
    text.push_str(
        "\nThis network lives in this process and protects nothing; it is for development.\n\
         Next: `lit devnet` keeps a network running, and `lit session wallet` makes session signatures for it.",
    );
    output.result(&report, &text)
}

/// Mints a PKP that this wallet owns, and permits the doorman to use it.
async fn mint(network: &Devnet, wallet: PrivateKeySigner) -> Result<PkpPublicKey, Error> {
    let provider = ProviderBuilder::new()
        .wallet(EthereumWallet::from(wallet))
        .connect_client(network.chain().client());
    let contracts = LitContracts::with_wallet(network.context(), provider);
    let pkp = contracts.pkp().mint().await?;
    let doorman = ActionCid::of_code(DOORMAN);
    let permissions = contracts.permissions();
    permissions
        .add_action(pkp.token_id, &doorman, Scopes::PERSONAL_SIGN)
        .await?;
    Ok(pkp.public_key)
}

/// A session as JSON: signer, session key, grants and expiration.
pub(crate) fn describe(session: &Session) -> Value {
    let grants: Vec<Value> = session
        .requests()
        .iter()
        .map(
            |request| json!({ "resource": request.resource().key(), "ability": request.ability() }),
        )
        .collect();
    json!({
        "sessionKey": session.public_key(),
        "authorizedBy": session.address().to_string(),
        "grants": grants,
        "expiration": session.expiration(),
    })
}

/// A session as text, with the signed message.
pub(crate) fn explain(session: &Session, sigs: &SessionSigs, now: time::OffsetDateTime) -> String {
    let mut text = String::from("\nWhat was granted\n");
    let hours = (session.expiration().at() - now).as_seconds_f64() / 3600.0;
    let signer = match session.root().kind() {
        AuthSigKind::Bls => "a PKP, for which the network signed the message below",
        _ => "a wallet, which signed the message below",
    };
    let _ = writeln!(text, "  by     {} ({signer})", session.address());
    let _ = writeln!(
        text,
        "  to     {} (a fresh session key)",
        session.public_key().uri()
    );
    for request in session.requests() {
        let _ = writeln!(
            text,
            "  right  {} on {}",
            request.ability(),
            request.resource()
        );
    }
    let _ = writeln!(
        text,
        "  until  {} ({hours:.1} hours from now)",
        session.expiration()
    );
    let _ = writeln!(
        text,
        "  where  {} nodes, each with its own signature",
        sigs.len()
    );
    text.push_str("\nThe message that was signed\n");
    for line in session.root().signed_message.lines() {
        let _ = writeln!(text, "  | {line}");
    }
    text
}

//! What nodes refuse to authorize, and with which code.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::time::Duration;

use common::{Setup, base64, code, latest_blockhash, requests, wallet_method};
use lit_contracts::{ActionCid, Scopes};
use lit_devnet::{Devnet, actions::ActionLimits};
use lit_recap::{ReCap, SiweBuilder, SiweMessage};
use lit_session_crypto::sign_siwe;
use lit_types::{
    AuthMethod, LitAbility,
    constants::{AuthMethodScope, AuthMethodType},
    wire::Endpoint,
};
use serde_json::{Value, json};

/// Refused with this status and code, by every node, and nothing was signed.
async fn refused(setup: &Setup, body: &Value, status: u16, expected: &str) {
    for node in 0..setup.network.node_urls().len() {
        let (got, answer) = setup.ask(node, body).await;
        assert_eq!((got, code(&answer)), (status, expected), "{answer}");
        assert!(answer.get("signatureShare").is_none(), "{answer}");
        let reason = answer["message"].as_str().or(answer["error"].as_str());
        assert!(reason.is_some_and(|reason| !reason.is_empty()), "{answer}");
    }
}

/// A request for this message in place of the good one.
async fn for_message(setup: &Setup, message: SiweBuilder) -> Value {
    for_text(setup, message.build().unwrap().as_str()).await
}

async fn for_text(setup: &Setup, text: &str) -> Value {
    let mut body = setup.good_body().await;
    body["siweMessage"] = text.into();
    body
}

async fn with(setup: &Setup, name: &str, value: impl Into<Value>) -> Value {
    let mut body = setup.good_body().await;
    body[name] = value.into();
    body
}

async fn by_method(setup: &Setup, method: AuthMethod) -> Value {
    with(setup, "authMethods", json!([method])).await
}

#[tokio::test]
async fn what_is_good_passes() {
    let setup = Setup::new().await;
    setup.ask_all(&setup.good_body().await).await;
}

#[tokio::test]
async fn requests_of_another_form() {
    let setup = Setup::new().await;
    let auth_sig = json!({ "sig": "0x", "derivedVia": "web3.eth.personal.sign", "signedMessage": "", "address": "0x" });
    let wallet = with(&setup, "authSig", auth_sig).await;
    refused(&setup, &wallet, 400, "NodeInvalidAuthSigForSessionKey").await;
    let ecdsa = with(&setup, "curveType", "ECDSA").await;
    refused(&setup, &ecdsa, 400, "NodeInvalidCurveType").await;
    let no_key = with(&setup, "pkpPublicKey", "0x04").await;
    refused(&setup, &no_key, 422, "NodeBadInput").await;
    let mut no_methods = setup.good_body().await;
    no_methods.as_object_mut().unwrap().remove("authMethods");
    refused(&setup, &no_methods, 422, "NodeBadInput").await;
    let method = setup.owner_method().await;
    let many = with(&setup, "authMethods", json!(vec![method; 17])).await;
    refused(&setup, &many, 422, "NodeBadInput").await;

    let mut both = with(&setup, "code", base64("1")).await;
    both["litActionIpfsId"] = ActionCid::of_code(b"1").to_string().into();
    refused(&setup, &both, 500, "").await;
    let huge = with(&setup, "code", "a".repeat(33 * 1024 * 1024)).await;
    refused(&setup, &huge, 413, "payload_too_large").await;
}

/// At every endpoint and any depth. Lit's nodes refuse doubled members that they know, and take the last of others, such as the
/// parameters of an action.
#[tokio::test]
async fn doubled_members() {
    let setup = Setup::new().await;
    let session = setup.owner_session().await;
    let sig = json!(setup.sig(0, &session)).to_string();
    let good = setup.good_body().await.to_string();
    let execute = |params: &str| {
        format!(
            r#"{{"code":"{}","jsParams":{params},"authSig":{sig},"epoch":0}}"#,
            base64("1")
        )
    };
    let pkp = setup.pkp;
    let digest = json!(vec![1; 32]);
    let sign = format!(r#"{{"toSign":{digest},"pubkey":"{pkp}","authSig":{sig},"epoch":0}}"#);
    let claim = json!({ "authMethod": setup.owner_method().await }).to_string();
    for (endpoint, body, doubled) in [
        (Endpoint::SignSessionKey, good.clone(), r#""epoch":0"#),
        (Endpoint::SignSessionKey, good, r#""authMethodType":1"#),
        (Endpoint::Execute, execute("{}"), r#""epoch":0"#),
        (Endpoint::Execute, execute("{}"), r#""algo":"ed25519""#),
        (Endpoint::Execute, execute(r#"{"a":1}"#), r#""a":1"#),
        (Endpoint::Execute, execute(r#"{"b":[{"a":1}]}"#), r#""a":1"#),
        (Endpoint::PkpSign, sign, r#""epoch":0"#),
        (Endpoint::PkpClaim, claim, r#""authMethodType":1"#),
        (
            Endpoint::Handshake,
            r#"{"clientPublicKey":"a","epoch":0}"#.to_owned(),
            r#""epoch":0"#,
        ),
    ] {
        assert_eq!(body.matches(doubled).count(), 1, "{body}");
        let (status, answer) = setup.send_text(endpoint, body.clone()).await;
        assert!((200..=202).contains(&status), "{answer}");
        let body = body.replace(doubled, &format!("{doubled},{doubled}"));
        let (status, answer) = setup.send_text(endpoint, body).await;
        assert_eq!((status, code(&answer)), (422, "NodeBadInput"), "{answer}");
        let name = doubled.split('"').nth(1).unwrap();
        let reason = answer["details"].to_string();
        assert!(
            reason.contains(&format!("duplicate field `{name}`")),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn messages_that_say_something_else() {
    let setup = Setup::new().await;
    let none = for_text(&setup, "sign in").await;
    refused(&setup, &none, 400, "NodeSIWEMessageError").await;
    // A scheme makes the domain none.
    let good = setup.message().build().unwrap().to_string();
    let domain = good.replacen("litprotocol.com", "https://litprotocol.com", 1);
    refused(
        &setup,
        &for_text(&setup, &domain).await,
        400,
        "NodeSIWEMessageError",
    )
    .await;
    let other = "lit:session:04ec5108935b989719d86e821d68aa3cb53349cf5a4fec271f8548521f79e4bf";
    let uri = for_message(&setup, setup.message().with_uri(other)).await;
    refused(&setup, &uri, 400, "NodeSIWEMessageError").await;
    let mut both = for_message(&setup, setup.message().with_uri("https://example.com")).await;
    both["sessionKey"] = "https://example.com".into();
    refused(&setup, &both, 400, "NodeSIWEMessageError").await;
    let address = good.replacen(
        &setup.pkp.address().to_string(),
        &setup.owner.address().to_string(),
        1,
    );
    refused(
        &setup,
        &for_text(&setup, &address).await,
        400,
        "NodeSIWEMessageError",
    )
    .await;
}

#[tokio::test]
async fn messages_of_another_time() {
    let setup = Setup::new().await;
    let issued = |ahead: u64| {
        let nonce = setup.nonce.parse().unwrap();
        let uri = setup.key.public_key().uri();
        SiweBuilder::new(setup.pkp.address(), uri, nonce, setup.after(ahead))
            .with_rights(&requests())
            .unwrap()
    };
    let future = for_message(&setup, issued(120).with_expiration(setup.after(600))).await;
    refused(&setup, &future, 400, "NodeSIWEMessageError").await;
    let backwards = for_message(&setup, issued(40).with_expiration(setup.after(20))).await;
    refused(&setup, &backwards, 403, "NodeExpWrongOrTooLarge").await;
    let month = for_message(
        &setup,
        issued(0).with_expiration(setup.after(30 * 86_400 + 1)),
    )
    .await;
    refused(&setup, &month, 400, "NodeSIWEMessageError").await;
    let text = setup.message().build().unwrap().to_string();
    let endless: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("Expiration"))
        .collect();
    let endless = for_text(&setup, &endless.join("\n")).await;
    refused(&setup, &endless, 400, "NodeSIWEMessageError").await;

    let old = setup.message().build().unwrap();
    setup.network.clock().advance(Duration::from_secs(661));
    let expired = for_message(&setup, setup.message()).await;
    assert_eq!(setup.ask(0, &expired).await.0, 200);
    let expired = for_text(&setup, old.as_str()).await;
    refused(&setup, &expired, 400, "NodeSIWEMessageError").await;
}

#[tokio::test]
async fn nonces_that_are_no_recent_block() {
    let mut setup = Setup::new().await;
    let block = setup.nonce.clone();
    setup.nonce = format!("0x{}", "1f".repeat(32));
    let unknown = setup.good_body().await;
    refused(&setup, &unknown, 502, "NodeInvalidBlockhash").await;
    setup.nonce = block;
    setup
        .network
        .clock()
        .advance(Duration::from_secs(31 * 86_400));
    let old = setup.good_body().await;
    refused(&setup, &old, 400, "NodeSIWEMessageError").await;
    setup.nonce = latest_blockhash(&setup.network).await;
    setup.ask_all(&setup.good_body().await).await;
}

#[tokio::test]
async fn recaps_that_grant_nothing_or_too_much() {
    let setup = Setup::new().await;
    let none = for_message(&setup, setup.plain_message()).await;
    refused(&setup, &none, 500, "").await;

    // The statement tells the signer less than the ReCap grants.
    let granted = ReCap::from_requests(&requests()).unwrap();
    let text = setup.message().build().unwrap().to_string();
    let silent = text.replacen(&granted.statement(), "I do nothing.", 1);
    refused(
        &setup,
        &for_text(&setup, &silent).await,
        400,
        "NodeSIWECapabilityInvalid",
    )
    .await;

    let context = json!({ "auth_context": {
        "actionIpfsIdStack": [], "actionIpfsIds": [], "authMethodContexts": [], "authSigAddress": null,
        "customAuthResource": "", "resources": [],
    }});
    let mut own = granted;
    own.attenuate(
        "lit-resolvedauthcontext://*".to_owned(),
        LitAbility::RateLimitIncreaseAuth.into(),
        context.as_object().unwrap().clone(),
    );
    let brought = for_message(&setup, setup.plain_message().with_recap(own.clone())).await;
    refused(&setup, &brought, 401, "NodeInvalidAuthContextResource").await;
    // In a first ReCap, before the one that nodes look at.
    let message = setup.message().build().unwrap().to_string();
    let hidden = message.replacen(
        "- urn:recap:",
        &format!("- {}\n- urn:recap:", own.to_urn()),
        1,
    );
    refused(
        &setup,
        &for_text(&setup, &hidden).await,
        401,
        "NodeInvalidAuthContextResource",
    )
    .await;
    let more = message.replacen("- urn:recap:", "- https://example.com\n- urn:recap:", 1);
    refused(
        &setup,
        &for_text(&setup, &more).await,
        400,
        "NodeSIWECapabilityInvalid",
    )
    .await;
}

#[tokio::test]
async fn wallets_that_prove_nothing() {
    let setup = Setup::new().await;
    let somebody = lit_test_fakes::wallet();
    let other = wallet_method(&somebody, setup.login(&somebody)).await;
    refused(
        &setup,
        &by_method(&setup, other).await,
        401,
        "NodeAuthSigScopeTooLimited",
    )
    .await;

    let uri = setup.key.public_key().uri();
    for not_to_log_in in [uri.as_str(), "lit:capability:delegation"] {
        let message = setup.login(&setup.owner).with_uri(not_to_log_in);
        let session = wallet_method(&setup.owner, message).await;
        refused(
            &setup,
            &by_method(&setup, session).await,
            401,
            "NodeInvalidAuthSig",
        )
        .await;
    }

    let good = setup.login(&setup.owner).build().unwrap();
    let endless: Vec<&str> = good
        .as_str()
        .lines()
        .filter(|line| !line.starts_with("Expiration"))
        .collect();
    let endless: SiweMessage = endless.join("\n").parse().unwrap();
    let endless = sign_siwe(&setup.owner, &endless).await.unwrap();
    let endless = token(&serde_json::to_value(&endless).unwrap());
    refused(
        &setup,
        &by_method(&setup, endless).await,
        400,
        "NodeSIWEMessageError",
    )
    .await;

    let signed = serde_json::to_value(sign_siwe(&setup.owner, &good).await.unwrap()).unwrap();
    let change = |name: &str, value: &str| {
        let mut changed = signed.clone();
        changed[name] = value.into();
        token(&changed)
    };
    let address = somebody.address().to_string();
    for (method, status, expected) in [
        (change("address", &address), 401, "NodeInvalidAuthSig"),
        (
            change("sig", &format!("0x{}", "11".repeat(65))),
            401,
            "NodeInvalidAuthSig",
        ),
        (change("signedMessage", "hello"), 401, "NodeInvalidAuthSig"),
        (change("derivedVia", "EIP1271"), 401, "NodeInvalidAuthSig"),
        (
            AuthMethod::new(AuthMethodType::EthWallet, "{}"),
            400,
            "NodeParserError",
        ),
        (AuthMethod::new(AuthMethodType::LitAction, "{}"), 500, ""),
        (
            AuthMethod::new(lit_types::AuthMethodNumber::new(99), "{}"),
            500,
            "",
        ),
    ] {
        refused(&setup, &by_method(&setup, method).await, status, expected).await;
    }
    let none = with(&setup, "authMethods", json!([])).await;
    refused(&setup, &none, 401, "NodeAuthSigScopeTooLimited").await;
    let (_, answer) = setup.ask(0, &none).await;
    let shown = "a request without auth method, Lit Action or wallet may not use PKP 0x";
    assert!(
        answer["message"].as_str().unwrap().starts_with(shown),
        "{answer}"
    );

    let old = setup.owner_method().await;
    setup.network.clock().advance(Duration::from_secs(661));
    refused(
        &setup,
        &by_method(&setup, old).await,
        400,
        "NodeSIWEMessageError",
    )
    .await;
}

fn token(auth_sig: &Value) -> AuthMethod {
    AuthMethod::new(AuthMethodType::EthWallet, auth_sig.to_string())
}

#[tokio::test]
async fn scopes_that_are_too_narrow() {
    let setup = Setup::new().await;
    let wallet = lit_test_fakes::wallet();
    let body = by_method(&setup, wallet_method(&wallet, setup.login(&wallet)).await).await;
    let permissions = setup.contracts().permissions();
    let token = setup.pkp.token_id();
    let permit = async |scopes: Scopes| {
        permissions
            .add_address(token, wallet.address(), scopes)
            .await
            .unwrap()
    };
    permit(Scopes::NONE).await;
    refused(&setup, &body, 401, "NodeAuthSigScopeTooLimited").await;
    permit(AuthMethodScope::NoPermissions.into()).await;
    refused(&setup, &body, 401, "NodeAuthSigScopeTooLimited").await;
    permit(Scopes::NONE.with(3)).await;
    refused(&setup, &body, 401, "NodeAuthSigScopeTooLimited").await;
    let (_, answer) = setup.ask(0, &body).await;
    let (wallet, owner) = (wallet.address(), setup.owner.address());
    assert_eq!(
        answer["message"],
        format!(
            "wallet {wallet} may not use PKP {token} to sign personal messages (owner: {owner}; \
             permitted besides the owner: wallet {wallet} without a scope). \
             None of the AuthMethods, AuthSig or Lit Actions meet the requires scope [2]."
        )
    );
    permit(AuthMethodScope::SignAnything.into()).await;
    setup.ask_all(&body).await;
}

#[tokio::test]
async fn pkps_that_are_not_there() {
    let setup = Setup::new().await;
    let mut unnamed = setup.good_body().await;
    unnamed.as_object_mut().unwrap().remove("pkpPublicKey");
    refused(&setup, &unnamed, 400, "NodePKPTokenIdNotFound").await;

    let nobodys = lit_test_fakes::wallet();
    let key = nobodys.credential().verifying_key().to_encoded_point(false);
    let text = setup.message().build().unwrap().to_string().replacen(
        &setup.pkp.address().to_string(),
        &nobodys.address().to_string(),
        1,
    );
    let mut unminted = for_text(&setup, &text).await;
    unminted["pkpPublicKey"] = format!("0x{}", hex::encode(key.as_bytes())).into();
    refused(&setup, &unminted, 401, "NodePKPNotAuthorized").await;
}

#[tokio::test]
async fn actions_that_do_not_authorize() {
    let limits = ActionLimits::default()
        .with_run_time(Duration::from_secs(1))
        .with_memory(32 << 20)
        .with_code_size(10_000);
    let setup = Setup::of(Devnet::builder().with_session_action_limits(limits)).await;
    let permit = async |source: &str| {
        let cid: ActionCid = ActionCid::of_code(source.as_bytes());
        let scopes = AuthMethodScope::SignAnything.into();
        let permissions = setup.contracts().permissions();
        permissions
            .add_action(setup.pkp.token_id(), &cid, scopes)
            .await
            .unwrap()
    };
    let large = format!("/*{}*/", " ".repeat(10_000));
    let denied = "NodeLitActionsSessionSigAuthenticationFailed";
    for (source, status, expected) in [
        (
            "Lit.Actions.setResponse({ response: 'false' })",
            401,
            denied,
        ),
        ("Lit.Actions.setResponse({ response: 'True' })", 401, denied),
        ("'true'", 401, denied),
        ("for (;;) {}", 502, "NodeJsTimeoutError"),
        (
            "const all = []; for (;;) all.push(new Uint8Array(1 << 24))",
            502,
            "NodeJsMemoryLimitError",
        ),
        ("throw new Error('true')", 400, ""),
        (large.as_str(), 400, ""),
    ] {
        permit(source).await;
        // Even for the owner of the PKP the action has the last word.
        for methods in [json!([]), json!([setup.owner_method().await])] {
            let mut body = with(&setup, "code", base64(source)).await;
            body["authMethods"] = methods;
            let (got, answer) = setup.ask(0, &body).await;
            assert_eq!(
                (got, code(&answer)),
                (status, expected),
                "{source}: {answer}"
            );
            assert!(answer.get("signatureShare").is_none());
        }
    }
    let consent = "Lit.Actions.setResponse({ response: 'true' })";
    let mut body = with(&setup, "code", base64(consent)).await;
    body["authMethods"] = json!([]);
    refused(&setup, &body, 401, "NodeAuthSigScopeTooLimited").await;
    permit(consent).await;
    setup.ask_all(&body).await;

    let mut unknown = with(
        &setup,
        "litActionIpfsId",
        ActionCid::of_code(b"?").to_string(),
    )
    .await;
    refused(&setup, &unknown, 400, "NodeInvalidIPFSID").await;
    unknown["litActionIpfsId"] = Value::Null;
    unknown["code"] = "%".into();
    refused(&setup, &unknown, 500, "").await;
}

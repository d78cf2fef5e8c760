//! Nodes authorize session keys on behalf of PKPs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::time::Duration;

use common::{Setup, base64, code, wallet_method};
use lit_contracts::{ActionCid, PermittedAuthMethod, Scopes};
use lit_devnet::{Devnet, JwtClaims, JwtProvider};
use lit_recap::{ReCap, SiweMessage};
use lit_session_crypto::{
    BlsPublicKey, BlsSignature, BlsSignatureShare, hd_key_id, session_digest,
};
use lit_types::{
    AuthMethod, LitAbility, LitResource,
    constants::{AuthMethodScope, AuthMethodType},
    wire::SignSessionKeyResponse,
};
use serde_json::{Value, json};

fn responses(answers: &[Value]) -> Vec<SignSessionKeyResponse> {
    answers
        .iter()
        .map(|answer| serde_json::from_value(answer.clone()).unwrap())
        .collect()
}

/// Whether these shares make a signature over what the nodes say they signed.
fn combine(answers: &[SignSessionKeyResponse]) -> bool {
    let shares: Vec<BlsSignatureShare> = answers
        .iter()
        .map(|answer| (&answer.signature_share).try_into().unwrap())
        .collect();
    let key: BlsPublicKey = answers[0].bls_root_pubkey.parse().unwrap();
    let digest = session_digest(&answers[0].siwe_message);
    assert_eq!(answers[0].data_signed, hex::encode(digest));
    BlsSignature::combine(&shares).is_ok_and(|signature| key.verify(&digest, &signature))
}

/// The auth context that the nodes have written into the message.
fn auth_context(message: &SiweMessage) -> Value {
    let recap = ReCap::extract(message).unwrap();
    let notes = &recap.attenuations()["lit-resolvedauthcontext://*"];
    json!(notes.values().next().unwrap()[0]["auth_context"])
}

#[tokio::test]
async fn the_threshold_suffices_and_less_does_not() {
    let setup = Setup::of(Devnet::builder().with_nodes(7)).await;
    let answers = responses(&setup.ask_all(&setup.good_body().await).await);
    let threshold = setup.network.threshold();
    assert_eq!(threshold, 4);
    for (index, answer) in answers.iter().enumerate() {
        assert_eq!(answer.share_index as usize, index);
        assert_eq!(answer.siwe_message, answers[0].siwe_message);
    }
    assert!(combine(&answers[..threshold]));
    assert!(combine(&answers[3..]));
    assert!(combine(&answers));
    assert!(!combine(&answers[..threshold - 1]));
}

#[tokio::test]
async fn nodes_write_who_asked_and_when_the_block_was() {
    let setup = Setup::new().await;
    let body = setup.good_body().await;
    let answer = &responses(&setup.ask_all(&body).await)[0];
    let asked: SiweMessage = body["siweMessage"].as_str().unwrap().parse().unwrap();
    let signed: SiweMessage = answer.siwe_message.parse().unwrap();
    assert_eq!(signed.address(), setup.pkp.address());
    assert_eq!(
        (signed.domain(), signed.uri(), signed.nonce()),
        (asked.domain(), asked.uri(), asked.nonce())
    );
    assert_eq!(signed.expiration_timestamp(), asked.expiration_timestamp());
    assert!(signed.issued_at() <= asked.issued_at());
    assert_eq!(signed.issued_at().unix_timestamp() % 12, 0);
    let recap = ReCap::extract(&signed).unwrap();
    assert!(recap.covers(&LitResource::any_pkp(), LitAbility::PkpSigning));
    assert!(
        signed
            .statement()
            .unwrap()
            .starts_with(asked.statement().unwrap())
    );
    assert_eq!(
        auth_context(&signed),
        json!({
            "actionIpfsIdStack": [], "actionIpfsIds": [], "authSigAddress": null, "customAuthResource": "",
            "authMethodContexts": [{
                "appId": "lit", "authMethodType": 1, "usedForSignSessionKeyRequest": true,
                "userId": setup.owner.address().to_string(),
            }],
            "resources": [],
        })
    );
}

#[tokio::test]
async fn an_action_authorizes_by_source_and_by_cid() {
    const ACTION: &str = "Lit.Actions.setResponse({ response: JSON.stringify({ ok: true, \
                          stack: Lit.Auth.actionIpfsIdStack, magic, methods: Lit.Auth.authMethodContexts.length }) })";
    let setup = Setup::new().await;
    let cid = setup.network.put_ipfs(ACTION);
    let permitted: ActionCid = cid.parse().unwrap();
    let permissions = setup.contracts().permissions();
    permissions
        .add_action(
            setup.pkp.token_id(),
            &permitted,
            AuthMethodScope::PersonalSign.into(),
        )
        .await
        .unwrap();
    let message = setup.message().build().unwrap();
    let mut body = setup.body(&message, &[]);
    body["jsParams"] = json!({ "magic": 42 });
    let mut by_source = body.clone();
    by_source["code"] = base64(ACTION).into();
    body["litActionIpfsId"] = cid.as_str().into();
    let answers = [
        responses(&setup.ask_all(&by_source).await),
        responses(&setup.ask_all(&body).await),
    ];
    assert_eq!(answers[0], answers[1]);
    assert!(combine(&answers[0][..2]));
    let signed: SiweMessage = answers[0][0].siwe_message.parse().unwrap();
    let context = auth_context(&signed);
    assert_eq!(context["actionIpfsIdStack"], json!([cid]));
    let response: Value =
        serde_json::from_str(context["customAuthResource"].as_str().unwrap()).unwrap();
    assert_eq!(
        response,
        json!({ "ok": true, "stack": [cid], "magic": 42, "methods": 0 })
    );
}

#[tokio::test]
async fn who_has_logged_in_elsewhere_uses_the_pkp_that_permits_it() {
    let setup = Setup::new().await;
    let claims = JwtClaims::new("user-1", "app-1");
    let token = setup.network.issue_jwt(JwtProvider::Google, &claims);
    let method = AuthMethod::new(AuthMethodType::GoogleJwt, token);
    let message = setup.message().build().unwrap();
    let body = setup.body(&message, std::slice::from_ref(&method));
    let (status, refused) = setup.ask(0, &body).await;
    assert_eq!(
        (status, code(&refused)),
        (401, "NodeAuthSigScopeTooLimited")
    );

    let id = hd_key_id("user-1", "app-1", false);
    let permitted = PermittedAuthMethod::new(AuthMethodType::GoogleJwt, id.0);
    let permissions = setup.contracts().permissions();
    permissions
        .add_auth_method(setup.pkp.token_id(), &permitted, Scopes::SIGN_ANYTHING)
        .await
        .unwrap();
    assert!(combine(&responses(&setup.ask_all(&body).await)));

    // Without a PKP in the request, and for whatever address: nodes find the PKP, and put its address in.
    let other = setup.owner.address();
    let text =
        message
            .to_string()
            .replacen(&setup.pkp.address().to_string(), &other.to_string(), 1);
    let mut unnamed = setup.body(&text.parse().unwrap(), &[method]);
    unnamed.as_object_mut().unwrap().remove("pkpPublicKey");
    let answers = responses(&setup.ask_all(&unnamed).await);
    let signed: SiweMessage = answers[0].siwe_message.parse().unwrap();
    assert_eq!(signed.address(), setup.pkp.address());
}

#[tokio::test]
async fn wallets_are_permitted_by_address_and_by_either_hash() {
    let setup = Setup::new().await;
    let permissions = setup.contracts().permissions();
    let token = setup.pkp.token_id();
    let message = setup.message().build().unwrap();
    for form in 0..3 {
        let wallet = lit_test_fakes::wallet();
        let method = wallet_method(&wallet, setup.login(&wallet)).await;
        let body = setup.body(&message, &[method]);
        assert_eq!(setup.ask(0, &body).await.0, 401);
        let spelled = |address: String| {
            let id = hd_key_id(&address, "lit", false);
            PermittedAuthMethod::new(AuthMethodType::EthWallet, id.0)
        };
        let address = wallet.address().to_string();
        let permitted = match form {
            0 => PermittedAuthMethod::address(wallet.address()),
            1 => spelled(address),
            _ => spelled(address.to_lowercase()),
        };
        permissions
            .add_auth_method(token, &permitted, AuthMethodScope::PersonalSign.into())
            .await
            .unwrap();
        assert_eq!(setup.ask(0, &body).await.0, 200, "form {form}");
    }
}

#[tokio::test]
async fn shares_of_an_epoch_go_together() {
    let setup = Setup::new().await;
    let before = responses(&setup.ask_all(&setup.good_body().await).await);
    setup.network.next_epoch().unwrap();
    let mut body = setup.good_body().await;
    let after = responses(&setup.ask_all(&body).await);
    assert!(combine(&after));
    assert_ne!(before[0].signature_share, after[0].signature_share);
    assert_eq!(before[0].bls_root_pubkey, after[0].bls_root_pubkey);
    // A client that has not noticed yet gets shares of the epoch it knows of, from all nodes.
    body["epoch"] = json!(1);
    let previous = responses(&setup.ask_all(&body).await);
    assert!(combine(&previous));
    assert!(!combine(&[previous[0].clone(), after[1].clone()]));
    body["epoch"] = json!(99);
    assert_eq!(responses(&setup.ask_all(&body).await), after);
}

#[tokio::test]
async fn foreign_hashes_are_taken_when_the_network_is_told_to() {
    let foreign = format!("0x{}", "1f".repeat(32));
    for accepted in [false, true] {
        let mut setup = Setup::of(Devnet::builder().with_foreign_blockhashes(accepted)).await;
        setup.nonce.clone_from(&foreign);
        let body = setup.good_body().await;
        let (status, answer) = setup.ask(0, &body).await;
        if !accepted {
            assert_eq!((status, code(&answer)), (502, "NodeInvalidBlockhash"));
            continue;
        }
        // The clock goes on between the nodes, the time of the block does not.
        setup.network.clock().advance(Duration::from_secs(30));
        let answers = responses(&setup.ask_all(&body).await);
        assert_eq!(answer["siweMessage"], answers[1].siwe_message.as_str());
        assert!(combine(&answers));
    }
}

#[tokio::test]
async fn epochs_that_never_were_stand_for_the_current_one() {
    let setup = Setup::new().await;
    let mut body = setup.good_body().await;
    let shares = |answers: &[Value]| -> Vec<Value> {
        let share = |answer: &Value| answer["signatureShare"].clone();
        answers.iter().map(share).collect()
    };
    let current = shares(&setup.ask_all(&body).await);
    for epoch in [1_000, u64::MAX] {
        body["epoch"] = json!(epoch);
        assert_eq!(shares(&setup.ask_all(&body).await), current, "{epoch}");
    }
}

/// The public key of a session and the id of a request are not secret.
#[tokio::test]
async fn a_stranger_is_not_met_by_the_actions_of_a_request() {
    const CODE: &str = "(async () => {
        const value = await Lit.Actions.runOnce({ waitForResponse: true }, async () => `true for ${who}`);
        Lit.Actions.setResponse({ response: value });
    })()";
    let setup = Setup::new().await;
    let mut body = setup.good_body().await;
    body["code"] = base64(CODE).into();
    body["jsParams"] = json!({ "who": "the user" });
    let stranger = lit_test_fakes::wallet();
    let mut other = body.clone();
    other["authMethods"] = json!([wallet_method(&stranger, setup.login(&stranger)).await]);
    other["jsParams"] = json!({ "who": "a stranger" });
    let (status, answer) = setup.ask(0, &other).await;
    assert_eq!((status, code(&answer)), (401, "NodeAuthSigScopeTooLimited"));
    for answer in responses(&setup.ask_all(&body).await) {
        let message: SiweMessage = answer.siwe_message.parse().unwrap();
        let context = auth_context(&message);
        assert_eq!(context["customAuthResource"], "true for the user");
    }
}

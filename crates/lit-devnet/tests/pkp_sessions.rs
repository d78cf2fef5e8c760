//! Sessions of PKPs, used on the nodes that authorized them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::{pin::pin, time::Duration};

use common::{Setup, base64, code, requests};
use lit_devnet::{Devnet, actions::ActionLimits};
use lit_session_crypto::{BlsSignature, BlsSignatureShare, SessionTemplate};
use lit_types::{
    ActionCid, AuthSig, Right,
    constants::AuthMethodScope,
    wire::{Endpoint, SignSessionKeyResponse},
};
use serde_json::{Value, json};

/// Answers with `Lit.Auth`.
const SHOW_AUTH: &str = "Lit.Actions.setResponse({ response: JSON.stringify(Lit.Auth) })";
const CONSENT: &str = "Lit.Actions.setResponse({ response: '{\"ok\":true}' })";

impl Setup {
    /// The PKP's AuthSig that the nodes make for this request.
    async fn root(&self, body: &Value) -> AuthSig {
        let answers: Vec<SignSessionKeyResponse> = self
            .ask_all(body)
            .await
            .into_iter()
            .map(|answer| serde_json::from_value(answer).unwrap())
            .collect();
        let shares: Vec<BlsSignatureShare> = answers[..self.network.threshold()]
            .iter()
            .map(|answer| (&answer.signature_share).try_into().unwrap())
            .collect();
        let signature = BlsSignature::combine(&shares).unwrap();
        let address = self.pkp.address().to_string();
        AuthSig::pkp(
            signature.to_json(),
            answers[0].siwe_message.clone(),
            address,
        )
    }

    /// A session signature for the first node that asks for everything.
    fn session(&self, roots: &[AuthSig]) -> AuthSig {
        let (now, end) = (self.now(), self.after(300));
        SessionTemplate::new(self.key.public_key(), &requests(), roots, &now, &end)
            .sign_for(&self.key, &self.network.node_urls()[0])
    }

    /// What the first node answers when it is to run this source.
    async fn run(&self, sig: &AuthSig, source: &str) -> (u16, Value) {
        let body = json!({ "code": base64(source), "jsParams": {}, "authSig": sig, "epoch": 0 });
        let (status, body) = self.send(0, Endpoint::Execute, &body).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }
}

#[tokio::test]
async fn actions_see_how_the_session_was_authorized() {
    let setup = Setup::new().await;
    let permissions = setup.contracts().permissions();
    let (cid, shown) = (
        ActionCid::of_code(CONSENT.as_bytes()).to_string(),
        ActionCid::of_code(SHOW_AUTH.as_bytes()).to_string(),
    );
    permissions
        .add_action(
            setup.pkp.token_id(),
            &cid.parse().unwrap(),
            AuthMethodScope::PersonalSign.into(),
        )
        .await
        .unwrap();
    let mut body = setup.good_body().await;
    body["code"] = base64(CONSENT).into();
    let root = setup.root(&body).await;
    let (status, answer) = setup.run(&setup.session(&[root]), SHOW_AUTH).await;
    assert_eq!(status, 200, "{answer}");
    let auth: Value = serde_json::from_str(answer["response"].as_str().unwrap()).unwrap();
    assert_eq!(
        auth,
        json!({
            "actionIpfsIds": [shown], "actionIpfsIdStack": [cid, shown], "authSigAddress": null,
            "customAuthResource": "{\"ok\":true}", "resources": [],
            "authMethodContexts": [{
                "appId": "lit", "authMethodType": 1, "usedForSignSessionKeyRequest": true,
                "userId": setup.owner.address().to_string(),
            }],
        })
    );
}

#[tokio::test]
async fn roots_of_pkps_that_were_changed() {
    let setup = Setup::new().await;
    let good = setup.root(&setup.good_body().await).await;
    assert_eq!(
        setup
            .run(&setup.session(std::slice::from_ref(&good)), "1")
            .await
            .0,
        200
    );
    let refused = async |change: &dyn Fn(&mut AuthSig)| {
        let mut root = good.clone();
        change(&mut root);
        let (status, answer) = setup.run(&setup.session(&[root]), "1").await;
        assert_eq!(
            (status, code(&answer)),
            (400, "NodeSIWECapabilityInvalid"),
            "{answer}"
        );
    };
    let owner = setup.owner.address().to_string();
    refused(&|root| root.address.clone_from(&owner)).await;
    refused(&|root| {
        root.signed_message = root.signed_message.replacen("litprotocol", "example", 1);
    })
    .await;
    setup.network.clock().advance(Duration::from_secs(1));
    let other = setup.root(&setup.good_body().await).await;
    refused(&|root| root.sig.clone_from(&other.sig)).await;

    // The time of the message is over.
    let session = setup.session(std::slice::from_ref(&good));
    setup.network.clock().advance(Duration::from_secs(601));
    assert_ne!(setup.run(&session, "1").await.0, 200);
}

#[tokio::test]
async fn resources_that_the_root_does_not_cover() {
    let setup = Setup::new().await;
    let allowed = ActionCid::of_code(SHOW_AUTH);
    let request = Right::run_action(allowed);
    let message = setup.plain_message().with_rights(&[request]).unwrap();
    let methods = [setup.owner_method().await];
    let root = setup
        .root(&setup.body(&message.build().unwrap(), &methods))
        .await;
    let session = setup.session(&[root]);
    assert_eq!(setup.run(&session, SHOW_AUTH).await.0, 200);
    let (status, answer) = setup.run(&session, "1").await;
    assert_eq!((status, code(&answer)), (400, "NodeSIWECapabilityInvalid"));
}

#[tokio::test]
async fn pkps_pay_with_their_own_credits() {
    let limits = ActionLimits::default().with_run_time(Duration::from_secs(5));
    let builder = Devnet::builder()
        .with_action_limits(limits)
        .with_capacity_enforced(true);
    let setup = Setup::of(builder).await;
    let root = setup.root(&setup.good_body().await).await;
    let session = setup.session(&[root]);
    let (status, answer) = setup.run(&session, "1").await;
    assert_eq!((status, code(&answer)), (402, "rate_limit_exceeded"));
    let payments = setup.contracts().payments();
    payments.delegate(&[setup.pkp.address()]).await.unwrap();
    setup.mint_credit(&setup.owner).await;
    assert_eq!(setup.run(&session, "1").await.0, 200);
}

/// Pairings take milliseconds, for which the thread that serves all requests has no time.
#[test]
fn sessions_are_not_verified_on_the_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        let setup = Setup::new().await;
        let mut root = setup.root(&setup.good_body().await).await;
        root.signed_message = root.signed_message.replacen("litprotocol", "example", 1);
        let session = setup.session(&[root]);
        let mut answer = pin!(setup.run(&session, "1"));
        // All threads for such work are busy.
        let (end, work) = std::sync::mpsc::channel::<()>();
        let busy = tokio::task::spawn_blocking(move || work.recv());
        for _ in 0..10 {
            assert!(futures_util::poll!(&mut answer).is_pending());
            tokio::task::yield_now().await;
        }
        drop(end);
        assert_eq!(busy.await.unwrap(), Err(std::sync::mpsc::RecvError));
        assert_eq!(code(&answer.await.1), "NodeSIWECapabilityInvalid");
    });
}

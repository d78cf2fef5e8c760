//! Which actions may sign, how often, and what.

use lit_contracts::ActionCid;
use lit_devnet::{Devnet, actions::ActionLimits};
use lit_types::constants::AuthMethodScope;
use serde_json::{Value, json};

use crate::{
    common::{Setup, base64, requests},
    support::{DIGEST, Runner, SIGN},
};

/// Permitted is the running action, the innermost one, and by its scope.
#[tokio::test]
async fn the_running_action_is_what_counts() {
    let setup = Setup::new().await;
    let session = setup
        .wallet_session(&lit_test_fakes::wallet(), &requests())
        .await;
    let runner = Runner { setup, session };
    let limited = async |source: &str, params: Value| {
        for (status, answer) in runner.run_on(0..3, "lit_no", source, params).await {
            assert_eq!(status, 400, "{answer}");
            let error = answer["error"].as_str().unwrap();
            assert!(error.contains("NodeAuthSigScopeTooLimited"), "{error}");
        }
    };
    limited(SIGN, json!({})).await;

    let permissions = runner.setup.contracts().permissions();
    let token = runner.setup.pkp.token_id();
    let cid: ActionCid = ActionCid::of_code(SIGN.as_bytes());
    let personal = AuthMethodScope::PersonalSign.into();
    permissions.add_action(token, &cid, personal).await.unwrap();
    limited(SIGN, json!({})).await;
    permissions.remove_action(token, &cid).await.unwrap();
    let anything = AuthMethodScope::SignAnything.into();
    permissions.add_action(token, &cid, anything).await.unwrap();
    let answers = runner.run("lit_1", SIGN, json!({})).await;
    runner.signature(&answers, "sig1", DIGEST).unwrap();

    // A parent gains nothing by its child, and the child loses nothing by its parent.
    let child = runner.setup.network.put_ipfs(SIGN);
    let parent = "Lit.Actions.call({ ipfsId: child, params: { toSign, publicKey } })";
    let params = json!({ "child": child });
    let answers = runner.run("lit_2", parent, params.clone()).await;
    runner.signature(&answers, "sig1", DIGEST).unwrap();
    let both = format!(
        "{parent}.then(() => Lit.Actions.signEcdsa({{ toSign, publicKey, sigName: 'own' }}))"
    );
    limited(&both, params).await;
}

#[tokio::test]
async fn claims_have_a_limit() {
    let runner = Runner::new().await;
    let many = "(async () => { for (let i = 0; i <= 1000; i++) await Lit.Actions.claimKey({ keyId: `${i}` }) })()";
    let error = runner.error(many, json!({})).await;
    assert_eq!(error, "Error: an action may make 1000 claims, not more");
    let long = "Lit.Actions.claimKey({ keyId: 'x'.repeat(1025) })";
    let error = runner.error(long, json!({})).await;
    assert_eq!(
        error,
        "RangeError: keyId has 1025 bytes, more than the limit of 1024"
    );
}

#[tokio::test]
async fn signatures_have_a_limit_and_a_form() {
    let limits = ActionLimits::default().with_signatures(2);
    let runner = Runner::of(Setup::of(Devnet::builder().with_action_limits(limits)).await).await;
    let sign =
        |name: &str| format!("Lit.Actions.signEcdsa({{ toSign, publicKey, sigName: '{name}' }})");
    let three = format!(
        "{}.then(() => {}).then(() => {})",
        sign("a"),
        sign("b"),
        sign("c")
    );
    let error = runner.error(&three, json!({})).await;
    assert_eq!(error, "Error: an action may make 2 signatures, not more");
    for (extra, expected) in [
        (
            json!({ "toSign": vec![1; 31] }),
            "NodeBadInput: Message length to be signed is not 32 bytes.  Please hash it before sending it to the node to sign.",
        ),
        (
            json!({ "toSign": "x" }),
            "RangeError: toSign must not be empty",
        ),
        (json!({ "publicKey": "0x04" }), "RangeError"),
    ] {
        let error = runner.error(&sign("a"), extra).await;
        assert!(error.contains(expected), "{error}");
    }
    let error = runner.error(&sign(" "), json!({})).await;
    assert!(error.contains("RangeError"), "{error}");
    assert_eq!(ActionLimits::default().signatures, 10);
}

/// An action that decides about a session signs nothing.
#[tokio::test]
async fn actions_that_authorize_sessions_do_not_sign() {
    let setup = Setup::new().await;
    let mut body = setup.good_body().await;
    for call in [
        "signEcdsa({ toSign, publicKey, sigName: 'x' })",
        "claimKey({ keyId: 'x' })",
    ] {
        body["code"] = base64(&format!("Lit.Actions.{call}")).into();
        body["jsParams"] = json!({ "toSign": DIGEST.to_vec(), "publicKey": setup.pkp });
        for node in 0..3 {
            let (status, answer) = setup.ask(node, &body).await;
            assert_eq!(status, 400, "{answer}");
            let error = answer["error"].as_str().unwrap();
            let text = "You can not sign without providing an auth_sig.";
            assert!(error.contains(text), "{error}");
        }
    }
}

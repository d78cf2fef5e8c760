//! Lit Actions that sign, claim, encrypt and decrypt.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "these are tests"
)]

mod common;

use std::time::Duration;

use alloy_primitives::{B256, Signature, eip191_hash_message, keccak256};
use alloy_signer_local::PrivateKeySigner;
use common::{Setup, base64, code, requests};
use lit_contracts::ActionCid;
use lit_devnet::{Devnet, Fault, actions::ActionLimits};
use lit_session_crypto::{EcdsaShareJson, EcdsaSignature, SessionTemplate, ipfs_cid_v0};
use lit_types::{
    LitResource, ResourceAbilityRequest, access_control::EvmBasicCondition,
    constants::AuthMethodScope, wire::Endpoint,
};
use serde_json::{Value, json};

const DIGEST: [u8; 32] = [0x90; 32];

const SIGN: &str = "(async () => {
    await Lit.Actions.signEcdsa({ toSign, publicKey, sigName: 'sig1' });
    Lit.Actions.setResponse({ response: 'signed' });
})()";

struct Runner {
    setup: Setup,
    session: SessionTemplate,
}

impl Runner {
    async fn new() -> Self {
        Self::of(Setup::new().await).await
    }

    /// Of the PKP's owner.
    async fn of(setup: Setup) -> Self {
        let session = setup.owner_session().await;
        Self { setup, session }
    }

    /// The answers of these nodes.
    async fn run_on(
        &self,
        nodes: impl IntoIterator<Item = usize>,
        id: &str,
        source: &str,
        extra: Value,
    ) -> Vec<(u16, Value)> {
        let mut params = json!({ "toSign": DIGEST.to_vec(), "publicKey": self.setup.pkp });
        for (name, value) in extra.as_object().unwrap() {
            params[name] = value.clone();
        }
        let body = json!({ "code": base64(source), "jsParams": params, "epoch": 0 });
        let answers = self
            .setup
            .ask_all_as(&self.session, nodes, Endpoint::Execute, id, &body);
        answers.await
    }

    /// The answers of all nodes, which succeed.
    async fn run(&self, id: &str, source: &str, extra: Value) -> Vec<Value> {
        let nodes = 0..self.setup.network.node_urls().len();
        let answers = self.run_on(nodes, id, source, extra).await;
        let answers = answers.into_iter().map(|(status, answer)| {
            assert_eq!(status, 200, "{answer}");
            answer
        });
        answers.collect()
    }

    /// What all nodes respond.
    async fn responses(&self, id: &str, expression: &str, extra: Value) -> Vec<String> {
        let source = format!(
            "(async () => Lit.Actions.setResponse({{ response: String(await {expression}) }}))()"
        );
        let answers = self.run(id, &source, extra).await;
        let response = |answer: Value| answer["response"].as_str().unwrap().to_owned();
        answers.into_iter().map(response).collect()
    }

    /// The error with which an expression fails on all nodes.
    async fn error(&self, expression: &str, extra: Value) -> String {
        let caught = format!("{expression}.then(() => 'no error', (error) => `${{error}}`)");
        let mut errors = self.responses("lit_error", &caught, extra).await;
        errors.dedup();
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors.remove(0)
    }

    fn signature(
        &self,
        answers: &[Value],
        name: &str,
        digest: [u8; 32],
    ) -> Result<EcdsaSignature, String> {
        let mut shares = Vec::new();
        for answer in answers {
            let share: EcdsaShareJson =
                serde_json::from_value(answer["signedData"][name].clone()).unwrap();
            shares.extend(share.parse().unwrap());
        }
        EcdsaSignature::combine_for(
            &self.setup.pkp,
            &digest,
            &shares,
            self.setup.network.threshold(),
        )
        .map_err(|error| error.to_string())
    }
}

#[tokio::test]
async fn an_action_signs() {
    let runner = Runner::new().await;
    let answers = runner.run("lit_1", SIGN, json!({})).await;
    runner.signature(&answers, "sig1", DIGEST).unwrap();

    let mut outside = 0;
    for (place, answer) in answers.iter().enumerate() {
        assert_eq!(
            (&answer["response"], &answer["claimData"]),
            (&json!("signed"), &json!({}))
        );
        let share = &answer["signedData"]["sig1"];
        let names: Vec<&String> = share.as_object().unwrap().keys().collect();
        let expected = [
            "bigR",
            "dataSigned",
            "publicKey",
            "shareIndex",
            "sigName",
            "sigType",
            "signatureShare",
        ];
        assert_eq!(names, expected);
        assert_eq!(
            (&share["sigName"], &share["sigType"]),
            (&json!("sig1"), &json!("K256"))
        );
        assert_eq!(share["shareIndex"], place);
        if share["dataSigned"] == "fail" {
            outside += 1;
            assert_eq!(
                (
                    &share["signatureShare"],
                    &share["bigR"],
                    &share["publicKey"]
                ),
                (&json!(""), &json!(""), &json!(""))
            );
            continue;
        }
        assert_eq!(share["dataSigned"], format!("\"{}\"", "90".repeat(32)));
        let key = hex::encode_upper(runner.setup.pkp.as_bytes());
        assert_eq!(share["publicKey"], format!("\"{key}\""));
    }
    assert_eq!(outside, 1);
}

#[tokio::test]
async fn an_action_signs_messages_and_several_times() {
    let runner = Runner::new().await;
    let source = "(async () => {
        await Promise.all(['a', 'b'].map((sigName) => Lit.Actions.signEcdsa({ toSign, publicKey, sigName })));
        await Lit.Actions.ethPersonalSignMessageEcdsa({ message: 'grüezi', publicKey, sigName: 'c' });
    })()";
    let answers = runner.run("lit_1", source, json!({})).await;
    let one = runner.signature(&answers, "a", DIGEST).unwrap();
    let other = runner.signature(&answers, "b", DIGEST).unwrap();
    assert_ne!(one.r(), other.r());
    let message = eip191_hash_message("grüezi");
    let personal = runner.signature(&answers, "c", message.0).unwrap();
    let signer = Signature::from(personal)
        .recover_address_from_msg("grüezi")
        .unwrap();
    assert_eq!(signer, runner.setup.pkp.address());
}

#[tokio::test]
async fn nodes_combine_a_signature_among_themselves() {
    let runner = Runner::of(Setup::of(Devnet::builder().nodes(5)).await).await;
    runner.setup.network.set_fault(1, Fault::Stopped).unwrap();
    runner.setup.network.set_fault(3, Fault::Hang).unwrap();
    let source = "(async () => {
        const signed = await Lit.Actions.signAndCombineEcdsa({ toSign, publicKey, sigName: 'x' });
        Lit.Actions.setResponse({ response: signed });
    })()";
    let answers = runner.run_on([0, 2, 4], "lit_1", source, json!({})).await;
    let mut responses: Vec<&str> = Vec::new();
    for (status, answer) in &answers {
        assert_eq!(
            (*status, &answer["signedData"]),
            (200, &json!({})),
            "{answer}"
        );
        responses.push(answer["response"].as_str().unwrap());
    }
    responses.dedup();
    assert_eq!(responses.len(), 1);
    let signed: Value = serde_json::from_str(responses[0]).unwrap();
    let (r, s) = (signed["r"].as_str().unwrap(), signed["s"].as_str().unwrap());
    assert_eq!((r.len(), s.len()), (66, 64));
    let (r, s): (B256, B256) = (r[2..].parse().unwrap(), s.parse().unwrap());
    let signature = Signature::from_scalars_and_parity(r, s, signed["v"] == 1);
    let signer = signature.recover_address_from_prehash(&DIGEST.into());
    assert_eq!(signer.unwrap(), runner.setup.pkp.address());
}

#[tokio::test]
async fn wrong_shares_are_found_out() {
    let runner = Runner::new().await;
    let combine = "Lit.Actions.signAndCombineEcdsa({ toSign, publicKey, sigName: 'x' })";
    for node in 0..3 {
        runner
            .setup
            .network
            .set_fault(node, Fault::CorruptShare)
            .unwrap();
    }
    let error = runner.error(combine, json!({})).await;
    assert!(error.starts_with("Error: "), "{error}");
    let answers = runner.run("lit_1", SIGN, json!({})).await;
    assert!(runner.signature(&answers, "sig1", DIGEST).is_err());
}

/// Permitted is the running action, the innermost one, and by its scope.
#[tokio::test]
async fn the_running_action_is_what_counts() {
    let setup = Setup::new().await;
    let session = setup
        .wallet_session(&PrivateKeySigner::random(), &requests())
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
    let cid: ActionCid = ipfs_cid_v0(SIGN.as_bytes()).parse().unwrap();
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
async fn signatures_have_a_limit_and_a_form() {
    let limits = ActionLimits::default().with_signatures(2);
    let runner = Runner::of(Setup::of(Devnet::builder().action_limits(limits)).await).await;
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
        (json!({ "toSign": vec![1; 31] }), "NodeBadInput"),
        (json!({ "toSign": "x" }), "TypeError"),
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
async fn actions_that_authorise_sessions_do_not_sign() {
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
            assert!(error.contains("runs without a session"), "{error}");
        }
    }
}

/// Section 5.6: the key id is of the action's CID and the given id, and the contracts take the claim.
#[tokio::test]
async fn an_action_claims_a_key() {
    let runner = Runner::new().await;
    let source = "Lit.Actions.claimKey({ keyId: 'user-7' })";
    let answers = runner.run("lit_1", source, json!({})).await;
    let cid = ipfs_cid_v0(source.as_bytes());
    let id = keccak256(format!("{cid}_user-7"));
    let mut signatures: Vec<Signature> = Vec::new();
    for answer in &answers {
        let claim = &answer["claimData"]["user-7"];
        assert_eq!(claim["derivedKeyId"], hex::encode(id));
        signatures.push(claim["signature"].as_str().unwrap().parse().unwrap());
    }
    runner
        .setup
        .contracts()
        .pkp()
        .claim(id, &signatures)
        .await
        .unwrap();
}

fn conditions(address: impl ToString) -> Value {
    let mut condition = serde_json::to_value(EvmBasicCondition::wallet_is(
        "ethereum",
        address.to_string(),
    ))
    .unwrap();
    condition["conditionType"] = json!("evmBasic");
    json!([condition])
}

const DECRYPT: &str = "Lit.Actions.decryptAndCombine({
    accessControlConditions, ciphertext, dataToEncryptHash, authSig: null, chain: 'ethereum' })";

/// What an action encrypted, as parameters of the next.
async fn encrypted(runner: &Runner, conditions: &Value) -> Value {
    let encrypt = "Lit.Actions.encrypt({ accessControlConditions, to_encrypt: new TextEncoder().encode('hello world') }).then(JSON.stringify)";
    let extra = json!({ "accessControlConditions": conditions });
    let responses = runner.responses("lit_encrypt", encrypt, extra).await;
    let mut params: Value = serde_json::from_str(&responses[0]).unwrap();
    params["accessControlConditions"] = conditions.clone();
    params
}

#[tokio::test]
async fn actions_encrypt_and_decrypt() {
    let runner = Runner::new().await;
    let own = encrypted(&runner, &conditions(runner.setup.owner.address())).await;
    assert_eq!(
        own["dataToEncryptHash"],
        hex::encode(lit_session_crypto::data_hash(b"hello world"))
    );
    assert_eq!(
        runner.responses("lit_1", DECRYPT, own.clone()).await,
        ["hello world"; 3]
    );

    let single = DECRYPT.replace("decryptAndCombine", "decryptToSingleNode");
    for id in ["lit_2", "lit_3"] {
        let mut texts = runner.responses(id, &single, own.clone()).await;
        texts.sort();
        assert_eq!(texts, ["", "", "hello world"]);
    }

    // One that comes when the others have ended does not get it as well.
    let source =
        format!("(async () => Lit.Actions.setResponse({{ response: String(await {single}) }}))()");
    let mut answers = runner.run_on(0..2, "lit_4", &source, own.clone()).await;
    answers.extend(runner.run_on(2..3, "lit_4", &source, own.clone()).await);
    assert_eq!(answers[2].1["response"], "", "{answers:?}");

    let others = encrypted(&runner, &conditions(runner.setup.pkp.address())).await;
    let error = runner.error(DECRYPT, others).await;
    assert_eq!(error, "Error: the access control conditions are not met");
    let mut mixed = own;
    mixed["dataToEncryptHash"] = json!("00".repeat(32));
    let error = runner.error(DECRYPT, mixed).await;
    assert!(error.starts_with("Error: "), "{error}");
}

/// Data that one action alone decrypts.
#[tokio::test]
async fn conditions_on_the_running_action() {
    let runner = Runner::new().await;
    let source =
        format!("(async () => Lit.Actions.setResponse({{ response: await {DECRYPT} }}))()");
    let condition = |cid: String| {
        json!([{
            "conditionType": "evmBasic", "contractAddress": "", "chain": "ethereum", "standardContractType": "", "method": "",
            "parameters": [":currentActionIpfsId"], "returnValueTest": { "comparator": "=", "value": cid },
        }])
    };
    let params = encrypted(&runner, &condition(ipfs_cid_v0(source.as_bytes()))).await;
    for answer in runner.run("lit_1", &source, params.clone()).await {
        assert_eq!(answer["response"], "hello world");
    }
    let error = runner.error(DECRYPT, params).await;
    assert_eq!(error, "Error: the access control conditions are not met");
}

#[tokio::test]
async fn actions_check_conditions() {
    let runner = Runner::new().await;
    let owner = runner.setup.owner.address();
    let check = "Lit.Actions.checkConditions({ conditions, authSig, chain: 'ethereum' })";
    let params = |address: String, auth_sig: Value| json!({ "conditions": conditions(address), "authSig": auth_sig });
    let met = async |params: Value| runner.responses("lit_1", check, params).await;
    assert_eq!(
        met(params(owner.to_string(), Value::Null)).await,
        ["true"; 3]
    );
    let stranger = PrivateKeySigner::random();
    let address = stranger.address().to_string();
    assert_eq!(
        met(params(address.clone(), Value::Null)).await,
        ["false"; 3]
    );
    let login = common::wallet_method(&stranger, runner.setup.login(&stranger)).await;
    let login: Value = serde_json::from_str(&login.access_token).unwrap();
    assert_eq!(met(params(address, login.clone())).await, ["true"; 3]);
    runner
        .setup
        .network
        .clock()
        .advance(Duration::from_secs(550));
    let mut forged = login;
    forged["address"] = json!(owner);
    let error = runner.error(check, params(owner.to_string(), forged)).await;
    assert!(error.contains("NodeInvalidAuthSig"), "{error}");
}

/// A wallet's session for one action does not ask for its owner inside the action (section 4.5).
#[tokio::test]
async fn sessions_for_one_action_check_no_conditions() {
    let setup = Setup::new().await;
    let check = "Lit.Actions.checkConditions({ conditions, chain: 'ethereum' })";
    let source =
        format!("{check}.then((met) => Lit.Actions.setResponse({{ response: `${{met}}` }}))");
    let action = LitResource::lit_action(&ipfs_cid_v0(source.as_bytes()));
    let asked = [ResourceAbilityRequest::lit_action_execution(action.unwrap()).unwrap()];
    let session = setup.wallet_session(&setup.owner, &asked).await;
    let params = json!({ "conditions": conditions(setup.owner.address()) });
    let runner = Runner { setup, session };
    for (status, answer) in runner.run_on(0..3, "lit_1", &source, params).await {
        assert_eq!((status, code(&answer)), (400, ""), "{answer}");
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains("NodeResourceIdNotFound"), "{error}");
    }
}

/// Two callers who use the same request id share nothing.
#[tokio::test]
async fn callers_do_not_meet() {
    let runner = Runner::new().await;
    let combine = "Lit.Actions.signAndCombineEcdsa({ toSign, publicKey, sigName: 'x' })";
    let of_one = runner.responses("lit_1", combine, json!({})).await;
    let Runner { setup, .. } = runner;
    let setup = Setup {
        key: lit_session_crypto::SessionKeyPair::from_seed(&[8; 32]),
        ..setup
    };
    let other = Runner::of(setup).await;
    let of_other = other.responses("lit_1", combine, json!({})).await;
    assert_ne!(of_one, of_other);
}

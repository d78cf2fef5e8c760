//! Actions that encrypt, decrypt, and check conditions.

use std::time::Duration;

use lit_session_crypto::data_hash;
use lit_types::{ActionCid, Right, access_control::EvmBasicCondition};
use serde_json::{Value, json};

use crate::{
    common::{Setup, code, wallet_method},
    support::Runner,
};

fn conditions(address: impl ToString) -> Value {
    let mut condition = serde_json::to_value(EvmBasicCondition::wallet_is(
        "ethereum",
        address.to_string(),
    ))
    .unwrap();
    condition["conditionType"] = json!("evmBasic");
    json!([condition])
}

/// The text of Lit's nodes.
const NOT_MET: &str = "Error: Access control conditions check failed.  Check that you are allowed to decrypt this item.";

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
        hex::encode(data_hash(b"hello world"))
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
    assert_eq!(error, NOT_MET);
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
    let params = encrypted(
        &runner,
        &condition(ActionCid::of_code(source.as_bytes()).to_string()),
    )
    .await;
    for answer in runner.run("lit_1", &source, params.clone()).await {
        assert_eq!(answer["response"], "hello world");
    }
    let error = runner.error(DECRYPT, params).await;
    assert_eq!(error, NOT_MET);
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
    let stranger = lit_test_fakes::wallet();
    let address = stranger.address().to_string();
    assert_eq!(
        met(params(address.clone(), Value::Null)).await,
        ["false"; 3]
    );
    let login = wallet_method(&stranger, runner.setup.login(&stranger)).await;
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

/// A wallet's session for one action does not ask for its owner inside the action.
#[tokio::test]
async fn sessions_for_one_action_check_no_conditions() {
    let setup = Setup::new().await;
    let check = "Lit.Actions.checkConditions({ conditions, chain: 'ethereum' })";
    let source =
        format!("{check}.then((met) => Lit.Actions.setResponse({{ response: `${{met}}` }}))");
    let asked = [Right::run_action(ActionCid::of_code(&source))];
    let session = setup.wallet_session(&setup.owner, &asked).await;
    let params = json!({ "conditions": conditions(setup.owner.address()) });
    let runner = Runner { setup, session };
    for (status, answer) in runner.run_on(0..3, "lit_1", &source, params).await {
        assert_eq!((status, code(&answer)), (400, ""), "{answer}");
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains("NodeResourceIdNotFound"), "{error}");
    }
}

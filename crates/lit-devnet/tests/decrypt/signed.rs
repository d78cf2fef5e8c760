//! Conditions on what the asker signed, on POAPs, and on the answers of actions.

use lit_devnet::Devnet;
use lit_recap::SiweBuilder;
use lit_session_crypto::sign_siwe;
use lit_test_fakes::{FakeHttp, Reply};
use lit_types::{
    access_control::{ConditionsKind, LitParam},
    wire::Endpoint,
};
use serde_json::{Value, json};

use crate::{
    common::{Setup, code},
    support::{Asker, any_conditions, basic, body, standard, wallet_is},
};

/// An asker with a session whose root AuthSig lists these resources besides the ReCap.
async fn with_resources(resources: Vec<String>) -> Asker {
    let setup = Setup::new().await;
    let uri = setup.key.public_key().uri();
    let nonce = setup.nonce.parse().unwrap();
    let message = SiweBuilder::new(setup.owner.address(), uri, nonce, setup.now())
        .with_domain("app.example.com")
        .with_expiration(setup.after(600))
        .with_resources(resources)
        .with_rights(&any_conditions())
        .unwrap()
        .build()
        .unwrap();
    let root = sign_siwe(&setup.owner, &message).await.unwrap();
    let session = setup.session_of(root, &any_conditions());
    Asker { setup, session }
}

#[tokio::test]
async fn values_of_lit_params() {
    let text = LitParam::new("word", "é, or \"that\"");
    let own = LitParam::new("me", ":userAddress");
    let second = "litParam:word:eA".to_owned();
    let asker = with_resources(vec![text.resource(), second, own.resource()]).await;
    let is = |placeholder: &str, value: &str| json!([basic("", json!([placeholder]), "=", value)]);
    assert!(
        asker
            .meets_basic(is(&text.placeholder(), "é, or \"that\""))
            .await
    );
    assert!(
        !asker.meets_basic(is(&text.placeholder(), "x")).await,
        "the first counts"
    );
    // What is filled in is not filled in again.
    assert!(asker.meets_basic(is(":litParam:me", ":userAddress")).await);
    // An unknown one stays as it is.
    assert!(
        asker
            .meets_basic(is(":litParam:other", ":litParam:other"))
            .await
    );
    assert!(
        asker
            .meets_basic(is("a :litParam:me", "a :litParam:me"))
            .await
    );

    for (resource, expected) in [
        ("litParam:word:*", (400, "NodeInvalidSIWESpecialParam")),
        ("litParam:word:_w", (400, "NodeInvalidSIWESpecialParam")),
        ("urn:short", (400, "NodeInvalidSIWEResource")),
    ] {
        let asker = with_resources(vec![resource.to_owned()]).await;
        let request = body(ConditionsKind::EvmBasic, &is(":litParam:word", "x"));
        asker.refused(&request, expected).await;
    }
}

#[tokio::test]
async fn what_the_message_says() {
    let asker = with_resources(vec!["https://example.org/a".to_owned()]).await;
    let siwe = |what: &str, comparator: &str, value: &str| {
        json!([standard("", "SIWE", "", json!([what]), comparator, value)])
    };
    for (what, comparator, value, met) in [
        (":domain", "=", "app.example.com", true),
        (":domain", "!=", "app.example.com", false),
        (":domain", "contains", "example.com", true),
        (":domain", "!contains", "example.com", false),
        (":resources", "contains", "https://example.org/a", true),
        (":resources", "contains", "https://example.org", false),
        (":resources", "!contains", "https://example.org", true),
        (":resources", "=", "https://example.org/a", false),
        (":statement", "=", "", false),
    ] {
        let condition = siwe(what, comparator, value);
        assert_eq!(
            asker.meets_basic(condition).await,
            met,
            "{what} {comparator} {value}"
        );
    }
    let mut unified = siwe(":domain", "=", "app.example.com");
    assert!(asker.meets(ConditionsKind::Unified, &unified).await);
    unified[0]["parameters"] = json!([]);
    let missing = (400, "NodeContractFunctionParamsEncodingError");
    asker
        .refused(&body(ConditionsKind::Unified, &unified), missing)
        .await;
}

#[tokio::test]
async fn poaps() {
    let poaps = json!([{ "event": { "id": 7, "name": "ETHGlobal Brussels", "year": 2024 }, "tokenId": "1" }]);
    let http = FakeHttp::in_order([Reply::json(&poaps)]);
    let base = "https://poap.example.org".parse().unwrap();
    let builder = Devnet::builder().with_poap(http.clone(), base, "key");
    let asker = Asker::of(Setup::of(builder).await).await;
    let condition = |method: &str, comparator: &str, value: &str| {
        json!([standard("", "POAP", method, json!([]), comparator, value)])
    };
    for (method, comparator, value, met) in [
        ("tokenURI", "=", "ETHGlobal Brussels", true),
        ("tokenURI", "contains", "Brussels", true),
        ("tokenURI", "contains", "Paris", false),
        ("tokenURI", "!=", "x", false),
        ("eventId", "=", "7", true),
        ("eventId", "=", "8", false),
        ("eventId", ">", "1", false),
    ] {
        let condition = condition(method, comparator, value);
        assert_eq!(
            asker.meets_basic(condition).await,
            met,
            "{method} {comparator} {value}"
        );
    }
    let asked = &http.requests()[0];
    let expected = format!("https://poap.example.org/actions/scan/{}", asker.address());
    assert_eq!(asked.url.as_str(), expected);
    assert_eq!(asked.headers, [("x-api-key", "key".to_owned())]);
    http.reply(Reply::status(500, "{}"));
    let request = body(ConditionsKind::EvmBasic, &condition("eventId", "=", "7"));
    asker.refused(&request, (502, "NodeRpcError")).await;
}

/// `function` is called with the parameters as texts.
#[tokio::test]
async fn answers_of_actions() {
    let asker = Asker::new().await;
    let code = "
        const same = async (a, b) => a === b;
        const joined = (...texts) => texts.join('|');
        const forever = () => new Promise(() => {});
        const fails = () => { throw new Error('no'); };
        const nothing = () => undefined;
        const context = () => Lit.Auth.authSigAddress + Lit.Auth.actionIpfsIdStack.length;
        const signs = () => Lit.Actions.claimKey({ keyId: 'k' });
        // no line feed at the end";
    let cid = asker.setup.network.put_ipfs(code);
    let condition = |function: &str, parameters: Value, comparator: &str, value: &str| {
        let contract = format!("ipfs://{cid}");
        json!([standard(
            &contract,
            "LitAction",
            function,
            parameters,
            comparator,
            value
        )])
    };
    let own = asker.address().to_string();
    for (function, parameters, comparator, value, met) in [
        ("same", json!([":userAddress", own]), "=", "true", true),
        ("same", json!([":userAddress", "x"]), "=", "true", false),
        ("joined", json!(["a\"b", "c\\n"]), "=", "a\"b|c\\n", true),
        ("joined", json!([]), "=", "", true),
        ("joined", json!(["abc"]), "contains", "b", true),
        ("context", json!([]), "=", &format!("{own}1"), true),
    ] {
        let condition = condition(function, parameters, comparator, value);
        assert_eq!(
            asker.meets_basic(condition.clone()).await,
            met,
            "{condition}"
        );
        assert_eq!(asker.meets(ConditionsKind::Unified, &condition).await, met);
    }
    let failed = (502, "NodeJsExecutionError");
    for function in ["fails", "nothing", "missing", "signs"] {
        let condition = condition(function, json!([]), "=", "true");
        let (status, answer) = asker
            .ask(0, &body(ConditionsKind::EvmBasic, &condition))
            .await;
        assert_eq!(
            (status, crate::common::code(&answer)),
            failed,
            "{function}: {answer}"
        );
    }
    let unknown = standard("ipfs://QmX", "LitAction", "f", json!([]), "=", "");
    asker
        .refused(
            &body(ConditionsKind::EvmBasic, &json!([unknown])),
            (400, "NodeInvalidIPFSID"),
        )
        .await;
}

/// A wallet without a session has its own message.
#[tokio::test]
async fn wallets_without_a_session_bring_values() {
    let setup = Setup::new().await;
    let param = LitParam::new("word", "x");
    let message = setup.login(&setup.owner).with_resources([param.resource()]);
    let message = message.build().unwrap();
    let list = json!([
        basic("", json!([param.placeholder()]), "=", "x"),
        wallet_is(setup.owner.address()),
    ]);
    let mut request = body(ConditionsKind::EvmBasic, &list);
    request["authSig"] = json!(sign_siwe(&setup.owner, &message).await.unwrap());
    let answer = setup.send(0, Endpoint::EncryptionSign, &request).await;
    let (status, answer) = answer.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((status, code(&answer)), (200, ""));
}

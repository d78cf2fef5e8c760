//! Decryption: shares under access control conditions, and when they are given.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "these are tests"
)]

mod common;

use std::{sync::Arc, time::Duration};

use alloy_primitives::{Address, B256};
use alloy_signer_local::PrivateKeySigner;
use async_trait::async_trait;
use common::{Setup, code, requests};
use lit_devnet::{ConditionResolver, Devnet, Fault, ForeignCondition, ResolverError};
use lit_recap::SiweBuilder;
use lit_session_crypto::{
    BlsQuorum, BlsSignature, BlsSignatureShare, SessionTemplate, TimeLockCiphertext, data_hash,
    encryption_resource, sign_siwe,
};
use lit_types::{
    LitAbility, LitResource, NodeErrorCode, ResourceAbilityRequest,
    access_control::{AccessControlConditions, ConditionsKind},
    constants::AuthMethodScope,
    wire::{EncryptionSignResponse, Endpoint},
};
use rand_core::OsRng;
use serde_json::{Value, json};

const SECRET: &[u8] = b"hello world";

/// The member of the request that has conditions of this kind.
fn body(kind: ConditionsKind, conditions: &Value) -> Value {
    let mut body = json!({ "dataToEncryptHash": hex::encode(data_hash(SECRET)), "chain": "ethereum", "epoch": 0 });
    body[kind.member()] = conditions.clone();
    body
}

fn decryption(of: LitResource) -> [ResourceAbilityRequest; 1] {
    let ability = LitAbility::AccessControlConditionDecryption;
    [ResourceAbilityRequest::new(of, ability).unwrap()]
}

fn any_conditions() -> [ResourceAbilityRequest; 1] {
    decryption(LitResource::any_access_control_condition())
}

fn basic(method: &str, parameters: Value, comparator: &str, value: impl ToString) -> Value {
    standard("", "", method, parameters, comparator, value)
}

fn standard(
    contract: &str,
    standard: &str,
    method: &str,
    parameters: Value,
    comparator: &str,
    value: impl ToString,
) -> Value {
    json!({
        "contractAddress": contract, "chain": "ethereum", "standardContractType": standard, "method": method,
        "parameters": parameters, "returnValueTest": { "comparator": comparator, "value": value.to_string() },
    })
}

fn wallet_is(address: impl ToString) -> Value {
    basic("", json!([":userAddress"]), "=", address)
}

fn or() -> Value {
    json!({ "operator": "or" })
}

fn and() -> Value {
    json!({ "operator": "and" })
}

struct Asker {
    setup: Setup,
    session: SessionTemplate,
}

impl Asker {
    async fn new() -> Self {
        Self::of(Setup::new().await).await
    }

    /// The owner of the PKP, with a session for all conditions.
    async fn of(setup: Setup) -> Self {
        let session = setup.wallet_session(&setup.owner, &any_conditions()).await;
        Self { setup, session }
    }

    fn address(&self) -> Address {
        self.setup.owner.address()
    }

    async fn ask(&self, node: usize, body: &Value) -> (u16, Value) {
        let endpoint = Endpoint::EncryptionSign;
        let answer = self
            .setup
            .ask_as(&self.session, node, endpoint, "lit_1", body);
        answer.await.unwrap()
    }

    /// Whether a node finds the conditions met.
    async fn meets(&self, kind: ConditionsKind, conditions: &Value) -> bool {
        let (status, answer) = self.ask(0, &body(kind, conditions)).await;
        if status == 401 {
            assert_eq!(
                code(&answer),
                "NodeAccessControlConditionsReturnedNotAuthorized"
            );
            return false;
        }
        assert_eq!(status, 200, "{conditions}: {answer}");
        true
    }

    async fn meets_basic(&self, conditions: Value) -> bool {
        self.meets(ConditionsKind::EvmBasic, &conditions).await
    }

    async fn refused(&self, body: &Value, expected: (u16, &str)) {
        let (status, answer) = self.ask(0, body).await;
        assert_eq!((status, code(&answer)), expected, "{body}: {answer}");
        assert!(answer.get("signatureShare").is_none());
    }
}

async fn combine(setup: &Setup, identity: &str, shares: &[BlsSignatureShare]) -> BlsSignature {
    let quorum = BlsQuorum::new(setup.network_key().await, setup.threshold());
    quorum
        .combine(identity.as_bytes(), shares)
        .unwrap()
        .signature
}

/// From the ciphertext to the text, with a share of each node; a node that lies does no harm.
#[tokio::test]
async fn what_was_encrypted_is_decrypted() {
    let asker = Asker::of(Setup::of(Devnet::builder().nodes(5)).await).await;
    let setup = &asker.setup;
    let list = json!([wallet_is(asker.address())]);
    let kind = ConditionsKind::EvmBasic;
    let conditions = AccessControlConditions::from_canonical_json(kind, &list.to_string()).unwrap();
    let resource = encryption_resource(&conditions, &data_hash(SECRET));
    let network = setup.network_key().await;
    let identity = resource.key();
    let ciphertext =
        TimeLockCiphertext::encrypt(&network, identity.as_bytes(), SECRET, &mut OsRng).unwrap();

    setup.network.set_fault(0, Fault::CorruptShare).unwrap();
    setup.network.set_fault(1, Fault::Stopped).unwrap();
    let mut shares: Vec<BlsSignatureShare> = Vec::new();
    for node in [0, 2, 3, 4] {
        let (status, answer) = asker.ask(node, &body(kind, &list)).await;
        assert_eq!(status, 200, "{answer}");
        let names: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(names, ["result", "shareIndex", "signatureShare"]);
        let answer: EncryptionSignResponse = serde_json::from_value(answer).unwrap();
        assert_eq!(
            (answer.result.as_str(), answer.share_index),
            ("success", node as u32)
        );
        shares.push((&answer.signature_share).try_into().unwrap());
    }
    let signature = combine(setup, &identity, &shares).await;
    let text = ciphertext
        .decrypt(&network, identity.as_bytes(), &signature)
        .unwrap();
    assert_eq!(text.as_slice(), SECRET);
}

#[tokio::test]
async fn wallets_are_compared_by_address() {
    let asker = Asker::new().await;
    let own = asker.address().to_string();
    assert!(asker.meets_basic(json!([wallet_is(&own)])).await);
    assert!(
        asker
            .meets_basic(json!([wallet_is(own.to_lowercase())]))
            .await
    );
    assert!(
        !asker
            .meets_basic(json!([wallet_is(Address::repeat_byte(7))]))
            .await
    );
    // The address in the value, too.
    let turned = basic("", json!([own]), "=", ":userAddress");
    assert!(asker.meets_basic(json!([turned])).await);
}

/// The address of a PKP's session is that of the PKP.
#[tokio::test]
async fn pkps_ask_for_themselves() {
    let setup = Setup::new().await;
    let asked = any_conditions();
    let message = setup
        .plain_message()
        .requests(&asked)
        .unwrap()
        .build()
        .unwrap();
    let request = setup.body(&message, &[setup.owner_method().await]);
    let session = setup.network_session(&request, &asked).await;
    let pkp = setup.pkp.address();
    let asker = Asker { setup, session };
    assert!(asker.meets_basic(json!([wallet_is(pkp)])).await);
    assert!(!asker.meets_basic(json!([wallet_is(asker.address())])).await);
}

#[tokio::test]
async fn balances_and_times() {
    let asker = Asker::new().await;
    let clock = asker.setup.network.clock();
    let balance = asker.setup.network.chain().balance(asker.address());
    let own = |comparator, value: String| {
        basic(
            "eth_getBalance",
            json!([":userAddress", "latest"]),
            comparator,
            value,
        )
    };
    for (comparator, expected) in [
        ("=", true),
        (">", false),
        (">=", true),
        ("<", false),
        ("<=", true),
    ] {
        let condition = own(comparator, balance.to_string());
        assert_eq!(
            asker.meets_basic(json!([condition])).await,
            expected,
            "{comparator}"
        );
    }
    assert!(
        asker
            .meets_basic(json!([own("=", format!("{balance:#x}"))]))
            .await
    );
    assert!(asker.meets_basic(json!([own(">", "1".to_owned())])).await);

    let in_an_hour = asker.setup.after(3600).at().unix_timestamp();
    let later = standard(
        "",
        "timestamp",
        "eth_getBlockByNumber",
        json!(["latest"]),
        ">=",
        in_an_hour,
    );
    assert!(!asker.meets_basic(json!([later])).await);
    clock.advance(Duration::from_secs(3601));
    let session = asker
        .setup
        .wallet_session(&asker.setup.owner, &any_conditions())
        .await;
    let asker = Asker { session, ..asker };
    assert!(asker.meets_basic(json!([later])).await);
}

#[tokio::test]
async fn tokens_on_the_chain_of_the_network() {
    let asker = Asker::new().await;
    let addresses = *asker.setup.network.context().contracts();
    let (nft, lit) = (
        addresses.pkp_nft.to_string(),
        addresses.lit_token.to_string(),
    );
    let token = asker.setup.pkp.token_id().to_decimal();
    let owner_of = |value: &str| standard(&nft, "ERC721", "ownerOf", json!([token]), "=", value);
    assert!(asker.meets_basic(json!([owner_of(":userAddress")])).await);
    assert!(!asker.meets_basic(json!([owner_of(&nft)])).await);
    let owned = |value| {
        standard(
            &nft,
            "ERC721",
            "balanceOf",
            json!([":userAddress"]),
            ">=",
            value,
        )
    };
    assert!(asker.meets_basic(json!([owned(1)])).await);
    assert!(!asker.meets_basic(json!([owned(2)])).await);
    let tokens = standard(&lit, "ERC20", "balanceOf", json!([":userAddress"]), ">", 0);
    assert!(!asker.meets_basic(json!([tokens])).await);

    let permissions = addresses.pkp_permissions.to_string();
    let permitted = |value: &str| {
        let method = "getPermittedAddresses";
        standard(
            &permissions,
            "PKPPermissions",
            method,
            json!([token]),
            "contains",
            value,
        )
    };
    // The contract's list has the owner.
    assert!(asker.meets_basic(json!([permitted(":userAddress")])).await);
    let other = Address::repeat_byte(7);
    assert!(
        !asker
            .meets_basic(json!([permitted(&other.to_string())]))
            .await
    );
    let permissions = asker.setup.contracts().permissions();
    let id = asker.setup.pkp.token_id();
    let scope = AuthMethodScope::SignAnything.into();
    permissions.add_address(id, other, scope).await.unwrap();
    assert!(
        asker
            .meets_basic(json!([permitted(&other.to_string())]))
            .await
    );
}

#[tokio::test]
async fn functions_of_any_contract() {
    let asker = Asker::new().await;
    let addresses = *asker.setup.network.context().contracts();
    let token = asker.setup.pkp.token_id().to_decimal();
    let condition = |key: &str, comparator: &str, value: &str| {
        json!([{
            "contractAddress": addresses.pkp_nft, "functionName": "ownerOf", "functionParams": [token],
            "functionAbi": {
                "name": "ownerOf", "inputs": [{ "name": "id", "type": "uint256" }],
                "outputs": [{ "name": "owner", "type": "address" }], "constant": false, "stateMutability": "view",
            },
            "chain": "yellowstone", "returnValueTest": { "key": key, "comparator": comparator, "value": value },
        }])
    };
    let kind = ConditionsKind::EvmContract;
    assert!(asker.meets(kind, &condition("", "=", ":userAddress")).await);
    assert!(
        asker
            .meets(kind, &condition("owner", "=", ":userAddress"))
            .await
    );
    assert!(
        !asker
            .meets(kind, &condition("owner", "=", &Address::ZERO.to_string()))
            .await
    );
    let unified = ConditionsKind::Unified;
    assert!(
        asker
            .meets(unified, &condition("owner", "=", ":userAddress"))
            .await
    );

    let bad_test = (400, "NodeInvalidACCReturnValueTest");
    asker
        .refused(&body(kind, &condition("nobody", "=", "1")), bad_test)
        .await;
    asker
        .refused(&body(kind, &condition("", ">", "1")), bad_test)
        .await;
    let mut wrong = condition("", "=", "1");
    wrong[0]["functionParams"] = json!(["x"]);
    let encoding = (400, "NodeContractFunctionParamsEncodingError");
    asker.refused(&body(kind, &wrong), encoding).await;
    wrong[0]["functionParams"] = json!([]);
    asker.refused(&body(kind, &wrong), encoding).await;
    wrong[0]["functionParams"] = json!(["7"]);
    asker
        .refused(&body(kind, &wrong), (502, "NodeRpcError"))
        .await;
}

/// From left to right, without precedence, and groups first.
#[tokio::test]
async fn boolean_expressions() {
    let asker = Asker::new().await;
    let yes = || wallet_is(asker.address());
    let no = || wallet_is(Address::repeat_byte(7));
    for (conditions, expected) in [
        (json!([yes(), or(), no()]), true),
        (json!([no(), or(), yes()]), true),
        (json!([yes(), and(), no()]), false),
        (json!([yes(), and(), yes()]), true),
        (json!([yes(), or(), yes(), and(), no()]), false),
        (json!([yes(), or(), [yes(), and(), no()]]), true),
        (
            json!([[no(), or(), yes()], and(), [yes(), or(), no()]]),
            true,
        ),
        (json!([no(), and(), [yes(), or(), yes()]]), false),
        (json!([[[no()]], or(), [[yes()]]]), true),
    ] {
        assert_eq!(
            asker.meets_basic(conditions.clone()).await,
            expected,
            "{conditions}"
        );
    }
    for conditions in [
        json!([yes(), yes()]),
        json!([and(), yes()]),
        json!([yes(), or()]),
    ] {
        let expected = (400, "NodeInvalidBooleanConditionType");
        asker
            .refused(&body(ConditionsKind::EvmBasic, &conditions), expected)
            .await;
    }
}

fn alternatives(count: usize) -> Value {
    let mut list = vec![wallet_is(Address::ZERO)];
    for _ in 1..count {
        list.extend([or(), wallet_is(Address::ZERO)]);
    }
    list.into()
}

#[tokio::test]
async fn conditions_have_a_limit_and_a_form() {
    let asker = Asker::new().await;
    let kind = ConditionsKind::EvmBasic;
    assert!(!asker.meets_basic(alternatives(30)).await);
    asker
        .refused(
            &body(kind, &alternatives(31)),
            (400, "NodeTooManyConditions"),
        )
        .await;
    let nested = json!([alternatives(15), or(), alternatives(16)]);
    asker
        .refused(&body(kind, &nested), (400, "NodeTooManyConditions"))
        .await;

    let missing = (400, "NodeMissingAccessControlConditions");
    asker.refused(&body(kind, &json!([])), missing).await;
    let mut none = body(kind, &json!([]));
    none.as_object_mut().unwrap().remove(kind.member());
    asker.refused(&none, missing).await;
    let mut bad_hash = body(kind, &json!([wallet_is(asker.address())]));
    bad_hash["dataToEncryptHash"] = json!("b94d");
    asker.refused(&bad_hash, (422, "NodeBadInput")).await;
    let unknown = standard("", "POAP", "tokenURI", json!([]), "=", "x");
    let expected = (502, "NodeAccessControlConditionsCheckFailed");
    asker
        .refused(&body(kind, &json!([unknown])), expected)
        .await;
}

/// A session counts for the resource that it names, a hash of conditions and of data.
#[tokio::test]
async fn sessions_for_one_resource() {
    let setup = Setup::new().await;
    let list = json!([wallet_is(setup.owner.address())]);
    let kind = ConditionsKind::EvmBasic;
    let conditions = AccessControlConditions::from_canonical_json(kind, &list.to_string()).unwrap();
    let resource = encryption_resource(&conditions, &data_hash(SECRET));
    let asked = decryption(resource);
    let session = setup.wallet_session(&setup.owner, &asked).await;
    let asker = Asker { setup, session };
    assert!(asker.meets(kind, &list).await);

    let not_found = (404, "NodeResourceIdNotFound");
    let mut other_data = body(kind, &list);
    other_data["dataToEncryptHash"] = json!(hex::encode(B256::ZERO));
    asker.refused(&other_data, not_found).await;
    let other = json!([wallet_is(asker.address().to_string().to_lowercase())]);
    asker.refused(&body(kind, &other), not_found).await;

    let session = asker
        .setup
        .wallet_session(&asker.setup.owner, &requests())
        .await;
    let asker = Asker { session, ..asker };
    asker.refused(&body(kind, &list), not_found).await;
}

#[tokio::test]
async fn wallets_without_a_session() {
    let setup = Setup::new().await;
    let wallet = PrivateKeySigner::random();
    let mut request = body(
        ConditionsKind::EvmBasic,
        &json!([wallet_is(wallet.address())]),
    );
    let ask = async |message: SiweBuilder, request: &mut Value| {
        let auth_sig = sign_siwe(&wallet, &message.build().unwrap()).await.unwrap();
        request["authSig"] = json!(auth_sig);
        let answer = setup.send(0, Endpoint::EncryptionSign, request).await;
        let (status, answer) = answer.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        (status, code(&answer).to_owned())
    };
    let login = || setup.login(&wallet);
    assert_eq!(ask(login(), &mut request).await, (200, String::new()));

    // The root of a session is not there to ask by oneself.
    let uri = setup.key.public_key().uri();
    let nonce = setup.nonce.parse().unwrap();
    let root =
        SiweBuilder::new(wallet.address(), uri, nonce, setup.now()).expiration(setup.after(600));
    assert_eq!(
        ask(root, &mut request).await,
        (401, "NodeAuthSigNotSupported".to_owned())
    );
    let expired = (403, "NodeExpWrongOrTooLarge".to_owned());
    let message = login();
    setup.network.clock().advance(Duration::from_secs(700));
    assert_eq!(ask(message, &mut request).await, expired);
}

#[derive(Debug)]
struct Fixed;

#[async_trait]
impl ConditionResolver for Fixed {
    async fn is_met(
        &self,
        condition: &ForeignCondition,
        _: Address,
    ) -> Result<bool, ResolverError> {
        match condition {
            ForeignCondition::Solana(_) => Ok(true),
            ForeignCondition::Cosmos(_) => Ok(false),
            _ => Err(ResolverError::new("nobody knows")),
        }
    }
}

#[tokio::test]
async fn chains_that_are_not_there() {
    let solana = json!([{
        "method": "getBalance", "params": [":userAddress"], "pdaParams": [],
        "pdaInterface": { "offset": 0, "fields": {} }, "pdaKey": "", "chain": "solana",
        "returnValueTest": { "key": "", "comparator": ">=", "value": "1" },
    }]);
    let cosmos = json!([{
        "path": "/cosmos/bank/v1beta1/balances/:userAddress", "chain": "cosmos", "method": "", "parameters": [],
        "returnValueTest": { "key": "$.balances[0].amount", "comparator": ">=", "value": "1" },
    }]);
    let unified = ConditionsKind::Unified;
    let asker = Asker::new().await;
    let unsupported = (501, "NodeChainNotSupported");
    asker.refused(&body(unified, &solana), unsupported).await;
    asker.refused(&body(unified, &cosmos), unsupported).await;
    let mut nowhere = json!([wallet_is(asker.address())]);
    nowhere[0]["chain"] = json!("nowhere");
    asker
        .refused(&body(ConditionsKind::EvmBasic, &nowhere), unsupported)
        .await;

    let builder = Devnet::builder()
        .condition_resolver(Arc::new(Fixed))
        .condition_chains(["yellowstone"]);
    let asker = Asker::of(Setup::of(builder).await).await;
    assert!(asker.meets(unified, &solana).await);
    assert!(asker.meets(ConditionsKind::SolRpc, &solana).await);
    assert!(!asker.meets(unified, &cosmos).await);
    let failed = (502, "NodeAccessControlConditionsCheckFailed");
    let on_ethereum = json!([wallet_is(asker.address())]);
    asker
        .refused(&body(ConditionsKind::EvmBasic, &on_ethereum), failed)
        .await;
    let mut here = on_ethereum.clone();
    here[0]["chain"] = json!("yellowstone");
    assert!(asker.meets_basic(here).await);
}

#[tokio::test]
async fn faults_and_costs() {
    let asker = Asker::of(Setup::of(Devnet::builder().capacity_enforced(true)).await).await;
    let request = body(
        ConditionsKind::EvmBasic,
        &json!([wallet_is(asker.address())]),
    );
    asker.refused(&request, (402, "rate_limit_exceeded")).await;
    asker.setup.mint_credit(&asker.setup.owner).await;
    assert_eq!(asker.ask(0, &request).await.0, 200);
    let fault = Fault::ErrorAt(Endpoint::EncryptionSign, NodeErrorCode::NodeRpcError);
    asker.setup.network.set_fault(0, fault).unwrap();
    asker.refused(&request, (502, "NodeRpcError")).await;
}

//! Contracts, and wallets of other chains.

use alloy_primitives::{Address, B256, eip191_hash_message};
use lit_devnet::Devnet;
use lit_recap::SiweMessage;
use lit_test_fakes::{FakeHttp, Reply};
use lit_types::{
    AuthMethod, AuthSig, ContractHash, access_control::ConditionsKind, constants::AuthMethodType,
    wire::Endpoint,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    common::{Setup, code},
    support::{body, or, wallet_is},
};

async fn ask(setup: &Setup, auth_sig: &AuthSig, mut body: Value, chain: &str) -> (u16, Value) {
    body["authSig"] = json!(auth_sig);
    body["chain"] = json!(chain);
    let answer = setup.send(0, Endpoint::EncryptionSign, &body).await;
    let (status, answer) = answer.unwrap();
    (status, serde_json::from_slice(&answer).unwrap())
}

async fn asked(setup: &Setup, auth_sig: &AuthSig, body: Value, chain: &str) -> (u16, String) {
    let (status, answer) = ask(setup, auth_sig, body, chain).await;
    (status, code(&answer).to_owned())
}

const NOT_MET: &str = "NodeAccessControlConditionsReturnedNotAuthorized";

fn ok() -> (u16, String) {
    (200, String::new())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn set_code(setup: &Setup, contract: Address, code: &str) {
    let set = json!({ "id": 1, "method": "anvil_setCode", "params": [contract, code] });
    let set = setup.network.chain().rpc(set);
    assert!(set.get("error").is_none(), "{set}");
}

/// A contract that takes every signature of this hash: `1626ba7e` times whether the first argument is the hash.
fn wallet_contract(setup: &Setup, hash: B256) -> Address {
    let contract = Address::from_word(hash);
    let code = format!(
        "0x7f{}60043514631626ba7e60e01b0260005260206000f3",
        hex::encode(hash)
    );
    set_code(setup, contract, &code);
    contract
}

fn by_contract(message: &SiweMessage, contract: Address, hash: ContractHash) -> AuthSig {
    let text = message.as_str().to_owned();
    AuthSig::contract("0x12".to_owned(), text, contract.to_string(), hash)
}

#[tokio::test]
async fn contracts_decrypt() {
    let setup = Setup::new().await;
    // The message names an owner of the contract.
    let message = setup.login(&setup.owner).build().unwrap();
    let sha256 = B256::new(Sha256::digest(message.as_str()).into());
    for (kind, hash) in [
        (ContractHash::Eip191, eip191_hash_message(message.as_str())),
        (ContractHash::Sha256, sha256),
    ] {
        let contract = wallet_contract(&setup, hash);
        let auth_sig = by_contract(&message, contract, kind);
        let list = json!([wallet_is(contract)]);
        let request = || body(ConditionsKind::EvmBasic, &list);
        assert_eq!(asked(&setup, &auth_sig, request(), "ethereum").await, ok());
        assert_eq!(
            asked(&setup, &auth_sig, request(), "yellowstone").await,
            ok()
        );
        let owner = json!([wallet_is(setup.owner.address())]);
        let owner = body(ConditionsKind::EvmBasic, &owner);
        let answer = asked(&setup, &auth_sig, owner, "ethereum").await;
        assert_eq!(answer, refused(401, NOT_MET));

        // The texts that the official client's tests look for.
        let other = match kind {
            ContractHash::Eip191 => ContractHash::Sha256,
            ContractHash::Sha256 => ContractHash::Eip191,
        };
        let auth_sig = by_contract(&message, contract, other);
        let (status, answer) = ask(&setup, &auth_sig, request(), "ethereum").await;
        assert_eq!(
            (status, code(&answer)),
            (401, "NodeContractAuthsigUnauthorized")
        );
        assert_eq!(
            answer["message"],
            "Access control failed for Smart contract"
        );
        let begins = format!(
            "validation error: Authsig failed for contract {contract}.  Return value was 00000000."
        );
        let details = answer["details"].as_array().unwrap();
        assert!(
            details[0].as_str().unwrap().starts_with(&begins),
            "{answer}"
        );
        assert_eq!(details[1], "EIP1271 Authsig failed");
    }
}

#[tokio::test]
async fn contracts_that_cannot_be_asked() {
    let setup = Setup::new().await;
    let message = setup.login(&setup.owner).build().unwrap();
    let contract = Address::repeat_byte(0x61);
    let auth_sig = by_contract(&message, contract, ContractHash::Eip191);
    let request = || body(ConditionsKind::EvmBasic, &json!([wallet_is(contract)]));
    let failed = refused(502, "NodeBlockchainError");
    assert_eq!(
        asked(&setup, &auth_sig, request(), "ethereum").await,
        failed
    );
    set_code(&setup, contract, "0x60006000fd");
    let (status, answer) = ask(&setup, &auth_sig, request(), "ethereum").await;
    assert_eq!((status, code(&answer)), (502, "NodeBlockchainError"));
    let begins = format!(
        "Execution Reverted- Call to contract's {contract} isValidSignature function failed on chain ethereum"
    );
    assert!(
        answer["message"].as_str().unwrap().starts_with(&begins),
        "{answer}"
    );
    let unknown = refused(502, "NodeBlockchainChainUnknown");
    assert_eq!(
        asked(&setup, &auth_sig, request(), "nowhere").await,
        unknown
    );
    let random = AuthSig {
        signed_message: "Random message signed by the owner".to_owned(),
        ..auth_sig
    };
    let (status, answer) = ask(&setup, &random, request(), "ethereum").await;
    assert_eq!((status, code(&answer)), (401, "NodeInvalidAuthSig"));
    assert!(
        answer.to_string().contains("Parse error on SIWE"),
        "{answer}"
    );
}

/// As on Lit's nodes: neither a session key nor an auth method.
#[tokio::test]
async fn contracts_do_not_authorize_sessions() {
    let setup = Setup::new().await;
    let message = setup.login(&setup.owner).build().unwrap();
    let contract = wallet_contract(&setup, eip191_hash_message(message.as_str()));
    let auth_sig = by_contract(&message, contract, ContractHash::Eip191);
    let token = serde_json::to_string(&auth_sig).unwrap();
    let method = AuthMethod::new(AuthMethodType::EthWallet, token);
    let request = setup.body(&setup.message().build().unwrap(), &[method]);
    let (status, answer) = setup.ask(0, &request).await;
    assert_eq!((status, code(&answer)), (401, "NodeInvalidAuthSig"));

    let root = AuthSig {
        signed_message: setup.message().build().unwrap().as_str().to_owned(),
        ..auth_sig
    };
    let session = setup.session_of(root, &crate::support::any_conditions());
    let list = json!([wallet_is(contract)]);
    let answer = setup
        .ask_as(
            &session,
            0,
            Endpoint::EncryptionSign,
            "lit_1",
            &body(ConditionsKind::EvmBasic, &list),
        )
        .await
        .unwrap();
    assert_eq!(
        (answer.0, code(&answer.1)),
        (400, "NodeSIWECapabilityInvalid")
    );
}

/// From the tests of the official client.
fn solana() -> AuthSig {
    let sig = "706047fcab06ada3cbfeb6990617c1705d59bafb20f5f1c8103d764fb5eaec297328d164e2b891095866b28acc1ab2df288a8729cf026228ef3c4970238b190a";
    let mut bytes = [0; 64];
    hex::decode_to_slice(sig, &mut bytes).unwrap();
    let text = "I am creating an account to use Lit Protocol at 2024-05-08T16:39:44.481Z";
    AuthSig::solana(&bytes, text.to_owned(), &SOLANA.parse().unwrap())
}
const SOLANA: &str = "F7r6ENi6dqH8SnMYZdK3YxWAQ4cwfSNXZyMzbea5fbS1";
const OTHER: &str = "5Th1tyAQGFaZ2c6gBVW4MPe6L5xhvpnBc9pjMzAkEPPz";

fn sol(method: &str, params: Value, key: &str, comparator: &str, value: &str) -> Value {
    json!({
        "method": method, "params": params, "pdaParams": [], "pdaInterface": { "offset": 0, "fields": {} },
        "pdaKey": "", "chain": "solana",
        "returnValueTest": { "key": key, "comparator": comparator, "value": value },
    })
}

fn sol_wallet_is(comparator: &str, address: &str) -> Value {
    sol("", json!([":userAddress"]), "", comparator, address)
}

#[tokio::test]
async fn solana_wallets_decrypt() {
    let setup = Setup::new().await;
    let auth_sig = solana();
    let unified = ConditionsKind::Unified;
    for kind in [ConditionsKind::SolRpc, unified] {
        for (comparator, address, met) in [
            ("=", SOLANA, true),
            ("=", OTHER, false),
            ("!=", OTHER, true),
            ("=", ":userAddress", true),
            ("contains", "F", false),
        ] {
            let request = body(kind, &json!([sol_wallet_is(comparator, address)]));
            let expected = if met { ok() } else { refused(401, NOT_MET) };
            let answer = asked(&setup, &auth_sig, request, "solana").await;
            assert_eq!(answer, expected, "{comparator} {address}");
        }
    }
    let request = || body(ConditionsKind::SolRpc, &json!([sol_wallet_is("=", SOLANA)]));
    for chain in ["solanaDevnet", "solanaTestnet"] {
        assert_eq!(asked(&setup, &auth_sig, request(), chain).await, ok());
    }
    let forged = AuthSig {
        address: OTHER.to_owned(),
        ..auth_sig.clone()
    };
    let invalid = refused(401, "NodeInvalidAuthSig");
    assert_eq!(asked(&setup, &forged, request(), "solana").await, invalid);
    // On another chain it is not a signature.
    let malformed = refused(400, "NodeAuthSigSignatureConversionError");
    assert_eq!(
        asked(&setup, &auth_sig, request(), "ethereum").await,
        malformed
    );

    // It has no EVM address, and says nothing by SIWE.
    let evm = body(ConditionsKind::EvmBasic, &json!([wallet_is(Address::ZERO)]));
    let no_address = refused(400, "NodeConditionAddressConversionError");
    assert_eq!(asked(&setup, &auth_sig, evm, "solana").await, no_address);
    let mixed = json!([sol_wallet_is("=", SOLANA), or(), wallet_is(Address::ZERO)]);
    let mixed = body(unified, &mixed);
    assert_eq!(asked(&setup, &auth_sig, mixed, "solana").await, ok());
    // The chain must be asked, and none is configured.
    let balance = sol("getBalance", json!([":userAddress"]), "", ">", "0");
    let balance = body(unified, &json!([balance]));
    let no_rpc = refused(501, "NodeChainNotSupported");
    assert_eq!(asked(&setup, &auth_sig, balance, "solana").await, no_rpc);
}

#[tokio::test]
async fn solana_wallets_have_no_credits() {
    let setup = Setup::of(Devnet::builder().with_capacity_enforced(true)).await;
    let request = body(ConditionsKind::SolRpc, &json!([sol_wallet_is("=", SOLANA)]));
    let unpaid = refused(402, "rate_limit_exceeded");
    assert_eq!(asked(&setup, &solana(), request, "solana").await, unpaid);
}

/// What the RPC of Solana answers.
#[tokio::test]
async fn conditions_that_ask_solana() {
    let rpc = FakeHttp::by(|request| {
        let call: Value = serde_json::from_slice(&request.body).unwrap();
        let result = match call["method"].as_str().unwrap() {
            "getBalance" if call["params"] == json!([SOLANA]) => json!({ "value": 5 }),
            "getTokenAccountBalance" => {
                json!({ "value": { "amount": "7000000", "decimals": 6 } })
            }
            "getHealth" => json!("ok"),
            _ => {
                let error = json!({ "error": { "code": -32602, "message": "Invalid param: could not find account" } });
                return Reply::json(&error);
            }
        };
        Reply::json(&json!({ "jsonrpc": "2.0", "id": 1, "result": result }))
    });
    let url = "https://solana.example.org/secret-key".parse().unwrap();
    let setup = Setup::of(Devnet::builder().with_solana_rpc(rpc.clone(), url)).await;
    let usdc = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";
    let user = ":userAddress";
    for (method, params, key, comparator, value, expected) in [
        ("getBalance", json!([user]), "", ">=", "5", ok()),
        (
            "getBalance",
            json!([user]),
            "",
            ">",
            "5",
            refused(401, NOT_MET),
        ),
        (
            "getBalance",
            json!([user]),
            "",
            ">",
            "five",
            refused(400, "NodeInvalidACCReturnValueTest"),
        ),
        (
            "getBalance",
            json!([OTHER]),
            "",
            ">",
            "0",
            refused(502, "NodeRpcError"),
        ),
        (
            "balanceOfToken",
            json!([usdc]),
            "$.amount",
            "=",
            "7000000",
            ok(),
        ),
        (
            "balanceOfToken",
            json!([usdc]),
            "$.decimals",
            "=",
            "6",
            ok(),
        ),
        (
            "balanceOfToken",
            json!([usdc]),
            "$.other",
            "=",
            "6",
            refused(401, NOT_MET),
        ),
        (
            "balanceOfToken",
            json!([usdc]),
            "$[",
            "=",
            "6",
            refused(400, "NodeInvalidACCReturnValueTest"),
        ),
        (
            "balanceOfToken",
            json!(["x"]),
            "",
            "=",
            "6",
            refused(502, "NodeRpcError"),
        ),
        // Its answer has no `value`.
        ("getHealth", json!([]), "", "=", "ok", refused(401, NOT_MET)),
        (
            "getSlot",
            json!([]),
            "",
            ">",
            "0",
            refused(400, "NodeInvalidSolanaRpcMethod"),
        ),
    ] {
        let condition = sol(method, params, key, comparator, value);
        let request = body(ConditionsKind::SolRpc, &json!([condition]));
        let answer = asked(&setup, &solana(), request, "solana").await;
        assert_eq!(answer, expected, "{method} {key} {comparator} {value}");
    }
    rpc.reply(Reply::json(
        &json!({ "error": { "code": -32602, "message": "Invalid param: could not find account" } }),
    ));
    let none = sol("balanceOfToken", json!([usdc]), "$.amount", ">=", "0");
    let none = body(ConditionsKind::SolRpc, &json!([none]));
    let answer = asked(&setup, &solana(), none, "solana").await;
    assert_eq!(answer, refused(401, NOT_MET), "no account is no balance");
}

/// From the tests of the reference node.
#[tokio::test]
async fn cosmos_wallets_decrypt() {
    let address = "cosmos1n8yrje7g3mkrmj4x2m5u67sdpwcwgtxwzv4vwv";
    let auth_sig = AuthSig::cosmos(
        "ekIkVTCIVet/AhZULgMZ4TmZxf/8zht8pHFptbs4OqweydV3P0axBgd/CpVqIlsniNLMtAvluhqpoUq36IxSCw=="
            .to_owned(),
        "9f4311c72762213b0900a30d6d93c7d2a561c987e8b1d3286a05ab261be214e7".to_owned(),
        address.to_owned(),
    );
    let setup = Setup::new().await;
    let condition = |chain: &str, comparator: &str, value: &str| {
        let condition = json!({
            "path": ":userAddress", "chain": chain,
            "returnValueTest": { "key": "", "comparator": comparator, "value": value },
        });
        body(ConditionsKind::Unified, &json!([condition]))
    };
    for (comparator, value, expected) in [
        ("=", address, ok()),
        ("contains", "cosmos1n8", ok()),
        ("!=", address, refused(401, NOT_MET)),
        (
            "=",
            "cosmos14wp2s5kv07lt220rzfae57k73yv9z2azrmulku",
            refused(401, NOT_MET),
        ),
    ] {
        let request = condition("cosmos", comparator, value);
        let answer = asked(&setup, &auth_sig, request, "cosmos").await;
        assert_eq!(answer, expected, "{comparator} {value}");
    }
    let elsewhere = asked(&setup, &auth_sig, condition("juno", "=", address), "cosmos").await;
    assert_eq!(elsewhere, refused(400, "NodeInvalidCosmosSDKSignature"));
    let forged = asked(&setup, &auth_sig, condition("cosmos", "=", address), "kyve").await;
    assert_eq!(forged, refused(401, "NodeInvalidAuthSig"));
}

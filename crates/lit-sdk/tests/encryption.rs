//! Encryption under access control conditions, and decryption by the embedded network.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::sync::{Arc, Mutex};

use alloy_primitives::Address;
use alloy_signer_local::PrivateKeySigner;
use common::{Setup, altered, owned};
use lit_devnet::Fault;
use lit_sdk::{
    AuthSig, Encrypted, Error, LitAbility, LitNodeClient, LitResource, Right, Session,
    SessionRequest, WalletAuth,
    calls::DataType,
    login::{EthWalletOptions, EthWalletProvider},
    session_crypto::{TimeLockCiphertext, TimeLockError, encryption_resource},
    transport::NodeRequest,
    types::{
        NodeErrorCode, SdkErrorCode, SolanaAddress,
        access_control::{
            AccessControlConditions, AnySolRpcCondition, ConditionExpression, ConditionsKind,
            EvmBasicCondition, SolRpcCondition,
        },
        wire::Endpoint,
    },
};
use lit_test_fakes::TestRng;
use serde_json::{Value, json};

const SECRET: &str = "hello world";

fn only(wallet: Address) -> AccessControlConditions {
    let owner = EvmBasicCondition::wallet_is("ethereum", wallet.to_string());
    AccessControlConditions::EvmBasic(ConditionExpression::new(owner))
}

async fn session(setup: &Setup, wallet: &PrivateKeySigner, resource: LitResource) -> Session {
    let ability = LitAbility::AccessControlConditionDecryption;
    let right = Right::new(resource, ability).unwrap();
    let wallet = WalletAuth::new(wallet.clone());
    let request = SessionRequest::new([right]);
    setup.client.session(&request, &wallet).await.unwrap()
}

async fn encrypted(setup: &Setup) -> (Encrypted, Session) {
    let conditions = only(setup.wallet.address());
    let encrypted = setup
        .client
        .encrypt_text(SECRET, &conditions)
        .await
        .unwrap();
    // The narrowest right is enough.
    let session = session(setup, &setup.wallet, encrypted.resource()).await;
    (encrypted, session)
}

#[tokio::test]
async fn who_fulfils_the_conditions_decrypts() {
    let setup = Setup::new(10).await;
    let (encrypted, session) = encrypted(&setup).await;
    let text = setup.client.decrypt_text(&session, &encrypted).await;
    assert_eq!(*text.unwrap(), SECRET);
    let sigs = setup.client.session_sigs(&session).unwrap();
    let data = setup.client.decrypt(&sigs, &encrypted).await.unwrap();
    assert_eq!(*data, SECRET.as_bytes());
}

#[tokio::test]
async fn nobody_else_does() {
    let setup = Setup::new(4).await;
    let (encrypted, _) = encrypted(&setup).await;
    let stranger = lit_test_fakes::wallet();
    let theirs = session(
        &setup,
        &stranger,
        LitResource::any_access_control_condition(),
    )
    .await;
    let error = setup.client.decrypt(&theirs, &encrypted).await.unwrap_err();
    let code = Some("NodeAccessControlConditionsReturnedNotAuthorized");
    assert_eq!(error.node_error_code(), code, "{error}");

    // With their own conditions in the place of the others they get a key to something else.
    let ciphertext = encrypted.ciphertext().to_string();
    let hash = encrypted.data_hash_hex();
    let forged = Encrypted::from_parts(&ciphertext, &hash, only(stranger.address())).unwrap();
    let error = setup.client.decrypt(&theirs, &forged).await.unwrap_err();
    assert!(
        matches!(error, Error::Encryption(TimeLockError::Corrupt)),
        "{error}"
    );

    // A right on something else is none on this.
    let conditions = only(setup.wallet.address());
    let other = encryption_resource(&conditions, &[7; 32]);
    let narrow = session(&setup, &setup.wallet, other).await;
    let sigs = setup.client.session_sigs(&narrow).unwrap();
    let asked = setup.network.requests().len();
    for result in [
        setup.client.decrypt(&narrow, &encrypted).await,
        setup.client.decrypt(&sigs, &encrypted).await,
    ] {
        let error = result.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "the session has no right to decrypt {}; \
                 request SessionRequest::to_decrypt(&encrypted)",
                encrypted.resource().id()
            )
        );
        let Error::RightMissing(right) = error else {
            panic!("{error}");
        };
        assert_eq!(*right, encrypted.right());
    }
    assert_eq!(setup.network.requests().len(), asked);
}

#[tokio::test]
async fn a_wallet_without_a_session_decrypts_too() {
    let setup = Setup::new(4).await;
    let (encrypted, _) = encrypted(&setup).await;
    let options = EthWalletOptions::default();
    let method = EthWalletProvider::authenticate_with(&setup.client, &setup.wallet, &options).await;
    let auth_sig = serde_json::from_str(&method.unwrap().access_token).unwrap();
    let auth_sig: &AuthSig = &auth_sig;
    let text = setup.client.decrypt_text(auth_sig, &encrypted).await;
    assert_eq!(*text.unwrap(), SECRET);
}

/// From the tests of the official client.
#[tokio::test]
async fn a_solana_wallet_decrypts() {
    let setup = Setup::new(3).await;
    let address: SolanaAddress = "F7r6ENi6dqH8SnMYZdK3YxWAQ4cwfSNXZyMzbea5fbS1"
        .parse()
        .unwrap();
    let sig = "706047fcab06ada3cbfeb6990617c1705d59bafb20f5f1c8103d764fb5eaec297328d164e2b891095866b28acc1ab2df288a8729cf026228ef3c4970238b190a";
    let sig = alloy_primitives::hex::decode_to_array(sig).unwrap();
    let text = "I am creating an account to use Lit Protocol at 2024-05-08T16:39:44.481Z";
    let auth_sig = &AuthSig::solana(&sig, text.to_owned(), &address);
    let owner = AnySolRpcCondition::from(SolRpcCondition::wallet_is("solana", address));
    let conditions = AccessControlConditions::SolRpc(ConditionExpression::new(owner));
    let encrypted = setup.client.encrypt_text(SECRET, &conditions).await;
    let encrypted = encrypted.unwrap().with_chain("solana");
    let text = setup.client.decrypt_text(auth_sig, &encrypted).await;
    assert_eq!(*text.unwrap(), SECRET);

    // On another chain it is not the signature of a wallet.
    let encrypted = encrypted.with_chain("ethereum");
    let error = setup
        .client
        .decrypt(auth_sig, &encrypted)
        .await
        .unwrap_err();
    let Error::Nodes(failed) = error else {
        panic!("{error}")
    };
    let text = failed.to_string();
    assert!(
        text.contains("NodeAuthSigSignatureConversionError"),
        "{text}"
    );
}

#[tokio::test]
async fn bytes_of_any_length_survive() {
    let setup = Setup::new(3).await;
    let conditions = only(setup.wallet.address());
    let any = LitResource::any_access_control_condition();
    let session = session(&setup, &setup.wallet, any).await;
    for length in [0, 1, 31, 32, 127, 128, 100_000] {
        let data: Vec<u8> = (0..length).map(|i| (i * 7) as u8).collect();
        let encrypted = setup.client.encrypt(&data, &conditions).await.unwrap();
        assert_eq!(encrypted.data_type(), DataType::File);
        let again = setup.client.decrypt(&session, &encrypted).await.unwrap();
        assert_eq!(*again, data);
    }
    let encrypted = setup.client.encrypt([0xff], &conditions).await.unwrap();
    let text = setup.client.decrypt_text(&session, &encrypted).await;
    assert!(matches!(text, Err(Error::NotText)));
}

#[tokio::test]
async fn faults_of_nodes_do_not_matter_down_to_the_threshold() {
    let setup = Setup::new(10).await;
    let (encrypted, session) = encrypted(&setup).await;
    let client = &setup.client;
    let spare = 10 - setup.network.threshold();
    let faults = [
        Fault::Stopped,
        Fault::Garbage,
        Fault::Truncated,
        Fault::CorruptShare,
        Fault::StaleEpoch,
        Fault::ErrorAt(Endpoint::EncryptionSign, NodeErrorCode::NodeRpcError),
    ];
    setup.network.next_epoch().unwrap();
    for fault in faults {
        for node in 0..spare {
            setup.network.node(node).fail(fault);
        }
        let text = client.decrypt_text(&session, &encrypted).await;
        let text = text.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!(*text, SECRET);

        // One honest node less than the threshold is never enough.
        setup.network.node(spare).fail(fault);
        let error = client.decrypt(&session, &encrypted).await.unwrap_err();
        assert!(
            matches!(error, Error::Shares(_) | Error::Nodes(_)),
            "{fault:?}: {error}"
        );
        setup.network.node(spare).recover();
    }
}

#[tokio::test]
async fn answers_that_contradict_themselves_do_not_count() {
    let setup = Setup::new(4).await;
    let (encrypted, session) = encrypted(&setup).await;
    let failed = |answer: &mut Value| answer["result"] = json!("fail");
    let of_another = |answer: &mut Value| {
        let own = answer["shareIndex"].as_u64().unwrap();
        answer["shareIndex"] = json!((own + 1) % 4);
    };
    let alterations: [fn(&mut Value); 2] = [failed, of_another];
    let reasons = [
        "invalid answer: the node reports that it did not succeed",
        "invalid answer: the signature share has the identifier of another node",
    ];
    for (alter, reason) in alterations.into_iter().zip(reasons) {
        let endpoint = Endpoint::EncryptionSign;
        let client =
            altered::connect(&setup.network, endpoint, move |_, _, body| alter(body)).await;
        let error = client.decrypt(&session, &encrypted).await.unwrap_err();
        let report = std::error::Error::source(&error).unwrap().to_string();
        assert!(report.contains(reason), "{report}");
    }
}

#[tokio::test]
async fn nodes_are_told_the_chain_and_the_epoch() {
    let setup = Setup::new(3).await;
    setup.network.next_epoch().unwrap();
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = sent.clone();
    let look = move |request: &NodeRequest, _, _: &mut Value| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let told = (body["chain"].clone(), body["epoch"].clone());
        seen.lock().unwrap().push(told);
    };
    let contracts = owned::contracts(&setup.network, &setup.wallet);
    let client = LitNodeClient::builder(&Arc::new(lit_sdk::contracts::ChainDiscovery::new(
        contracts,
    )))
    .with_transport(altered::transport(
        &setup.network,
        Endpoint::EncryptionSign,
        look,
    ))
    .with_clock(setup.network.clock())
    .connect()
    .await
    .unwrap();
    let (encrypted, session) = encrypted(&setup).await;
    let encrypted = encrypted.with_chain("polygon");
    client.decrypt(&session, &encrypted).await.unwrap();
    let expected = (json!("polygon"), json!(client.epoch()));
    assert_ne!(client.epoch(), 0);
    let sent = sent.lock().unwrap();
    assert!(!sent.is_empty() && sent.iter().all(|told| *told == expected));
}

#[tokio::test]
async fn conditions_that_would_lose_the_data_are_refused() {
    let setup = Setup::new(3).await;
    let one = |i: u8| EvmBasicCondition::wallet_is("ethereum", format!("{i}"));
    let many = (1..31).fold(ConditionExpression::new(one(0)), |all, i| all.or(one(i)));
    let many = AccessControlConditions::EvmBasic(many);
    let error = setup.client.encrypt(SECRET, &many).await.unwrap_err();
    assert!(matches!(error, Error::Conditions(_)), "{error}");
    assert_eq!(
        error.sdk_code(),
        Some(SdkErrorCode::InvalidAccessControlConditions)
    );
}

/// A ciphertext can be made for any identity, so the hash is compared with what was decrypted.
#[tokio::test]
async fn other_data_than_that_of_the_hash_is_not_given() {
    let setup = Setup::new(3).await;
    let conditions = only(setup.wallet.address());
    let identity = encryption_resource(&conditions, &[7; 32]).key();
    let key = setup.client.keys().network_public_key.parse().unwrap();
    let ciphertext = TimeLockCiphertext::encrypt(&key, identity.as_bytes(), b"other", &mut TestRng);
    let ciphertext = ciphertext.unwrap().to_string();
    let encrypted = Encrypted::from_parts(&ciphertext, &"07".repeat(32), conditions).unwrap();
    let session = session(&setup, &setup.wallet, encrypted.resource()).await;
    let error = setup.client.decrypt(&session, &encrypted).await;
    assert!(matches!(error, Err(Error::OtherData)));
}

/// The form of `encryptToJson` of the official client.
#[tokio::test]
async fn as_json_it_is_that_of_the_official_client() {
    let setup = Setup::new(3).await;
    let (encrypted, session) = encrypted(&setup).await;
    let json = serde_json::to_value(&encrypted).unwrap();
    let expected = json!({
        "ciphertext": encrypted.ciphertext().to_string(),
        "dataToEncryptHash": "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
        "accessControlConditions": [{
            "contractAddress": "", "chain": "ethereum", "standardContractType": "", "method": "",
            "parameters": [":userAddress"],
            "returnValueTest": { "comparator": "=", "value": setup.wallet.address().to_string() },
        }],
        "chain": "ethereum",
        "dataType": "string",
    });
    assert_eq!(json, expected);
    let again: Encrypted = serde_json::from_str(&json.to_string()).unwrap();
    assert_eq!(again, encrypted);
    assert_eq!(
        *setup.client.decrypt_text(&session, &again).await.unwrap(),
        SECRET
    );
}

#[tokio::test]
async fn conditions_of_every_kind_survive_json() {
    let setup = Setup::new(3).await;
    let contract = json!([{
        "contractAddress": "0xb71a679cfff330591d556c4b9f21c7739ca9590c", "functionName": "members",
        "functionParams": [":userAddress"], "chain": "xdai",
        "functionAbi": {
            "name": "members", "inputs": [{ "name": "", "type": "address" }],
            "outputs": [{ "name": "shares", "type": "uint256" }], "constant": true, "stateMutability": "view",
        },
        "returnValueTest": { "key": "shares", "comparator": ">=", "value": "1" },
    }]);
    let solana = json!([{
        "method": "getBalance", "params": [":userAddress"], "pdaParams": [], "pdaKey": "", "chain": "solana",
        "pdaInterface": { "offset": 0, "fields": { "zebra": 8 } },
        "returnValueTest": { "key": "", "comparator": ">=", "value": "100000000" },
    }]);
    let mut unified = solana.clone();
    unified[0]["conditionType"] = json!("solRpc");
    for (kind, conditions) in [
        (ConditionsKind::EvmContract, contract),
        (ConditionsKind::SolRpc, solana),
        (ConditionsKind::Unified, unified),
    ] {
        let conditions = AccessControlConditions::from_json(kind, &conditions.to_string()).unwrap();
        let encrypted = setup.client.encrypt(SECRET, &conditions).await.unwrap();
        let json = serde_json::to_string(&encrypted.clone().with_chain("solana")).unwrap();
        let again: Encrypted = serde_json::from_str(&json).unwrap();
        assert_eq!(again.resource(), encrypted.resource());
        assert_eq!(again.chain(), "solana");
    }
}

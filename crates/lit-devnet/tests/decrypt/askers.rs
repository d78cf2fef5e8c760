//! Who may decrypt: sessions, wallets and PKPs; and what it costs.

use std::time::Duration;

use alloy_primitives::B256;
use lit_devnet::{Devnet, Fault};
use lit_recap::SiweBuilder;
use lit_session_crypto::{
    BlsQuorum, BlsSignature, BlsSignatureShare, TimeLockCiphertext, data_hash, encryption_resource,
    sign_siwe,
};
use lit_test_fakes::TestRng;
use lit_types::{
    NodeErrorCode,
    access_control::{AccessControlConditions, ConditionsKind},
    wire::{EncryptionSignResponse, Endpoint},
};
use serde_json::{Value, json};

use crate::{
    common::{Setup, code, requests},
    support::{Asker, SECRET, any_conditions, body, decryption, wallet_is},
};

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
    let asker = Asker::of(Setup::of(Devnet::builder().with_nodes(5)).await).await;
    let setup = &asker.setup;
    let list = json!([wallet_is(asker.address())]);
    let kind = ConditionsKind::EvmBasic;
    let conditions = AccessControlConditions::from_canonical_json(kind, &list.to_string()).unwrap();
    let resource = encryption_resource(&conditions, &data_hash(SECRET));
    let network = setup.network_key().await;
    let identity = resource.key();
    let ciphertext =
        TimeLockCiphertext::encrypt(&network, identity.as_bytes(), SECRET, &mut TestRng).unwrap();

    setup.network.node(0).fail(Fault::CorruptShare);
    setup.network.node(1).fail(Fault::Stopped);
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

/// The address of a PKP's session is that of the PKP.
#[tokio::test]
async fn pkps_ask_for_themselves() {
    let setup = Setup::new().await;
    let asked = any_conditions();
    let message = setup
        .plain_message()
        .with_rights(&asked)
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
    let wallet = lit_test_fakes::wallet();
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
    let root = SiweBuilder::new(wallet.address(), uri, nonce, setup.now())
        .with_expiration(setup.after(600));
    assert_eq!(
        ask(root, &mut request).await,
        (401, "NodeInvalidAuthSig".to_owned())
    );
    let expired = (400, "NodeSIWEMessageError".to_owned());
    let message = login();
    setup.network.clock().advance(Duration::from_secs(700));
    assert_eq!(ask(message, &mut request).await, expired);
}

#[tokio::test]
async fn wallets_without_a_session_pay_as_well() {
    let setup = Setup::of(Devnet::builder().with_capacity_enforced(true)).await;
    let wallet = &setup.owner;
    let conditions = json!([wallet_is(wallet.address())]);
    let mut request = body(ConditionsKind::EvmBasic, &conditions);
    let message = setup.login(wallet).build().unwrap();
    request["authSig"] = json!(sign_siwe(wallet, &message).await.unwrap());
    for expected in [402, 200] {
        let answer = setup.send(0, Endpoint::EncryptionSign, &request).await;
        assert_eq!(answer.unwrap().0, expected);
        setup.mint_credit(wallet).await;
    }
}

#[tokio::test]
async fn faults_and_costs() {
    let asker = Asker::of(Setup::of(Devnet::builder().with_capacity_enforced(true)).await).await;
    let request = body(
        ConditionsKind::EvmBasic,
        &json!([wallet_is(asker.address())]),
    );
    asker.refused(&request, (402, "rate_limit_exceeded")).await;
    asker.setup.mint_credit(&asker.setup.owner).await;
    assert_eq!(asker.ask(0, &request).await.0, 200);
    let fault = Fault::ErrorAt(Endpoint::EncryptionSign, NodeErrorCode::NodeRpcError);
    asker.setup.network.node(0).fail(fault);
    asker.refused(&request, (502, "NodeRpcError")).await;
}

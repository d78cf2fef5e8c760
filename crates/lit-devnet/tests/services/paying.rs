//! The relayer pays: for requests of users, for gas, and into the wallets of PKPs.

use alloy_consensus::TxLegacy;
use alloy_network::TxSignerSync;
use alloy_primitives::{Address, B256, TxKind, U256};
use alloy_signer_local::PrivateKeySigner;
use lit_contracts::bindings::{PaymentDelegation, RateLimitNFT};
use lit_types::Clock;
use serde_json::{Value, json};

use crate::support::Services;

#[tokio::test]
async fn a_payer_pays_for_users() {
    let services = Services::start().await;
    let registered = services.post("/register-payer", &json!({})).await.json();
    assert_eq!(registered["success"], true);
    let payer: Address = serde_json::from_value(registered["payerWalletAddress"].clone()).unwrap();
    let secret = registered["payerSecretKey"].as_str().unwrap();
    assert_eq!(secret.len(), 88, "64 bytes in base64");
    let contracts = *services.network.context().contracts();
    let credits = RateLimitNFT::balanceOfCall { owner: payer };
    assert_eq!(services.read(contracts.rate_limit_nft, &credits), U256::ONE);
    let of_owner = RateLimitNFT::tokenOfOwnerByIndexCall {
        owner: payer,
        index: U256::ZERO,
    };
    let token = services.read(contracts.rate_limit_nft, &of_owner);
    let credit = services.read(
        contracts.rate_limit_nft,
        &RateLimitNFT::capacityCall { tokenId: token },
    );
    assert_eq!(credit.requestsPerKilosecond, U256::from(150));
    let now = services.network.clock().now().unix_timestamp() as u64;
    let days = (credit.expiresAt.to::<u64>() - now) / 86_400;
    assert_eq!((days, credit.expiresAt.to::<u64>() % 86_400), (14, 0));

    let users = [Address::repeat_byte(1), Address::repeat_byte(2)];
    let add = async |api_key: &str, secret: &str, body: Value| {
        let headers = format!("api-key: {api_key}\r\npayer-secret-key: {secret}\r\n");
        services
            .exchange("POST", "/add-users", &headers, body.to_string().as_bytes())
            .await
    };
    let added = add("any", secret, json!(users)).await.json();
    assert_eq!(added["success"], true);
    let hash: B256 = serde_json::from_value(added["txHash"].clone()).unwrap();
    assert!(services.network.chain().receipt(&hash).unwrap().status());
    let of_payer = PaymentDelegation::getUsersCall { payer };
    assert_eq!(
        services.read(contracts.payment_delegation, &of_payer),
        users
    );

    for (api_key, secret, body, status) in [
        ("any", "", json!(users), 400),
        ("any", secret, json!([]), 400),
        ("any", secret, json!(["0x12"]), 400),
        ("any", secret, json!({}), 400),
        ("any", "other", json!(users), 500),
        ("other", secret, json!(users), 500),
    ] {
        let refused = add(api_key, secret, body).await;
        assert_eq!(refused.status, status, "{}", refused.body);
        assert_eq!(refused.json()["success"], false);
        assert!(
            !refused
                .body
                .contains(&registered["payerSecretKey"].to_string())
        );
    }
}

/// A transaction as ethers parses it.
fn txn(tx: &TxLegacy, signer: &PrivateKeySigner) -> Value {
    let mut tx = tx.clone();
    let signature = signer.sign_transaction_sync(&mut tx).unwrap();
    let big = |number: U256| json!({ "type": "BigNumber", "hex": number });
    let parity = u64::from(signature.v());
    json!({ "txn": {
        "type": null,
        "from": signer.address().to_checksum(None),
        "to": tx.to.to(),
        "nonce": tx.nonce,
        "gasLimit": big(U256::from(tx.gas_limit)),
        "gasPrice": big(U256::from(tx.gas_price)),
        "data": tx.input,
        "value": big(tx.value),
        "chainId": tx.chain_id,
        "v": tx.chain_id.unwrap() * 2 + 35 + parity,
        "r": B256::from(signature.r()),
        "s": B256::from(signature.s()),
    } })
}

#[tokio::test]
async fn gas_is_paid_for_those_who_have_nothing() {
    let services = Services::start().await;
    let chain = services.network.chain();
    let signer = lit_test_fakes::wallet();
    let price = chain.rpc(json!({ "id": 1, "method": "eth_gasPrice" }))["result"].clone();
    let price: U256 = serde_json::from_value(price).unwrap();
    let good = TxLegacy {
        chain_id: Some(chain.chain_id()),
        nonce: 0,
        gas_price: price.to(),
        gas_limit: 21_000,
        to: TxKind::Call(Address::repeat_byte(5)),
        value: U256::ZERO,
        input: Default::default(),
    };
    let mut forged = txn(&good, &signer);
    forged["txn"]["from"] = json!(lit_test_fakes::wallet().address().to_checksum(None));
    let greedy = TxLegacy {
        gas_limit: 100_000,
        ..good.clone()
    };
    let dear = TxLegacy {
        gas_price: good.gas_price * 2,
        ..good.clone()
    };
    for (body, problem) in [
        (forged, "signature"),
        (txn(&greedy, &signer), "gas limit"),
        (txn(&dear, &signer), "gas price"),
    ] {
        let refused = services.post("/send-txn", &body).await;
        assert_eq!(refused.status, 500);
        assert!(refused.body.contains(problem), "{}", refused.body);
        assert_eq!(chain.balance(signer.address()), U256::ZERO);
    }
    let sent = services.post("/send-txn", &txn(&good, &signer)).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let hash: B256 = serde_json::from_value(sent.json()["requestId"].clone()).unwrap();
    assert!(chain.receipt(&hash).unwrap().status());
}

#[tokio::test]
async fn pkps_are_funded_for_the_holder_of_the_key() {
    let services = Services::start().await;
    let pkp = Address::repeat_byte(7);
    let fund = async |key: &str, body: Value| {
        let headers = format!("api-key: {key}\r\n");
        services
            .exchange("POST", "/fund-pkp", &headers, body.to_string().as_bytes())
            .await
    };
    let key = services.network.relay_api_key();
    let refused = fund("any", json!({ "ethAddress": pkp })).await;
    assert_eq!(refused.status, 403);
    let error = "Unauthorized. Invalid API key. The key of this network is lit-devnet.";
    assert_eq!(refused.json(), json!({ "error": error }));
    assert_eq!(fund(key, json!({ "ethAddress": "0x1" })).await.status, 400);
    let funded = fund(key, json!({ "ethAddress": pkp })).await.json();
    assert_eq!(
        (&funded["fundedAmount"], &funded["recipientAddress"]),
        (&json!("0.01"), &json!(pkp.to_checksum(None)))
    );
    let rich = fund(key, json!({ "ethAddress": pkp })).await.json();
    assert_eq!(rich["currentBalance"], "0.010000000000000000");
}

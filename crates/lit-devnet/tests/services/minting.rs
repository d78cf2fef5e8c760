//! The relayer mints and finds PKPs, and says how far it is.

use alloy_consensus::{SignableTransaction, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_network::TxSignerSync;
use alloy_primitives::{Address, B256, TxKind, U256};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use lit_contracts::bindings::PKPNFT;
use serde_json::{Value, json};

use crate::support::Services;

/// The request that the official client's providers make.
fn mint_body() -> Value {
    json!({
        "keyType": 2,
        "permittedAuthMethodTypes": [1],
        "permittedAuthMethodIds": ["0x2e429ef05aa192cfe928e7478d1988427c7c349d985f705e323b2d1bb5562269"],
        "permittedAuthMethodPubkeys": ["0x"],
        "permittedAuthMethodScopes": [[{ "type": "BigNumber", "hex": "0x01" }]],
        "addPkpEthAddressAsPermittedAddress": true,
        "sendPkpToItself": true,
    })
}

#[tokio::test]
async fn a_pkp_is_minted_reported_and_found() {
    let services = Services::start().await;
    let minted = services
        .post("/mint-next-and-add-auth-methods", &mint_body())
        .await;
    assert_eq!(minted.status, 200, "{}", minted.body);
    let id = minted.json()["requestId"].as_str().unwrap().to_owned();
    let status = services.get(&format!("/auth/status/{id}")).await.json();
    assert_eq!(status["status"], "Succeeded");
    let address: Address = serde_json::from_value(status["pkpEthAddress"].clone()).unwrap();
    assert_eq!(services.owner(&status["pkpTokenId"]), address);
    let gift = U256::from(10_000_000_000_000_000_u64);
    assert_eq!(services.network.chain().balance(address), gift);

    let id = &mint_body()["permittedAuthMethodIds"][0];
    let query = json!({ "authMethodId": id, "authMethodType": 1 });
    let found = services
        .post("/fetch-pkps-by-auth-method", &query)
        .await
        .json();
    let token = status["pkpTokenId"].as_str().unwrap();
    let expected = json!({ "pkps": [{
        "tokenId": { "type": "BigNumber", "hex": token },
        "publicKey": status["pkpPublicKey"],
        "ethAddress": status["pkpEthAddress"],
    }] });
    assert_eq!(found, expected);
    let none =
        json!({ "authMethodId": id, "authMethodType": { "type": "BigNumber", "hex": "0x02" } });
    let none = services
        .post("/fetch-pkps-by-auth-method", &none)
        .await
        .json();
    assert_eq!(none, json!({ "pkps": [] }));
}

#[tokio::test]
async fn numbers_come_in_many_forms_and_owners_too() {
    let services = Services::start().await;
    let owner = Address::repeat_byte(9);
    let mut body = mint_body();
    body["keyType"] = json!("2");
    body["permittedAuthMethodTypes"] = json!(["0x1"]);
    body["permittedAuthMethodScopes"] = json!([["1", 2]]);
    body["sendPkpToItself"] = json!(false);
    body["sendToAddressAfterMinting"] = json!(owner);
    body["pkpEthAddressScopes"] = json!([1]);
    let minted = services
        .post("/mint-next-and-add-auth-methods", &body)
        .await
        .json();
    let id = minted["requestId"].as_str().unwrap();
    let status = services.get(&format!("/auth/status/{id}")).await.json();
    assert_eq!(services.owner(&status["pkpTokenId"]), owner);
}

#[tokio::test]
async fn what_the_contracts_refuse_is_said() {
    let services = Services::start().await;
    let mut body = mint_body();
    body["permittedAuthMethodIds"] = json!([]);
    let refused = services
        .post("/mint-next-and-add-auth-methods", &body)
        .await;
    assert_eq!(refused.status, 500);
    let error = refused.json()["error"].as_str().unwrap().to_owned();
    assert!(
        error.starts_with("[mintNextAndAddAuthMethodsHandler] Unable to mint PKP: ")
            && error.contains("array lengths must match"),
        "{error}"
    );
    let claim = json!({ "derivedKeyId": "07".repeat(32), "signatures": [], "authMethodType": 6 });
    let refused = services.post("/auth/claim", &claim).await;
    assert_eq!(refused.status, 500);
    let expected = format!("Unable to claim key with derived id: {}", "07".repeat(32));
    assert!(refused.body.contains(&expected), "{}", refused.body);
    for path in [
        "/mint-next-and-add-auth-methods",
        "/fetch-pkps-by-auth-method",
        "/send-txn",
    ] {
        for body in [json!(null), json!([]), json!({}), json!("x")] {
            let refused = services.post(path, &body).await;
            assert_eq!(refused.status, 400, "{path} {body}");
            assert!(refused.json()["error"].is_string());
        }
    }
}

#[tokio::test]
async fn a_status_is_that_of_the_receipt() {
    let services = Services::start().await;
    let chain = services.network.chain();
    let signer: PrivateKeySigner = services.network.funded_keys()[0].parse().unwrap();
    let pkp_nft = services.network.context().contracts().pkp_nft;
    let cost = services.read(pkp_nft, &PKPNFT::mintCostCall {});
    let mint = |nonce, value| {
        let mut tx = TxLegacy {
            chain_id: Some(chain.chain_id()),
            nonce,
            gas_price: 1_000_000_000,
            gas_limit: 3_000_000,
            to: TxKind::Call(pkp_nft),
            value,
            input: PKPNFT::mintNextCall {
                keyType: U256::from(2),
            }
            .abi_encode()
            .into(),
        };
        let signature = signer.sign_transaction_sync(&mut tx).unwrap();
        tx.into_signed(signature).encoded_2718()
    };
    let status = async |hash: B256| services.get(&format!("/auth/status/{hash}")).await.json();

    // It waits for the one before it, which is not there yet.
    let second = chain.send_raw_transaction(&mint(1, cost)).unwrap();
    assert_eq!(status(second).await, json!({ "status": "InProgress" }));
    let first = chain
        .send_raw_transaction(&mint(0, cost + U256::ONE))
        .unwrap();
    assert_eq!(status(first).await["status"], "Failed", "it paid too much");
    assert_eq!(status(second).await["status"], "Succeeded");
    let unknown = status(B256::repeat_byte(1)).await;
    assert_eq!(unknown, json!({ "status": "InProgress" }));
    assert_eq!(services.get("/auth/status/nonsense").await.status, 400);
}

#[tokio::test]
async fn a_browser_gets_options_for_a_credential() {
    let services = Services::start().await;
    let path = "/auth/webauthn/generate-registration-options";
    let headers = "api-key: any\r\norigin: https://app.localhost:8443\r\n";
    let path_of_user = format!("{path}?username=a%20user");
    let options = services
        .exchange("GET", &path_of_user, headers, b"")
        .await
        .json();
    assert_eq!(
        options["rp"],
        json!({ "name": "Lit Protocol", "id": "app.localhost" })
    );
    assert_eq!(options["user"]["name"], "a user");
    assert_eq!(options["user"]["id"].as_str().unwrap().len(), 64);
    let then = time::OffsetDateTime::from_unix_timestamp(1_000_000_000).unwrap();
    services.network.clock().stop_at(then);
    let other = services.get(path).await.json();
    assert_eq!(other["rp"]["id"], "localhost");
    let name = "Usernameless user (2001-9-9 1:46:40)";
    assert_eq!(other["user"]["name"], name);
    assert_ne!(options["challenge"], other["challenge"]);
}

#[tokio::test]
async fn a_relayer_without_funds_says_which_address_needs_them() {
    let services = Services::start().await;
    let minted = services
        .post("/mint-next-and-add-auth-methods", &mint_body())
        .await;
    let hash: B256 = serde_json::from_value(minted.json()["requestId"].clone()).unwrap();
    let chain = services.network.chain();
    let relayer = chain.receipt(&hash).unwrap().from;
    chain.set_balance(relayer, U256::ZERO);
    let refused = services
        .post("/mint-next-and-add-auth-methods", &mint_body())
        .await;
    assert_eq!(refused.status, 500);
    assert_eq!(
        refused.json()["error"],
        format!(
            "[mintNextAndAddAuthMethodsHandler] Unable to mint PKP: insufficient funds for gas * price + value: \
             address {relayer} have 0 want 1"
        )
    );
}

//! Relayer, block indexer and IPFS over HTTP, byte by byte. What the typed client makes of them is tested in `lit-sdk`.

#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::{sync::Arc, time::Duration};

use alloy_consensus::{SignableTransaction, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_network::TxSignerSync;
use alloy_primitives::{Address, B256, TxKind, U256};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use lit_contracts::bindings::{PKPNFT, PaymentDelegation, RateLimitNFT};
use lit_devnet::Devnet;
use lit_node_transport::{NodeTransport, QuorumPolicy, handshake};
use lit_types::Clock;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

struct Services {
    network: Devnet,
    host: String,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Services {
    async fn start() -> Self {
        let network = Devnet::builder().http(0).start().await.unwrap();
        let url = network.relay_url().unwrap();
        let host = url
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        Self { network, host }
    }

    async fn exchange(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.host).await.unwrap();
        let (host, length) = (&self.host, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // A server that refuses a large body may close before it has read all of it.
        let _ = stream.write_all(body).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.exchange("GET", path, "api-key: any\r\n", b"").await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        let headers = "api-key: any\r\ncontent-type: application/json\r\n";
        self.exchange("POST", path, headers, body.to_string().as_bytes())
            .await
    }

    fn read<C: SolCall>(&self, contract: Address, call: &C) -> C::Return {
        let answer = self
            .network
            .chain()
            .call(contract, call.abi_encode().into());
        C::abi_decode_returns(&answer.unwrap()).unwrap()
    }

    fn owner(&self, token: &Value) -> Address {
        let token: B256 = serde_json::from_value(token.clone()).unwrap();
        let call = PKPNFT::ownerOfCall {
            tokenId: token.into(),
        };
        self.read(self.network.context().contracts().pkp_nft, &call)
    }
}

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
async fn who_may_ask() {
    let services = Services::start().await;
    for headers in ["", "api-key: \r\n"] {
        let refused = services
            .exchange("POST", "/register-payer", headers, b"")
            .await;
        assert_eq!(refused.status, 400);
        assert!(refused.body.contains("API key"), "{}", refused.body);
    }
    let asked = services
        .exchange("OPTIONS", "/register-payer", "", b"")
        .await;
    assert_eq!(asked.status, 204);
    for answer in [
        asked,
        services.get("/nothing").await,
        services.get("/auth/status/1").await,
    ] {
        let head = answer.head.to_ascii_lowercase();
        assert!(head.contains("access-control-allow-origin: *"), "{head}");
        assert!(head.contains("access-control-allow-headers: *"), "{head}");
    }
    let large = vec![b' '; 1024 * 1024 + 1];
    let headers = "api-key: any\r\n";
    let refused = services
        .exchange("POST", "/fetch-pkps-by-auth-method", headers, &large)
        .await;
    assert_eq!(refused.status, 413);
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
    let signer = PrivateKeySigner::random();
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
    forged["txn"]["from"] = json!(PrivateKeySigner::random().address().to_checksum(None));
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
    assert_eq!(fund("any", json!({ "ethAddress": pkp })).await.status, 403);
    assert_eq!(fund(key, json!({ "ethAddress": "0x1" })).await.status, 400);
    let funded = fund(key, json!({ "ethAddress": pkp })).await.json();
    assert_eq!(
        (&funded["fundedAmount"], &funded["recipientAddress"]),
        (&json!("0.01"), &json!(pkp.to_checksum(None)))
    );
    let rich = fund(key, json!({ "ethAddress": pkp })).await.json();
    assert_eq!(rich["currentBalance"], "0.010000000000000000");
}

#[tokio::test]
async fn a_browser_gets_options_for_a_credential() {
    let services = Services::start().await;
    let path = "/auth/webauthn/generate-registration-options";
    let headers = "api-key: any\r\norigin: https://app.example:8443\r\n";
    let path_of_user = format!("{path}?username=a%20user");
    let options = services
        .exchange("GET", &path_of_user, headers, b"")
        .await
        .json();
    assert_eq!(
        options["rp"],
        json!({ "name": "Lit Protocol", "id": "app.example" })
    );
    assert_eq!(options["user"]["name"], "a user");
    assert_eq!(options["user"]["id"].as_str().unwrap().len(), 64);
    let other = services.get(path).await.json();
    assert_eq!(other["rp"]["id"], "localhost");
    assert!(
        other["user"]["name"]
            .as_str()
            .unwrap()
            .starts_with("Usernameless user (")
    );
    assert_ne!(options["challenge"], other["challenge"]);
}

#[tokio::test]
async fn block_hashes_are_those_of_the_nodes() {
    let services = Services::start().await;
    let network = &services.network;
    network.clock().stop_at(network.clock().now());
    let of_nodes = async || {
        let transport: Arc<dyn NodeTransport> = network.transport();
        let policy = QuorumPolicy::new(network.threshold());
        let found = handshake(&transport, network.node_urls(), 0, &policy)
            .await
            .unwrap();
        found.latest_blockhash
    };
    let mut earlier = Vec::new();
    for _ in 0..3 {
        let latest = services
            .exchange("GET", "/get_most_recent_valid_block", "", b"")
            .await
            .json();
        assert_eq!(latest["blockhash"], of_nodes().await);
        let timestamp: i64 = latest["timestamp"].as_str().unwrap().parse().unwrap();
        let age = network.clock().now().unix_timestamp() - timestamp;
        assert!((0..12).contains(&age), "{age}");
        assert_eq!(latest["blockNumber"], timestamp / 12);
        earlier.push(latest["blockhash"].clone());
        network.clock().advance(Duration::from_secs(12));
    }
    let all = services
        .exchange("GET", "/get_all_valid_blocks", "", b"")
        .await
        .json();
    let all = all.as_array().unwrap();
    let hashes: Vec<_> = all.iter().map(|block| block["blockhash"].clone()).collect();
    assert_eq!(hashes[hashes.len() - 4..hashes.len() - 1], earlier);
    assert_eq!(hashes[hashes.len() - 1], of_nodes().await);
    assert!(all[0]["timestamp"].is_string() && all[0]["block_number"].is_i64());
}

#[tokio::test]
async fn code_is_stored_under_its_cid_only() {
    let services = Services::start().await;
    let code = "Lit.Actions.setResponse({ response: 'ü' })";
    let cid = Devnet::builder().start().await.unwrap().put_ipfs(code);
    let path = format!("/ipfs/{cid}");
    assert_eq!(services.get(&path).await.status, 404);
    for method in ["PUT", "POST"] {
        let refused = services.exchange(method, &path, "", b"other").await;
        assert_eq!(refused.status, 400);
        assert!(
            refused.body.contains("the CID of the content is Qm"),
            "{}",
            refused.body
        );
        assert_eq!(
            services.exchange(method, &path, "", b"\xff").await.status,
            400
        );
        assert_eq!(services.get(&path).await.status, 404);
    }
    let stored = services.exchange("PUT", &path, "", code.as_bytes()).await;
    assert_eq!((stored.status, stored.json()), (200, json!({ "cid": cid })));
    let found = services.exchange("GET", &path, "", b"").await;
    assert_eq!((found.status, &found.body[..]), (200, code));
    let large = vec![b' '; 16 * 1024 * 1024 + 1];
    assert_eq!(
        services.exchange("PUT", &path, "", &large).await.status,
        413
    );
    let put = services.network.put_ipfs("1");
    assert_eq!(services.get(&format!("/ipfs/{put}")).await.body, "1");
}

#[tokio::test]
async fn everything_stops_with_the_network() {
    let Services { network, host } = Services::start().await;
    assert!(network.blockhash_url().is_some() && network.ipfs_url().unwrap().ends_with("/ipfs"));
    let mut open = TcpStream::connect(&host).await.unwrap();
    drop(network);
    let mut rest = Vec::new();
    let _ = open.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    let quiet = Devnet::builder().start().await.unwrap();
    assert_eq!((quiet.relay_url(), quiet.ipfs_url()), (None, None));
}

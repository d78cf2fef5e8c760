//! The chains that names mean, in actions and in conditions, and what `fetch` reaches of them.

use std::net::TcpListener;

use alloy_primitives::{Address, Bytes, U256, bytes};
use lit_node_transport::HttpTransport;
use lit_types::chains::{EVM_CHAINS, NODE_EVM_CHAINS};

use crate::{chain::transaction, *};

/// The code of a contract that returns 42.
const FORTY_TWO: Bytes = bytes!("602a60005260206000f3");

async fn listening() -> Setup {
    Setup::of(Devnet::builder().with_http(0)).await
}

/// A network in which `ethereum` means the chain of another network.
async fn with_ethereum(other: &Devnet) -> Setup {
    let client = Arc::new(HttpTransport::new());
    let url = other.rpc_url().unwrap().parse().unwrap();
    let builder = Devnet::builder().with_http(0);
    Setup::of(builder.with_chain("ethereum", client, url)).await
}

#[tokio::test]
async fn every_evm_name_means_the_own_chain() {
    let setup = listening().await;
    let official = EVM_CHAINS.iter().map(|(name, _)| *name);
    let names: Vec<&str> = official.chain(NODE_EVM_CHAINS.iter().copied()).collect();
    for name in [
        "anvil",
        "hardhat",
        "localchain",
        "chronicleTestnet",
        "blast",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    let urls = format!(
        "await (async (urls) => {{
           for (const chain of {}) urls.push(await Lit.Actions.getRpcUrl({{ chain }}));
           return urls }})([])",
        json!(names)
    );
    let expected = vec![setup.network.rpc_url().unwrap(); names.len()];
    assert_eq!(setup.value(&urls).await, json!(expected));

    let contract = Address::repeat_byte(0x42);
    setup.network.chain().set_code(contract, FORTY_TWO);
    let txn = transaction(contract, &[], None);
    let sender = contracts(&setup.network).sender().unwrap();
    contracts(&setup.network).pkp().mint().await.unwrap();
    let nonce = format!("{:#x}", setup.network.chain().nonce(sender));
    for chain in ["ethereum", "anvil", "yellowstone"] {
        let calls = format!(
            "[await Lit.Actions.callContract({{ chain: '{chain}', txn: '{txn}' }}),
              await Lit.Actions.getLatestNonce({{ chain: '{chain}', address: '{sender}' }})]"
        );
        assert_eq!(
            setup.value(&calls).await,
            json!([format!("0x{:064x}", 42), nonce])
        );
    }
}

/// The texts of Lit's nodes, without the places in their source.
#[tokio::test]
async fn unknown_chains_are_answered_as_by_lits_nodes() {
    let setup = listening().await;
    for name in ["atlantis", "Ethereum", "solana", " ", "a\"b"] {
        let url = format!("await Lit.Actions.getRpcUrl({{ chain: {} }})", json!(name));
        let expected = format!(
            "Error getting RPC URL: lit_node::Error {{ kind: Blockchain, code: NodeBlockchainChainUnknown, \
             msg: {:?}, source: lit_blockchain::Error {{ kind: Config, source: {:?} }} }}",
            format!("config not found for chain: {name}"),
            format!("unable to resolve RPC for chain id: {name}"),
        );
        assert_eq!(setup.value(&url).await, expected);
    }
    let txn = transaction(Address::ZERO, &[], None);
    for call in [
        format!(
            "getLatestNonce({{ address: '{}', chain: 'atlantis' }})",
            Address::ZERO
        ),
        format!("callContract({{ txn: '{txn}', chain: 'atlantis' }})"),
    ] {
        assert_eq!(
            setup.error(&format!("Lit.Actions.{call}")).await,
            "Error: config error: unable to resolve RPC for chain id: atlantis"
        );
    }
}

#[tokio::test]
async fn a_name_means_another_chain() {
    let other = Devnet::builder().with_http(0).start().await.unwrap();
    let setup = with_ethereum(&other).await;
    let url = "await Lit.Actions.getRpcUrl({ chain: 'ethereum' })";
    assert_eq!(setup.value(url).await, other.rpc_url().unwrap());

    let contract = Address::repeat_byte(0x42);
    other.chain().set_code(contract, FORTY_TWO);
    let sender = contracts(&other).sender().unwrap();
    contracts(&other).pkp().mint().await.unwrap();
    let nonce = format!("{:#x}", other.chain().nonce(sender));
    let rich = Address::repeat_byte(0x0F);
    other.chain().set_balance(rich, U256::from(7));
    let calls = |chain: &str| {
        let txn = transaction(contract, &[], None);
        let condition = json!([{
            "conditionType": "evmBasic", "contractAddress": "", "standardContractType": "", "chain": chain,
            "method": "eth_getBalance", "parameters": [rich, "latest"],
            "returnValueTest": { "comparator": "=", "value": "7" },
        }]);
        format!(
            "[await Lit.Actions.callContract({{ chain: '{chain}', txn: '{txn}' }}),
              await Lit.Actions.getLatestNonce({{ chain: '{chain}', address: '{sender}' }}),
              await Lit.Actions.checkConditions({{ chain: '{chain}', conditions: {condition}, authSig: null }})]"
        )
    };
    assert_eq!(
        setup.value(&calls("ethereum")).await,
        json!([format!("0x{:064x}", 42), nonce, true])
    );
    assert_eq!(
        setup.value(&calls("polygon")).await,
        json!(["0x", "0x0", false])
    );
}

#[tokio::test]
async fn an_rpc_that_does_not_answer() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/secret-key", free.local_addr().unwrap());
    drop(free);
    let client = Arc::new(HttpTransport::new());
    let builder = Devnet::builder().with_chain("ethereum", client, url.parse().unwrap());
    let setup = Setup::of(builder).await;
    let nonce = format!(
        "Lit.Actions.getLatestNonce({{ chain: 'ethereum', address: '{}' }})",
        Address::ZERO
    );
    let error = setup.error(&nonce).await;
    assert!(error.contains("does not answer"), "{error}");
    assert!(!error.contains("secret-key"), "{error}");
}

#[tokio::test]
async fn fetch_reaches_the_network_and_named_chains_alone() {
    let other = Devnet::builder().with_http(0).start().await.unwrap();
    let setup = with_ethereum(&other).await;
    let network = &setup.network;
    let chain_id = |url: &str| {
        format!(
            "await (await fetch('{url}', {{ method: 'POST', headers: {{ 'content-type': 'application/json' }},
               body: JSON.stringify({{ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }}) }})).json()"
        )
    };
    let answer = json!({ "jsonrpc": "2.0", "id": 1, "result": "0x2ac54" });
    for rpc in [network.rpc_url().unwrap(), other.rpc_url().unwrap()] {
        assert_eq!(setup.value(&chain_id(rpc)).await, answer);
    }
    let cid = network.put_ipfs("1 + 1");
    let code = format!(
        "await (await fetch('{}/{cid}')).text()",
        network.ipfs_url().unwrap()
    );
    assert_eq!(setup.value(&code).await, "1 + 1");
    let block = format!(
        "(await fetch('{}/get_most_recent_valid_block')).status",
        network.blockhash_url().unwrap()
    );
    assert_eq!(setup.value(&block).await, 200);

    // Another port of this machine, the other network's services, and another name for this machine.
    let refused = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = refused.local_addr().unwrap();
    let port = network.rpc_url().unwrap().rsplit(':').next().unwrap();
    for (url, host) in [
        (format!("http://{address}"), "127.0.0.1"),
        (other.ipfs_url().unwrap(), "127.0.0.1"),
        (format!("http://localhost:{port}"), "localhost"),
    ] {
        assert_eq!(
            setup.error(&format!("fetch('{url}')")).await,
            format!(
                "TypeError: fetch: the host {host} is not allowed here; pass --allow-fetch {host}, or set with_fetch_host(\"{host}\")"
            )
        );
    }
}

#![allow(dead_code, reason = "each test program uses a part of this")]
#![allow(clippy::unwrap_used, reason = "this is a part of tests")]

pub(crate) mod altered;
pub(crate) mod followed;
pub(crate) mod owned;

use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{Error, LitNodeClient, NodeUrl, Right, SessionRequest, SessionSigs, WalletAuth};

/// Greets whoever `name` says.
pub(crate) const HELLO: &str = "(async () => {
    console.log('greeting ' + name);
    Lit.Actions.setResponse({ response: 'hello ' + name });
})()";

/// A network in memory, a client on its clock, and a wallet.
pub(crate) struct Setup {
    pub(crate) network: Devnet,
    pub(crate) client: LitNodeClient,
    pub(crate) wallet: PrivateKeySigner,
}

impl Setup {
    pub(crate) async fn new(nodes: usize) -> Self {
        let network = Devnet::builder().with_nodes(nodes).start().await.unwrap();
        let client = builder(&network).connect().await.unwrap();
        Self {
            network,
            client,
            wallet: lit_test_fakes::wallet(),
        }
    }

    pub(crate) fn builder(&self) -> lit_sdk::LitNodeClientBuilder {
        builder(&self.network)
    }

    pub(crate) async fn connect(&self) -> Result<LitNodeClient, Error> {
        self.builder().connect().await
    }

    pub(crate) fn auth(&self) -> WalletAuth<PrivateKeySigner> {
        WalletAuth::new(self.wallet.clone())
    }
}

fn builder(network: &Devnet) -> lit_sdk::LitNodeClientBuilder {
    LitNodeClient::builder(network)
}

/// There is a signature for each node of the network, and no other.
pub(crate) fn assert_for_all_nodes(sigs: &SessionSigs, client: &LitNodeClient) {
    let sorted = |nodes: Vec<&NodeUrl>| -> Vec<String> {
        let mut nodes: Vec<String> = nodes.into_iter().map(NodeUrl::to_string).collect();
        nodes.sort();
        nodes
    };
    assert_eq!(
        sorted(sigs.iter().map(|(node, _)| node).collect()),
        sorted(client.nodes().iter().collect())
    );
}

/// A session that may run any action.
pub(crate) fn any_action() -> SessionRequest {
    let request = Right::run_any_action();
    SessionRequest::new([request])
}

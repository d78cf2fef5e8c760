//! A PKP on an embedded network, and its owner.

use alloy_network::EthereumWallet;
use alloy_provider::{DynProvider, Provider, ProviderBuilder};
use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{
    AuthMethod, LitNodeClient, PkpLogin, PkpPublicKey, Right, Session, SessionRequest, WalletAuth,
    contracts::{ActionCid, LitContracts, Scopes},
    login::{EthWalletOptions, EthWalletProvider},
};

use super::Setup;

/// A network, and a wallet that owns a PKP on it.
pub(crate) struct Owned {
    pub(crate) network: Devnet,
    pub(crate) client: LitNodeClient,
    pub(crate) owner: PrivateKeySigner,
    pub(crate) pkp: PkpPublicKey,
}

impl Owned {
    /// On ten nodes.
    pub(crate) async fn new() -> Self {
        Self::on(10).await
    }

    pub(crate) async fn on(nodes: usize) -> Self {
        let Setup {
            network, client, ..
        } = Setup::new(nodes).await;
        Self::of(network, client).await
    }

    pub(crate) async fn of(network: Devnet, client: LitNodeClient) -> Self {
        let owner: PrivateKeySigner = network.funded_keys()[0].parse().unwrap();
        let pkp = contracts(&network, &owner).pkp().mint().await.unwrap();
        Self {
            network,
            client,
            owner,
            pkp: pkp.public_key,
        }
    }

    pub(crate) async fn method(&self) -> AuthMethod {
        sign_in(&self.owner, &self.client).await
    }

    pub(crate) async fn login(&self) -> PkpLogin {
        PkpLogin::new(self.pkp).with_auth_methods([self.method().await])
    }

    /// A session of the owner's wallet.
    pub(crate) async fn session(&self) -> Session {
        let wallet = WalletAuth::new(self.owner.clone());
        self.client.session(&request(), &wallet).await.unwrap()
    }

    /// Lets an action use the PKP.
    pub(crate) async fn permit(&self, cid: &str) {
        let cid: ActionCid = cid.parse().unwrap();
        let contracts = contracts(&self.network, &self.owner);
        let permissions = contracts.permissions();
        let scopes = Scopes::SIGN_ANYTHING;
        permissions
            .add_action(self.pkp.token_id(), &cid, scopes)
            .await
            .unwrap();
    }
}

pub(crate) async fn sign_in(wallet: &PrivateKeySigner, client: &LitNodeClient) -> AuthMethod {
    let options = EthWalletOptions::default();
    EthWalletProvider::authenticate_with(client, wallet, &options)
        .await
        .unwrap()
}

pub(crate) fn contracts(network: &Devnet, wallet: &PrivateKeySigner) -> LitContracts<DynProvider> {
    let provider = ProviderBuilder::new()
        .wallet(EthereumWallet::from(wallet.clone()))
        .connect_client(network.chain().client())
        .erased();
    LitContracts::new(network.context(), provider).with_sender(wallet.address())
}

pub(crate) fn request() -> SessionRequest {
    SessionRequest::new([Right::sign_with_any_pkp(), Right::run_any_action()])
}

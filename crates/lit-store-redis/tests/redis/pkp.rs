//! Sessions that PKPs authorise.

use std::sync::Arc;

use alloy_network::EthereumWallet;
use alloy_provider::{Provider, ProviderBuilder};
use alloy_signer_local::PrivateKeySigner;
use lit_sdk::{
    Clock, Error, ExecuteJs, PkpLogin, PkpPublicKey, SessionManager, WalletAuth,
    contracts::LitContracts, login::EthWalletProvider, session::SessionManagerError,
    store::SessionStore,
};

use crate::support::{Setup, any_action, keys};

async fn mint(setup: &Setup, owner: &PrivateKeySigner) -> PkpPublicKey {
    let provider = ProviderBuilder::new()
        .wallet(EthereumWallet::from(owner.clone()))
        .connect_client(setup.network.chain().client())
        .erased();
    let contracts =
        LitContracts::new(setup.network.context(), provider).with_sender(owner.address());
    contracts.pkp().mint().await.unwrap().public_key
}

/// A login to a new PKP by its owner.
pub(crate) async fn login(setup: &Setup) -> PkpLogin {
    let owner: PrivateKeySigner = setup.network.funded_keys()[0].parse().unwrap();
    let method = EthWalletProvider::authenticate(&setup.client, &owner);
    PkpLogin::new(mint(setup, &owner).await).with_auth_method(method.await.unwrap())
}

#[tokio::test]
async fn sessions_of_pkps_come_back() {
    let setup = Setup::new().await;
    let owner: PrivateKeySigner = setup.network.funded_keys()[0].parse().unwrap();
    let (pkp, other) = (mint(&setup, &owner).await, mint(&setup, &owner).await);
    let method = EthWalletProvider::authenticate(&setup.client, &owner);
    let method = method.await.unwrap();
    let login = |pkp| PkpLogin::new(pkp).with_auth_method(method.clone());
    let store = Arc::new(setup.store(keys(1)));
    let start = || SessionManager::new(setup.client.clone()).with_store(store.clone());
    let request = any_action();
    let first = start().session(&request, &login(pkp)).await.unwrap();
    let again = start().session(&request, &login(pkp)).await.unwrap();
    assert_eq!(again.public_key(), first.public_key());
    assert_eq!(again.address(), pkp.address());
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'done' })");
    let answer = setup.client.execute_js(&*again, &call).await.unwrap();
    assert_eq!(answer.response, "done");

    // Nobody else gets it: another PKP, its owner's wallet, a login that proves nothing.
    let of_other = start().session(&request, &login(other)).await.unwrap();
    assert_eq!(of_other.address(), other.address());
    let wallet = WalletAuth::new(owner.clone());
    let of_wallet = start().session(&request, &wallet).await.unwrap();
    assert_eq!(of_wallet.address(), owner.address());
    let nobody = PkpLogin::new(pkp);
    let refused = start().session(&request, &nobody).await;
    assert!(
        matches!(&refused, Err(SessionManagerError::Client(error)) if matches!(**error, Error::Nodes(_))),
        "{refused:?}"
    );

    let kept = store.list().await.unwrap();
    assert_eq!(kept.len(), 3);
    let now = setup.network.clock().now();
    assert!(kept.iter().all(|entry| entry.verify(now).is_ok()));
    assert!(start().revoke(pkp.address(), &request).await.unwrap());
    assert_eq!(start().sessions_of(pkp.address()).await.unwrap().len(), 0);
    assert_eq!(store.list().await.unwrap().len(), 2);
}

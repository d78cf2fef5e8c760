use async_trait::async_trait;
use lit_recap::{ReCap, RecapAbility, SiweMessage};
use lit_session_crypto::{SessionBundle, SessionKeyPair};
use lit_types::{
    AuthSig, LitAbility, LitResource, Right,
    chains::EVM_CHAINS,
    constants::{RESOLVED_AUTH_CONTEXT_PREFIX, storage_keys},
    strict_json,
};

use super::LocalStorage;
use crate::session::store::{
    NetworkId, SessionOwner, SessionScope, SessionStore, SessionUser, StoreError, StoredSession,
    private_dir::blocking,
};

/// Stores one session in the layout of the official client.
///
/// It uses the keys `lit-session-key` and `lit-wallet-sig` of a [`LocalStorage`], to share the session with programs in
/// JavaScript. Other programs use [`FileStore`](crate::session::store::FileStore).
///
/// These two values lack the scope of the session. It is derived from the root message and the caller's network: the signer,
/// exactly the granted rights, the domain of the message, and the first chain with its chain id. A request must name the same
/// rights, chain and domain (the official client's default is `localhost`), and no session key of its own. Sessions of other
/// requests are refused ([`StoreError::UnsupportedScope`]). Proofs are not stored: requests bring theirs.
///
/// The session of a PKP has the domain `litprotocol.com` by default, and chain id 1. The values lack its login, so it is found
/// by address, with [`SessionManager::session_of`](crate::SessionManager::session_of).
///
/// The two files are replaced one after the other, without a lock, as in the official client. A crash in between, or two writers at
/// once, can leave a key and a root that do not match; they are read as no session.
///
/// ```
/// use lit_sdk::{LitNodeClient, SessionManager, store::{LocalStorage, LocalStorageStore, NetworkId, StoreError}};
///
/// fn manager(client: LitNodeClient) -> Result<SessionManager, StoreError> {
///     let storage = LocalStorage::open("lit-storage")?;
///     let store = LocalStorageStore::new(storage, NetworkId::of(&client));
///     Ok(SessionManager::new(client).with_store(store))
/// }
/// ```
#[doc(alias = "storageProvider")]
#[derive(Debug, Clone)]
pub struct LocalStorageStore {
    storage: LocalStorage,
    network: NetworkId,
}

impl LocalStorageStore {
    /// A store for a session of this network.
    #[must_use]
    pub const fn new(storage: LocalStorage, network: NetworkId) -> Self {
        Self { storage, network }
    }

    fn entry(&self) -> Result<Option<StoredSession>, StoreError> {
        let (Some(key), Some(root)) = (
            self.storage.get_non_empty(storage_keys::SESSION_KEY)?,
            self.storage.get_non_empty(storage_keys::WALLET_SIGNATURE)?,
        ) else {
            return Ok(None);
        };
        let key = SessionKeyPair::from_stored_json(&key).ok();
        let root = strict_json::from_str::<AuthSig>(&root).ok();
        let entry = key.zip(root).and_then(|(key, root)| self.read(key, root));
        if entry.is_none() {
            tracing::warn!(
                "the session key and the root AuthSig in the storage do not match; ignoring them"
            );
        }
        Ok(entry)
    }

    /// The entry of a key and a root, with the scope that follows from the root.
    fn read(&self, key: SessionKeyPair, root: AuthSig) -> Option<StoredSession> {
        let message: SiweMessage = root.signed_message.parse().ok()?;
        if message.uri() != key.public_key().uri() {
            return None;
        }
        let requests = requests_of(&ReCap::extract(&message).ok()?)?;
        let rights = ReCap::from_requests(&requests).ok()?;
        let chain_id = message.chain_id();
        let chain = EVM_CHAINS.iter().find(|(_, id)| *id == chain_id)?.0;
        let owner = SessionOwner {
            network: self.network.clone(),
            user: SessionUser::Address(message.address()),
        };
        let domain = Some(message.domain().to_owned());
        let scope = SessionScope::from_parts(owner, None, rights, domain, chain.to_owned());
        let expiration = message.expiration_timestamp()?;
        let bundle = SessionBundle::from_parts(key, root, Vec::new(), requests, expiration);
        Some(StoredSession::from_bundle(scope, bundle))
    }

    fn put_now(&self, entry: &StoredSession) -> Result<(), StoreError> {
        let bundle = entry.bundle();
        let read = self.read(bundle.key_pair().clone(), bundle.root().clone());
        if read.is_none_or(|read| read.scope() != entry.scope()) {
            return Err(StoreError::UnsupportedScope);
        }
        #[allow(clippy::expect_used, reason = "an AuthSig has only texts")]
        let root = serde_json::to_string(bundle.root()).expect("an AuthSig has only texts");
        self.storage.set_item(
            storage_keys::SESSION_KEY,
            &bundle.key_pair().expose_stored_json(),
        )?;
        self.storage.set_item(storage_keys::WALLET_SIGNATURE, &root)
    }

    fn remove_now(&self, is_it: impl Fn(&StoredSession) -> bool) -> Result<bool, StoreError> {
        if !self.entry()?.is_some_and(|entry| is_it(&entry)) {
            return Ok(false);
        }
        self.storage.remove_abandoned()?;
        self.storage.remove_item(storage_keys::SESSION_KEY)?;
        self.storage.remove_item(storage_keys::WALLET_SIGNATURE)
    }
}

/// The rights of this ReCap, without those that nodes add to the ReCap of a PKP.
fn requests_of(rights: &ReCap) -> Option<Vec<Right>> {
    let mut asked = rights.attenuations().clone();
    asked.retain(|key, _| !key.starts_with(RESOLVED_AUTH_CONTEXT_PREFIX));
    let mut requests = Vec::new();
    for (key, abilities) in &asked {
        let resource: LitResource = key.parse().ok()?;
        for ability in LitAbility::ALL {
            if ability.prefix() == resource.prefix()
                && abilities.contains_key(&RecapAbility::from(ability))
            {
                requests.push(Right::new(resource.clone(), ability).ok()?);
            }
        }
    }
    let made = ReCap::from_requests(&requests).ok()?;
    (*made.attenuations() == asked).then_some(requests)
}

#[async_trait]
impl SessionStore for LocalStorageStore {
    async fn get(&self, scope: &SessionScope) -> Result<Option<StoredSession>, StoreError> {
        let store = self.clone();
        let entry = blocking(move || store.entry()).await?;
        Ok(entry.filter(|entry| entry.scope() == scope))
    }

    async fn put(&self, entry: &StoredSession) -> Result<(), StoreError> {
        let (store, entry) = (self.clone(), entry.clone());
        blocking(move || store.put_now(&entry)).await
    }

    async fn remove(&self, scope: &SessionScope) -> Result<bool, StoreError> {
        let (store, scope) = (self.clone(), scope.clone());
        blocking(move || store.remove_now(|entry| *entry.scope() == scope)).await
    }

    /// Removes the two values. The official client cannot use them either.
    async fn set_aside(&self, refused: &StoredSession) -> Result<(), StoreError> {
        let (store, root) = (self.clone(), refused.bundle().root().clone());
        blocking(move || store.remove_now(|entry| *entry.bundle().root() == root)).await?;
        Ok(())
    }

    async fn of_owner(&self, owner: &SessionOwner) -> Result<Vec<StoredSession>, StoreError> {
        let mut entries = self.list().await?;
        entries.retain(|entry| entry.scope().owner() == owner);
        Ok(entries)
    }

    async fn list(&self) -> Result<Vec<StoredSession>, StoreError> {
        let store = self.clone();
        Ok(blocking(move || store.entry()).await?.into_iter().collect())
    }
}

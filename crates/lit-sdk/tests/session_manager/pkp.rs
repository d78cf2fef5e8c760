//! Sessions that PKPs authorize, in memory and in stores: each for its PKP, its login and its network alone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use alloy_primitives::Address;
use async_trait::async_trait;
use lit_sdk::{
    ActionCid, AuthRequest, Authorization, AuthorizeError, Clock, Error, ExecuteJs, LitAction,
    LitActionLogin, PkpLogin, Right, Session, SessionAuthorizer, SessionManager, SessionRequest,
    WalletAuth,
    session::{LoginId, SessionManagerError},
    session_crypto::{BundleError, CapabilityRefusal, Grantor, RootRefusal},
    store::{
        FileStore, LocalStorage, LocalStorageStore, MemoryStore, NetworkId, SessionStore,
        SessionUser, StoreError, StoredSession,
    },
};
use lit_test_fakes::temp_dir;

use crate::{
    common::owned::{Owned, contracts, request, sign_in},
    elsewhere,
};

const ACTION: &str = "Lit.Actions.setResponse({ response: String(magicNumber === 42) })";

/// A PKP's authority that counts how often the network is asked.
struct Counted {
    auth: PkpLogin,
    asked: AtomicUsize,
}

impl Counted {
    fn new(login: impl Into<PkpLogin>) -> Self {
        Self {
            auth: login.into(),
            asked: AtomicUsize::new(0),
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl SessionAuthorizer for Counted {
    async fn authorize(&self, request: &AuthRequest) -> Result<Authorization, AuthorizeError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.auth.authorize(request).await
    }

    fn address(&self) -> Option<Address> {
        self.auth.address()
    }

    fn login_id(&self) -> Option<LoginId> {
        self.auth.login_id()
    }
}

/// A login by an action, which its parameter convinces if it is 42.
fn by_action(owned: &Owned, number: u64) -> LitActionLogin {
    LitActionLogin::new(
        owned.pkp,
        LitAction::code(ACTION).with_param("magicNumber", number),
    )
}

/// A manager as after a start, which knows what is in the store alone.
fn start(owned: &Owned, store: &Arc<dyn SessionStore>) -> SessionManager {
    SessionManager::new(owned.client.clone()).with_store(Arc::clone(store))
}

/// The nodes refuse the login.
fn assert_no_login(answer: &Result<Arc<Session>, SessionManagerError>) {
    assert!(
        matches!(answer, Err(SessionManagerError::Client(error)) if matches!(**error, Error::Nodes(_))),
        "{answer:?}"
    );
}

async fn serves(owned: &Owned, session: &Session) {
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'done' })");
    let answer = owned.client.execute_js(session, &call).await.unwrap();
    assert_eq!(answer.response, "done");
}

#[tokio::test]
async fn each_pkp_and_each_login_has_its_own() {
    let owned = Owned::on(3).await;
    owned
        .permit(&ActionCid::of_code(ACTION.as_bytes()).to_string())
        .await;
    let minted = contracts(&owned.network, &owned.owner).pkp().mint().await;
    let other_pkp = minted.unwrap().public_key;
    let method = owned.method().await;
    let dir = temp_dir();
    let stores: [Arc<dyn SessionStore>; 2] = [
        Arc::new(MemoryStore::new()),
        Arc::new(FileStore::open(dir.path()).unwrap()),
    ];
    for store in stores {
        let by_method = Counted::new(owned.login().await);
        let manager = start(&owned, &store);
        let first = manager.session(&request(), &by_method).await.unwrap();
        assert_eq!(first.address(), owned.pkp.address());
        assert_eq!(first.explain().grantor, Grantor::Pkp);
        // From memory, and from the store, where its signature is verified under the network's key.
        for manager in [manager, start(&owned, &store)] {
            let again = manager.session(&request(), &by_method).await.unwrap();
            assert_eq!(again.public_key(), first.public_key());
            serves(&owned, &again).await;
            assert_eq!(by_method.asked(), 1);

            // Who cannot log in is not let in by somebody else's session.
            let guest = sign_in(&lit_test_fakes::wallet(), &owned.client).await;
            for login in [
                PkpLogin::new(owned.pkp).with_auth_methods([guest]),
                PkpLogin::new(owned.pkp),
                by_action(&owned, 41).into(),
            ] {
                let stranger = Counted::new(login);
                assert_no_login(&manager.session(&request(), &stranger).await);
            }
        }

        let manager = start(&owned, &store);
        let by_action = Counted::new(by_action(&owned, 42));
        let other = Counted::new(PkpLogin::new(other_pkp).with_auth_methods([method.clone()]));
        let wallet = WalletAuth::new(owned.owner.clone());
        let auths: [&dyn SessionAuthorizer; 3] = [&by_action, &other, &wallet];
        for auth in auths {
            let session = manager.session(&request(), auth).await.unwrap();
            assert_ne!(session.public_key(), first.public_key());
            assert_eq!(Some(session.address()), auth.address());
            let again = start(&owned, &store).session(&request(), auth).await;
            assert_eq!(again.unwrap().public_key(), session.public_key());
        }
        assert_eq!((by_action.asked(), other.asked()), (1, 1));

        // Both logins of the PKP are listed, revoked and gone.
        let pkp = owned.pkp.address();
        assert_eq!(manager.sessions().await.unwrap().len(), 4);
        assert_eq!(manager.sessions_of(pkp).await.unwrap().len(), 2);
        assert!(manager.revoke(pkp, &request()).await.unwrap());
        assert!(!manager.revoke(pkp, &request()).await.unwrap());
        assert!(manager.sessions_of(pkp).await.unwrap().is_empty());
        let new = manager.session(&request(), &by_method).await.unwrap();
        assert_ne!(new.public_key(), first.public_key());
        assert_eq!(manager.sign_out(other_pkp.address()).await.unwrap(), 1);
        assert_eq!(manager.sessions().await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_session_is_asked_for_by_address_whatever_the_login() {
    let owned = Owned::on(3).await;
    let pkp = owned.pkp.address();
    let dir = temp_dir();
    let layout = LocalStorageStore::new(
        LocalStorage::open(dir.path().join("shared")).unwrap(),
        NetworkId::of(&owned.client),
    );
    let stores: [Arc<dyn SessionStore>; 3] = [
        Arc::new(MemoryStore::new()),
        Arc::new(FileStore::open(dir.path()).unwrap()),
        Arc::new(layout),
    ];
    // What the layout of the official client can say.
    let request = request().with_domain("litprotocol.com");
    for store in stores {
        let early = Counted::new(owned.login().await);
        owned.network.clock().advance(Duration::from_secs(60));
        // The token is another one, and so is the login.
        let late = Counted::new(owned.login().await);
        assert_ne!(early.login_id(), late.login_id());
        let first = start(&owned, &store)
            .session_of(pkp, &request, &early)
            .await;
        let first = first.unwrap();
        let manager = start(&owned, &store);
        let again = manager.session_of(pkp, &request, &late).await.unwrap();
        assert_eq!(again.public_key(), first.public_key());
        assert_eq!((early.asked(), late.asked()), (1, 0));
        serves(&owned, &again).await;
        // By address, and by no other.
        let wallet = WalletAuth::new(owned.owner.clone());
        assert!(matches!(
            manager.session_of(pkp, &request, &wallet).await,
            Err(SessionManagerError::WrongSigner { .. })
        ));
        assert_eq!(manager.sign_out(pkp).await.unwrap(), 1);
        assert!(store.list().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_layout_of_the_official_client_tells_no_logins_apart() {
    let owned = Owned::on(3).await;
    let dir = temp_dir();
    let storage = LocalStorage::open(dir.path()).unwrap();
    let store = LocalStorageStore::new(storage.clone(), NetworkId::of(&owned.client));
    let store: Arc<dyn SessionStore> = Arc::new(store);
    let login = Counted::new(owned.login().await);
    let request = request().with_domain("litprotocol.com");
    let refused = start(&owned, &store).session(&request, &login).await;
    assert!(
        matches!(&refused, Err(SessionManagerError::Store(error)) if matches!(**error, StoreError::UnsupportedScope)),
        "{refused:?}"
    );
    assert!(storage.keys().unwrap().is_empty());
    // Nor is what is there by address given to a login.
    let manager = start(&owned, &store);
    let pkp = owned.pkp.address();
    let kept = manager.session_of(pkp, &request, &login).await.unwrap();
    let guest = Counted::new(PkpLogin::new(owned.pkp));
    assert_no_login(&start(&owned, &store).session(&request, &guest).await);
    let found = start(&owned, &store)
        .session_of(pkp, &request, &login)
        .await;
    assert_eq!(found.unwrap().public_key(), kept.public_key());
}

#[tokio::test]
async fn fewer_rights_and_renewal_need_no_other_login() {
    let owned = Owned::on(3).await;
    owned
        .permit(&ActionCid::of_code(ACTION.as_bytes()).to_string())
        .await;
    let store: Arc<dyn SessionStore> = Arc::new(MemoryStore::new());
    let auth = Counted::new(by_action(&owned, 42));
    let wide = start(&owned, &store)
        .session(&request(), &auth)
        .await
        .unwrap();
    let done = ActionCid::of_code("Lit.Actions.setResponse({ response: 'done' })");
    let fewer = SessionRequest::new([Right::run_action(done)]);
    let manager = start(&owned, &store);
    let narrow = manager.session(&fewer, &auth).await.unwrap();
    assert_eq!(narrow.root(), wide.root());
    assert_eq!(narrow.requests(), [Right::run_action(done)]);
    serves(&owned, &narrow).await;
    assert_eq!(auth.asked(), 1);
    // Not for another login, though.
    let guest = Counted::new(by_action(&owned, 41));
    assert_no_login(&manager.session(&fewer, &guest).await);
    assert_eq!(guest.asked(), 1);

    let clock = owned.network.clock();
    clock.stop_at(wide.expiration().at() - Duration::from_secs(60 * 5));
    let renewed = start(&owned, &store)
        .session(&request(), &auth)
        .await
        .unwrap();
    assert_eq!(
        renewed.public_key(),
        wide.public_key(),
        "from the store it is good for a while"
    );
    let manager = start(&owned, &store);
    // Where there is little time left, only its last quarter is for renewal.
    for _ in 0..2 {
        manager.session(&request(), &auth).await.unwrap();
    }
    assert_eq!(auth.asked(), 1);
    clock.stop_at(wide.expiration().at() - Duration::from_secs(61));
    let renewed = manager.session(&request(), &auth).await.unwrap();
    assert_ne!(renewed.public_key(), wide.public_key());
    assert!(renewed.expiration().at() > wide.expiration().at());
    assert_eq!(renewed.address(), owned.pkp.address());
    let found = start(&owned, &store)
        .session(&request(), &auth)
        .await
        .unwrap();
    assert_eq!(found.public_key(), renewed.public_key());
    assert_eq!(auth.asked(), 2);
}

#[tokio::test]
async fn a_stored_pkp_session_is_good_on_its_network_alone() {
    let owned = Owned::on(3).await;
    let (_elsewhere, other) = elsewhere(owned.network.clock()).await;
    let store = Arc::new(MemoryStore::new());
    let login = owned.login().await;
    let auth = Counted::new(login);
    let shared: Arc<dyn SessionStore> = store.clone();
    start(&owned, &shared)
        .session(&request(), &auth)
        .await
        .unwrap();
    let entry = store.list().await.unwrap().remove(0);
    let now = owned.network.clock().now();
    entry.verify(now).unwrap();

    // Somebody says that it is of the other network.
    let (own, foreign) = (NetworkId::of(&owned.client), NetworkId::of(&other));
    let json = entry.expose_json();
    let moved = json.replace(own.public_key(), foreign.public_key());
    assert_ne!(moved, *json);
    let moved = StoredSession::from_json(&moved).unwrap();
    let of_other = moved.verify(now).unwrap_err();
    let not_signed = CapabilityRefusal::NetworkSignature;
    assert_eq!(of_other, BundleError::Root(not_signed.into()));
    // Or that it is of another address, or signs what was not signed.
    let wallet = owned.owner.address().to_string();
    let renamed = json.replacen(&owned.pkp.address().to_string(), &wallet, 1);
    let renamed = StoredSession::from_json(&renamed).unwrap();
    let refused = renamed.verify(now);
    assert!(
        matches!(
            refused,
            Err(BundleError::Root(RootRefusal::OtherSigner { .. }))
        ),
        "{refused:?}"
    );

    // A manager of the other network finds nothing, and what was moved there is set aside.
    let manager = SessionManager::new(other).with_store(store.clone());
    let pkp = owned.pkp.address();
    assert!(manager.sessions_of(pkp).await.unwrap().is_empty());
    store.put(&moved).await.unwrap();
    assert_no_login(&manager.session(&request(), &auth).await);
    assert!(auth.asked() > 1, "the network was asked");
    assert!(store.get(moved.scope()).await.unwrap().is_none());
    assert!(store.get(entry.scope()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_name_changes_hands_with_a_new_session() {
    let owned = Owned::on(3).await;
    let minted = contracts(&owned.network, &owned.owner).pkp().mint().await;
    let method = owned.method().await;
    let other = PkpLogin::new(minted.unwrap().public_key).with_auth_methods([method]);
    let store: Arc<dyn SessionStore> = Arc::new(MemoryStore::new());
    let name = || SessionUser::Named("alice".to_owned());
    let one = Counted::new(owned.login().await);
    let two = Counted::new(other);
    let wallet = WalletAuth::new(owned.owner.clone());
    let auths: [&dyn SessionAuthorizer; 3] = [&one, &two, &wallet];
    for auth in auths {
        // In the store there is still that of the one before, in memory as well.
        let manager = start(&owned, &store);
        for _ in 0..2 {
            let session = manager.session_of(name(), &request(), auth).await.unwrap();
            assert_eq!(Some(session.address()), auth.address());
        }
        assert_eq!(manager.sessions().await.unwrap().len(), 1);
    }
    assert_eq!((one.asked(), two.asked()), (1, 1));
    // What a login says beside is a part of it.
    let elsewhere = one.auth.clone().with_chain_id(137);
    assert_ne!(elsewhere.login_id(), one.login_id());
    let manager = start(&owned, &store);
    manager
        .session_of(name(), &request(), &wallet)
        .await
        .unwrap();
    manager.session_of(name(), &request(), &one).await.unwrap();
    assert_eq!(one.asked(), 2);
}

use lit_sdk::{
    LitNetwork, Right, SessionRequest,
    session::LoginId,
    session_crypto::{BundleError, RootRefusal, SessionKeyPair},
    store::{
        CorruptEntry, FileStore, LocalStorage, LocalStorageStore, MemoryStore, NetworkId,
        SessionOwner, SessionScope, SessionStore, SessionUser, StoredSession,
    },
};
use lit_test_fakes::temp_dir;
use proptest::{prelude::*, sample::select};

use crate::support::{entry, futures, network, now, session, wallet};

/// All fields of a scope, from few values, so that two often agree in most.
#[derive(Debug, Clone, PartialEq)]
struct Fields {
    network: (LitNetwork, &'static str),
    user: SessionUser,
    login: Option<u8>,
    key: Option<u8>,
    rights: Vec<&'static str>,
    domain: Option<&'static str>,
    chain: &'static str,
}

fn fields() -> impl Strategy<Value = Fields> {
    let users = vec![
        SessionUser::Address(wallet(1).address()),
        SessionUser::Address(wallet(2).address()),
        SessionUser::Named(String::new()),
        SessionUser::Named(wallet(1).address().to_string()),
        SessionUser::Named("localhost".to_owned()),
    ];
    let rights = vec![vec!["*"], vec!["QmA"], vec!["QmB"], vec!["QmA", "QmB"]];
    (
        select(vec![LitNetwork::Custom, LitNetwork::DatilDev]),
        select(vec!["aa", "bb", ""]),
        select(users),
        select(vec![None, Some(1), Some(2)]),
        select(vec![None, Some(1), Some(2)]),
        select(rights),
        select(vec![None, Some("localhost"), Some("example.com")]),
        select(vec!["ethereum", "polygon", "localhost"]),
    )
        .prop_map(
            |(name, key, user, login, session_key, rights, domain, chain)| Fields {
                network: (name, key),
                user,
                login,
                key: session_key,
                rights,
                domain,
                chain,
            },
        )
}

/// Two that differ in one field at most, or in any number of them.
fn pair() -> impl Strategy<Value = (Fields, Fields)> {
    (fields(), fields(), 0..9).prop_map(|(one, two, differing)| {
        let mut other = one.clone();
        match differing {
            0 => other.network.0 = two.network.0,
            1 => other.network.1 = two.network.1,
            2 => other.user = two.user,
            3 => other.key = two.key,
            4 => other.rights = two.rights,
            5 => other.domain = two.domain,
            6 => other.chain = two.chain,
            7 => other.login = two.login,
            _ => other = two,
        }
        (one, other)
    })
}

impl Fields {
    fn rights(&self) -> Vec<Right> {
        let actions = self.rights.iter().map(lit_sdk::ActionCid::of_code);
        actions.map(Right::run_action).collect()
    }

    fn request(&self) -> SessionRequest {
        let mut made = SessionRequest::new(self.rights()).with_chain(self.chain);
        if let Some(domain) = self.domain {
            made = made.with_domain(domain);
        }
        match self.key {
            Some(seed) => made.with_session_key(SessionKeyPair::from_seed(&[seed; 32])),
            None => made,
        }
    }

    fn scope(&self) -> SessionScope {
        let owner = SessionOwner {
            network: NetworkId::new(self.network.0, self.network.1),
            user: self.user.clone(),
        };
        let login = self.login.map(|seed| LoginId::of(&[seed]));
        SessionScope::of(owner, &self.request())
            .unwrap()
            .with_login(login)
    }

    fn entry(&self) -> StoredSession {
        let signer = if self.user == SessionUser::Address(wallet(2).address()) {
            wallet(2)
        } else {
            wallet(1)
        };
        let requests = self.rights();
        let key = self.key.map(|seed| SessionKeyPair::from_seed(&[seed; 32]));
        let session = session(&signer, &requests, key.as_ref(), self.domain);
        StoredSession::new(self.scope(), &session)
    }
}

async fn gives_only_its_own(store: &dyn SessionStore, one: &StoredSession, other: &SessionScope) {
    store.put(one).await.unwrap();
    let same = one.scope() == other;
    let found = store.get(other).await.unwrap();
    assert_eq!(found.is_some(), same);
    let own = store.get(one.scope()).await.unwrap().unwrap();
    assert_eq!(own.public_key(), one.public_key());
    assert_eq!(own.scope(), one.scope());
    assert_eq!(store.remove(other).await.unwrap(), same);
    assert_eq!(store.remove(one.scope()).await.unwrap(), !same);
    assert!(store.list().await.unwrap().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Two requests that differ in any field never get each other's session.
    #[test]
    fn a_store_gives_a_session_only_for_its_own_scope((one, other) in pair()) {
        prop_assert_eq!(one.scope() == other.scope(), one == other);
        prop_assert_eq!(one.scope().key() == other.scope().key(), one == other);
        let dir = temp_dir();
        let (entry, other) = (one.entry(), other.scope());
        let files = FileStore::open(dir.path()).unwrap();
        futures(async {
            gives_only_its_own(&MemoryStore::new(), &entry, &other).await;
            gives_only_its_own(&files, &entry, &other).await;
            // The layout of the official client keeps only what it can say; that it keeps apart just the same.
            let storage = LocalStorage::open(dir.path().join("shared")).unwrap();
            let network = entry.scope().owner().network.clone();
            let shared = LocalStorageStore::new(storage, network);
            if shared.put(&entry).await.is_ok() {
                gives_only_its_own(&shared, &entry, &other).await;
            }
        });
    }

    /// The text of an entry gives the same entry.
    #[test]
    fn entries_survive_their_text(fields in fields()) {
        let entry = fields.entry();
        let read = StoredSession::from_json(&entry.expose_json()).unwrap();
        prop_assert_eq!(read.scope(), entry.scope());
        prop_assert_eq!(read.expose_json(), entry.expose_json());
    }
}

#[test]
fn order_and_repetition_of_requests_make_no_other_scope() {
    let fields = |rights: Vec<&'static str>| Fields {
        network: (LitNetwork::Custom, "aa"),
        user: SessionUser::Named("somebody".to_owned()),
        login: None,
        key: None,
        rights,
        domain: None,
        chain: "ethereum",
    };
    let scope = fields(vec!["QmA", "QmB"]).scope();
    assert_eq!(scope, fields(vec!["QmB", "QmA", "QmB"]).scope());
    assert!(scope.can_be_narrowed_to(&fields(vec!["QmB"]).scope()));
    assert!(!fields(vec!["QmB"]).scope().can_be_narrowed_to(&scope));
}

#[test]
fn an_entry_that_contradicts_itself_is_refused() {
    let kept = entry(&wallet(1), &network(), "example.com");
    let json = kept.expose_json();
    let changed = |from: &str, to: &str| {
        let changed = json.replacen(from, to, 1);
        assert_ne!(changed, *json);
        StoredSession::from_json(&changed)
    };
    changed("\"version\"", " \"version\"")
        .unwrap()
        .verify(now())
        .unwrap();
    let moved = changed(r#""domain":"example.com""#, r#""domain":"example.org""#);
    let moved = moved.unwrap().verify(now());
    assert!(
        matches!(
            moved,
            Err(BundleError::Root(RootRefusal::OtherDomain { .. }))
        ),
        "{moved:?}"
    );
    let key = SessionKeyPair::from_seed(&[9; 32]).public_key();
    let other = changed(r#""sessionKey":null"#, &format!(r#""sessionKey":"{key}""#));
    assert_eq!(other.unwrap_err(), CorruptEntry::WrongSessionKey);
    let login = changed(r#""login":null"#, r#""login":"00""#);
    assert_eq!(login.unwrap_err(), CorruptEntry::MalformedScope);
}

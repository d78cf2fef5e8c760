//! Against a real redis-server, which the tests start and stop.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod server;

use std::{sync::Arc, time::Duration};

use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{
    Clock, LitNodeClient, LitResource, ResourceAbilityRequest, Session, SessionManager,
    SessionRequest, WalletAuth,
    session_crypto::{SealingKey, SealingKeys},
    session_manager::{SessionManagerError, StoreFailure},
    store::{NetworkId, SessionOwner, SessionScope, SessionStore, StoreError, StoredSession},
};
use lit_store_redis::{RedisStore, redis};
use server::Server;

fn keys(seed: u8) -> SealingKeys {
    SealingKeys::new(SealingKey::new([seed; 32]))
}

fn any_action() -> SessionRequest {
    let any = LitResource::any_lit_action();
    SessionRequest::new([ResourceAbilityRequest::lit_action_execution(any).unwrap()])
}

struct Setup {
    server: Server,
    network: Devnet,
    client: LitNodeClient,
    wallet: PrivateKeySigner,
}

impl Setup {
    async fn new() -> Self {
        let network = Devnet::builder().nodes(3).start().await.unwrap();
        let client = LitNodeClient::builder(network.node_urls().to_vec(), network.threshold())
            .transport(network.transport())
            .clock(network.clock())
            .connect()
            .await
            .unwrap();
        Self {
            server: Server::start(),
            network,
            client,
            wallet: PrivateKeySigner::random(),
        }
    }

    fn store(&self, keys: SealingKeys) -> RedisStore {
        RedisStore::new(redis::Client::open(self.server.url()).unwrap(), keys).unwrap()
    }

    fn scope(&self, request: &SessionRequest) -> SessionScope {
        let owner = SessionOwner {
            network: NetworkId::of(&self.client),
            user: self.wallet.address().into(),
        };
        SessionScope::of(owner, request).unwrap()
    }

    async fn session(&self, request: &SessionRequest) -> Session {
        let auth = WalletAuth::new(self.wallet.clone());
        self.client.get_session(request, &auth).await.unwrap()
    }

    async fn entry(&self, domain: &str) -> StoredSession {
        let request = any_action().with_domain(domain);
        StoredSession::new(self.scope(&request), &self.session(&request).await)
    }

    async fn raw<T: redis::FromRedisValue>(&self, command: &[&[u8]]) -> T {
        let client = redis::Client::open(self.server.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut cmd = redis::Cmd::new();
        for word in command {
            cmd.arg(*word);
        }
        cmd.query_async(&mut connection).await.unwrap()
    }

    /// All keys of a kind.
    async fn names(&self, kind: &str) -> Vec<String> {
        let pattern = format!("lit:session:{kind}:*");
        self.raw(&[b"KEYS", pattern.as_bytes()]).await
    }
}

#[tokio::test]
async fn keeps_lists_and_removes() {
    let setup = Setup::new().await;
    let store = setup.store(keys(1));
    let (one, two) = (
        setup.entry("one.example").await,
        setup.entry("two.example").await,
    );
    assert!(store.get(one.scope()).await.unwrap().is_none());
    store.put(&one).await.unwrap();
    store.put(&two).await.unwrap();
    let found = store.get(one.scope()).await.unwrap().unwrap();
    assert_eq!(found.expose_json(), one.expose_json());
    found.verify(setup.network.clock().now()).unwrap();
    assert!(
        store
            .get(&setup.scope(&any_action()))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(store.of_owner(one.scope().owner()).await.unwrap().len(), 2);
    assert_eq!(store.list().await.unwrap().len(), 2);

    // Entries end with their sessions, and the index some time later.
    let end = one.bundle().expiration().unix_millis();
    for name in setup.names("s").await {
        let expires: i64 = setup.raw(&[b"PEXPIRETIME", name.as_bytes()]).await;
        assert!((expires - end).abs() < 60_000, "{expires} {end}");
    }
    for name in setup.names("o").await {
        assert!(setup.raw::<i64>(&[b"TTL", name.as_bytes()]).await > 30 * 86_400);
    }

    assert!(store.remove(one.scope()).await.unwrap());
    assert!(!store.remove(one.scope()).await.unwrap());
    assert_eq!(store.of_owner(one.scope().owner()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn only_ciphertext_leaves_the_process() {
    let setup = Setup::new().await;
    let entry = setup.entry("secret.example").await;
    setup.store(keys(1)).put(&entry).await.unwrap();
    let mut seen = Vec::new();
    for name in setup.names("*").await {
        seen.extend_from_slice(name.as_bytes());
        let kind: String = setup.raw(&[b"TYPE", name.as_bytes()]).await;
        if kind == "string" {
            seen.extend(setup.raw::<Vec<u8>>(&[b"GET", name.as_bytes()]).await);
        } else {
            let members: Vec<String> = setup.raw(&[b"ZRANGE", name.as_bytes(), b"0", b"-1"]).await;
            seen.extend(members.concat().into_bytes());
        }
    }
    // The file the server writes every command to.
    seen.extend(setup.server.append_only_file());
    let scope = entry.scope();
    let address = setup.wallet.address().to_string();
    for clear in [
        &entry.bundle().key_pair().expose_secret_key()[..64],
        &entry.public_key().to_string(),
        &entry.bundle().root().sig[2..],
        &address[2..],
        &address[2..].to_lowercase(),
        "secret.example",
        "litaction",
        &scope.key().to_string(),
        &scope.owner().key().to_string(),
    ] {
        let found = seen
            .windows(clear.len())
            .any(|window| window == clear.as_bytes());
        assert!(!found, "{clear}");
    }
    assert!(seen.len() > 1000);
}

#[tokio::test]
async fn keys_are_rotated() {
    let setup = Setup::new().await;
    let old = setup.store(keys(1));
    let entries = [
        setup.entry("a.example").await,
        setup.entry("b.example").await,
        setup.entry("c.example").await,
    ];
    for entry in &entries {
        old.put(entry).await.unwrap();
    }
    let both = setup.store(keys(2).with_previous([SealingKey::new([1; 32])]));
    assert_eq!(both.list().await.unwrap().len(), 3);
    assert_eq!(
        both.of_owner(entries[0].scope().owner())
            .await
            .unwrap()
            .len(),
        3
    );
    // One when it is read, one when it is replaced, the rest at once.
    assert!(both.get(entries[0].scope()).await.unwrap().is_some());
    assert!(old.get(entries[0].scope()).await.unwrap().is_none());
    both.put(&entries[1]).await.unwrap();
    assert!(old.get(entries[1].scope()).await.unwrap().is_none());
    assert_eq!(both.rotate().await.unwrap(), 1);
    assert_eq!(both.rotate().await.unwrap(), 0);

    let new = setup.store(keys(2));
    assert_eq!(
        new.of_owner(entries[0].scope().owner())
            .await
            .unwrap()
            .len(),
        3
    );
    for entry in &entries {
        assert!(new.get(entry.scope()).await.unwrap().is_some());
    }
    assert!(old.list().await.unwrap().is_empty());
    assert_eq!(setup.names("s").await.len(), 3);
    // What is removed is removed under all keys.
    old.put(&entries[0]).await.unwrap();
    assert!(both.remove(entries[0].scope()).await.unwrap());
    assert!(old.get(entries[0].scope()).await.unwrap().is_none());
    assert!(new.get(entries[0].scope()).await.unwrap().is_none());
}

#[tokio::test]
async fn what_was_tampered_with_is_set_aside() {
    let setup = Setup::new().await;
    let store = setup.store(keys(1));
    let (one, two) = (
        setup.entry("one.example").await,
        setup.entry("two.example").await,
    );
    store.put(&one).await.unwrap();
    let name = setup.names("s").await.remove(0);
    store.put(&two).await.unwrap();
    let other = setup
        .names("s")
        .await
        .into_iter()
        .find(|found| *found != name)
        .unwrap();
    let good: Vec<u8> = setup.raw(&[b"GET", name.as_bytes()]).await;
    let foreign: Vec<u8> = setup.raw(&[b"GET", other.as_bytes()]).await;
    let mut flipped = good.clone();
    flipped[60] ^= 1;
    for bad in [
        flipped,
        Vec::new(),
        b"garbage".to_vec(),
        good[..50].to_vec(),
        foreign,
    ] {
        setup.raw::<()>(&[b"SET", name.as_bytes(), &bad]).await;
        assert!(store.get(one.scope()).await.unwrap().is_none());
        assert_eq!(setup.names("x").await.len(), 1);
        assert_eq!(store.list().await.unwrap().len(), 1);
        store.put(&one).await.unwrap();
        assert!(store.get(one.scope()).await.unwrap().is_some());
        store.remove(one.scope()).await.unwrap();
        assert!(setup.names("x").await.is_empty());
    }
    // What was found to be no good is set aside only while it is the same.
    store.put(&one).await.unwrap();
    let newer = setup.entry("one.example").await;
    store.set_aside(&newer).await.unwrap();
    assert!(store.get(one.scope()).await.unwrap().is_some());
    store.set_aside(&one).await.unwrap();
    assert!(store.get(one.scope()).await.unwrap().is_none());
}

#[tokio::test]
async fn redis_goes_and_comes_back() {
    let mut setup = Setup::new().await;
    let store = setup.store(keys(1));
    let entry = setup.entry("one.example").await;
    store.put(&entry).await.unwrap();
    setup.server.stop();
    for _ in 0..3 {
        let gone = store.get(entry.scope()).await;
        assert!(matches!(gone, Err(StoreError::Unavailable(_))), "{gone:?}");
        assert!(matches!(
            store.put(&entry).await,
            Err(StoreError::Unavailable(_))
        ));
    }
    setup.server.restart();
    // The attempt to connect that is under way may still fail; the store needs no help to get over it.
    let mut found = store.get(entry.scope()).await;
    if found.is_err() {
        found = store.get(entry.scope()).await;
    }
    assert_eq!(found.unwrap().unwrap().public_key(), entry.public_key());

    // A restart between two calls is not even noticed.
    setup.server.stop();
    setup.server.restart();
    assert!(store.get(entry.scope()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_manager_goes_on_without_redis() {
    let mut setup = Setup::new().await;
    let store = Arc::new(setup.store(keys(1)));
    let manager = |then| {
        SessionManager::new(setup.client.clone())
            .with_store(store.clone())
            .with_store_failure(then)
    };
    let (strict, lenient) = (manager(StoreFailure::Fail), manager(StoreFailure::GoOn));
    let auth = WalletAuth::new(setup.wallet.clone());
    setup.server.stop();
    assert!(matches!(
        strict.session(&any_action(), &auth).await,
        Err(SessionManagerError::Store(_))
    ));
    let session = lenient.session(&any_action(), &auth).await.unwrap();
    setup.server.restart();
    // Once the pause is over the session gets into the store, where another process finds it.
    for _ in 0..2 {
        setup.network.clock().advance(Duration::from_secs(10));
        lenient.session(&any_action(), &auth).await.unwrap();
    }
    let found = strict.session(&any_action(), &auth).await.unwrap();
    assert_eq!(found.public_key(), session.public_key());
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_the_same_time_lose_nothing() {
    let setup = Arc::new(Setup::new().await);
    let mut writers = Vec::new();
    for writer in 0..2 {
        let setup = Arc::clone(&setup);
        writers.push(tokio::spawn(async move {
            let store = setup.store(keys(1));
            for index in 0..100 {
                let entry = setup.entry(&format!("{writer}-{index}.example")).await;
                store.put(&entry).await.unwrap();
                store
                    .put(&setup.entry("shared.example").await)
                    .await
                    .unwrap();
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let store = setup.store(keys(1));
    let owner = setup.scope(&any_action()).owner().clone();
    let found = store.of_owner(&owner).await.unwrap();
    assert_eq!(found.len(), 201);
    for entry in found {
        entry.verify(setup.network.clock().now()).unwrap();
    }
    assert_eq!(store.list().await.unwrap().len(), 201);
}

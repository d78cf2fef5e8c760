//! Another server takes over behind the same name.

use lit_sdk::store::{SealingKey, SessionStore, StoreError};
use lit_store_redis::{RedisStore, redis::Client};

use crate::{
    proxy::Proxy,
    server::Server,
    support::{Setup, keys},
};

/// A replica of the setup's server that has all it has, and a name that leads to the server.
async fn replicated(setup: &Setup) -> (Server, Proxy) {
    let port = setup.server.port().to_string();
    let replica = Server::started_with(&["--replicaof", "127.0.0.1", &port]);
    let name = Proxy::to(setup.server.port()).await;
    (replica, name)
}

/// Makes the replica the master and the master its replica, and lets the name lead to the new master. All connections stay
/// open.
async fn fail_over(setup: &Setup, replica: &Server, name: &Proxy) {
    setup.server.wait_for(replica).await;
    replica.ask::<()>(&["REPLICAOF", "NO", "ONE"]).await;
    let port = replica.port().to_string();
    setup
        .server
        .ask::<()>(&["REPLICAOF", "127.0.0.1", &port])
        .await;
    name.lead_to(replica.port());
}

#[tokio::test]
async fn a_server_that_became_a_replica_is_a_lost_connection() {
    let setup = Setup::new().await;
    let (replica, name) = replicated(&setup).await;
    let store = |keys| RedisStore::new(Client::open(name.url()).unwrap(), keys);
    let mut entries = Vec::new();
    for index in 0..4 {
        entries.push(setup.entry(&format!("{index}.example")).await);
    }
    // Each has a connection of its own, for a write of its own.
    let (putting, removing, refusing) = (store(keys(1)), store(keys(1)), store(keys(1)));
    let rotating = store(keys(2).with_previous([SealingKey::new([1; 32])]));
    for store in [&putting, &removing, &refusing] {
        store.put(&entries[0]).await.unwrap();
    }
    putting.put(&entries[1]).await.unwrap();
    putting.put(&entries[2]).await.unwrap();
    assert_eq!(rotating.list().await.unwrap().len(), 3);
    fail_over(&setup, &replica, &name).await;

    assert_eq!(rotating.rotate().await.unwrap(), 3);
    putting.put(&entries[3]).await.unwrap();
    refusing.set_aside(&entries[3]).await.unwrap();
    putting.put(&entries[3]).await.unwrap();
    assert!(removing.remove(entries[3].scope()).await.unwrap());
    let found = rotating.list().await.unwrap();
    assert_eq!(found.len(), 3);
    // The new master has all of it.
    let on_new = RedisStore::new(Client::open(replica.url()).unwrap(), keys(2));
    assert_eq!(on_new.list().await.unwrap().len(), 3);

    // As long as the name leads to a replica, the error says so, and later the store needs no help to get over it.
    name.lead_to(setup.server.port());
    replica
        .ask::<()>(&["CLIENT", "KILL", "TYPE", "normal"])
        .await;
    let refused = putting.put(&entries[3]).await.unwrap_err();
    let StoreError::Unavailable(cause) = &refused else {
        panic!("{refused:?}");
    };
    assert!(cause.to_string().contains("read only replica"), "{cause}");
    name.lead_to(replica.port());
    putting.put(&entries[3]).await.unwrap();
}

/// The clock of the runtime is stopped while the server is silent, so that its patience ends at once.
#[tokio::test]
async fn a_server_that_vanished_is_asked_once() {
    let setup = Setup::new().await;
    let (replica, name) = replicated(&setup).await;
    let store = RedisStore::new(Client::open(name.url()).unwrap(), keys(1));
    let (one, two) = (
        setup.entry("one.example").await,
        setup.entry("two.example").await,
    );
    store.put(&one).await.unwrap();
    fail_over(&setup, &replica, &name).await;
    // The connection is not even closed, as that to a machine that has lost its network.
    setup.server.hang(true);
    tokio::time::pause();
    let stuck = store.put(&two).await;
    tokio::time::resume();
    assert!(
        matches!(stuck, Err(StoreError::Unavailable(_))),
        "{stuck:?}"
    );
    store.put(&two).await.unwrap();
    assert_eq!(store.list().await.unwrap().len(), 2);
    setup.server.hang(false);
}

//! A cluster of three masters and a replica.

use std::time::Duration;

use alloy_signer_local::PrivateKeySigner;
use lit_sdk::{
    SessionManager, WalletAuth,
    store::{SealingKey, SealingKeys, SessionStore, StoreError, StoredSession},
};
use lit_store_redis::{RedisStore, redis::cluster::ClusterClient};

use crate::{
    proxy::Proxy,
    server::{Server, free_port},
    support::{Setup, any_action, keys},
};

/// The slots of the masters: a third each.
const SLOTS: [(&str, &str); 3] = [("0", "5460"), ("5461", "10922"), ("10923", "16383")];

/// The place of the master whose clients go through a proxy.
const LATE: usize = 1;

struct Cluster {
    masters: Vec<Server>,
    /// Leads to one of the masters.
    late: Proxy,
    /// A replica of the first master.
    replica: Server,
}

impl Cluster {
    async fn start() -> Self {
        let (mut nodes, mut buses) = (Vec::new(), Vec::new());
        let late = Proxy::to(0).await;
        for place in 0..4 {
            let bus = free_port().to_string();
            // 0 is the port of the server itself.
            let port = if place == LATE { late.port() } else { 0 };
            nodes.push(Server::started_with(&[
                "--cluster-announce-port",
                &port.to_string(),
                "--cluster-require-full-coverage",
                "no",
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                &bus,
                "--cluster-node-timeout",
                "1000",
                "--cluster-replica-validity-factor",
                "0",
            ]));
            buses.push(bus);
        }
        late.lead_to(nodes[LATE].port());
        for (node, (from, to)) in nodes.iter().zip(SLOTS) {
            node.ask::<()>(&["CLUSTER", "ADDSLOTSRANGE", from, to])
                .await;
        }
        for (epoch, node) in (1..).zip(&nodes) {
            let epoch = epoch.to_string();
            node.ask::<()>(&["CLUSTER", "SET-CONFIG-EPOCH", &epoch])
                .await;
        }
        for (node, bus) in nodes.iter().zip(&buses).skip(1) {
            let port = node.port().to_string();
            nodes[0]
                .ask::<()>(&["CLUSTER", "MEET", "127.0.0.1", &port, bus])
                .await;
        }
        for node in &nodes {
            until(node, &["CLUSTER", "INFO"], "cluster_state:ok").await;
            until(node, &["CLUSTER", "INFO"], "cluster_known_nodes:4").await;
        }
        let replica = nodes.pop().unwrap();
        let master: String = nodes[0].ask(&["CLUSTER", "MYID"]).await;
        replica.ask::<()>(&["CLUSTER", "REPLICATE", &master]).await;
        until(&replica, &["INFO", "replication"], "master_link_status:up").await;
        for node in &nodes {
            until(node, &["CLUSTER", "NODES"], &format!("slave {master}")).await;
        }
        Self {
            masters: nodes,
            late,
            replica,
        }
    }

    /// A store that knows two of the nodes.
    fn store(&self, keys: SealingKeys) -> RedisStore {
        let nodes = self.masters[..2].iter().map(Server::url);
        RedisStore::on_cluster(ClusterClient::new(nodes).unwrap(), keys)
    }
}

/// Waits until the answer of a server contains this.
async fn until(server: &Server, question: &[&str], text: &str) {
    loop {
        let answer: String = server.ask(question).await;
        if answer.contains(text) {
            return;
        }
        // Not to keep the servers from their work.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Entries of many users, two each.
async fn entries(setup: &Setup) -> Vec<StoredSession> {
    let mut entries = Vec::new();
    for _ in 0..20 {
        let wallet = PrivateKeySigner::random();
        for domain in ["one.example", "two.example"] {
            entries.push(setup.entry_of(&wallet, domain).await);
        }
    }
    entries
}

#[tokio::test]
async fn users_are_spread_and_found_again() {
    let setup = Setup::new().await;
    let cluster = Cluster::start().await;
    let store = cluster.store(keys(1));
    let entries = entries(&setup).await;
    for entry in &entries {
        store.put(entry).await.unwrap();
    }
    for master in &cluster.masters {
        assert!(master.ask::<u64>(&["DBSIZE"]).await > 0);
    }
    assert_eq!(store.list().await.unwrap().len(), 40);
    for entry in &entries {
        let found = store.get(entry.scope()).await.unwrap().unwrap();
        assert_eq!(found.expose_json(), entry.expose_json());
        let owner = entry.scope().owner();
        assert_eq!(store.of_owner(owner).await.unwrap().len(), 2);
    }
    assert!(store.remove(entries[0].scope()).await.unwrap());
    assert!(!store.remove(entries[0].scope()).await.unwrap());
    store.set_aside(&entries[1]).await.unwrap();
    assert!(store.get(entries[1].scope()).await.unwrap().is_none());

    // Under a new key the users are on other servers.
    let both = cluster.store(keys(2).with_previous([SealingKey::new([1; 32])]));
    assert_eq!(both.list().await.unwrap().len(), 38);
    assert!(both.get(entries[2].scope()).await.unwrap().is_some());
    both.put(&entries[3]).await.unwrap();
    assert_eq!(both.rotate().await.unwrap(), 36);
    assert!(store.list().await.unwrap().is_empty());
    let new = cluster.store(keys(2));
    assert_eq!(new.list().await.unwrap().len(), 38);
    store.put(&entries[4]).await.unwrap();
    assert!(both.remove(entries[4].scope()).await.unwrap());
    assert!(store.get(entries[4].scope()).await.unwrap().is_none());
    assert!(new.get(entries[4].scope()).await.unwrap().is_none());

    let manager = SessionManager::new(setup.client.clone()).with_store(new.clone());
    let auth = WalletAuth::new(setup.wallet.clone());
    manager.session(&any_action(), &auth).await.unwrap();
    assert_eq!(manager.sign_out(setup.wallet.address()).await.unwrap(), 1);
    assert_eq!(new.list().await.unwrap().len(), 37);
}

#[tokio::test]
async fn a_replica_takes_over_from_its_master() {
    let setup = Setup::new().await;
    let mut cluster = Cluster::start().await;
    let store = cluster.store(keys(1));
    let entries = entries(&setup).await;
    for entry in &entries {
        store.put(entry).await.unwrap();
    }
    cluster.masters[0].wait_for(&cluster.replica).await;
    cluster.masters[0].stop();
    // A list without the users of that master would be a false one.
    let listed = store.list().await;
    assert!(
        matches!(listed, Err(StoreError::Unavailable(_))),
        "{listed:?}"
    );
    until(&cluster.replica, &["INFO", "replication"], "role:master").await;
    for node in cluster.masters[1..].iter().chain([&cluster.replica]) {
        until(node, &["CLUSTER", "INFO"], "cluster_state:ok").await;
    }
    for entry in &entries {
        assert!(store.get(entry.scope()).await.unwrap().is_some());
        store.put(entry).await.unwrap();
    }
    assert_eq!(store.list().await.unwrap().len(), 40);
    for entry in &entries {
        assert!(store.remove(entry.scope()).await.unwrap());
    }
    assert!(store.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_cluster_goes_and_comes_back() {
    let setup = Setup::new().await;
    let mut cluster = Cluster::start().await;
    let store = cluster.store(keys(1));
    let entries = entries(&setup).await;
    for entry in &entries {
        store.put(entry).await.unwrap();
    }
    let Cluster {
        masters, replica, ..
    } = &mut cluster;
    for server in masters.iter_mut().chain([&mut *replica]) {
        server.stop();
    }
    let gone = store.get(entries[0].scope()).await;
    assert!(matches!(gone, Err(StoreError::Unavailable(_))), "{gone:?}");
    for server in masters.iter_mut().chain([&mut *replica]) {
        server.restart();
    }
    for server in &*masters {
        until(server, &["CLUSTER", "INFO"], "cluster_state:ok").await;
    }
    for entry in &entries {
        assert!(store.get(entry.scope()).await.unwrap().is_some());
    }
    assert_eq!(store.list().await.unwrap().len(), 40);
}

#[tokio::test]
async fn a_prefix_must_leave_the_hash_tag() {
    let setup = Setup::new().await;
    let cluster = Cluster::start().await;
    let entry = setup.entry("one.example").await;
    for prefix in ["{}:", "{", "a{:"] {
        let store = cluster.store(keys(1)).with_prefix(prefix);
        let refused = store.put(&entry).await.unwrap_err();
        let StoreError::Unavailable(cause) = &refused else {
            panic!("{prefix}: {refused:?}");
        };
        assert!(cause.to_string().contains("CrossSlot"), "{prefix}: {cause}");
    }
    for prefix in ["{app}:", "}:", ""] {
        let store = cluster.store(keys(1)).with_prefix(prefix);
        store.put(&entry).await.unwrap();
        assert_eq!(store.list().await.unwrap().len(), 1, "{prefix}");
        assert!(store.remove(entry.scope()).await.unwrap(), "{prefix}");
    }
}

/// A store that connects while a server hangs, which is one of those that it knows, reaches the users of the others in time.
#[tokio::test]
async fn a_node_that_hangs_leaves_time_for_the_others() {
    let setup = Setup::new().await;
    let cluster = Cluster::start().await;
    let entry = loop {
        let wallet = PrivateKeySigner::random();
        let entry = setup.entry_of(&wallet, "one.example").await;
        cluster.store(keys(1)).put(&entry).await.unwrap();
        if cluster.masters[LATE].ask::<u64>(&["DBSIZE"]).await == 0 {
            break entry;
        }
        cluster.store(keys(1)).remove(entry.scope()).await.unwrap();
    };
    cluster.masters[LATE].hang(true);
    let found = cluster.store(keys(1)).get(entry.scope()).await;
    assert_eq!(found.unwrap().unwrap().public_key(), entry.public_key());
}

/// In a cluster the two names of an entry are on different servers, and one of them may answer late.
#[tokio::test]
async fn an_entry_that_is_being_moved_is_found() {
    let setup = Setup::new().await;
    let cluster = Cluster::start().await;
    let program = |current, previous| {
        let previous = SealingKey::new([previous; 32]);
        cluster.store(keys(current).with_previous([previous]))
    };
    // While the new key is being rolled out, programs move entries in both directions.
    for (from, to) in [(1, 2), (2, 1)] {
        let entry = entry_on_late_node(&setup, &cluster, from, to).await;
        for reader in [program(1, 2), program(2, 1)] {
            cluster.store(keys(from)).put(&entry).await.unwrap();
            // It has its connections.
            reader.list().await.unwrap();
            let mut held = cluster.late.hold("MGET");
            let scope = entry.scope().clone();
            let reading = tokio::spawn(async move { reader.get(&scope).await });
            held.reached().await;
            assert_eq!(program(to, from).rotate().await.unwrap(), 1);
            held.go();
            let found = reading.await.unwrap().unwrap().unwrap();
            assert_eq!(found.public_key(), entry.public_key());
            assert!(program(to, from).remove(entry.scope()).await.unwrap());
        }
    }
}

/// An entry that is on the node that can answer late under one key, and on another node under the other key.
async fn entry_on_late_node(
    setup: &Setup,
    cluster: &Cluster,
    under: u8,
    elsewhere_under: u8,
) -> StoredSession {
    loop {
        let entry = setup
            .entry_of(&PrivateKeySigner::random(), "one.example")
            .await;
        let is_there = async |key| {
            let store = cluster.store(keys(key));
            store.put(&entry).await.unwrap();
            let kept: u64 = cluster.masters[LATE].ask(&["DBSIZE"]).await;
            assert!(store.remove(entry.scope()).await.unwrap());
            kept > 0
        };
        if is_there(under).await && !is_there(elsewhere_under).await {
            return entry;
        }
    }
}

//! A master that fails, and a sentinel that promotes its replica.

use std::{
    collections::HashMap,
    fs,
    process::{Child, Command},
    time::Duration,
};

use lit_sdk::store::{SessionStore, StoreError};
use lit_store_redis::{
    RedisStore,
    redis::{
        Client,
        sentinel::{SentinelClient, SentinelServerType},
    },
};
use lit_test_fakes::{TempDir, temp_dir};

use crate::{
    server::{Log, Server, ask, free_port, start, wait_for},
    support::{Setup, keys},
};

struct Sentinel {
    port: u16,
    process: Child,
    log: Log,
    _directory: TempDir,
}

impl Sentinel {
    /// Watches a master, and knows its replica.
    fn of(master: &Server, replica: &Server) -> Self {
        let (directory, port) = (temp_dir(), free_port());
        let (file, master) = (directory.path().join("sentinel.conf"), master.port());
        let config = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor sessions 127.0.0.1 {master} 1\n\
             sentinel down-after-milliseconds sessions 300\nsentinel failover-timeout sessions 2000\n"
        );
        fs::write(&file, config).unwrap();
        let mut command = Command::new("redis-server");
        command.arg(&file).arg("--sentinel");
        let (process, mut log) = start(&mut command, "+monitor master sessions");
        wait_for(
            &mut log,
            &format!("+slave slave 127.0.0.1:{}", replica.port()),
        );
        Self {
            port,
            process,
            log,
            _directory: directory,
        }
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Waits until it can promote the replica.
    async fn wait_for_replica(&self) {
        loop {
            let replicas: Vec<HashMap<String, String>> =
                ask(&self.url(), &["SENTINEL", "REPLICAS", "sessions"]).await;
            if replicas.iter().any(|it| it["master-link-status"] == "ok") {
                return;
            }
            // Not to keep the servers from their work.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until it has made another server the master.
    fn wait_for_switch(&mut self, from: &Server, to: &Server) {
        let (from, to) = (from.port(), to.port());
        let switch = format!("+switch-master sessions 127.0.0.1 {from} 127.0.0.1 {to}");
        wait_for(&mut self.log, &switch);
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[tokio::test]
async fn the_store_follows_the_master() {
    let mut setup = Setup::new().await;
    let port = setup.server.port().to_string();
    let replica = Server::started_with(&["--replicaof", "127.0.0.1", &port]);
    setup.server.wait_for(&replica).await;
    let mut sentinel = Sentinel::of(&setup.server, &replica);
    // The first sentinel of the list is gone.
    let gone = format!("redis://127.0.0.1:{}", free_port());
    let client = SentinelClient::build(
        vec![gone, sentinel.url()],
        String::from("sessions"),
        None,
        SentinelServerType::Master,
    );
    let store = RedisStore::behind_sentinels(client.unwrap(), keys(1));
    let mut entries = Vec::new();
    for index in 0..3 {
        entries.push(setup.entry(&format!("{index}.example")).await);
    }
    store.put(&entries[0]).await.unwrap();
    setup.server.wait_for(&replica).await;

    setup.server.stop();
    // Until the sentinel knows, there is nobody to write to.
    if let Err(error) = store.put(&entries[1]).await {
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    }
    sentinel.wait_for_switch(&setup.server, &replica);
    store.put(&entries[2]).await.unwrap();
    let found = store.get(entries[0].scope()).await.unwrap().unwrap();
    assert_eq!(found.public_key(), entries[0].public_key());
    assert!(store.remove(entries[0].scope()).await.unwrap());
    let on_new = RedisStore::new(Client::open(replica.url()).unwrap(), keys(1));
    assert!(on_new.get(entries[2].scope()).await.unwrap().is_some());
}

/// A planned failover, for maintenance: the old master stays, and becomes a replica.
#[tokio::test]
async fn the_store_follows_a_planned_failover() {
    let setup = Setup::new().await;
    let port = setup.server.port().to_string();
    let replica = Server::started_with(&["--replicaof", "127.0.0.1", &port]);
    setup.server.wait_for(&replica).await;
    let mut sentinel = Sentinel::of(&setup.server, &replica);
    let client = SentinelClient::build(
        vec![sentinel.url()],
        String::from("sessions"),
        None,
        SentinelServerType::Master,
    );
    let store = RedisStore::behind_sentinels(client.unwrap(), keys(1));
    let (one, two) = (
        setup.entry("one.example").await,
        setup.entry("two.example").await,
    );
    store.put(&one).await.unwrap();
    setup.server.wait_for(&replica).await;

    sentinel.wait_for_replica().await;
    ask::<()>(&sentinel.url(), &["SENTINEL", "FAILOVER", "sessions"]).await;
    sentinel.wait_for_switch(&setup.server, &replica);
    // The sentinel makes the old master a replica, and closes all connections to it.
    replica.wait_for_a_replica().await;
    store.put(&two).await.unwrap();
    let on_new = RedisStore::new(Client::open(replica.url()).unwrap(), keys(1));
    for entry in [&one, &two] {
        let found = on_new.get(entry.scope()).await.unwrap().unwrap();
        assert_eq!(found.public_key(), entry.public_key());
    }
    assert!(store.remove(one.scope()).await.unwrap());
    assert_eq!(on_new.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_unknown_master_is_an_error() {
    let setup = Setup::new().await;
    let client = |name: &str| {
        let sentinels = vec![setup.server.url()];
        let master = SentinelServerType::Master;
        SentinelClient::build(sentinels, String::from(name), None, master).unwrap()
    };
    let entry = setup.entry("one.example").await;
    // This is not even a sentinel.
    let store = RedisStore::behind_sentinels(client("sessions"), keys(1));
    let refused = store.put(&entry).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
}

use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{
    LitNodeClient, Right, SessionRequest, WalletAuth,
    store::{NetworkId, SealingKey, SealingKeys, SessionOwner, SessionScope, StoredSession},
};
use lit_store_redis::{RedisStore, redis};

use crate::server::Server;

pub(crate) fn keys(seed: u8) -> SealingKeys {
    SealingKeys::new(SealingKey::new([seed; 32]))
}

pub(crate) fn any_action() -> SessionRequest {
    SessionRequest::new([Right::run_any_action()])
}

pub(crate) struct Setup {
    pub(crate) server: Server,
    pub(crate) network: Devnet,
    pub(crate) client: LitNodeClient,
    pub(crate) wallet: PrivateKeySigner,
}

impl Setup {
    pub(crate) async fn new() -> Self {
        let network = Devnet::builder().with_nodes(3).start().await.unwrap();
        let client = LitNodeClient::connect(&network).await.unwrap();
        Self {
            server: Server::start(),
            network,
            client,
            wallet: lit_test_fakes::wallet(),
        }
    }

    pub(crate) fn store(&self, keys: SealingKeys) -> RedisStore {
        RedisStore::new(redis::Client::open(self.server.url()).unwrap(), keys)
    }

    pub(crate) fn scope(&self, request: &SessionRequest) -> SessionScope {
        self.scope_of(&self.wallet, request)
    }

    fn scope_of(&self, wallet: &PrivateKeySigner, request: &SessionRequest) -> SessionScope {
        let owner = SessionOwner {
            network: NetworkId::of(&self.client),
            user: wallet.address().into(),
        };
        SessionScope::of(owner, request).unwrap()
    }

    pub(crate) async fn entry(&self, domain: &str) -> StoredSession {
        self.entry_of(&self.wallet, domain).await
    }

    pub(crate) async fn entry_of(&self, wallet: &PrivateKeySigner, domain: &str) -> StoredSession {
        let request = any_action().with_domain(domain);
        let auth = WalletAuth::new(wallet.clone());
        let session = self.client.session(&request, &auth).await.unwrap();
        StoredSession::new(self.scope_of(wallet, &request), &session)
    }

    /// Sets the memory that Redis may use, in bytes; 0 for any. Nothing is evicted.
    pub(crate) async fn limit_memory(&self, bytes: &str) {
        let set = ["CONFIG", "SET", "maxmemory", bytes];
        self.server.ask::<()>(&set).await;
    }

    pub(crate) async fn raw<T: redis::FromRedisValue>(&self, command: &[&[u8]]) -> T {
        let client = redis::Client::open(self.server.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut cmd = redis::Cmd::new();
        for word in command {
            cmd.arg(*word);
        }
        cmd.query_async(&mut connection).await.unwrap()
    }

    /// A store with names that start like this.
    pub(crate) fn store_under(&self, prefix: &str) -> RedisStore {
        self.store(keys(1)).with_prefix(prefix)
    }

    /// All keys of a kind.
    pub(crate) async fn names(&self, kind: &str) -> Vec<String> {
        let pattern = format!("lit:session:{kind}:*");
        self.raw(&[b"KEYS", pattern.as_bytes()]).await
    }
}

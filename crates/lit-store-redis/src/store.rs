use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use lit_sdk::store::{
    CorruptEntry, SealError, SealingKey, SealingKeys, SessionOwner, SessionScope, SessionStore,
    StoreError, StoredSession,
};
use rand_core::OsRng;
use redis::{Client, Cmd, cmd};

use crate::{
    connection::{Connection, Node, Server},
    names::Names,
    scripts::{PUT, REMOVE, SET_ASIDE, eval},
};

/// Stores encrypted sessions in Redis.
///
/// It needs Redis 6.2 or later: one server ([`RedisStore::new`]), the master that sentinels name (`RedisStore::behind_sentinels`,
/// feature `sentinel`), or a cluster (`RedisStore::on_cluster`, feature `cluster`). Entries are sealed with XChaCha20-Poly1305,
/// bound to their names, and names are keyed hashes.
///
/// Entries expire with their sessions. The store connects on first use. A call on a lost connection connects again and retries
/// once, and then fails with [`StoreError::Unavailable`]; a server that has become a replica counts as lost. A call without an
/// answer within 2 seconds fails too; Redis may still carry it out. A server without memory refuses new entries with
/// [`StoreError::Full`], and still reads and removes.
///
/// To rotate keys, open the store with a new current key and the old ones as previous. Entries are sealed again when they
/// are read; [`RedisStore::rotate`] does so for all. Then drop the old keys.
#[derive(Clone)]
pub struct RedisStore {
    pub(crate) connection: Connection,
    pub(crate) keys: SealingKeys,
    pub(crate) names: Names,
}

/// The lifetime of a user's index after the last change: longer than any session.
pub(crate) const INDEX_SECONDS: u64 = 31 * 24 * 60 * 60;
/// The lifetime of an entry that was set aside.
const ASIDE_SECONDS: u64 = 7 * 24 * 60 * 60;
/// The number of entries that are read at once.
const BATCH: usize = 500;

impl RedisStore {
    /// The default prefix of all names.
    pub const PREFIX: &'static str = "lit:session:";

    /// A store on this server. It connects on first use.
    ///
    /// `rediss://` addresses need the feature `tls`; without it `Client::open` refuses them.
    #[must_use]
    pub fn new(client: Client, keys: SealingKeys) -> Self {
        Self::on(Server::One(Box::new(client)), keys)
    }

    /// A store on the master that sentinels name. It connects on first use, and asks the sentinels again after a loss.
    ///
    /// The client is one for [`SentinelServerType::Master`](redis::sentinel::SentinelServerType::Master).
    ///
    /// ```
    /// use lit_sdk::store::SealingKeys;
    /// use lit_store_redis::{RedisStore, redis::{RedisError, sentinel::{SentinelClient, SentinelServerType}}};
    ///
    /// fn store(keys: SealingKeys) -> Result<RedisStore, RedisError> {
    ///     let sentinels = vec!["redis://10.0.0.1:26379", "redis://10.0.0.2:26379", "redis://10.0.0.3:26379"];
    ///     let client = SentinelClient::build(sentinels, String::from("sessions"), None, SentinelServerType::Master)?;
    ///     Ok(RedisStore::behind_sentinels(client, keys))
    /// }
    /// ```
    #[cfg(feature = "sentinel")]
    #[must_use]
    pub fn behind_sentinels(client: redis::sentinel::SentinelClient, keys: SealingKeys) -> Self {
        let client = tokio::sync::Mutex::new(client);
        Self::on(Server::Sentinels(Box::new(client)), keys)
    }

    /// A store on a cluster. It connects on first use to the nodes of the client, which name the other nodes.
    ///
    /// All keys of a user have the same hash tag, so that they are on one server. The store sets the timeouts of the client.
    ///
    /// ```
    /// use lit_sdk::store::SealingKeys;
    /// use lit_store_redis::{RedisStore, redis::{RedisError, cluster::ClusterClient}};
    ///
    /// fn store(keys: SealingKeys) -> Result<RedisStore, RedisError> {
    ///     let client = ClusterClient::new(["redis://10.0.0.1:6379", "redis://10.0.0.2:6379"])?;
    ///     Ok(RedisStore::on_cluster(client, keys))
    /// }
    /// ```
    #[cfg(feature = "cluster")]
    #[must_use]
    pub fn on_cluster(client: redis::cluster::ClusterClient, keys: SealingKeys) -> Self {
        Self::on(Server::Cluster(Box::new(client)), keys)
    }

    fn on(server: Server, keys: SealingKeys) -> Self {
        Self {
            connection: Connection::new(server),
            keys,
            names: Names::new(Self::PREFIX.to_owned()),
        }
    }

    /// Sets the prefix of all names, so that several stores can share a server. Default: [`RedisStore::PREFIX`].
    ///
    /// Braces in a prefix are a hash tag to a cluster: `{app}:` keeps all users on one server. Without a closing brace, or with
    /// nothing in the braces, a cluster refuses all entries.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.names = Names::new(prefix.into());
        self
    }

    /// All keys, the current one first.
    fn ring(&self) -> impl Iterator<Item = &SealingKey> {
        std::iter::once(self.keys.current()).chain(self.keys.previous())
    }

    /// All keys, in an order that misses no entry that moves from one to another meanwhile: a rotation makes the new form before it
    /// removes the old one, and a program may have any of the keys as its current one.
    fn moving(&self) -> impl Iterator<Item = &SealingKey> {
        let previous = self.keys.previous();
        (previous.iter())
            .chain([self.keys.current()])
            .chain(previous)
    }

    pub(crate) fn seal(&self, entry: &StoredSession, name: &str) -> Vec<u8> {
        let json = entry.expose_json();
        self.keys.seal(json.as_bytes(), name.as_bytes(), &mut OsRng)
    }

    /// Opens a sealed entry, or sets it aside.
    async fn open(&self, name: &str, sealed: Vec<u8>) -> Result<Option<Found>, StoreError> {
        let opened = match self.keys.open(&sealed, name.as_bytes()) {
            Ok(opened) => opened,
            Err(SealError::UnknownKey) => {
                tracing::debug!("unknown sealing key; the stored session is ignored");
                return Ok(None);
            }
            Err(_) => {
                return self
                    .put_aside(name, &sealed, &CorruptEntry::Undecryptable)
                    .await;
            }
        };
        let json = std::str::from_utf8(&opened.secret).map_err(|_| CorruptEntry::NotUtf8);
        let entry = json.and_then(StoredSession::from_json).and_then(|entry| {
            let is_its_name = self
                .ring()
                .any(|key| self.names.session(key, entry.scope()) == name);
            is_its_name.then_some(entry).ok_or(CorruptEntry::WrongScope)
        });
        match entry {
            Ok(entry) => Ok(Some(Found {
                current: opened.current
                    && name == self.names.session(self.keys.current(), entry.scope()),
                name: name.to_owned(),
                sealed,
                entry,
            })),
            Err(problem) => self.put_aside(name, &sealed, &problem).await,
        }
    }

    /// Sets an invalid entry aside, unless it has been replaced.
    async fn put_aside<T>(
        &self,
        name: &str,
        sealed: &[u8],
        problem: &CorruptEntry,
    ) -> Result<Option<T>, StoreError> {
        let mut command = eval(SET_ASIDE, &[name, &self.names.aside(name)]);
        command.arg(sealed).arg(ASIDE_SECONDS);
        let moved: bool = self.connection.run(&command).await?;
        if moved {
            let problem: &(dyn std::error::Error + 'static) = problem;
            tracing::warn!(problem, name, "a stored session is corrupt; set aside");
        }
        Ok(None)
    }

    /// The entries of these names. On a cluster the client asks each server for its own.
    async fn read(&self, names: &[String]) -> Result<Vec<Found>, StoreError> {
        let mut found = Vec::new();
        for names in names.chunks(BATCH) {
            let mut command = cmd("MGET");
            command.arg(names);
            let values: Vec<Option<Vec<u8>>> = self.connection.run(&command).await?;
            for (name, value) in names.iter().zip(values) {
                if let Some(value) = value {
                    found.extend(self.open(name, value).await?);
                }
            }
        }
        Ok(found)
    }

    /// All entries.
    pub(crate) async fn all(&self) -> Result<Vec<Found>, StoreError> {
        let mut names = Vec::new();
        for node in self.connection.nodes().await? {
            names.extend(self.scan(&node).await?);
        }
        // A scan may return a name twice, and so may two nodes while a cluster moves it.
        names.sort_unstable();
        names.dedup();
        self.read(&names).await
    }

    /// The names of all entries on a node.
    async fn scan(&self, node: &Node) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        let mut cursor = 0_u64;
        loop {
            let mut command = cmd("SCAN");
            command.arg(cursor).arg("MATCH").arg(self.names.pattern());
            command.arg("COUNT").arg(BATCH);
            let (next, batch): (u64, Vec<String>) = self.connection.run_on(node, &command).await?;
            names.extend(batch);
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        names.retain(|name| self.names.is_session(name));
        Ok(names)
    }

    /// The command that removes an entry, also one that was set aside.
    fn removal(&self, name: &str) -> Cmd {
        eval(
            REMOVE,
            &[name, &self.names.index(name), &self.names.aside(name)],
        )
    }

    /// The names of an entry: under the current key, then under the previous ones.
    fn names_of(&self, scope: &SessionScope) -> Vec<String> {
        let names = self.ring().map(|key| self.names.session(key, scope));
        names.collect()
    }
}

/// An entry with its name and ciphertext.
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) sealed: Vec<u8>,
    pub(crate) entry: StoredSession,
    /// Whether the current key made the name and the ciphertext.
    pub(crate) current: bool,
}

/// The expiration in milliseconds since 1970.
pub(crate) fn end_of(entry: &StoredSession) -> i64 {
    entry.bundle().expiration().unix_millis()
}

/// One entry per scope. Entries under the current key win.
fn distinct(mut found: Vec<Found>) -> Vec<StoredSession> {
    found.sort_by_key(|found| found.current);
    let by_scope: HashMap<_, _> = found
        .into_iter()
        .map(|found| (found.entry.scope().key(), found.entry))
        .collect();
    by_scope.into_values().collect()
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn get(&self, scope: &SessionScope) -> Result<Option<StoredSession>, StoreError> {
        let names = self.names_of(scope);
        let mut found = self.read(&names).await?;
        if found.is_empty() && names.len() > 1 && self.connection.is_cluster() {
            // The names are on different servers, and the entry may have moved from one to another between their answers.
            for key in self.moving() {
                let name = self.names.session(key, scope);
                found.extend(self.read(&[name]).await?);
            }
        }
        found.sort_by_key(|found| names.iter().position(|name| *name == found.name));
        let Some(found) = found.into_iter().find(|found| found.entry.scope() == scope) else {
            return Ok(None);
        };
        if !found.current
            && let Err(error) = self.seal_again(&found).await
        {
            // The entry is valid as it is. The next read tries again.
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::warn!(error, "a session stays sealed under a previous key");
        }
        Ok(Some(found.entry))
    }

    async fn put(&self, entry: &StoredSession) -> Result<(), StoreError> {
        let (names, end) = (self.names_of(entry.scope()), end_of(entry));
        let (name, old) = (&names[0], &names[1..]);
        let mut command = eval(PUT, &[name, &self.names.index(name)]);
        command.arg(self.seal(entry, name)).arg(end);
        // A session lasts at most 30 days, so older ones have expired.
        let ended = end - 1000 * INDEX_SECONDS.cast_signed();
        command.arg(INDEX_SECONDS).arg(ended);
        self.connection.run::<u8>(&command).await?;
        for name in old {
            self.connection.run::<u8>(&self.removal(name)).await?;
        }
        Ok(())
    }

    async fn remove(&self, scope: &SessionScope) -> Result<bool, StoreError> {
        let mut removed = 0;
        for key in self.moving() {
            let removal = self.removal(&self.names.session(key, scope));
            removed += self.connection.run::<u8>(&removal).await?;
        }
        Ok(removed > 0)
    }

    async fn set_aside(&self, refused: &StoredSession) -> Result<(), StoreError> {
        for found in self.read(&self.names_of(refused.scope())).await? {
            if found.entry.expose_json() == refused.expose_json() {
                self.put_aside::<()>(&found.name, &found.sealed, &CorruptEntry::Refused)
                    .await?;
            }
        }
        Ok(())
    }

    async fn of_owner(&self, owner: &SessionOwner) -> Result<Vec<StoredSession>, StoreError> {
        let mut found = Vec::new();
        for key in self.moving() {
            let mut command = cmd("ZRANGE");
            command.arg(self.names.owner(key, owner)).arg(0).arg(-1);
            let mut names: Vec<String> = self.connection.run(&command).await?;
            names.retain(|name| self.names.is_session(name));
            found.extend(self.read(&names).await?);
        }
        found.retain(|found| found.entry.scope().owner() == owner);
        Ok(distinct(found))
    }

    async fn list(&self) -> Result<Vec<StoredSession>, StoreError> {
        Ok(distinct(self.all().await?))
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use lit_sdk::store::{
    CorruptEntry, SealError, SealingKey, SealingKeys, SessionOwner, SessionScope, SessionStore,
    StoreError, StoredSession,
};
use rand_core::OsRng;
use redis::{Client, Pipeline};

use crate::{connection::Connection, names::Names};

/// Stores encrypted sessions in Redis.
///
/// It needs Redis 6.2 or later, with or without replicas, without a cluster. Entries are sealed with XChaCha20-Poly1305, bound to
/// their names, and names are keyed hashes.
///
/// Entries expire with their sessions. The store connects on first use, and reconnects after a loss: a call on a lost
/// connection retries once, and then fails with [`StoreError::Unavailable`]. A call without an answer within 2 seconds fails
/// too; Redis may still carry it out.
///
/// To rotate keys, open the store with a new current key and the old ones as previous. Entries are sealed again when they
/// are read; [`RedisStore::rotate`] does so for all. Then drop the old keys.
#[derive(Clone)]
pub struct RedisStore {
    connection: Connection,
    keys: SealingKeys,
    names: Names,
}

/// The lifetime of a user's index after the last change: longer than any session.
const INDEX_SECONDS: u64 = 31 * 24 * 60 * 60;
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
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] for an invalid configuration of the client.
    pub fn new(client: Client, keys: SealingKeys) -> Result<Self, StoreError> {
        Ok(Self {
            connection: Connection::new(client)?,
            keys,
            names: Names::new(Self::PREFIX.to_owned()),
        })
    }

    /// Sets the prefix of all names, so that several stores can share a server. Default: [`RedisStore::PREFIX`].
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.names = Names::new(prefix.into());
        self
    }

    /// Seals the entries under previous keys with the current key. Returns their number.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rotate(&self) -> Result<usize, StoreError> {
        let mut rotated = 0;
        for names in self.scan().await?.chunks(BATCH) {
            for found in self.read(names).await? {
                if !found.current {
                    rotated += usize::from(self.seal_again(&found).await?);
                }
            }
        }
        Ok(rotated)
    }

    /// All keys, the current one first.
    fn ring(&self) -> impl Iterator<Item = &SealingKey> {
        std::iter::once(self.keys.current()).chain(self.keys.previous())
    }

    fn seal(&self, entry: &StoredSession, name: &str) -> Vec<u8> {
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
        const SCRIPT: &str = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
            redis.call('RENAME', KEYS[1], KEYS[2])
            redis.call('EXPIRE', KEYS[2], ARGV[2])
            return 1";
        let mut command = Pipeline::new();
        command
            .cmd("EVAL")
            .arg(SCRIPT)
            .arg(2)
            .arg(name)
            .arg(self.names.aside(name));
        command.arg(sealed).arg(ASIDE_SECONDS);
        let (moved,): (bool,) = self.connection.run(&command).await?;
        if moved {
            let problem: &(dyn std::error::Error + 'static) = problem;
            tracing::warn!(problem, name, "a stored session is corrupt; set aside");
        }
        Ok(None)
    }

    /// Seals an entry with the current key, unless it has been replaced.
    async fn seal_again(&self, found: &Found) -> Result<bool, StoreError> {
        const SCRIPT: &str = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
            redis.call('DEL', KEYS[1])
            redis.call('ZREM', KEYS[2], KEYS[1])
            redis.call('SET', KEYS[3], ARGV[2], 'NX', 'PXAT', ARGV[3])
            redis.call('ZADD', KEYS[4], ARGV[3], KEYS[3])
            redis.call('EXPIRE', KEYS[4], ARGV[4])
            return 1";
        let scope = found.entry.scope();
        let current = self.keys.current();
        let name = self.names.session(current, scope);
        // The key of the entry's name is also the key of its index.
        let old = self
            .ring()
            .find(|key| self.names.session(key, scope) == found.name);
        let old = old.unwrap_or(current);
        let mut command = Pipeline::new();
        command.cmd("EVAL").arg(SCRIPT).arg(4);
        command
            .arg(&found.name)
            .arg(self.names.owner(old, scope.owner()));
        command
            .arg(&name)
            .arg(self.names.owner(current, scope.owner()));
        command
            .arg(&found.sealed)
            .arg(self.seal(&found.entry, &name));
        command.arg(end_of(&found.entry)).arg(INDEX_SECONDS);
        let (done,): (bool,) = self.connection.run(&command).await?;
        Ok(done)
    }

    /// The entries of these names.
    async fn read(&self, names: &[String]) -> Result<Vec<Found>, StoreError> {
        let mut found = Vec::new();
        for names in names.chunks(BATCH) {
            let mut command = Pipeline::new();
            command.cmd("MGET").arg(names);
            let (values,): (Vec<Option<Vec<u8>>>,) = self.connection.run(&command).await?;
            for (name, value) in names.iter().zip(values) {
                if let Some(value) = value {
                    found.extend(self.open(name, value).await?);
                }
            }
        }
        Ok(found)
    }

    /// The names of all entries.
    async fn scan(&self) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        let mut cursor = 0_u64;
        loop {
            let mut command = Pipeline::new();
            command
                .cmd("SCAN")
                .arg(cursor)
                .arg("MATCH")
                .arg(self.names.pattern());
            command.arg("COUNT").arg(BATCH);
            let ((next, batch),): ((u64, Vec<String>),) = self.connection.run(&command).await?;
            names.extend(batch);
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        names.retain(|name| self.names.is_session(name));
        // A scan may return a name twice.
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}

/// An entry with its name and ciphertext.
struct Found {
    name: String,
    sealed: Vec<u8>,
    entry: StoredSession,
    /// Whether the current key made the name and the ciphertext.
    current: bool,
}

/// The expiration in milliseconds since 1970.
fn end_of(entry: &StoredSession) -> i64 {
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
        let names: Vec<String> = self
            .ring()
            .map(|key| self.names.session(key, scope))
            .collect();
        let found = self.read(&names).await?;
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
        let (scope, end) = (entry.scope(), end_of(entry));
        let current = self.keys.current();
        let name = self.names.session(current, scope);
        let index = self.names.owner(current, scope.owner());
        let mut commands = Pipeline::new();
        commands.atomic();
        let sealed = self.seal(entry, &name);
        commands
            .cmd("SET")
            .arg(&name)
            .arg(sealed)
            .arg("PXAT")
            .arg(end)
            .ignore();
        commands
            .cmd("ZADD")
            .arg(&index)
            .arg(end)
            .arg(&name)
            .ignore();
        commands
            .cmd("EXPIRE")
            .arg(&index)
            .arg(INDEX_SECONDS)
            .ignore();
        // A session lasts at most 30 days, so these have expired.
        let ended = end - 1000 * INDEX_SECONDS.cast_signed();
        commands
            .cmd("ZREMRANGEBYSCORE")
            .arg(&index)
            .arg("-inf")
            .arg(ended)
            .ignore();
        for key in self.keys.previous() {
            let old = self.names.session(key, scope);
            commands.cmd("DEL").arg(&old).ignore();
            commands
                .cmd("ZREM")
                .arg(self.names.owner(key, scope.owner()))
                .arg(old)
                .ignore();
        }
        self.connection.run(&commands).await
    }

    async fn remove(&self, scope: &SessionScope) -> Result<bool, StoreError> {
        let mut commands = Pipeline::new();
        commands.atomic();
        for key in self.ring() {
            let name = self.names.session(key, scope);
            commands.cmd("DEL").arg(&name).arg(self.names.aside(&name));
            commands
                .cmd("ZREM")
                .arg(self.names.owner(key, scope.owner()))
                .arg(name)
                .ignore();
        }
        let removed: Vec<u64> = self.connection.run(&commands).await?;
        Ok(removed.into_iter().sum::<u64>() > 0)
    }

    async fn set_aside(&self, refused: &StoredSession) -> Result<(), StoreError> {
        let scope = refused.scope();
        let names: Vec<String> = self
            .ring()
            .map(|key| self.names.session(key, scope))
            .collect();
        for found in self.read(&names).await? {
            if found.entry.expose_json() == refused.expose_json() {
                self.put_aside::<()>(&found.name, &found.sealed, &CorruptEntry::Refused)
                    .await?;
            }
        }
        Ok(())
    }

    async fn of_owner(&self, owner: &SessionOwner) -> Result<Vec<StoredSession>, StoreError> {
        let mut commands = Pipeline::new();
        for key in self.ring() {
            commands
                .cmd("ZRANGE")
                .arg(self.names.owner(key, owner))
                .arg(0)
                .arg(-1);
        }
        let names: Vec<Vec<String>> = self.connection.run(&commands).await?;
        let mut found = self.read(&names.concat()).await?;
        found.retain(|found| found.entry.scope().owner() == owner);
        Ok(distinct(found))
    }

    async fn list(&self) -> Result<Vec<StoredSession>, StoreError> {
        Ok(distinct(self.read(&self.scan().await?).await?))
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

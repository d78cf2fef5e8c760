use alloy_primitives::hex;
use lit_sdk::store::{SealingKey, SessionOwner, SessionScope};

/// The names of keys in Redis.
///
/// They are keyed hashes, so that nobody without the sealing key can guess the user of a session.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    prefix: String,
}

impl Names {
    pub(crate) fn new(prefix: String) -> Self {
        Self { prefix }
    }

    /// The name of an entry.
    pub(crate) fn session(&self, key: &SealingKey, scope: &SessionScope) -> String {
        self.name('s', key, scope.key().as_bytes())
    }

    /// The name of a user's index: a sorted set of the names of entries, by expiration.
    pub(crate) fn owner(&self, key: &SealingKey, owner: &SessionOwner) -> String {
        self.name('o', key, owner.key().as_bytes())
    }

    /// The name for an entry that is set aside.
    pub(crate) fn aside(&self, session: &str) -> String {
        let name = session.rsplit_once(':').map_or(session, |(_, name)| name);
        format!("{}x:{name}", self.prefix)
    }

    /// A pattern that matches all entries, and possibly other keys.
    pub(crate) fn pattern(&self) -> String {
        let mut pattern = String::with_capacity(self.prefix.len() + 3);
        for character in self.prefix.chars() {
            if matches!(character, '*' | '?' | '[' | ']' | '^' | '-' | '\\') {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        pattern + "s:*"
    }

    /// Whether this is the name of an entry, and not a name of a store with a longer prefix.
    pub(crate) fn is_session(&self, name: &str) -> bool {
        let hash = name.strip_prefix(&self.prefix);
        let hash = hash.and_then(|name| name.strip_prefix("s:"));
        hash.is_some_and(|hash| {
            hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    }

    fn name(&self, kind: char, key: &SealingKey, hash: &[u8; 32]) -> String {
        let name = key.name_of(&[&[kind as u8], hash.as_slice()].concat());
        format!("{}{kind}:{}", self.prefix, hex::encode(name))
    }
}

use alloy_primitives::hex;
use lit_sdk::{
    session_crypto::SealingKey,
    store::{SessionOwner, SessionScope},
};

/// The names of keys in Redis. They are made with a sealing key, so that they say nothing to those who do not have it, not
/// even by guessing who has a session.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    prefix: String,
}

impl Names {
    pub(crate) fn new(prefix: String) -> Self {
        Self { prefix }
    }

    /// An entry.
    pub(crate) fn session(&self, key: &SealingKey, scope: &SessionScope) -> String {
        self.name('s', key, scope.key().as_bytes())
    }

    /// The sorted set of the names of a user's entries, by the time they end.
    pub(crate) fn owner(&self, key: &SealingKey, owner: &SessionOwner) -> String {
        self.name('o', key, owner.key().as_bytes())
    }

    /// Where an entry goes that cannot be used.
    pub(crate) fn aside(&self, session: &str) -> String {
        let name = session.rsplit_once(':').map_or(session, |(_, name)| name);
        format!("{}x:{name}", self.prefix)
    }

    /// A pattern that matches all entries, and perhaps other keys.
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

    /// Whether this is the name of an entry, and not that of another store whose prefix is longer.
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

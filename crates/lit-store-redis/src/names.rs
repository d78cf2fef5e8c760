use alloy_primitives::hex;
use lit_sdk::store::{SealingKey, SessionOwner, SessionScope};

/// The names of keys in Redis.
///
/// They are keyed hashes, so that nobody without the sealing key can guess the user of a session. All names of a user have the
/// same hash tag, the part in braces, so that a cluster keeps them on one server:
///
/// ```text
/// <prefix>s:{<user>}:<scope>     an entry
/// <prefix>x:{<user>}:<scope>     an entry that was set aside
/// <prefix>o:{<user>}             the index of a user
/// ```
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
        let owner = hash('o', key, scope.owner().key().as_bytes());
        let scope = hash('s', key, scope.key().as_bytes());
        format!("{}s:{{{owner}}}:{scope}", self.prefix)
    }

    /// The name of a user's index: a sorted set of the names of entries, by expiration.
    pub(crate) fn owner(&self, key: &SealingKey, owner: &SessionOwner) -> String {
        let owner = hash('o', key, owner.key().as_bytes());
        format!("{}o:{{{owner}}}", self.prefix)
    }

    /// The name of the index that lists this entry.
    pub(crate) fn index(&self, session: &str) -> String {
        format!("{}o:{}", self.prefix, self.tag(session))
    }

    /// The name for an entry that is set aside.
    pub(crate) fn aside(&self, session: &str) -> String {
        format!("{}x:{}", self.prefix, self.rest(session))
    }

    /// The hash tag of an entry, with its braces.
    fn tag<'a>(&self, session: &'a str) -> &'a str {
        let rest = self.rest(session);
        rest.split_once(':').map_or(rest, |(tag, _)| tag)
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
        let hashes = || {
            let name = name.strip_prefix(&self.prefix)?.strip_prefix("s:{")?;
            name.split_once("}:")
        };
        let is_hash = |hash: &str| {
            hash.len() == 64
                && hash
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        hashes().is_some_and(|(owner, scope)| is_hash(owner) && is_hash(scope))
    }

    /// The name of an entry without prefix and kind.
    fn rest<'a>(&self, session: &'a str) -> &'a str {
        let name = session.strip_prefix(&self.prefix);
        let name = name.and_then(|name| name.strip_prefix("s:"));
        name.unwrap_or(session)
    }
}

fn hash(kind: char, key: &SealingKey, data: &[u8; 32]) -> String {
    hex::encode(key.name_of(&[&[kind as u8], data.as_slice()].concat()))
}

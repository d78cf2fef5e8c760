//! Entries under previous keys, sealed again under the current one.

use lit_sdk::store::StoreError;
use redis::Cmd;

use crate::{
    scripts::{CONFIRM, PROPOSE, REMOVE_IF, eval},
    store::{Found, INDEX_SECONDS, RedisStore, end_of},
};

/// How long an entry lasts whose old form may still be there, in milliseconds.
const UNCONFIRMED: u64 = 60_000;

impl RedisStore {
    /// Seals the entries under previous keys with the current key. Returns their number.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Full`] if Redis has no memory left. The entries that remain stay readable.
    pub async fn rotate(&self) -> Result<usize, StoreError> {
        let mut rotated = 0;
        for found in self.all().await? {
            if !found.current {
                rotated += usize::from(self.seal_again(&found).await?);
            }
        }
        Ok(rotated)
    }

    /// Seals an entry with the current key, unless it has been replaced or removed. Returns whether it did.
    ///
    /// In a cluster the old and the new name are on different servers, so that this takes four steps, which a killed program leaves
    /// half done: the new form lasts only a minute until the old one was removed unchanged.
    ///
    /// An entry that is removed meanwhile does not come back: programs remove each name, and then those again that they removed
    /// before another one (see [`RedisStore::moving`]). Whoever removes the old form after the new one was there also removes the
    /// new one.
    pub(crate) async fn seal_again(&self, found: &Found) -> Result<bool, StoreError> {
        let name = self.names.session(self.keys.current(), found.entry.scope());
        if name == found.name {
            // Its own key made the name, but another one sealed it: no program of this crate does so.
            return Ok(false);
        }
        let (sealed, end) = (self.seal(&found.entry, &name), end_of(&found.entry));
        let mut propose = eval(PROPOSE, &[&name, &self.names.index(&name)]);
        propose.arg(&sealed).arg(UNCONFIRMED).arg(end);
        propose.arg(INDEX_SECONDS);
        let proposed: u8 = self.connection.run(&propose).await?;
        if proposed == 0 {
            // Another program is at it.
            return Ok(false);
        }
        let read = Cmd::get(&found.name);
        let old: Option<Vec<u8>> = self.connection.run(&read).await?;
        let removed = match old {
            Some(old) if old == found.sealed => self.remove_if(&found.name, &found.sealed).await?,
            // Removed before the new form was there, or replaced.
            _ => Removed::Changed,
        };
        match (proposed, removed) {
            // A retry finds what the lost attempt removed absent. If another program removed it, it also removes the new form.
            (1, Removed::Now | Removed::Absent) => {
                let mut confirm = eval(CONFIRM, &[&name]);
                confirm.arg(&sealed).arg(end);
                self.connection.run::<u8>(&confirm).await?;
            }
            (1, Removed::Changed) => _ = self.remove_if(&name, &sealed).await?,
            _ => {}
        }
        Ok(removed != Removed::Changed)
    }

    async fn remove_if(&self, name: &str, sealed: &[u8]) -> Result<Removed, StoreError> {
        let mut command = eval(REMOVE_IF, &[name, &self.names.index(name)]);
        command.arg(sealed);
        Ok(match self.connection.run::<u8>(&command).await? {
            1 => Removed::Now,
            2 => Removed::Absent,
            _ => Removed::Changed,
        })
    }
}

/// What a removal of an unchanged entry met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removed {
    Now,
    Absent,
    Changed,
}

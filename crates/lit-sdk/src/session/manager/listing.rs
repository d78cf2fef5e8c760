//! Lists and revokes sessions.

use lit_session_crypto::SessionPublicKey;
use lit_types::Timestamp;

use super::{SessionManager, SessionManagerError};
use crate::{
    SessionRequest,
    session::store::{SessionOwner, SessionScope, SessionUser, StoredSession},
};

impl SessionManager {
    /// Revokes the session of a user for a request. Returns whether there was one.
    ///
    /// It removes the session from memory and from the store for every login, with all other sessions of the same session key.
    /// Signatures that were made with it stay valid until they expire.
    ///
    /// # Errors
    /// [`SessionManagerError::Store`]; the session is removed from memory all the same.
    pub async fn revoke(
        &self,
        user: impl Into<SessionUser>,
        request: &SessionRequest,
    ) -> Result<bool, SessionManagerError> {
        let scope = self.scope(user.into(), request)?;
        let mut keys = self.live.forget(&scope);
        let Some(store) = &self.store else {
            return Ok(!keys.is_empty());
        };
        let mut kept = store.of_owner(scope.owner()).await?;
        let asked = kept
            .iter()
            .filter(|entry| entry.scope().is_same_but_login(&scope));
        keys.extend(asked.map(StoredSession::public_key));
        kept.retain(|entry| keys.contains(&entry.public_key()));
        self.revoke_kept(scope.owner(), &kept);
        for entry in kept {
            store.remove(entry.scope()).await?;
        }
        // An unreadable entry is not listed.
        let removed = store.remove(&scope).await?;
        // Another caller may have read an entry that was not listed, before it was removed.
        keys.extend(self.live.forget(&scope));
        Ok(removed || !keys.is_empty())
    }

    /// Signs a user out. Returns the number of removed sessions.
    ///
    /// It removes all sessions of the user on this network from memory and from the store, with their keys. Signatures that
    /// were made with them stay valid until they expire.
    ///
    /// # Errors
    /// [`SessionManagerError::Store`]; the sessions are removed from memory all the same.
    #[doc(alias = "disconnectWeb3")]
    pub async fn sign_out(
        &self,
        user: impl Into<SessionUser>,
    ) -> Result<usize, SessionManagerError> {
        let owner = self.owner(user.into());
        let (mut keys, scopes) = self.live.forget_owner(&owner);
        if let Some(store) = &self.store {
            let kept = store.of_owner(&owner).await?;
            self.revoke_kept(&owner, &kept);
            for entry in kept {
                store.remove(entry.scope()).await?;
                keys.insert(entry.public_key());
            }
            // A store that lost its index does not list them.
            for scope in scopes {
                store.remove(&scope).await?;
            }
        }
        Ok(keys.len())
    }

    /// The unexpired sessions of a user.
    ///
    /// # Errors
    /// [`SessionManagerError::Store`].
    pub async fn sessions_of(
        &self,
        user: impl Into<SessionUser>,
    ) -> Result<Vec<SessionSummary>, SessionManagerError> {
        let owner = self.owner(user.into());
        let kept = match &self.store {
            Some(store) => store.of_owner(&owner).await?,
            None => self.live.entries(Some(&owner)),
        };
        Ok(self.summaries(kept))
    }

    /// All unexpired sessions. A store may also hold sessions of other networks.
    ///
    /// # Errors
    /// [`SessionManagerError::Store`].
    pub async fn sessions(&self) -> Result<Vec<SessionSummary>, SessionManagerError> {
        let kept = match &self.store {
            Some(store) => store.list().await?,
            None => self.live.entries(None),
        };
        Ok(self.summaries(kept))
    }

    /// Revokes the sessions of entries. Other callers may have read them already, or read them until they are removed.
    fn revoke_kept(&self, owner: &SessionOwner, kept: &[StoredSession]) {
        for entry in kept {
            self.live.revoked.add(entry.bundle().root());
        }
        let keys = kept.iter().map(StoredSession::public_key).collect();
        self.live.forget_keys(owner, &keys);
    }

    fn summaries(&self, entries: Vec<StoredSession>) -> Vec<SessionSummary> {
        let now = self.now();
        let good = entries.into_iter().filter(|entry| !entry.is_expired(now));
        good.map(|entry| SessionSummary {
            session_key: entry.public_key(),
            expiration: entry.bundle().expiration().clone(),
            scope: entry.scope().clone(),
        })
        .collect()
    }
}

/// A kept session without its secrets.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionSummary {
    /// The scope: its user, network and rights.
    pub scope: SessionScope,
    /// The session key.
    pub session_key: SessionPublicKey,
    /// When the session ends.
    pub expiration: Timestamp,
}

//! Sessions for programs that live long and have many users.

mod error;
mod live;

use std::{fmt, sync::Arc, time::Duration};

use alloy_primitives::Address;
use async_trait::async_trait;
use lit_recap::SiweError;
use lit_session_crypto::{BundleError, Session, SessionPublicKey, SessionRefusal};
use lit_types::{AuthSig, Timestamp};
use time::OffsetDateTime;

pub use error::SessionManagerError;

use self::live::{Live, LiveSession, Slot};
use crate::{
    AuthNeeded, AuthNeededError, AuthRequest, Error, LitNodeClient, SessionRequest,
    store::{
        NetworkId, SessionOwner, SessionScope, SessionStore, SessionUser, StoreError, StoredSession,
    },
};

/// Gives sessions for requests: one that is at hand if there is one, one with more rights attenuated, and a new one otherwise.
///
/// A session is at hand for requests of the same [`SessionScope`], and for no others. It is taken from memory, where it was
/// verified, or from the store, and then verified again. However many callers want the same session at the same time, the
/// signer is asked once; if the signer refuses, those who waited get the same error. Sessions that will end soon are
/// renewed ahead of time, by one caller, while the others go on with the old one.
///
/// Only one process at a time asks a signer, but two processes on one store may both do; the later session is kept then, and
/// both are good. What one process revokes, another that has it in memory goes on using until it ends.
#[must_use]
pub struct SessionManager {
    client: LitNodeClient,
    network: NetworkId,
    store: Option<Arc<dyn SessionStore>>,
    on_store_failure: StoreFailure,
    renew_ahead: time::Duration,
    margin: time::Duration,
    live: Live,
}

/// What to do while the store does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StoreFailure {
    /// Give the error to the caller. A session that was just signed is remembered, and kept as soon as the store works.
    #[default]
    Fail,
    /// Go on with what is in memory, with a warning, and keep sessions as soon as the store works again.
    GoOn,
}

/// How long a store that failed is left alone when calls go on without it.
const STORE_PAUSE: time::Duration = time::Duration::seconds(10);

impl SessionManager {
    /// Sessions of this client's network, kept in memory.
    pub fn new(client: LitNodeClient) -> Self {
        Self {
            network: NetworkId::of(&client),
            client,
            store: None,
            on_store_failure: StoreFailure::default(),
            renew_ahead: time::Duration::minutes(5),
            margin: time::Duration::minutes(1),
            live: Live::default(),
        }
    }

    /// Where sessions are kept beside memory. Default: nowhere.
    pub fn with_store(mut self, store: Arc<dyn SessionStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// What to do while the store does not work. Default: [`StoreFailure::Fail`].
    pub const fn with_store_failure(mut self, then: StoreFailure) -> Self {
        self.on_store_failure = then;
        self
    }

    /// How long before its end a session is renewed, but at most the last quarter of its time. Requests that name their end
    /// are not renewed ahead. Default: 5 minutes.
    pub fn with_renew_ahead(mut self, ahead: Duration) -> Self {
        self.renew_ahead = ahead.try_into().unwrap_or(time::Duration::MAX);
        self
    }

    /// How long a session must last at least to be given out again. Default: 1 minute.
    pub fn with_margin(mut self, margin: Duration) -> Self {
        self.margin = margin.try_into().unwrap_or(time::Duration::MAX);
        self
    }

    /// The client.
    pub const fn client(&self) -> &LitNodeClient {
        &self.client
    }

    /// A session for this request, of the user who signs as [`AuthNeeded::address`]. Where that is not known beforehand, a new
    /// session is made each time and nothing is kept; name the user with [`SessionManager::session_of`].
    ///
    /// # Errors
    /// [`SessionManagerError`].
    pub async fn session(
        &self,
        request: &SessionRequest,
        auth: &dyn AuthNeeded,
    ) -> Result<Arc<Session>, SessionManagerError> {
        match auth.address() {
            Some(address) => self.session_of(address, request, auth).await,
            None => Ok(Arc::new(self.client.get_session(request, auth).await?)),
        }
    }

    /// A session for this request, of this user. If the user is named by address, nobody else's signature is accepted.
    ///
    /// # Errors
    /// [`SessionManagerError`].
    pub async fn session_of(
        &self,
        user: impl Into<SessionUser>,
        request: &SessionRequest,
        auth: &dyn AuthNeeded,
    ) -> Result<Arc<Session>, SessionManagerError> {
        let owner = self.owner(user.into());
        let auth = &ByUser::new(&owner.user, auth)?;
        let scope = SessionScope::of(owner, request).map_err(SiweError::from)?;
        let slot = self.live.slot(&scope, self.now());
        if let Some((session, renew_now)) = self.at_hand(&slot, request)? {
            if !renew_now {
                self.keep_again(&slot).await?;
                return Ok(session);
            }
            return Ok(self
                .renew_ahead_of_time(&slot, request, auth)
                .await
                .unwrap_or(session));
        }
        let seen = slot.attempts();
        let _gate = slot.gate.lock().await;
        // Somebody else may have been faster, and what went wrong for them went wrong for all who waited.
        if let Some((session, _)) = self.at_hand(&slot, request)? {
            return Ok(session);
        }
        if let Some(failure) = slot.failure_since(seen) {
            return Err(failure);
        }
        let result = self.find_or_make(&slot, request, auth).await;
        slot.finish_attempt(result.as_ref().err());
        result
    }

    /// Forgets the session of a user for a request, here and in the store, with the session key. Says whether there was one.
    /// Signatures that were minted from it stay good until they expire.
    ///
    /// # Errors
    /// [`SessionManagerError::Store`]; in memory the session is forgotten all the same.
    pub async fn revoke(
        &self,
        user: impl Into<SessionUser>,
        request: &SessionRequest,
    ) -> Result<bool, SessionManagerError> {
        let scope = SessionScope::of(self.owner(user.into()), request).map_err(SiweError::from)?;
        let mut known = self.live.forget(&scope);
        if let Some(store) = &self.store {
            known |= store.remove(&scope).await?;
        }
        Ok(known)
    }

    /// Forgets all sessions of a user on this network, here and in the store, with their keys. Says how many there were.
    /// Signatures that were minted from them stay good until they expire.
    ///
    /// # Errors
    /// [`SessionManagerError::Store`]; in memory the sessions are forgotten all the same.
    #[doc(alias = "disconnectWeb3")]
    pub async fn disconnect(
        &self,
        user: impl Into<SessionUser>,
    ) -> Result<usize, SessionManagerError> {
        let owner = self.owner(user.into());
        let mut keys = self.live.forget_owner(&owner);
        if let Some(store) = &self.store {
            for entry in store.of_owner(&owner).await? {
                store.remove(entry.scope()).await?;
                keys.insert(entry.public_key());
            }
        }
        Ok(keys.len())
    }

    /// The sessions of a user that have not ended.
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

    /// All sessions that have not ended. The store may hold some of other networks, too.
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

    fn owner(&self, user: SessionUser) -> SessionOwner {
        SessionOwner {
            network: self.network.clone(),
            user,
        }
    }

    fn now(&self) -> OffsetDateTime {
        self.client.now()
    }

    /// The session in memory, as the request wants it, and whether it is time to renew it.
    fn at_hand(
        &self,
        slot: &Slot,
        request: &SessionRequest,
    ) -> Result<Option<(Arc<Session>, bool)>, SessionManagerError> {
        let Some(LiveSession { session, renew_at }) = slot.live() else {
            return Ok(None);
        };
        let now = self.now();
        let fitted = self.fit(&slot.scope, &session, request, now)?;
        Ok(fitted.map(|session| (session, now >= renew_at && request.expiration.is_none())))
    }

    /// The same session with the requests, the proofs and the end of a request of its scope; none if it does not last
    /// long enough.
    fn fit(
        &self,
        scope: &SessionScope,
        session: &Arc<Session>,
        request: &SessionRequest,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Session>>, SessionManagerError> {
        let end = session.authorised_until().at();
        let wanted = request.expiration.as_ref().map(Timestamp::at);
        if end < now.saturating_add(self.margin) || wanted.is_some_and(|wanted| end < wanted) {
            return Ok(None);
        }
        let same = session.requests() == request.requests
            && session.proofs() == request.proofs
            && wanted.is_none_or(|wanted| wanted == end);
        if same && !session.is_expired(now) {
            return Ok(Some(Arc::clone(session)));
        }
        let entry = StoredSession::new(scope.clone(), session);
        let proofs = request.proofs.clone();
        let fitted = match entry.verify_for(&request.requests, proofs, now) {
            Ok(session) => session,
            Err(BundleError::Session(refusal @ SessionRefusal::Proof { .. })) => {
                return Err(Error::from(refusal).into());
            }
            Err(_) => return Ok(None),
        };
        Ok(Some(Arc::new(match &request.expiration {
            Some(expiration) => fitted.ending_by(expiration.clone()),
            None => fitted,
        })))
    }

    /// A new session in place of one that is still good, unless somebody else is at it, or it has just failed.
    async fn renew_ahead_of_time(
        &self,
        slot: &Slot,
        request: &SessionRequest,
        auth: &ByUser<'_>,
    ) -> Option<Arc<Session>> {
        let _gate = slot.gate.try_lock().ok()?;
        let (now, epoch) = (self.now(), slot.epoch());
        let LiveSession { session, renew_at } = slot.live()?;
        if now < renew_at {
            return None;
        }
        // A signer who refuses is not asked again before half of the remaining time is over.
        let end = session.authorised_until().at();
        slot.renew_at(now.saturating_add((end - now) / 2));
        // Another process may have been faster.
        let found = self.in_store(&slot.scope, request, now).await;
        let found = found
            .ok()
            .flatten()
            .filter(|found| found.authorised_until().at() > end);
        let renewed = match found {
            Some(found) => self.take(slot, found, epoch, true).map(Ok)?,
            None => self.authenticate(slot, request, auth).await,
        };
        match renewed {
            Ok(session) => Some(session),
            Err(error) => {
                tracing::warn!(%error, "a session cannot be renewed ahead of time; going on with it");
                None
            }
        }
    }

    /// When a session that is taken up now is to be renewed.
    fn renew_time(&self, session: &Session, now: OffsetDateTime) -> OffsetDateTime {
        let end = session.authorised_until().at();
        end.saturating_sub(self.renew_ahead.min((end - now) / 4))
    }

    async fn find_or_make(
        &self,
        slot: &Slot,
        request: &SessionRequest,
        auth: &ByUser<'_>,
    ) -> Result<Arc<Session>, SessionManagerError> {
        let (now, epoch) = (self.now(), slot.epoch());
        let found = match self.in_store(&slot.scope, request, now).await? {
            Some(found) => Some(found),
            None => self.attenuated(&slot.scope, request, now).await?,
        };
        match found.and_then(|found| self.take(slot, found, epoch, true)) {
            Some(session) => Ok(session),
            None => self.authenticate(slot, request, auth).await,
        }
    }

    async fn authenticate(
        &self,
        slot: &Slot,
        request: &SessionRequest,
        auth: &ByUser<'_>,
    ) -> Result<Arc<Session>, SessionManagerError> {
        let epoch = slot.epoch();
        let session = Arc::new(self.client.get_session(request, auth).await?);
        let session = self
            .take(slot, session, epoch, self.store.is_none())
            .ok_or(SessionManagerError::Revoked)?;
        self.keep(slot, &session, epoch).await?;
        Ok(session)
    }

    /// Remembers a session, if none was revoked since `epoch`.
    fn take(
        &self,
        slot: &Slot,
        session: Arc<Session>,
        epoch: u64,
        kept: bool,
    ) -> Option<Arc<Session>> {
        let renew_at = self.renew_time(&session, self.now());
        let live = LiveSession {
            session: Arc::clone(&session),
            renew_at,
        };
        slot.take(live, epoch, kept).then_some(session)
    }

    /// Puts a session into the store, and takes it out again if some were revoked since `epoch`.
    async fn keep(
        &self,
        slot: &Slot,
        session: &Session,
        epoch: u64,
    ) -> Result<(), SessionManagerError> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        slot.keep_again_at(self.now().saturating_add(STORE_PAUSE));
        let entry = StoredSession::new(slot.scope.clone(), session);
        if let Err(error) = store.put(&entry).await {
            return self.tolerate(error);
        }
        slot.kept();
        if slot.epoch() != epoch {
            // Perhaps before it was there.
            store.remove(&slot.scope).await?;
            return Err(SessionManagerError::Revoked);
        }
        Ok(())
    }

    /// Puts a session into the store that could not be put there before.
    async fn keep_again(&self, slot: &Slot) -> Result<(), SessionManagerError> {
        let pause = self.on_store_failure == StoreFailure::GoOn;
        if self.store.is_none() || !slot.is_to_be_kept(pause.then(|| self.now())) {
            return Ok(());
        }
        let _gate = slot.gate.lock().await;
        let epoch = slot.epoch();
        match slot.live() {
            Some(live) if slot.is_to_be_kept(None) => self.keep(slot, &live.session, epoch).await,
            _ => Ok(()),
        }
    }

    /// The session in the store, as the request wants it.
    async fn in_store(
        &self,
        scope: &SessionScope,
        request: &SessionRequest,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Session>>, SessionManagerError> {
        let Some(store) = &self.store else {
            return Ok(None);
        };
        let entry = match store.get(scope).await {
            Ok(Some(entry)) if entry.scope() == scope => entry,
            Ok(_) => return Ok(None),
            Err(error) => return self.tolerate(error).map(|()| None),
        };
        if entry.is_expired(now) {
            // The next session replaces it; until then it is only a key that lies about.
            let removed = store.remove(scope).await;
            return removed
                .map(|_| None)
                .or_else(|error| self.tolerate(error).map(|()| None));
        }
        // With the proofs it was kept with, which may have ended, this would say too little about the root.
        match entry.verify_for(&request.requests, Vec::new(), now) {
            Ok(session) => self.fit(scope, &Arc::new(session), request, now),
            Err(problem) => {
                tracing::warn!(%problem, "a stored session is no good; set aside");
                let aside = store.set_aside(&entry).await;
                aside.or_else(|error| self.tolerate(error)).map(|()| None)
            }
        }
    }

    /// A session with more rights that is the same in all else, restricted to the request.
    async fn attenuated(
        &self,
        scope: &SessionScope,
        request: &SessionRequest,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Session>>, SessionManagerError> {
        // What a note restricts cannot be compared.
        if request
            .requests
            .iter()
            .any(|request| request.data().is_some())
        {
            return Ok(None);
        }
        let mut wider = self.live.entries(Some(scope.owner()));
        if let Some(store) = &self.store {
            match store.of_owner(scope.owner()).await {
                Ok(entries) => wider.extend(entries),
                Err(error) => self.tolerate(error)?,
            }
        }
        wider.retain(|entry| entry.scope().can_be_narrowed_to(scope));
        wider.sort_by_key(|entry| std::cmp::Reverse(entry.bundle().expiration().at()));
        for entry in wider {
            let verified = entry.verify_for(&request.requests, Vec::new(), now);
            let Ok(session) = verified.map(Arc::new) else {
                continue;
            };
            if let Some(session) = self.fit(entry.scope(), &session, request, now)? {
                return Ok(Some(session));
            }
        }
        Ok(None)
    }

    fn tolerate(&self, error: StoreError) -> Result<(), SessionManagerError> {
        match self.on_store_failure {
            StoreFailure::Fail => Err(error.into()),
            StoreFailure::GoOn => {
                tracing::warn!(%error, "the session store does not work; going on without it");
                Ok(())
            }
        }
    }
}

impl fmt::Debug for SessionManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionManager")
            .field("client", &self.client)
            .field("on_store_failure", &self.on_store_failure)
            .finish_non_exhaustive()
    }
}

/// A session that is kept, without its secrets.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionSummary {
    /// Whose it is and what it is for.
    pub scope: SessionScope,
    /// The session key.
    pub session_key: SessionPublicKey,
    /// Until when it is authorised.
    pub expiration: Timestamp,
}

/// Whoever authorises, for one user alone.
struct ByUser<'a> {
    auth: &'a dyn AuthNeeded,
    address: Option<Address>,
}

impl<'a> ByUser<'a> {
    fn new(user: &SessionUser, auth: &'a dyn AuthNeeded) -> Result<Self, SessionManagerError> {
        let signer = auth.address();
        let address = match (user, signer) {
            (SessionUser::Address(user), Some(signer)) if *user != signer => {
                return Err(SessionManagerError::OtherUser {
                    user: *user,
                    signer,
                });
            }
            (SessionUser::Address(user), _) => Some(*user),
            (SessionUser::Named(_), signer) => signer,
        };
        Ok(Self { auth, address })
    }
}

#[async_trait]
impl AuthNeeded for ByUser<'_> {
    async fn authorise(&self, request: &AuthRequest) -> Result<AuthSig, AuthNeededError> {
        self.auth.authorise(request).await
    }

    fn address(&self) -> Option<Address> {
        self.address
    }
}

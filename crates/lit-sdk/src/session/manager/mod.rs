//! Sessions for programs that live long and have many users.

mod by_user;
mod error;
mod kept;
mod listing;
mod live;
mod obtain;

use std::{fmt, sync::Arc, time::Duration};

use lit_recap::SiweError;
use lit_session_crypto::Session;
use time::OffsetDateTime;

pub use error::SessionManagerError;
pub use listing::SessionSummary;

use self::{by_user::ByUser, live::Live};
use crate::{
    LitNodeClient, SessionAuthorizer, SessionRequest,
    session::LoginId,
    session::store::{
        NetworkId, SessionOwner, SessionScope, SessionStore, SessionUser, StoreError,
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

    /// A store that keeps sessions beside memory. Default: none.
    pub fn with_store(mut self, store: impl SessionStore) -> Self {
        self.store = Some(Arc::new(store));
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

    /// A session for this request, of the user who signs as [`SessionAuthorizer::address`]. Where that is not known beforehand, a new
    /// session is made each time and nothing is kept; name the user with [`SessionManager::session_of`].
    ///
    /// A session of a PKP is given to the same [`SessionAuthorizer::login_id`] alone: to the same auth methods with the same tokens,
    /// the same action with the same parameters. So a login that is new or not permitted is judged by the nodes.
    ///
    /// # Errors
    /// [`SessionManagerError`].
    pub async fn session(
        &self,
        request: &SessionRequest,
        auth: &dyn SessionAuthorizer,
    ) -> Result<Arc<Session>, SessionManagerError> {
        match auth.address() {
            Some(address) => {
                let login = auth.login_id();
                self.session_in(address.into(), login, request, auth).await
            }
            None => Ok(Arc::new(self.client.session(request, auth).await?)),
        }
    }

    /// A session for this request, of this user. If the user is named by address, nobody else's signature is accepted.
    ///
    /// Who calls this vouches for the user: a session of theirs that is at hand is given whatever the login, and is found
    /// again when tokens have changed.
    ///
    /// # Errors
    /// [`SessionManagerError`].
    pub async fn session_of(
        &self,
        user: impl Into<SessionUser>,
        request: &SessionRequest,
        auth: &dyn SessionAuthorizer,
    ) -> Result<Arc<Session>, SessionManagerError> {
        self.session_in(user.into(), None, request, auth).await
    }

    async fn session_in(
        &self,
        user: SessionUser,
        login: Option<LoginId>,
        request: &SessionRequest,
        auth: &dyn SessionAuthorizer,
    ) -> Result<Arc<Session>, SessionManagerError> {
        let auth = &ByUser::new(&user, auth)?;
        let scope = self.scope(user, request)?.with_login(login);
        let slot = self.live.slot(&scope, self.now());
        if let Some((session, renew_now)) = self.at_hand(&slot, request, auth)? {
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
        if let Some((session, _)) = self.at_hand(&slot, request, auth)? {
            return Ok(session);
        }
        if let Some(failure) = slot.failure_since(seen) {
            return Err(failure);
        }
        let result = self.find_or_make(&slot, request, auth).await;
        slot.finish_attempt(result.as_ref().err());
        result
    }

    fn owner(&self, user: SessionUser) -> SessionOwner {
        SessionOwner {
            network: self.network.clone(),
            user,
        }
    }

    fn scope(
        &self,
        user: SessionUser,
        request: &SessionRequest,
    ) -> Result<SessionScope, SessionManagerError> {
        Ok(SessionScope::of(self.owner(user), request).map_err(SiweError::from)?)
    }

    fn now(&self) -> OffsetDateTime {
        self.client.now()
    }

    fn tolerate(&self, error: StoreError) -> Result<(), SessionManagerError> {
        match self.on_store_failure {
            StoreFailure::Fail => Err(error.into()),
            StoreFailure::GoOn => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(error, "the session store failed; continuing without it");
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

//! Sessions for long-running programs with many users.

mod by_user;
mod error;
mod kept;
mod listing;
mod live;
mod obtain;
mod revoked;

use std::{fmt, sync::Arc, time::Duration};

use lit_recap::SiweError;
use lit_session_crypto::Session;
use time::OffsetDateTime;

pub use error::SessionManagerError;
pub use listing::SessionSummary;

use self::{by_user::ByUser, live::Live};
use crate::{
    LitNodeClient, SessionAuthorizer, SessionRequest,
    observe::{self, Found},
    session::LoginId,
    session::store::{
        NetworkId, SessionOwner, SessionScope, SessionStore, SessionUser, StoreError,
    },
};

/// Caches, renews and stores sessions.
///
/// It returns a kept session of the same [`SessionScope`], or attenuates a kept session with more rights, or makes a new one.
/// A session from the store is verified again. Callers that want the same session at the same time share one prompt of the
/// signer; if the signer refuses, they get the same error. One caller renews a session before it ends, while the others
/// continue with the old one.
///
/// Two processes on one store may both ask the signer. Both sessions are valid, and the store keeps the later one. After one
/// process revokes a session, another process that has it in memory continues with it until it ends. If a store brings a revoked
/// session back, the manager that revoked it refuses it (it remembers the last 16,384); another one, or one that was restarted, uses
/// it until it ends.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use alloy_signer_local::PrivateKeySigner;
/// use lit_sdk::{LitNodeClient, Right, Session, SessionManager, SessionRequest, WalletAuth, store::FileStore};
///
/// # async fn run(client: LitNodeClient) -> Result<(), Box<dyn std::error::Error>> {
/// let manager = SessionManager::new(client).with_store(FileStore::open("sessions")?);
/// let signer = PrivateKeySigner::random();
/// let wallet = WalletAuth::new(signer.clone());
///
/// let request = SessionRequest::new([Right::run_any_action()]);
/// let session: Arc<Session> = manager.session(&request, &wallet).await?;
/// let same = manager.session(&request, &wallet).await?; // the wallet is not asked again
/// assert_eq!(session.public_key(), same.public_key());
///
/// manager.sign_out(signer.address()).await?;
/// # Ok(())
/// # }
/// ```
#[doc(alias = "storageProvider")]
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

/// The reaction of a [`SessionManager`] to a failure of its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum StoreFailure {
    /// Return the error. A new session stays in memory, and is stored as soon as the store works.
    #[default]
    Fail,
    /// Log a warning and continue with the sessions in memory. They are stored as soon as the store works.
    GoOn,
}

/// How long calls continue without a failed store before they retry it.
const STORE_PAUSE: time::Duration = time::Duration::seconds(10);

impl SessionManager {
    /// A manager of this client's sessions, in memory.
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

    /// Sets a store that keeps sessions across restarts. Default: memory only.
    #[doc(alias = "storageProvider")]
    pub fn with_store(mut self, store: impl SessionStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Sets the reaction to a failure of the store. Default: [`StoreFailure::Fail`].
    pub const fn with_store_failure(mut self, then: StoreFailure) -> Self {
        self.on_store_failure = then;
        self
    }

    /// Sets how long before its end a session is renewed, at most a quarter of its lifetime. A session with a fixed end
    /// ([`SessionRequest::until`]) is not renewed. Default: 5 minutes.
    pub fn with_renew_ahead(mut self, ahead: Duration) -> Self {
        self.renew_ahead = ahead.try_into().unwrap_or(time::Duration::MAX);
        self
    }

    /// Sets how long a session must still last to be returned again. Default: 1 minute.
    pub fn with_margin(mut self, margin: Duration) -> Self {
        self.margin = margin.try_into().unwrap_or(time::Duration::MAX);
        self
    }

    /// The client.
    pub const fn client(&self) -> &LitNodeClient {
        &self.client
    }

    /// Returns a session for this request and [`SessionAuthorizer::address`].
    ///
    /// If that address is unknown, each call makes a new session and keeps nothing; name the user with
    /// [`SessionManager::session_of`] instead.
    ///
    /// A session of a PKP is only returned to the same [`SessionAuthorizer::login_id`]: the same auth methods with the same
    /// tokens, the same action with the same parameters. The nodes check any other login.
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

    /// Returns a session for this request and this user.
    ///
    /// A user named by address must be the signer. The caller vouches for the user: a kept session is returned for any login,
    /// and is found again after tokens change.
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
        if let Some((session, renew_now)) = self.in_memory(&slot, request, auth)? {
            observe::found(Found::Memory);
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
        // Another caller may have been faster. Its failure is the failure of all callers that waited.
        if let Some((session, _)) = self.in_memory(&slot, request, auth)? {
            observe::found(Found::Memory);
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

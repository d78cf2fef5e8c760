//! Obtains a session: from memory, from the store, or from the signer.

use std::sync::Arc;

use lit_session_crypto::Session;
use lit_types::Timestamp;
use time::OffsetDateTime;

use super::{
    SessionManager, SessionManagerError,
    by_user::ByUser,
    live::{LiveSession, Slot},
};
use crate::{
    Error, SessionRequest,
    observe::{self, Found},
};

impl SessionManager {
    /// The session in memory, fitted to the request, and whether a renewal is due.
    pub(super) fn in_memory(
        &self,
        slot: &Slot,
        request: &SessionRequest,
        auth: &ByUser<'_>,
    ) -> Result<Option<(Arc<Session>, bool)>, SessionManagerError> {
        let Some(LiveSession { session, renew_at }) = slot.live() else {
            return Ok(None);
        };
        let now = self.now();
        let fitted = self.fit(&session, request, auth, now)?;
        Ok(fitted.map(|session| (session, now >= renew_at && request.fixed_end().is_none())))
    }

    /// Replaces a valid session, unless another caller does it now, or a renewal failed recently.
    pub(super) async fn renew_ahead_of_time(
        &self,
        slot: &Arc<Slot>,
        request: &SessionRequest,
        auth: &ByUser<'_>,
    ) -> Option<Arc<Session>> {
        let _gate = slot.gate.try_lock().ok()?;
        let (now, epoch) = (self.now(), slot.epoch());
        let LiveSession { session, renew_at } = slot.live()?;
        if now < renew_at {
            return None;
        }
        // After a refusal the signer is asked again when half of the remaining time has passed.
        let end = session.authorized_until().at();
        slot.renew_at(now.saturating_add((end - now) / 2));
        // Another process may have been faster.
        let found = self.in_store(&slot.scope, request, auth, now).await;
        let found = found
            .ok()
            .flatten()
            .filter(|found| found.authorized_until().at() > end);
        let renewed = match found {
            Some(found) => self.take_found(slot, found, epoch).map(Ok)?,
            None => self.authenticate(slot, request, auth).await,
        };
        match renewed {
            Ok(session) => Some(session),
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(
                    error,
                    "cannot renew the session ahead of time; it stays in use"
                );
                None
            }
        }
    }

    pub(super) async fn find_or_make(
        &self,
        slot: &Arc<Slot>,
        request: &SessionRequest,
        auth: &ByUser<'_>,
    ) -> Result<Arc<Session>, SessionManagerError> {
        let (now, epoch) = (self.now(), slot.epoch());
        let found = match self.in_store(&slot.scope, request, auth, now).await? {
            Some(found) => Some((found, Found::Store)),
            None => {
                let found = self.attenuated(&slot.scope, request, auth, now).await?;
                found.map(|found| (found, Found::Attenuated))
            }
        };
        let taken = found.and_then(|(found, from)| {
            let session = self.take_found(slot, found, epoch)?;
            Some((session, from))
        });
        match taken {
            Some((session, from)) => {
                observe::found(from);
                Ok(session)
            }
            None => self.authenticate(slot, request, auth).await,
        }
    }

    async fn authenticate(
        &self,
        slot: &Arc<Slot>,
        request: &SessionRequest,
        auth: &ByUser<'_>,
    ) -> Result<Arc<Session>, SessionManagerError> {
        let epoch = slot.epoch();
        let session = Arc::new(self.client.session(request, auth).await?);
        if !slot.take(self.to_live(&session), epoch, self.store.is_none()) {
            return Err(SessionManagerError::Revoked);
        }
        observe::found(Found::New);
        self.keep(slot, &session, epoch).await?;
        Ok(session)
    }

    /// Fits a session to the rights, proofs and end of a request. Returns nothing if the session ends too early, has another
    /// signer, or lacks a right.
    pub(super) fn fit(
        &self,
        session: &Arc<Session>,
        request: &SessionRequest,
        auth: &ByUser<'_>,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Session>>, SessionManagerError> {
        if !auth.is_by(session.address()) {
            return Ok(None);
        }
        let end = session.authorized_until().at();
        let wanted = request.fixed_end().map(Timestamp::at);
        if end < now.saturating_add(self.margin) || wanted.is_some_and(|wanted| end < wanted) {
            return Ok(None);
        }
        // The session lasts longer than the requested lifetime.
        let shorter = match request.lifetime() {
            Some(_) => {
                let now = Timestamp::try_from(now).map_err(Error::from)?;
                let latest = request.end_from(&now).map_err(Error::from)?;
                (latest.at() < end).then_some(latest)
            }
            None => None,
        };
        let same = shorter.is_none()
            && session.requests() == request.requests
            && session.proofs() == request.proofs
            && wanted.is_none_or(|wanted| wanted == end);
        if same && !session.is_expired(now) {
            return Ok(Some(Arc::clone(session)));
        }
        let Ok(narrow) = session.attenuate(request.requests.iter().cloned()) else {
            return Ok(None);
        };
        let fitted = narrow.with_proofs(request.proofs.clone(), now);
        let mut fitted = fitted.map_err(Error::from)?;
        if let Some(expiration) = request.fixed_end().cloned().or(shorter) {
            fitted = fitted.ending_by(expiration);
        }
        Ok((!fitted.is_expired(now)).then(|| Arc::new(fitted)))
    }

    /// Remembers a session that was found, unless it was revoked, or the slot's session since `epoch`.
    fn take_found(&self, slot: &Slot, found: Arc<Session>, epoch: u64) -> Option<Arc<Session>> {
        let taken = self.live.take_found(slot, self.to_live(&found), epoch);
        taken.then_some(found)
    }

    fn to_live(&self, session: &Arc<Session>) -> LiveSession {
        LiveSession {
            session: Arc::clone(session),
            renew_at: self.renew_time(session, self.now()),
        }
    }

    /// The time to renew a session.
    fn renew_time(&self, session: &Session, now: OffsetDateTime) -> OffsetDateTime {
        let end = session.authorized_until().at();
        end.saturating_sub(self.renew_ahead.min((end - now) / 4))
    }
}

use lit_recap::{NarrowError, ReCap};
use lit_types::{Right, Timestamp};

use super::{Session, earlier};

impl Session {
    /// The same session with fewer rights: it asks nodes for these requests alone, and signatures minted from it can be used
    /// for nothing else.
    ///
    /// The session key and the root stay the same, so this restrains whoever gets the *signatures*. Whoever gets the session
    /// itself has all that [`Session::granted`] says, unless the signer is asked for a narrower root.
    ///
    /// # Errors
    /// [`AttenuationError`] for no requests, or for one that this session does not ask for.
    pub fn attenuate(
        &self,
        requests: impl IntoIterator<Item = Right>,
    ) -> Result<Self, AttenuationError> {
        let requests: Vec<_> = requests.into_iter().collect();
        check_narrower(&self.requests, &requests)?;
        Ok(Self {
            requests,
            ..self.clone()
        })
    }

    /// The same session, which ends at `expiration` if it does not end earlier.
    #[must_use]
    pub fn ending_by(mut self, expiration: Timestamp) -> Self {
        self.authorised_until = earlier(self.authorised_until, expiration.clone());
        self.expiration = earlier(self.expiration, expiration);
        self
    }
}

/// Whether all of `narrower` is covered by `requests`.
pub(super) fn check_narrower(
    requests: &[Right],
    narrower: &[Right],
) -> Result<(), AttenuationError> {
    if narrower.is_empty() {
        return Err(AttenuationError::NoRequests);
    }
    let held = ReCap::from_requests(requests).map_err(NarrowError::from)?;
    held.narrow(narrower)?;
    Ok(())
}

/// Why a session cannot be attenuated in this way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttenuationError {
    /// A session without rights is of no use.
    #[error("at least one resource ability request is needed")]
    NoRequests,
    /// A request is not covered by what the session asks for.
    #[error(transparent)]
    Widens(#[from] NarrowError),
}

use lit_recap::{NarrowError, ReCap};
use lit_types::{Right, Timestamp};

use super::{Session, earlier};

impl Session {
    /// Restricts the session to fewer rights. Signatures minted from it are valid only for these.
    ///
    /// The session key and the root stay the same, so this restricts only the holders of *signatures*. A holder of the session
    /// itself still has all of [`Session::granted`], unless the signer signs a narrower root.
    ///
    /// # Errors
    /// [`AttenuationError`] for an empty list, or for a right that this session does not request.
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

    /// Ends the session at `expiration`, if it does not end earlier.
    #[must_use]
    pub fn ending_by(mut self, expiration: Timestamp) -> Self {
        self.authorized_until = earlier(self.authorized_until, expiration.clone());
        self.expiration = earlier(self.expiration, expiration);
        self
    }
}

/// Checks that `requests` cover all of `narrower`.
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

/// Why a session cannot be attenuated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttenuationError {
    /// An empty list. A session without rights is useless.
    #[error("missing rights: a session needs at least one")]
    NoRequests,
    /// The session does not request a right.
    #[error(transparent)]
    Widens(#[from] NarrowError),
}

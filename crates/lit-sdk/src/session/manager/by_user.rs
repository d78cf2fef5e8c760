use alloy_primitives::Address;
use async_trait::async_trait;
use lit_types::AuthSig;

use super::SessionManagerError;
use crate::{AuthNeeded, AuthNeededError, AuthRequest, session::store::SessionUser};

/// Whoever authorises, for one user alone.
pub(super) struct ByUser<'a> {
    auth: &'a dyn AuthNeeded,
    address: Option<Address>,
}

impl<'a> ByUser<'a> {
    pub(super) fn new(
        user: &SessionUser,
        auth: &'a dyn AuthNeeded,
    ) -> Result<Self, SessionManagerError> {
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

    /// Whether a session of this signer will do. One of somebody else's will not, even under the same name.
    pub(super) fn is_by(&self, signer: Address) -> bool {
        self.address.is_none_or(|address| address == signer)
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

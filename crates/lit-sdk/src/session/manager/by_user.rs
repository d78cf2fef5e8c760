use alloy_primitives::Address;
use async_trait::async_trait;

use super::SessionManagerError;
use crate::{
    AuthRequest, Authorization, AuthorizeError, SessionAuthorizer, session::store::SessionUser,
};

/// An authorizer that is restricted to one user.
pub(super) struct ByUser<'a> {
    auth: &'a dyn SessionAuthorizer,
    address: Option<Address>,
}

impl<'a> ByUser<'a> {
    pub(super) fn new(
        user: &SessionUser,
        auth: &'a dyn SessionAuthorizer,
    ) -> Result<Self, SessionManagerError> {
        let signer = auth.address();
        let address = match (user, signer) {
            (SessionUser::Address(user), Some(signer)) if *user != signer => {
                return Err(SessionManagerError::WrongSigner {
                    user: *user,
                    signer,
                });
            }
            (SessionUser::Address(user), _) => Some(*user),
            (SessionUser::Named(_), signer) => signer,
        };
        Ok(Self { auth, address })
    }

    /// Whether this signer is the expected one.
    pub(super) fn is_by(&self, signer: Address) -> bool {
        self.address.is_none_or(|address| address == signer)
    }
}

#[async_trait]
impl SessionAuthorizer for ByUser<'_> {
    async fn authorize(&self, request: &AuthRequest) -> Result<Authorization, AuthorizeError> {
        self.auth.authorize(request).await
    }

    fn address(&self) -> Option<Address> {
        self.address
    }
}

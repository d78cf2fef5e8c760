use std::{fmt, future::Future};

use alloy_primitives::Address;
use alloy_signer::Signer;
use async_trait::async_trait;
use lit_recap::{Nonce, ReCap, SiweBuilder, SiweError, SiweMessage};
use lit_session_crypto::{SessionPublicKey, sign_siwe};
use lit_types::{AuthSig, ResourceAbilityRequest, Timestamp, chains::evm_chain_id};

use crate::LoginId;

/// Whoever can authorise a session key: a wallet, a remote signer, a browser on the other end of a connection.
///
/// The result is verified before it is used: it must authorise the session key, grant what was requested, and be signed
/// by [`AuthNeeded::address`] where that is known.
#[doc(alias = "authNeededCallback")]
#[async_trait]
pub trait AuthNeeded: Send + Sync {
    /// Signs a message that authorises the session key; [`AuthRequest::siwe`] makes the usual one.
    ///
    /// # Errors
    /// Whatever kept it from signing; the caller of the client gets it as it is.
    async fn authorise(&self, request: &AuthRequest) -> Result<AuthSig, AuthNeededError>;

    /// Who will sign, if that is known beforehand. Default: unknown, so any signer is accepted.
    fn address(&self) -> Option<Address> {
        None
    }

    /// What tells this from other ways to be authorised by the same address, such as the login to a PKP. A
    /// [`SessionManager`](crate::SessionManager) keeps their sessions apart. Default: nothing.
    fn login(&self) -> Option<LoginId> {
        None
    }
}

/// Why no authorisation was given.
pub type AuthNeededError = Box<dyn std::error::Error + Send + Sync>;

/// What is to be authorised.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AuthRequest {
    /// The session key.
    pub session_key: SessionPublicKey,
    /// The rights the session asks for.
    pub requests: Vec<ResourceAbilityRequest>,
    /// The same as a ReCap: what a message has to grant.
    pub recap: ReCap,
    /// Until when the session shall last.
    pub expiration: Timestamp,
    /// A recent Ethereum block hash.
    pub nonce: Nonce,
    /// The time of the request.
    pub issued_at: Timestamp,
    /// The domain the message shall name, if the caller cares.
    pub domain: Option<String>,
    /// What the signer shall be told, before the statement of the ReCap.
    pub statement: Option<String>,
    /// The name of the chain the wallet is used on, such as `ethereum`.
    pub chain: String,
}

impl AuthRequest {
    /// `lit:session:` and the session key: the URI the message must name.
    #[must_use]
    pub fn uri(&self) -> String {
        self.session_key.uri()
    }

    /// The message for a wallet of this address: it grants exactly what is requested, until exactly when it is requested. Its
    /// chain id is that of the chain, or 1 for a name that is no known EVM chain, as in the official client.
    ///
    /// # Errors
    /// [`SiweError`] when the domain or the statement of the request cannot be written.
    pub fn siwe(&self, address: Address) -> Result<SiweMessage, SiweError> {
        let mut siwe = SiweBuilder::new(
            address,
            self.uri(),
            self.nonce.clone(),
            self.issued_at.clone(),
        )
        .chain_id(evm_chain_id(&self.chain).unwrap_or(1))
        .expiration(self.expiration.clone())
        .recap(self.recap.clone());
        if let Some(domain) = &self.domain {
            siwe = siwe.domain(domain);
        }
        if let Some(statement) = &self.statement {
            siwe = siwe.statement(statement);
        }
        siwe.build()
    }
}

/// A wallet: any alloy [`Signer`].
///
/// ```
/// use alloy_signer_local::PrivateKeySigner;
/// use lit_sdk::{AuthNeeded, WalletAuth};
///
/// let wallet = PrivateKeySigner::random();
/// assert_eq!(WalletAuth::new(wallet.clone()).address(), Some(wallet.address()));
/// ```
#[derive(Clone)]
pub struct WalletAuth<S>(S);

impl<S: Signer> WalletAuth<S> {
    /// Authorises with this wallet.
    pub const fn new(signer: S) -> Self {
        Self(signer)
    }
}

impl<S: Signer> fmt::Debug for WalletAuth<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WalletAuth")
            .field("address", &self.0.address())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl<S: Signer + Send + Sync> AuthNeeded for WalletAuth<S> {
    async fn authorise(&self, request: &AuthRequest) -> Result<AuthSig, AuthNeededError> {
        let message = request.siwe(self.0.address())?;
        Ok(sign_siwe(&self.0, &message).await?)
    }

    fn address(&self) -> Option<Address> {
        Some(self.0.address())
    }
}

/// A closure as [`AuthNeeded`].
#[derive(Clone)]
pub struct AuthFn<F>(F);

/// Authorises with a closure.
///
/// ```
/// use lit_sdk::{AuthNeededError, AuthRequest, auth_fn};
///
/// let remote = auth_fn(|request: AuthRequest| async move {
///     Err::<lit_sdk::AuthSig, AuthNeededError>(format!("nobody signs for {}", request.uri()).into())
/// });
/// ```
pub fn auth_fn<F, Fut>(authorise: F) -> AuthFn<F>
where
    F: Fn(AuthRequest) -> Fut + Send + Sync,
    Fut: Future<Output = Result<AuthSig, AuthNeededError>> + Send,
{
    AuthFn(authorise)
}

impl<F> fmt::Debug for AuthFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthFn")
    }
}

#[async_trait]
impl<F, Fut> AuthNeeded for AuthFn<F>
where
    F: Fn(AuthRequest) -> Fut + Send + Sync,
    Fut: Future<Output = Result<AuthSig, AuthNeededError>> + Send,
{
    async fn authorise(&self, request: &AuthRequest) -> Result<AuthSig, AuthNeededError> {
        (self.0)(request.clone()).await
    }
}

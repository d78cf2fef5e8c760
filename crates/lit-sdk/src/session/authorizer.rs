use std::{fmt, future::Future, sync::Arc};

use alloy_primitives::Address;
use alloy_signer::Signer;
use async_trait::async_trait;
use lit_recap::{Nonce, ReCap, SiweBuilder, SiweError, SiweMessage};
use lit_session_crypto::{CombinedRoot, SessionPublicKey, WalletAuthSigError, sign_siwe};
use lit_types::{AuthSig, Right, Timestamp, TimestampError, chains::evm_chain_id};

use crate::{Error, LitNodeClient, session::LoginId};

/// Authorizes a session key: a wallet, a PKP login, a remote signer, a browser on the other end of a connection.
///
/// The client verifies the result before it uses it: the AuthSig must authorize the session key, grant what was requested, and
/// come from [`SessionAuthorizer::address`] if that is known.
///
/// [`WalletAuth`], [`PkpLogin`](crate::PkpLogin) and [`LitActionLogin`](crate::LitActionLogin) implement it;
/// [`authorizer_fn`] turns a closure into one.
///
/// ```
/// use alloy_signer::Signer;
/// use lit_sdk::{AuthRequest, Authorization, AuthorizeError, SessionAuthorizer, session_crypto::sign_siwe};
///
/// /// Shows the message to the user before the wallet signs it.
/// struct Confirmed<S>(S);
///
/// #[async_trait::async_trait]
/// impl<S: Signer + Send + Sync> SessionAuthorizer for Confirmed<S> {
///     async fn authorize(&self, request: &AuthRequest) -> Result<Authorization, AuthorizeError> {
///         let message = request.siwe(self.0.address())?;
///         println!("sign this?\n{message}");
///         Ok(sign_siwe(&self.0, &message).await?.into())
///     }
/// }
/// ```
#[doc(alias = "authNeededCallback")]
#[async_trait]
pub trait SessionAuthorizer: Send + Sync {
    /// Signs a message that authorizes the session key. [`AuthRequest::siwe`] builds the usual message.
    ///
    /// # Errors
    /// [`AuthorizeError`] with its cause. The caller of the client gets it as [`Error::Authorize`].
    async fn authorize(&self, request: &AuthRequest) -> Result<Authorization, AuthorizeError>;

    /// The signer's address, if it is known beforehand. Default: unknown, and any signer is accepted.
    fn address(&self) -> Option<Address> {
        None
    }

    /// Identifies the login among the logins of one address, such as several logins to a PKP. A
    /// [`SessionManager`](crate::SessionManager) keeps their sessions apart. Default: none.
    fn login_id(&self) -> Option<LoginId> {
        None
    }
}

#[async_trait]
impl<T: SessionAuthorizer + ?Sized> SessionAuthorizer for Arc<T> {
    async fn authorize(&self, request: &AuthRequest) -> Result<Authorization, AuthorizeError> {
        self.as_ref().authorize(request).await
    }

    fn address(&self) -> Option<Address> {
        self.as_ref().address()
    }

    fn login_id(&self) -> Option<LoginId> {
        self.as_ref().login_id()
    }
}

/// The answer to an [`AuthRequest`]: the AuthSig that a session is built on.
///
/// An AuthSig that the network signed for a PKP carries the proof that this client already verified it, so that the pairing is
/// computed once. Only this crate can attach that proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization(Root);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Root {
    Unverified(AuthSig),
    Verified(CombinedRoot),
}

impl Authorization {
    /// The AuthSig.
    #[must_use]
    pub const fn auth_sig(&self) -> &AuthSig {
        match &self.0 {
            Root::Unverified(auth_sig) => auth_sig,
            Root::Verified(root) => root.auth_sig(),
        }
    }

    pub(crate) const fn combined(root: CombinedRoot) -> Self {
        Self(Root::Verified(root))
    }

    /// The proof that this client combined and verified the AuthSig.
    pub(crate) const fn verified(&self) -> Option<&CombinedRoot> {
        match &self.0 {
            Root::Unverified(_) => None,
            Root::Verified(root) => Some(root),
        }
    }
}

impl From<AuthSig> for Authorization {
    fn from(auth_sig: AuthSig) -> Self {
        Self(Root::Unverified(auth_sig))
    }
}

/// A failure to authorize a session key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorizeError {
    /// The message is invalid, such as a statement with a line feed.
    #[error("invalid message")]
    InvalidMessage(#[from] SiweError),
    /// A time of the message is outside the years 0 to 9999.
    #[error("invalid time in the message")]
    InvalidTime(#[from] TimestampError),
    /// The signer refused or failed.
    #[error("the signer did not sign")]
    Signer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The client failed, such as when too few nodes accept a PKP login. [`LitNodeClient::session`] returns this error itself.
    #[error(transparent)]
    Client(Box<Error>),
}

impl AuthorizeError {
    /// The signer refused or failed, for this reason.
    pub fn signer(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Signer(cause.into())
    }
}

impl From<Error> for AuthorizeError {
    fn from(error: Error) -> Self {
        Self::Client(Box::new(error))
    }
}

/// The cause of a signer's failure, so that `?` works in a closure for [`authorizer_fn`].
impl From<Box<dyn std::error::Error + Send + Sync>> for AuthorizeError {
    fn from(cause: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Self::Signer(cause)
    }
}

impl From<WalletAuthSigError> for AuthorizeError {
    fn from(error: WalletAuthSigError) -> Self {
        Self::signer(error)
    }
}

/// A request to authorize a session key with rights until an expiration.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AuthRequest {
    pub(crate) client: LitNodeClient,
    /// The session key.
    #[doc(alias = "sessionKey")]
    pub session_key: SessionPublicKey,
    /// The requested rights.
    #[doc(alias = "resourceAbilityRequests")]
    pub requests: Vec<Right>,
    /// The same rights as the ReCap that the message must carry.
    #[doc(alias = "sessionCapabilityObject")]
    pub recap: ReCap,
    /// When the session ends.
    pub expiration: Timestamp,
    /// A recent Ethereum block hash, the nonce of the message.
    pub nonce: Nonce,
    /// When the request was made.
    pub issued_at: Timestamp,
    /// The domain of the message, if the caller set one.
    pub domain: Option<String>,
    /// The statement shown to the signer before that of the ReCap, if the caller set one.
    pub statement: Option<String>,
    /// The chain the wallet is used on, such as `ethereum`.
    pub chain: String,
}

impl AuthRequest {
    /// The client that makes the session. A PKP login calls the network through it. Its calls end when the session must be made.
    #[must_use]
    pub const fn client(&self) -> &LitNodeClient {
        &self.client
    }

    /// The URI that the message must name: `lit:session:` and the session key.
    #[must_use]
    pub fn uri(&self) -> String {
        self.session_key.uri()
    }

    /// The message that the wallet with this address signs. It grants exactly the requested rights until the requested end.
    /// The chain id is 1 for an unknown EVM chain, as in the official client.
    ///
    /// # Errors
    /// [`SiweError`] for a malformed domain or statement.
    #[doc(alias(
        "createSiweMessage",
        "createSiweMessageWithRecaps",
        "createSiweMessageWithResources"
    ))]
    pub fn siwe(&self, address: Address) -> Result<SiweMessage, SiweError> {
        let mut siwe = SiweBuilder::new(
            address,
            self.uri(),
            self.nonce.clone(),
            self.issued_at.clone(),
        )
        .with_chain_id(evm_chain_id(&self.chain).unwrap_or(1))
        .with_expiration(self.expiration.clone())
        .with_recap(self.recap.clone());
        if let Some(domain) = &self.domain {
            siwe = siwe.with_domain(domain);
        }
        if let Some(statement) = &self.statement {
            siwe = siwe.with_statement(statement);
        }
        siwe.build()
    }
}

/// Authorizes sessions with a wallet: any alloy [`Signer`].
///
/// ```
/// use alloy_signer_local::PrivateKeySigner;
/// use lit_sdk::{Error, LitNodeClient, Right, Session, SessionRequest, WalletAuth};
///
/// let signer = PrivateKeySigner::random();
/// assert_eq!(WalletAuth::new(signer.clone()).address(), signer.address());
///
/// async fn sign_in(client: &LitNodeClient, signer: PrivateKeySigner) -> Result<Session, Error> {
///     let request = SessionRequest::new([Right::run_any_action()]);
///     client.session(&request, &WalletAuth::new(signer)).await
/// }
/// ```
#[doc(alias("ethConnect", "checkAndSignEVMAuthMessage"))]
#[derive(Clone)]
pub struct WalletAuth<S>(S);

impl<S: Signer> WalletAuth<S> {
    /// Authorizes with this wallet.
    pub const fn new(signer: S) -> Self {
        Self(signer)
    }

    /// The address of the wallet.
    #[must_use]
    pub fn address(&self) -> Address {
        self.0.address()
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
impl<S: Signer + Send + Sync> SessionAuthorizer for WalletAuth<S> {
    async fn authorize(&self, request: &AuthRequest) -> Result<Authorization, AuthorizeError> {
        let message = request.siwe(self.0.address())?;
        Ok(sign_siwe(&self.0, &message).await?.into())
    }

    fn address(&self) -> Option<Address> {
        Some(self.0.address())
    }
}

/// A closure as a [`SessionAuthorizer`]; see [`authorizer_fn`].
#[derive(Clone)]
pub struct AuthorizerFn<F>(F);

/// Authorizes sessions with a closure, such as one that calls a browser wallet or an HSM.
///
/// ```
/// use lit_sdk::{AuthRequest, AuthSig, Error, LitNodeClient, Session, SessionRequest, authorizer_fn};
///
/// /// Sends the message to a browser wallet, and waits for its AuthSig.
/// async fn ask_browser(message: String) -> Result<AuthSig, std::io::Error> {
/// #   let _ = message;
/// #   Err(std::io::ErrorKind::NotConnected.into())
/// }
///
/// async fn sign_in(client: &LitNodeClient, request: &SessionRequest) -> Result<Session, Error> {
///     let address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8".parse().expect("an address");
///     let browser = authorizer_fn(|asked: AuthRequest| async move {
///         let message = asked.siwe(address)?;
///         ask_browser(message.as_str().to_owned()).await.map_err(lit_sdk::AuthorizeError::signer)
///     });
///     client.session(request, &browser).await
/// }
/// ```
#[doc(alias = "authNeededCallback")]
pub fn authorizer_fn<F, Fut, A>(authorize: F) -> AuthorizerFn<F>
where
    F: Fn(AuthRequest) -> Fut + Send + Sync,
    Fut: Future<Output = Result<A, AuthorizeError>> + Send,
    A: Into<Authorization>,
{
    AuthorizerFn(authorize)
}

impl<F> fmt::Debug for AuthorizerFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizerFn")
    }
}

#[async_trait]
impl<F, Fut, A> SessionAuthorizer for AuthorizerFn<F>
where
    F: Fn(AuthRequest) -> Fut + Send + Sync,
    Fut: Future<Output = Result<A, AuthorizeError>> + Send,
    A: Into<Authorization>,
{
    async fn authorize(&self, request: &AuthRequest) -> Result<Authorization, AuthorizeError> {
        Ok((self.0)(request.clone()).await?.into())
    }
}

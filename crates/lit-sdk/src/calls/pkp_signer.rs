use std::{fmt, future::Future, sync::Arc};

use alloy_consensus::SignableTransaction;
use alloy_network::{TxSigner, impl_into_wallet};
use alloy_primitives::{Address, B256, ChainId, Signature};
use alloy_signer::{Signer, sign_transaction_with_chain_id};
use async_trait::async_trait;
use lit_session_crypto::Session;
use lit_types::PkpPublicKey;

use crate::{LitNodeClient, PkpSign};

/// Provides sessions to something that lives longer than a session, such as a [`PkpSigner`].
///
/// A [`Session`] provides itself, until it expires. [`session_fn`] turns a closure into a source, for example one that asks a
/// [`SessionManager`](crate::SessionManager), which renews sessions.
///
/// ```
/// use std::sync::Arc;
/// use lit_sdk::{Session, calls::{SessionSource, SessionSourceError}};
///
/// /// Sessions that another thread renews.
/// struct Current(tokio::sync::watch::Receiver<Option<Arc<Session>>>);
///
/// #[async_trait::async_trait]
/// impl SessionSource for Current {
///     async fn session(&self) -> Result<Arc<Session>, SessionSourceError> {
///         self.0.borrow().clone().ok_or_else(|| "not logged in".into())
///     }
/// }
/// ```
#[async_trait]
pub trait SessionSource: Send + Sync {
    /// Returns a session that has not expired.
    ///
    /// # Errors
    /// Any cause.
    async fn session(&self) -> Result<Arc<Session>, SessionSourceError>;
}

/// Why a source has no session.
pub type SessionSourceError = Box<dyn std::error::Error + Send + Sync>;

#[async_trait]
impl SessionSource for Session {
    async fn session(&self) -> Result<Arc<Session>, SessionSourceError> {
        Ok(Arc::new(self.clone()))
    }
}

/// A closure as a [`SessionSource`]; see [`session_fn`].
#[derive(Clone)]
pub struct SessionFn<F>(F);

/// Turns a closure into a [`SessionSource`].
///
/// ```
/// use std::sync::Arc;
/// use lit_sdk::{SessionAuthorizer, SessionManager, SessionRequest, calls::{SessionSource, SessionSourceError, session_fn}};
///
/// fn renewed(manager: SessionManager, request: SessionRequest, wallet: Arc<dyn SessionAuthorizer>) -> impl SessionSource {
///     let (manager, request) = (Arc::new(manager), Arc::new(request));
///     session_fn(move || {
///         let (manager, request, wallet) = (manager.clone(), request.clone(), wallet.clone());
///         async move { Ok::<_, SessionSourceError>(manager.session(&request, wallet.as_ref()).await?) }
///     })
/// }
/// ```
pub fn session_fn<F, Fut>(session: F) -> SessionFn<F>
where
    F: Fn() -> Fut + Send + Sync,
    Fut: Future<Output = Result<Arc<Session>, SessionSourceError>> + Send,
{
    SessionFn(session)
}

impl<F> fmt::Debug for SessionFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionFn")
    }
}

#[async_trait]
impl<F, Fut> SessionSource for SessionFn<F>
where
    F: Fn() -> Fut + Send + Sync,
    Fut: Future<Output = Result<Arc<Session>, SessionSourceError>> + Send,
{
    async fn session(&self) -> Result<Arc<Session>, SessionSourceError> {
        (self.0)().await
    }
}

/// A PKP as a wallet of alloy: it signs messages, typed data (EIP-712) and transactions.
///
/// The network makes every signature, see [`LitNodeClient::pkp_sign`]. The session of a wallet needs two rights:
/// [`Right::sign_with`](lit_types::Right::sign_with) the PKP, and
/// [`Right::run_any_action`](lit_types::Right::run_any_action), which nodes require of wallet sessions.
///
/// ```no_run
/// use alloy_network::EthereumWallet;
/// use alloy_provider::{Provider, ProviderBuilder};
/// use lit_sdk::{Error, LitNodeClient, PkpPublicKey, PkpSigner, Right, SessionAuthorizer, SessionRequest};
///
/// async fn wallet(client: LitNodeClient, pkp: PkpPublicKey, owner: &dyn SessionAuthorizer) -> Result<EthereumWallet, Error> {
///     let request = SessionRequest::new([Right::sign_with(pkp), Right::run_any_action()]);
///     let session = client.session(&request, owner).await?;
///     Ok(EthereumWallet::from(PkpSigner::new(client, pkp, session)))
/// }
/// ```
#[doc(alias = "PKPEthersWallet")]
#[derive(Clone)]
#[must_use]
pub struct PkpSigner {
    client: LitNodeClient,
    pkp: PkpPublicKey,
    sessions: Arc<dyn SessionSource>,
    chain_id: Option<ChainId>,
}

impl PkpSigner {
    /// Creates a signer for a PKP. The sessions need the rights that [`LitNodeClient::pkp_sign`] names.
    pub fn new(
        client: LitNodeClient,
        pkp: PkpPublicKey,
        sessions: impl SessionSource + 'static,
    ) -> Self {
        Self {
            client,
            pkp,
            sessions: Arc::new(sessions),
            chain_id: None,
        }
    }

    /// The PKP.
    #[must_use]
    pub const fn pkp(&self) -> &PkpPublicKey {
        &self.pkp
    }
}

/// Errors are [`alloy_signer::Error::Other`] around those of [`LitNodeClient::pkp_sign`] and of the [`SessionSource`].
#[async_trait]
impl Signer for PkpSigner {
    async fn sign_hash(&self, hash: &B256) -> alloy_signer::Result<Signature> {
        let session = self.sessions.session().await;
        let session = session.map_err(alloy_signer::Error::Other)?;
        let call = PkpSign::digest(self.pkp, *hash);
        let signature = self.client.pkp_sign(session.as_ref(), &call).await;
        signature
            .map(Signature::from)
            .map_err(alloy_signer::Error::other)
    }

    fn address(&self) -> Address {
        self.pkp.address()
    }

    fn chain_id(&self) -> Option<ChainId> {
        self.chain_id
    }

    fn set_chain_id(&mut self, chain_id: Option<ChainId>) {
        self.chain_id = chain_id;
    }
}

#[async_trait]
impl TxSigner<Signature> for PkpSigner {
    fn address(&self) -> Address {
        self.pkp.address()
    }

    async fn sign_transaction(
        &self,
        tx: &mut dyn SignableTransaction<Signature>,
    ) -> alloy_signer::Result<Signature> {
        sign_transaction_with_chain_id!(self, tx, self.sign_hash(&tx.signature_hash()).await)
    }
}

impl_into_wallet!(PkpSigner);

impl fmt::Debug for PkpSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PkpSigner")
            .field("pkp", &self.pkp)
            .field("chain_id", &self.chain_id)
            .finish_non_exhaustive()
    }
}

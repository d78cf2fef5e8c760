mod attempt;

use alloy_primitives::{B256, eip191_hash_message};
use futures_util::stream::{FuturesUnordered, StreamExt};
use lit_session_crypto::EcdsaSignature;
use lit_types::PkpPublicKey;
use tokio::time::Instant;

use self::attempt::{Attempt, Progress};
use crate::{Error, LitNodeClient, calls::SessionAuth};

/// How many requests for one signature are under way at once.
const MAX_AT_ONCE: usize = 3;

/// A request for a signature by a PKP.
///
/// ```
/// use lit_sdk::{PkpPublicKey, PkpSign};
///
/// let pkp: PkpPublicKey = "0209ac7be2018f5ddc1e5057212eed99dd4a40dd6535bbaf6fb664581f7b53837f".parse()?;
/// let call = PkpSign::message(pkp, "hello");
/// # Ok::<(), lit_sdk::types::PkpError>(())
/// ```
#[doc(alias = "pkpSign")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct PkpSign {
    pkp: PkpPublicKey,
    digest: B256,
    attempts: usize,
}

impl PkpSign {
    /// Signs 32 bytes as they are. As a big-endian number they must be below the order of secp256k1, or nodes refuse them. A
    /// random digest is not below it once in 2^128.
    #[doc(alias = "toSign")]
    pub fn digest(pkp: PkpPublicKey, digest: impl Into<B256>) -> Self {
        Self {
            pkp,
            digest: digest.into(),
            attempts: 40,
        }
    }

    /// Signs a message like a wallet does (EIP-191, `personal_sign`).
    pub fn message(pkp: PkpPublicKey, message: impl AsRef<[u8]>) -> Self {
        Self::digest(pkp, eip191_hash_message(message))
    }

    /// Limits how many requests one signature may take. At least one. Default: 40, which is enough to find three nodes with
    /// wrong shares among ten.
    ///
    /// The id of a request decides which nodes sign together. One slow node delays the signature, and one wrong share spoils
    /// it. Then the client asks again with another id, which selects other nodes, until the deadline of a node has passed. Up to three requests are in flight at once.
    ///
    /// Without faults one request is enough. The client remembers nodes that were slow, gone, or took part in a spoiled
    /// signature, and later calls avoid them from the start.
    pub const fn with_attempts(mut self, attempts: usize) -> Self {
        self.attempts = attempts;
        self
    }
}

impl LitNodeClient {
    /// Signs with a PKP. The session needs the right to sign with it. The session of a wallet also needs the right to run
    /// [any action](lit_types::Right::run_any_action), which nodes ask for.
    ///
    /// A threshold of nodes sign together; they elect the signing set themselves. If one of the set is slow or lies, the client
    /// asks another set too, and the first valid signature counts ([`PkpSign::with_attempts`]). The signature is verified under
    /// the public key of the PKP.
    ///
    /// ```no_run
    /// # use lit_sdk::{Error, LitNodeClient, PkpPublicKey, PkpSign, Right, SessionAuthorizer, SessionRequest};
    /// # async fn run(client: LitNodeClient, pkp: PkpPublicKey, wallet: &dyn SessionAuthorizer) -> Result<(), Error> {
    /// let rights = [Right::sign_with(pkp.token_id()), Right::run_any_action()];
    /// let session = client.session(&SessionRequest::new(rights), wallet).await?;
    /// let signature = client.pkp_sign(&session, &PkpSign::message(pkp, "hello")).await?;
    /// println!("{signature} by {}", pkp.address());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Nodes`] when too few nodes accept the request; [`Error::Shares`] when enough do, but their shares do not combine
    /// in any attempt, with the report of the last one. Before any node is asked [`Error::NotReady`],
    /// [`Error::RightMissing`], [`Error::AnyActionRightMissing`], [`Error::Session`], [`Error::SessionSigs`] or
    /// [`Error::MissingNode`].
    #[doc(alias = "pkpSign")]
    pub async fn pkp_sign(
        &self,
        auth: impl Into<SessionAuth<'_>>,
        call: &PkpSign,
    ) -> Result<EcdsaSignature, Error> {
        let auth = &auth.into();
        self.check_ready()?;
        auth.check_any_action(self.now())?;
        let started = Instant::now();
        let mut patience = self.signers().patience();
        let mut running = FuturesUnordered::new();
        running.push(Attempt::begin(self, auth, call, patience)?.progress());
        let mut begun = 1;
        loop {
            #[allow(
                clippy::expect_used,
                reason = "the loop returns when the last attempt fails and no other begins"
            )]
            let progress = running
                .next()
                .await
                .expect("at least one attempt is running");
            let mut last_error = None;
            let wants_another = match progress {
                Progress::Signed(signature) => return Ok(signature),
                Progress::Late(attempt) => {
                    running.push(attempt.progress());
                    // If all nodes are slow, asking more often does not help.
                    patience = patience.saturating_mul(2);
                    true
                }
                Progress::Spoiled(attempt) => {
                    running.push(attempt.progress());
                    true
                }
                Progress::Failed {
                    error,
                    asks_for_another,
                } => {
                    let was_last = running.is_empty() && matches!(error, Error::Shares(_));
                    last_error = running.is_empty().then_some(error);
                    asks_for_another || was_last
                }
            };
            let may_begin = begun < call.attempts
                && running.len() < MAX_AT_ONCE
                && started.elapsed() < self.node_timeout();
            if wants_another && may_begin {
                tracing::debug!(
                    attempt = begun,
                    "no signature yet; asking others for it too"
                );
                running.push(Attempt::begin(self, auth, call, patience)?.progress());
                begun += 1;
            } else if let Some(error) = last_error {
                return Err(error);
            }
        }
    }
}

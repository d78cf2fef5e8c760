mod attempt;

use alloy_primitives::{B256, eip191_hash_message};
use futures_util::stream::{FuturesUnordered, StreamExt};
use lit_session_crypto::EcdsaSignature;
use lit_types::PkpPublicKey;
use tokio::time::Instant;

use self::attempt::{Attempt, Progress};
use crate::{Error, LitNodeClient, calls::SessionAuth, observe::Operation};

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
            attempts: 256,
        }
    }

    /// Signs a message like a wallet does (EIP-191, `personal_sign`).
    pub fn message(pkp: PkpPublicKey, message: impl AsRef<[u8]>) -> Self {
        Self::digest(pkp, eip191_hash_message(message))
    }

    /// Limits how many requests one signature may take. At least one. Default: 256, which is enough to find any four nodes with
    /// wrong shares among ten: each request may be paid with capacity credits.
    ///
    /// The id of a request decides which nodes sign together. One slow node delays the signature, and one wrong share spoils
    /// it without a sign of who gave it. Then the client asks again with the id that elects the nodes most likely to be honest, until
    /// the timeout of a node has passed, or every signing set has spoiled a signature. Up to three requests are in flight at
    /// once.
    ///
    /// Without faults one request is enough. The client remembers for ten minutes which nodes were slow, gone, or took part in a
    /// spoiled signature, and later calls avoid them from the start ([`LitNodeClient::doubts`]).
    ///
    /// Measured with ten nodes: one liar takes up to 3 requests, two take up to 9, three 18 (up to 34), and four 139 (up to 210, all
    /// the sets there are). Larger networks have more sets: of 30 nodes with ten liars nobody finds the only good set among 30
    /// million.
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
        let auth = auth.into();
        self.operate(Operation::PkpSign, |client| async move {
            client.sign_with_pkp(&auth, call).await
        })
        .await
    }

    async fn sign_with_pkp(
        &self,
        auth: &SessionAuth<'_>,
        call: &PkpSign,
    ) -> Result<EcdsaSignature, Error> {
        self.check_ready()?;
        auth.check_any_action(self.now())?;
        let started = Instant::now();
        let mut patience = self.signers().patience();
        let mut running = FuturesUnordered::new();
        let before = self.signers().spoiled();
        // If other calls have just found that every set has a liar, that is forgotten, too.
        let first = loop {
            if let Some(first) = Attempt::begin(self, auth, call, patience, before)? {
                break first;
            }
        };
        running.push(first.progress());
        let mut begun = 1;
        let mut may_begin = true;
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
            may_begin &= begun < call.attempts
                && started.elapsed() < self.node_timeout()
                && !self.deadline().has_passed()
                && !self.signers().are_too_few(&self.nodes(), self.threshold());
            let next = match wants_another && may_begin && running.len() < MAX_AT_ONCE {
                true => match Attempt::begin(self, auth, call, patience, before) {
                    // Those in flight may still sign.
                    Err(error) if !running.is_empty() => {
                        tracing::debug!(%error, "no other attempt can begin");
                        may_begin = false;
                        None
                    }
                    begun => begun?,
                },
                false => None,
            };
            if let Some(attempt) = next {
                tracing::debug!(
                    attempt = begun,
                    "no signature yet; asking others for it too"
                );
                running.push(attempt.progress());
                begun += 1;
            } else if let Some(error) = last_error {
                return Err(error);
            } else if wants_another && running.len() < MAX_AT_ONCE {
                // The limit is reached, or every signing set has a liar.
                may_begin = false;
            }
        }
    }
}

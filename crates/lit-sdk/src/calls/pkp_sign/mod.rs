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

/// What a PKP shall sign.
///
/// ```
/// use lit_sdk::{PkpPublicKey, PkpSign};
///
/// let pkp: PkpPublicKey = "0209ac7be2018f5ddc1e5057212eed99dd4a40dd6535bbaf6fb664581f7b53837f".parse()?;
/// let call = PkpSign::message(pkp, "hello");
/// # Ok::<(), lit_sdk::types::PkpError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct PkpSign {
    pkp: PkpPublicKey,
    digest: B256,
    attempts: usize,
}

impl PkpSign {
    /// These 32 bytes as they are. As a big-endian number they have to be below the order of the curve, as all but one in 2^128
    /// are; nodes refuse others.
    #[doc(alias = "toSign")]
    pub fn digest(pkp: PkpPublicKey, digest: impl Into<B256>) -> Self {
        Self {
            pkp,
            digest: digest.into(),
            attempts: 40,
        }
    }

    /// This message as wallets sign it (EIP-191, `personal_sign`).
    pub fn message(pkp: PkpPublicKey, message: impl AsRef<[u8]>) -> Self {
        Self::digest(pkp, eip191_hash_message(message))
    }

    /// How often nodes are asked at most. At least once. Default: 40, which is enough to find out among ten nodes three whose
    /// shares are wrong.
    ///
    /// Which nodes sign together follows from the id of a request. Without the share of a slow node there is no signature, and
    /// one wrong share spoils it without telling whose it is. So the nodes are asked again under another id, by which others
    /// sign together; not any more, though, when the time is over that one node may take. Up to three requests are
    /// under way at once.
    ///
    /// Without faults one is enough. The client remembers who was slow, gone, or had to do with a wrong share, so later calls ask
    /// others from the start.
    pub const fn with_attempts(mut self, attempts: usize) -> Self {
        self.attempts = attempts;
        self
    }
}

impl LitNodeClient {
    /// Has the network sign with a PKP. The session needs the right to sign with it, and one of a wallet also the right to run
    /// [any action](lit_types::LitResource::any_lit_action), which nodes ask for (wire protocol specification, section 4.5).
    ///
    /// As many nodes as the threshold sign together, which they choose among themselves. Nodes that are not among them do not
    /// matter. Where one of them is slow or lies, others are asked for the signature too, and the first that is
    /// good counts ([`PkpSign::with_attempts`]). The signature is verified under the key of the PKP that was asked for.
    ///
    /// # Errors
    /// [`Error::Nodes`] when too few nodes accept the request; [`Error::Shares`] when enough do, but in no attempt their shares
    /// made a signature: its report is that of the last one. Before any node is asked [`Error::NotReady`],
    /// [`Error::AnyActionRightMissing`], [`Error::Session`], [`Error::SessionSigs`] or [`Error::MissingNode`].
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
                    // If all are slow, it is no use to ask ever more.
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
                && started.elapsed() < self.node_deadline();
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

use alloy_primitives::{B256, eip191_hash_message};
use lit_node_transport::{Quorum, QuorumCall, QuorumPolicy, RequestId};
use lit_session_crypto::{EcdsaShareJson, EcdsaSignature, EcdsaSignatureShare};
use lit_types::{
    AuthSig, JsonProblem, NodeUrl, PkpPublicKey,
    wire::{Endpoint, PkpSignRequest, PkpSignResponse},
};
use tokio::time::Instant;

use crate::{
    Error, LitNodeClient, SessionAuth,
    session_auth::{signed_bodies, unsigned},
    shares::shares_error,
};

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
            attempts: 8,
        }
    }

    /// This message as wallets sign it (EIP-191, `personal_sign`).
    pub fn message(pkp: PkpPublicKey, message: impl AsRef<[u8]>) -> Self {
        Self::digest(pkp, eip191_hash_message(message))
    }

    /// How often nodes are asked at most. At least once. Default: 8.
    ///
    /// Which nodes sign together follows from the id of a request, and one wrong share spoils the signature, without telling whose
    /// it is. So the nodes are asked again under another id, and others sign together; not any more, though, when the time is
    /// over that one node may take.
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
    /// matter. The signature is verified under the key of the PKP that was asked for.
    ///
    /// # Errors
    /// [`Error::Nodes`] when too few nodes accept the request; [`Error::Shares`] when enough do, but in no attempt their shares
    /// made a signature: its report is that of the last one. Before that [`Error::NotReady`], [`Error::Session`],
    /// [`Error::SessionSigs`] or [`Error::MissingNode`].
    #[doc(alias = "pkpSign")]
    pub async fn pkp_sign(
        &self,
        auth: impl Into<SessionAuth<'_>>,
        call: &PkpSign,
    ) -> Result<EcdsaSignature, Error> {
        let auth = auth.into();
        let started = Instant::now();
        let mut attempt = 1;
        loop {
            let result = self.try_pkp_sign(auth, call).await;
            let may_repeat = attempt < call.attempts && started.elapsed() < self.node_deadline();
            match result {
                Err(Error::Shares(nodes)) if may_repeat => {
                    tracing::warn!(attempt, %nodes, "the shares make no signature; asking again");
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn try_pkp_sign(
        &self,
        auth: SessionAuth<'_>,
        call: &PkpSign,
    ) -> Result<EcdsaSignature, Error> {
        self.check_ready()?;
        let PkpSign { pkp, digest, .. } = call;
        let sigs = self.sigs_for_call(auth)?;
        let body = PkpSignRequest {
            to_sign: digest.to_vec(),
            pubkey: pkp.to_string(),
            auth_sig: unsigned(),
            epoch: self.epoch(),
        };
        let sign = |body: &mut PkpSignRequest, sig: AuthSig| body.auth_sig = sig;
        let quorum = Quorum {
            endpoint: Endpoint::PkpSign,
            request_id: RequestId::generate().map_err(|error| Error::Randomness(error.into()))?,
            bodies: signed_bodies(sigs, body, sign),
        };
        let threshold = self.threshold();
        let policy = QuorumPolicy::new(threshold).with_node_deadline(self.node_deadline());
        let judge = |_: &NodeUrl, body: &[u8]| judge(call, body);
        let set = EcdsaSignatureShare::nonce_point;
        let mut call = QuorumCall::start(self.transport(), quorum, &policy, judge, set)
            .map_err(shares_error)?;
        let agreed = call.agree().await.map_err(shares_error)?;
        let shares: Vec<_> = agreed.iter().map(|(_, share)| *share).collect();
        match EcdsaSignature::combine_for(pkp, digest, &shares, threshold) {
            Ok(signature) => {
                // The others are let do their work.
                let _ = call.finish();
                Ok(signature)
            }
            // That is a whole signing set, so more shares of it are not to come.
            Err(error) => Err(Error::Shares(Box::new(call.give_up(&error.to_string())))),
        }
    }
}

const OUTSIDE: &str = "it does not take part in this signature";

/// The share in an answer, if it is one of the signature that was asked for.
fn judge(call: &PkpSign, body: &[u8]) -> Result<EcdsaSignatureShare, String> {
    let problem = |error| JsonProblem::from(error).to_string();
    let answer: PkpSignResponse = serde_json::from_slice(body).map_err(problem)?;
    if !answer.success {
        return Err("it says it did not succeed".to_owned());
    }
    let share: EcdsaShareJson = serde_json::from_value(answer.signature_share).map_err(problem)?;
    let share = share.parse().map_err(|error| error.to_string())?;
    let share = share.ok_or(OUTSIDE)?;
    if *share.public_key() != call.pkp {
        return Err("its share is of another key".to_owned());
    }
    if *share.digest() != call.digest.0 {
        return Err("its share is of another digest".to_owned());
    }
    Ok(share)
}

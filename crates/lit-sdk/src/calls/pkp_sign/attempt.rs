use std::time::Duration;

use lit_node_transport::{Quorum, QuorumCall, QuorumPolicy, Rejection};
use lit_session_crypto::{EcdsaShareJson, EcdsaSignature, EcdsaSignatureShare};
use lit_types::{
    AuthSig, NodeUrl, Right, strict_json,
    wire::{Endpoint, PkpSignRequest, PkpSignResponse},
};

use super::PkpSign;
use crate::{
    Error, LitNodeClient,
    calls::{
        SessionAuth,
        collect::{CollectError, CollectFailure, Collected, Collector, Combination, Combine, Step},
        offload::offload,
        session_auth::{signed_bodies, unsigned},
        shares::shares_error,
        signers::Choice,
    },
    client::deadline::Deadline,
};

/// One request for a signature, to all nodes. Dropping it stops the request.
pub(super) struct Attempt {
    client: LitNodeClient,
    /// The signing set, if the nodes elect by the rule of real nodes and all of it are asked.
    elected: Vec<NodeUrl>,
    threshold: usize,
    shares: Shares,
    is_spoiled: bool,
    has_asked: bool,
}

type Shares = Collector<Combiner, NoncePoint, Box<Judge>, fn(&Share) -> NoncePoint>;
type Share = EcdsaSignatureShare;
type NoncePoint = [u8; 33];
type Judge = dyn Fn(&NodeUrl, &[u8]) -> Result<Share, Rejection> + Send + Sync;

/// What comes of an attempt.
pub(super) enum Progress {
    /// A verified signature.
    Signed(EcdsaSignature),
    /// The attempt takes long, so another should start beside it. Reported once.
    Late(Attempt),
    /// A share is wrong, so another attempt should start beside this one. Reported once, and not after [`Self::Late`].
    Spoiled(Attempt),
    /// The attempt is over.
    Failed {
        error: Error,
        /// Whether another attempt may do better, and was not asked for yet.
        asks_for_another: bool,
    },
}

impl Attempt {
    /// Begins an attempt; `None` if every signing set has spoiled a signature since `before` were.
    pub(super) fn begin(
        client: &LitNodeClient,
        auth: &SessionAuth<'_>,
        sign: &PkpSign,
        patience: Duration,
        before: u64,
    ) -> Result<Option<Self>, Error> {
        client.check_ready()?;
        let (sign, threshold) = (*sign, client.threshold());
        let sigs = client.sigs_with_right(auth, &Right::sign_with(sign.pkp.token_id()))?;
        let body = PkpSignRequest {
            to_sign: sign.digest.to_vec(),
            pubkey: sign.pkp.to_string(),
            auth_sig: unsigned(),
            epoch: client.epoch(),
        };
        let with_sig = |body: &mut PkpSignRequest, sig: AuthSig| body.auth_sig = sig;
        let nodes = client.nodes();
        let message = sign.digest.as_slice();
        let is_asked = |node: &NodeUrl| auth.is_for(node);
        let choice = (client.signers()).request_id(&nodes, threshold, message, before, is_asked)?;
        let Some(Choice { id, set: elected }) = choice else {
            return Ok(None);
        };
        let quorum = Quorum {
            endpoint: Endpoint::PkpSign,
            request_id: id,
            bodies: signed_bodies(sigs, body, with_sig),
        };
        let policy = QuorumPolicy::new(threshold).with_node_timeout(client.node_timeout());
        let deadline = client.deadline();
        let policy = deadline.bound(policy);
        let judge: Box<Judge> = Box::new(move |_, body| judge(&sign, body));
        let set: fn(&Share) -> NoncePoint = Share::nonce_point;
        let call = QuorumCall::start(client.transport(), quorum, &policy, judge, set)
            .map_err(shares_error)?;
        let combiner = Combiner {
            sign,
            threshold,
            deadline,
        };
        Ok(Some(Self {
            client: client.clone(),
            elected,
            threshold,
            shares: Collector::new(call, combiner, patience).impatient(),
            is_spoiled: false,
            has_asked: false,
        }))
    }

    pub(super) async fn progress(self) -> Progress {
        let Self {
            client,
            elected,
            threshold,
            mut shares,
            mut is_spoiled,
            mut has_asked,
        } = self;
        let signers = client.signers();
        loop {
            match shares.next().await {
                Ok(Step::Combined(Collected {
                    value,
                    answer,
                    took,
                })) => {
                    signers.note_duration(took);
                    // Of more shares some were left out, and may be copies: nobody knows whose.
                    if answer.agreed.len() == threshold {
                        let set = answer.agreed.into_iter().map(|(node, _)| node);
                        signers.note_honest(&set.collect::<Vec<_>>());
                    }
                    // The other requests are left to finish.
                    signers.note(&answer.outcomes, false);
                    return Progress::Signed(value);
                }
                Ok(Step::Late(shares)) => {
                    signers.note(&shares.outcomes(), true);
                    return Progress::Late(Self {
                        client,
                        elected,
                        threshold,
                        shares,
                        is_spoiled,
                        has_asked: true,
                    });
                }
                Ok(Step::Spoiled(rest, set)) => {
                    if !is_spoiled {
                        signers.note_spoiled(set);
                        is_spoiled = true;
                    }
                    shares = rest.blaming(|node| signers.is_known_to_lie(node));
                    if !has_asked {
                        has_asked = true;
                        return Progress::Spoiled(Self {
                            client,
                            elected,
                            threshold,
                            shares,
                            is_spoiled,
                            has_asked,
                        });
                    }
                }
                Ok(Step::Failed(CollectError {
                    cause,
                    error,
                    outcomes,
                })) => {
                    let error = match cause {
                        CollectFailure::Spoiled => Error::Shares(Box::new(error)),
                        CollectFailure::Incomplete | CollectFailure::NoAgreement => {
                            shares_error(error)
                        }
                    };
                    let may_do_better = matches!(error, Error::Shares(_));
                    if may_do_better {
                        signers.note(&outcomes, false);
                        if !is_spoiled {
                            // A liar gave a share of another nonce, or kept it back.
                            signers.note_failed(&elected);
                        }
                    }
                    return Progress::Failed {
                        error,
                        asks_for_another: may_do_better && !has_asked,
                    };
                }
                Err(error) => {
                    return Progress::Failed {
                        error,
                        asks_for_another: false,
                    };
                }
            }
        }
    }
}

/// Combines shares to a signature of the digest by the PKP.
struct Combiner {
    sign: PkpSign,
    threshold: usize,
    deadline: Deadline,
}

impl Combine for Combiner {
    type Answer = Share;
    type Output = EcdsaSignature;

    /// Verifying takes a while, more when there are shares too many, so it is done beside the runtime.
    ///
    /// The nodes that answer are the signing set, so too few shares of one nonce are spoiled, not incomplete.
    async fn combine(
        &self,
        agreed: &[(NodeUrl, Share)],
    ) -> Result<Combination<EcdsaSignature>, Error> {
        let (nodes, shares): (Vec<NodeUrl>, Vec<Share>) = agreed.iter().cloned().unzip();
        let PkpSign { pkp, digest, .. } = self.sign;
        let threshold = self.threshold;
        let work = move || EcdsaSignature::combine_for(&pkp, &digest, &shares, threshold);
        Ok(match offload(self.deadline, work).await? {
            Ok(signature) => Combination::Combined(signature),
            Err(error) => Combination::Spoiled {
                nodes,
                reason: Rejection::CannotCombine(error.into()),
            },
        })
    }
}

/// The share in an answer, if it belongs to the signature that was asked for.
fn judge(call: &PkpSign, body: &[u8]) -> Result<EcdsaSignatureShare, Rejection> {
    let answer: PkpSignResponse = strict_json::from_slice(body)?;
    if !answer.success {
        return Err(Rejection::Unsuccessful);
    }
    let share: EcdsaShareJson = serde_json::from_value(answer.signature_share)?;
    let share = share
        .parse()
        .map_err(|error| Rejection::MalformedShare(error.into()))?;
    let share = share.ok_or(Rejection::NotASigner)?;
    if *share.public_key() != call.pkp {
        return Err(Rejection::WrongKey);
    }
    if *share.digest() != call.digest.0 {
        return Err(Rejection::WrongDigest);
    }
    Ok(share)
}

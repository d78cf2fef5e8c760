use std::time::Duration;

use lit_node_transport::{Quorum, QuorumCall, QuorumError, QuorumPolicy, Rejection};
use lit_session_crypto::{EcdsaError, EcdsaShareJson, EcdsaSignature, EcdsaSignatureShare};
use lit_types::{
    AuthSig, NodeUrl,
    wire::{Endpoint, PkpSignRequest, PkpSignResponse},
};
use tokio::time::{Instant, timeout_at};

use super::PkpSign;
use crate::{
    Error, LitNodeClient,
    calls::{
        SessionAuth,
        offload::offload,
        session_auth::{signed_bodies, unsigned},
        shares::shares_error,
    },
};

/// One request for a signature, to all nodes. Dropping it stops the request.
pub(super) struct Attempt {
    client: LitNodeClient,
    call: Call,
    sign: PkpSign,
    threshold: usize,
    started: Instant,
    patience: Duration,
    /// When it is time for another attempt, or, if the shares make no signature, to give up this one.
    impatient_at: Option<Instant>,
    /// Why the shares that have come make no signature.
    spoiled: Option<Rejection>,
    has_asked: bool,
}

type Call = QuorumCall<Share, NoncePoint, Box<Judge>, fn(&Share) -> NoncePoint>;
type Share = EcdsaSignatureShare;
type NoncePoint = [u8; 33];
type Judge = dyn Fn(&NodeUrl, &[u8]) -> Result<Share, Rejection> + Send + Sync;

/// What comes of an attempt.
pub(super) enum Progress {
    /// A signature, verified.
    Signed(EcdsaSignature),
    /// It takes long, so another should be made beside it. Said once.
    Late(Attempt),
    /// A share is wrong, so another should be made beside it, should no better one come. Said once, and not of a late one.
    Spoiled(Attempt),
    /// It is over.
    Failed {
        error: Error,
        /// Whether another may do better, and has not been asked for yet.
        asks_for_another: bool,
    },
}

impl Attempt {
    pub(super) fn begin(
        client: &LitNodeClient,
        auth: SessionAuth<'_>,
        sign: &PkpSign,
        patience: Duration,
    ) -> Result<Self, Error> {
        client.check_ready()?;
        let (sign, threshold) = (*sign, client.threshold());
        let sigs = client.sigs_for_call(auth)?;
        let body = PkpSignRequest {
            to_sign: sign.digest.to_vec(),
            pubkey: sign.pkp.to_string(),
            auth_sig: unsigned(),
            epoch: client.epoch(),
        };
        let with_sig = |body: &mut PkpSignRequest, sig: AuthSig| body.auth_sig = sig;
        let nodes = client.nodes();
        let quorum = Quorum {
            endpoint: Endpoint::PkpSign,
            request_id: (client.signers()).request_id(&nodes, threshold, sign.digest.as_slice())?,
            bodies: signed_bodies(sigs, body, with_sig),
        };
        let policy = QuorumPolicy::new(threshold).with_node_deadline(client.node_deadline());
        let judge: Box<Judge> = Box::new(move |_, body| judge(&sign, body));
        let set: fn(&Share) -> NoncePoint = Share::nonce_point;
        let call = QuorumCall::start(client.transport(), quorum, &policy, judge, set)
            .map_err(shares_error)?;
        let started = Instant::now();
        Ok(Self {
            client: client.clone(),
            call,
            sign,
            threshold,
            started,
            patience,
            impatient_at: started.checked_add(patience),
            spoiled: None,
            has_asked: false,
        })
    }

    pub(super) async fn progress(mut self) -> Progress {
        loop {
            let answers = self.call.agree();
            let agreed = match self.impatient_at {
                Some(end) => match timeout_at(end, answers).await {
                    Ok(agreed) => agreed,
                    Err(_) => return self.lose_patience(),
                },
                None => answers.await,
            };
            let (set, shares): (Vec<NodeUrl>, Vec<_>) = match agreed {
                Ok(agreed) => agreed.iter().cloned().unzip(),
                Err(error) => return self.fail(error),
            };
            let took = self.started.elapsed();
            match combine(self.sign, shares, self.threshold).await {
                Ok(Ok(signature)) => {
                    let signers = self.client.signers();
                    signers.note_signed(&set, took);
                    // The others are let do their work.
                    signers.note(&self.call.finish().outcomes, false);
                    return Progress::Signed(signature);
                }
                Ok(Err(error)) => {
                    if self.spoiled.is_none() {
                        self.client.signers().note_spoiled(set);
                    }
                    // A whole signing set has answered, but one of them may be none of it and have taken the place of
                    // somebody whose share is still to come.
                    self.spoiled = Some(Rejection::CannotCombine(error.to_string()));
                    self.impatient_at = Instant::now().checked_add(self.patience);
                    if !self.has_asked {
                        self.has_asked = true;
                        return Progress::Spoiled(self);
                    }
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

    fn lose_patience(mut self) -> Progress {
        if let Some(rejection) = self.spoiled.take() {
            return self.give_up(&rejection);
        }
        self.client.signers().note(&self.call.outcomes(), true);
        self.impatient_at = None;
        self.has_asked = true;
        Progress::Late(self)
    }

    /// Ends the attempt because the shares that have arrived do not combine.
    fn give_up(self, rejection: &Rejection) -> Progress {
        self.client.signers().note(&self.call.outcomes(), false);
        Progress::Failed {
            error: Error::Shares(Box::new(self.call.give_up(rejection))),
            asks_for_another: !self.has_asked,
        }
    }

    /// Ends the attempt because no more answers agree.
    fn fail(mut self, error: QuorumError) -> Progress {
        if let Some(rejection) = self.spoiled.take() {
            return self.give_up(&rejection);
        }
        let error = shares_error(error);
        let may_do_better = matches!(error, Error::Shares(_));
        if may_do_better {
            self.client.signers().note(&self.call.outcomes(), false);
        }
        Progress::Failed {
            error,
            asks_for_another: may_do_better && !self.has_asked,
        }
    }
}

/// Verifying takes a while, more when there are shares too many, so it is done beside the runtime.
async fn combine(
    sign: PkpSign,
    shares: Vec<EcdsaSignatureShare>,
    threshold: usize,
) -> Result<Result<EcdsaSignature, EcdsaError>, Error> {
    let PkpSign { pkp, digest, .. } = sign;
    let work = move || EcdsaSignature::combine_for(&pkp, &digest, &shares, threshold);
    offload(work).await
}

/// The share in an answer, if it is one of the signature that was asked for.
fn judge(call: &PkpSign, body: &[u8]) -> Result<EcdsaSignatureShare, Rejection> {
    let answer: PkpSignResponse = serde_json::from_slice(body)?;
    if !answer.success {
        return Err(Rejection::Unsuccessful);
    }
    let share: EcdsaShareJson = serde_json::from_value(answer.signature_share)?;
    let share = share
        .parse()
        .map_err(|error| Rejection::MalformedShare(error.to_string()))?;
    let share = share.ok_or(Rejection::NotASigner)?;
    if *share.public_key() != call.pkp {
        return Err(Rejection::WrongKey);
    }
    if *share.digest() != call.digest.0 {
        return Err(Rejection::WrongDigest);
    }
    Ok(share)
}

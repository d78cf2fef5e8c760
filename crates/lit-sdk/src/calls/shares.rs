//! BLS signatures that nodes make together.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use lit_node_transport::{Outcome, QuorumAnswer, QuorumCall, QuorumError, Rejection};
use lit_session_crypto::{
    BlsPublicKey, BlsQuorum, BlsSignatureShare, CombineError, CombinedSignature,
};
use lit_types::NodeUrl;

use crate::{
    ConfigError, Error, LitNodeClient,
    calls::{offload::offload, signers::Signers},
    client::{deadline::Deadline, state::NetworkState},
};

/// The key and threshold of a network that makes BLS signatures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NetworkSigner {
    pub(crate) key: BlsPublicKey,
    threshold: u8,
}

impl NetworkState {
    /// The key and threshold that the network signs with.
    pub(crate) fn signer(&self) -> Result<NetworkSigner, Error> {
        let threshold = self.view.threshold;
        if threshold < 2 {
            return Err(Error::Config(ConfigError::ThresholdTooLow { threshold }));
        }
        let key = self.keys().network_public_key.parse();
        Ok(NetworkSigner {
            key: key.map_err(Error::NetworkKey)?,
            threshold: u8::try_from(threshold)
                .map_err(|_| Error::Config(ConfigError::ThresholdTooHigh { threshold }))?,
        })
    }
}

impl NetworkSigner {
    /// Waits until a threshold of nodes have given good shares of one signature. Returns it with their answers.
    ///
    /// `message` is what an answer signs. Nodes that give a wrong share are found, rejected and remembered. A search for them
    /// ends when more shares come, with which it is easier.
    pub(crate) async fn combine<T, K, J, F>(
        &self,
        seen: &Signers,
        mut call: QuorumCall<T, K, J, F>,
        deadline: Deadline,
        message: impl Fn(&T) -> Vec<u8>,
        share: impl Fn(&T) -> BlsSignatureShare,
    ) -> Result<(CombinedSignature, QuorumAnswer<T>), Error>
    where
        K: Eq,
        J: Fn(&NodeUrl, &[u8]) -> Result<T, Rejection>,
        F: Fn(&T) -> K,
    {
        let given = |agreed: &[(NodeUrl, T)]| {
            let shares = agreed
                .iter()
                .map(|(node, answer)| (node.clone(), share(answer)));
            let (bad, good): (Vec<_>, Vec<_>) =
                shares.partition(|(node, _)| seen.is_known_to_lie(node));
            Arc::new(Given {
                signer: *self,
                deadline,
                message: message(&agreed[0].1),
                shares: good.into_iter().chain(bad).collect(),
            })
        };
        let mut shares = given(call.agree().await.map_err(shares_error)?);
        loop {
            let mut combined = shares.combine_first().await?;
            let mut more = None;
            if let Err(CombineError::NoGoodQuorum { .. }) = combined {
                let mut search = shares.search();
                more = tokio::select! {
                    biased;
                    found = search.end() => {
                        combined = found?;
                        None
                    }
                    agreed = call.agree() => Some(agreed.map(given)),
                };
                if let Some(Err(_)) = &more {
                    // No more shares come.
                    combined = search.end().await?;
                }
            }
            match combined {
                Ok(combined) => {
                    for bad in &combined.faulty {
                        let (node, _) = &shares.shares[bad.position];
                        tracing::warn!(%node, "the signature share of the node is wrong");
                        call.reject(node, Rejection::WrongShare);
                    }
                    let answer = call.finish();
                    seen.note(&answer.outcomes, false);
                    return Ok((combined, answer));
                }
                // More may come.
                Err(error) => tracing::debug!(%error, "shares cannot be combined yet"),
            }
            shares = match more {
                Some(more) => more.map_err(shares_error)?,
                None => given(call.agree().await.map_err(shares_error)?),
            };
        }
    }
}

/// Shares of one signature, those of nodes that are known to lie last.
struct Given {
    signer: NetworkSigner,
    deadline: Deadline,
    message: Vec<u8>,
    shares: Vec<(NodeUrl, BlsSignatureShare)>,
}

type Combined = Result<CombinedSignature, CombineError>;

impl Given {
    /// Combines the first quorum, on a blocking thread: pairings take milliseconds.
    async fn combine_first(self: &Arc<Self>) -> Result<Combined, Error> {
        let given = Arc::clone(self);
        offload(self.deadline, move || given.combine(&AtomicBool::new(true))).await
    }

    /// Searches for bad shares on a blocking thread, until it is dropped.
    fn search(self: &Arc<Self>) -> ShareSearch {
        let (given, stop) = (Arc::clone(self), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let found = Box::pin(offload(self.deadline, move || given.combine(&stopped)));
        ShareSearch { stop, found }
    }

    fn combine(&self, stop: &AtomicBool) -> Combined {
        let NetworkSigner { key, threshold } = self.signer;
        let shares: Vec<BlsSignatureShare> = self.shares.iter().map(|(_, share)| *share).collect();
        let quorum = BlsQuorum::new(key, threshold).with_stop(stop);
        quorum.combine(&self.message, &shares)
    }
}

/// A search that takes up to seconds if many shares are bad. Dropping it ends it.
struct ShareSearch {
    stop: Arc<AtomicBool>,
    found: Pin<Box<dyn Future<Output = Result<Combined, Error>> + Send>>,
}

impl ShareSearch {
    async fn end(&mut self) -> Result<Combined, Error> {
        self.found.as_mut().await
    }
}

impl Drop for ShareSearch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl LitNodeClient {
    /// Whether shares may not have combined because the nodes signed in two epochs: the client has not told them which, or
    /// another one has begun since.
    pub(crate) fn may_mix_epochs(&self, epoch: u64, error: &Error) -> bool {
        matches!(error, Error::Shares(_))
            && (epoch == 0 || epoch != self.epoch())
            && !self.deadline().has_passed()
    }
}

/// Distinguishes nodes that answered with unusable shares from nodes that refused.
pub(crate) fn shares_error(error: QuorumError) -> Error {
    let answered = |outcome: &Outcome| {
        matches!(
            outcome,
            Outcome::Valid | Outcome::NotASigner | Outcome::Invalid(_)
        )
    };
    let answers = error.outcomes.iter().filter(|one| answered(&one.outcome));
    if answers.count() >= error.needed {
        Error::Shares(Box::new(error))
    } else {
        Error::Nodes(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_that_is_given_up_stops() {
        let stop = Arc::new(AtomicBool::new(false));
        let search = ShareSearch {
            stop: Arc::clone(&stop),
            found: Box::pin(std::future::pending()),
        };
        assert!(!stop.load(Ordering::Relaxed));
        drop(search);
        assert!(stop.load(Ordering::Relaxed));
    }
}

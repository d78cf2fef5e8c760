//! BLS signatures that nodes make together.

use lit_node_transport::{Outcome, QuorumAnswer, QuorumCall, QuorumError, Rejection};
use lit_session_crypto::{
    BlsPublicKey, BlsQuorum, BlsSignatureShare, CombineError, CombinedSignature,
};
use lit_types::NodeUrl;

use crate::{ConfigError, Error, calls::offload::offload, client::state::NetworkState};

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
    /// `message` is what an answer signs. Nodes that give a wrong share are found and rejected, and the call waits for others.
    pub(crate) async fn combine<T, K, J, F>(
        &self,
        mut call: QuorumCall<T, K, J, F>,
        message: impl Fn(&T) -> Vec<u8>,
        share: impl Fn(&T) -> BlsSignatureShare,
    ) -> Result<(CombinedSignature, QuorumAnswer<T>), Error>
    where
        K: Eq,
        J: Fn(&NodeUrl, &[u8]) -> Result<T, Rejection>,
        F: Fn(&T) -> K,
    {
        loop {
            let agreed = call.agree().await.map_err(shares_error)?;
            let message = message(&agreed[0].1);
            let (nodes, shares): (Vec<NodeUrl>, Vec<BlsSignatureShare>) = agreed
                .iter()
                .map(|(node, answer)| (node.clone(), share(answer)))
                .unzip();
            match self.combine_now(message, shares).await? {
                Ok(combined) => {
                    for bad in &combined.faulty {
                        let node = &nodes[bad.position];
                        tracing::warn!(%node, "the signature share of the node is wrong");
                        call.reject(node, Rejection::WrongShare);
                    }
                    return Ok((combined, call.finish()));
                }
                Err(CombineError::NoGoodQuorum { faulty, .. }) => {
                    for bad in &faulty {
                        call.reject(&nodes[bad.position], Rejection::WrongShare);
                    }
                }
                // More may come.
                Err(error) => tracing::debug!(%error, "shares cannot be combined yet"),
            }
        }
    }

    /// Combines on a blocking thread: pairings take milliseconds, more when shares are bad.
    async fn combine_now(
        self,
        message: Vec<u8>,
        shares: Vec<BlsSignatureShare>,
    ) -> Result<Result<CombinedSignature, CombineError>, Error> {
        let Self { key, threshold } = self;
        let work = move || BlsQuorum::new(key, threshold).combine(&message, &shares);
        offload(work).await
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

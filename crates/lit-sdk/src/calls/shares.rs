//! Signatures that nodes make together.

use lit_node_transport::{Outcome, QuorumAnswer, QuorumCall, QuorumError, Rejection};
use lit_session_crypto::{
    BlsPublicKey, BlsQuorum, BlsSignatureShare, CombineError, CombinedSignature,
};
use lit_types::NodeUrl;

use crate::{Error, calls::offload::offload, client::state::NetworkState};

/// What a BLS signature of the network is made of and verified by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NetworkSigner {
    pub(crate) key: BlsPublicKey,
    threshold: u8,
}

impl NetworkState {
    /// The network as it signs.
    pub(crate) fn signer(&self) -> Result<NetworkSigner, Error> {
        let threshold = self.view.threshold;
        if threshold < 2 {
            return Err(Error::Config(format!(
                "no key is shared with a threshold of {threshold}, so the nodes can neither sign nor decrypt together"
            )));
        }
        let key = self.keys().network_public_key.parse();
        Ok(NetworkSigner {
            key: key.map_err(Error::NetworkKey)?,
            threshold: u8::try_from(threshold).map_err(|_| {
                Error::Config(format!("no key is shared among {threshold} nodes and more"))
            })?,
        })
    }
}

impl NetworkSigner {
    /// Waits until as many nodes as the threshold have given good shares of one signature, and gives it with their answers.
    /// `message` is what an answer signs. Nodes that give a wrong share are found, and others are waited for.
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
                        tracing::warn!(%node, "node gives a share that is no part of the signature");
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

    /// Pairings take milliseconds, more when shares are bad, so they are done beside the runtime.
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

/// Nodes that answered, but with nothing that can be used, are another matter than nodes that refuse.
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

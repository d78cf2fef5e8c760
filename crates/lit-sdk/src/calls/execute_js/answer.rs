use std::collections::BTreeMap;

use alloy_primitives::{B256, Signature};
use lit_node_transport::{Rejection, Wait};
use lit_session_crypto::{EcdsaError, EcdsaShareJson, EcdsaSignature, EcdsaSignatureShare};
use lit_types::{
    NodeUrl, strict_json,
    wire::{ExecuteResponse, PkpClaimResponse},
};
use serde::Deserialize;

use super::ExecuteJs;
use crate::{
    Error,
    calls::{
        ClaimedKey,
        collect::{Combination, Combine},
        offload::offload,
    },
    client::deadline::Deadline,
};

/// How many signatures, and how many claims, one answer may have. Nodes make at most 10 signatures, unless the chain sets another
/// limit for them.
const MAX_PARTS: usize = 100;

/// A node's answer, understood.
pub(super) struct Judged {
    pub(super) answer: ExecuteResponse,
    /// By the names of signatures; none where the node does not take part.
    shares: BTreeMap<String, Option<EcdsaSignatureShare>>,
    /// By the ids that users gave.
    claims: BTreeMap<String, (B256, Signature)>,
}

/// What nodes have to say alike to agree: what the action did.
pub(super) type Deed = (Option<String>, Vec<String>, Vec<(String, B256)>);

impl Judged {
    pub(super) fn new(call: &ExecuteJs, body: &[u8]) -> Result<Self, Rejection> {
        let answer: ExecuteResponse = strict_json::from_slice(body)?;
        if !answer.success {
            return Err(Rejection::Unsuccessful);
        }
        for (parts, given) in [
            ("signatures", answer.signed_data.len()),
            ("claims", answer.claim_data.len()),
        ] {
            if given > MAX_PARTS {
                return Err(Rejection::TooMany {
                    parts,
                    given,
                    limit: MAX_PARTS,
                });
            }
        }
        let mut shares = BTreeMap::new();
        for (name, share) in &answer.signed_data {
            let share = EcdsaShareJson::deserialize(share)?;
            let share = share
                .parse()
                .map_err(|error| Rejection::MalformedShare(error.into()))?;
            let key = share.as_ref().map(EcdsaSignatureShare::public_key);
            if let (Some(pkp), Some(key)) = (call.pkps.get(name), key)
                && pkp != key
            {
                return Err(Rejection::WrongKey);
            }
            let is_only = answer.signed_data.len() == 1;
            if let (Some(digest), Some(share), true) = (call.digest, &share, is_only)
                && digest.0 != *share.digest()
            {
                return Err(Rejection::WrongDigest);
            }
            shares.insert(name.clone(), share);
        }
        let mut claims = BTreeMap::new();
        for (id, claim) in &answer.claim_data {
            let claim = PkpClaimResponse::deserialize(claim)?;
            claims.insert(id.clone(), crate::calls::claim::judge(&claim)?.into());
        }
        Ok(Self {
            answer,
            shares,
            claims,
        })
    }

    pub(super) fn deed(&self, call: &ExecuteJs) -> Deed {
        let response = (!call.strategy.wants_all()).then(|| self.answer.response.clone());
        let names = self.shares.keys().cloned().collect();
        let claims = self.claims.iter().map(|(id, (key, _))| (id.clone(), *key));
        (response, names, claims.collect())
    }
}

/// How long to wait for a call.
pub(super) const fn wait(call: &ExecuteJs) -> Wait {
    if call.strategy.wants_all() {
        Wait::ForAll
    } else {
        call.wait
    }
}

/// Combines every signature that the action made.
pub(super) struct Combiner {
    pub(super) needed: usize,
    pub(super) deadline: Deadline,
}

impl Combine for Combiner {
    type Answer = Judged;
    type Output = BTreeMap<String, EcdsaSignature>;

    async fn combine(
        &self,
        agreed: &[(NodeUrl, Judged)],
    ) -> Result<Combination<Self::Output>, Error> {
        let mut by_name: BTreeMap<String, Vec<EcdsaSignatureShare>> = BTreeMap::new();
        for (_, judged) in agreed {
            for (name, share) in &judged.shares {
                by_name.entry(name.clone()).or_default().extend(share);
            }
        }
        if by_name.is_empty() {
            return Ok(Combination::Combined(BTreeMap::new()));
        }
        let needed = self.needed;
        let combine = move |(name, shares): (String, Vec<_>)| {
            EcdsaSignature::combine(&shares, needed).map(|signature| (name, signature))
        };
        // An action makes up to ten signatures, and each is verified.
        let combined = offload(self.deadline, move || {
            by_name.into_iter().map(combine).collect()
        })
        .await?;
        Ok(match combined {
            Ok(signatures) => Combination::Combined(signatures),
            // Nodes outside the signing set may have answered first.
            Err(EcdsaError::TooFewShares { .. }) => Combination::Incomplete,
            Err(error) => Combination::Spoiled {
                nodes: signers(agreed),
                reason: Rejection::CannotCombine(error.into()),
            },
        })
    }
}

/// The nodes that gave shares.
pub(super) fn signers(agreed: &[(NodeUrl, Judged)]) -> Vec<NodeUrl> {
    let signs = |(_, judged): &&(NodeUrl, Judged)| judged.shares.values().any(Option::is_some);
    let signers = agreed.iter().filter(signs);
    signers.map(|(node, _)| node.clone()).collect()
}

/// Every claim, with the signatures of all agreeing nodes.
pub(super) fn claims(agreed: &[(NodeUrl, Judged)]) -> BTreeMap<String, ClaimedKey> {
    let mut claims: BTreeMap<String, ClaimedKey> = BTreeMap::new();
    for (_, judged) in agreed {
        for (id, (key, signature)) in &judged.claims {
            let claim = claims.entry(id.clone());
            let claim = claim.or_insert_with(|| ClaimedKey::new(*key));
            claim.signatures.push(*signature);
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    fn rejection(signatures: usize, claims: usize) -> Option<Rejection> {
        let parts = |count: usize| -> Map<String, Value> {
            (0..count).map(|at| (at.to_string(), json!({}))).collect()
        };
        let body = json!({
            "success": true,
            "signedData": parts(signatures),
            "decryptedData": {},
            "claimData": parts(claims),
            "response": "",
            "logs": "",
        });
        Judged::new(&ExecuteJs::code(""), body.to_string().as_bytes()).err()
    }

    /// It is counted before anything is parsed.
    #[test]
    fn an_answer_has_a_hundred_signatures_and_claims_at_most() {
        let too_many = |parts| {
            Some(Rejection::TooMany {
                parts,
                given: 101,
                limit: 100,
            })
        };
        assert_eq!(rejection(100, 0), None);
        assert_eq!(rejection(101, 0), too_many("signatures"));
        assert_eq!(rejection(0, 101), too_many("claims"));
        let malformed = rejection(0, 100);
        assert!(
            matches!(malformed, Some(Rejection::Malformed(_))),
            "{malformed:?}"
        );
    }
}

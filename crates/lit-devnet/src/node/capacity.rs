use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use alloy_primitives::Address;
use lit_session_crypto::{DelegationTerms, SessionVerifier, VerifiedSession};
use lit_types::{AuthSig, JsonProblem, NodeErrorCode, Timestamp};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::Refusal;
use crate::chain_view::{ChainReadError, ChainView};

/// How often each capacity delegation of limited use has paid, by the hash of its message. Not of its signature, which can be
/// written in several ways.
#[derive(Debug, Default)]
pub(super) struct Uses(Mutex<HashMap<[u8; 32], Used>>);

#[derive(Debug)]
struct Used {
    times: u64,
    /// When the delegation expires, and can be forgotten.
    until: Option<OffsetDateTime>,
}

/// A permission to spend credits of another, as a session shows it.
#[derive(Debug)]
struct Delegation {
    terms: DelegationTerms,
    key: [u8; 32],
}

/// Whether somebody pays for the request of a session (wire protocol specification, section 4.9): the user, one who pays for the
/// user, or one who has delegated a credit. A single unexpired credit suffices; how much of it is used is not counted, but
/// `uses` of delegations are.
///
/// `refused_with` is the status of the refusal, which differs between endpoints.
pub(super) fn check(
    verifier: &SessionVerifier,
    chain: &ChainView,
    uses: &Uses,
    auth_sig: &AuthSig,
    session: &VerifiedSession,
    now: OffsetDateTime,
    refused_with: u16,
) -> Result<(), Refusal> {
    let delegations = delegations(verifier, auth_sig, session, now)?;
    let user = session.address;
    let seconds = now.unix_timestamp().unsigned_abs();
    if pays_by_chain(chain, user, seconds)? {
        return Ok(());
    }
    for delegation in &delegations {
        if delegation.terms.is_for(user)
            && delegation.has_credit(chain, seconds)?
            && uses.spend(delegation, now)
        {
            return Ok(());
        }
    }
    Err(unpaid(refused_with))
}

/// The same for the request of a wallet without a session, which shows no delegations.
pub(super) fn check_wallet(
    chain: &ChainView,
    user: Address,
    now: OffsetDateTime,
    refused_with: u16,
) -> Result<(), Refusal> {
    if pays_by_chain(chain, user, now.unix_timestamp().unsigned_abs())? {
        return Ok(());
    }
    Err(unpaid(refused_with))
}

const fn unpaid(status: u16) -> Refusal {
    Refusal::brief(
        status,
        "rate_limit_exceeded",
        "Rate limit exceeded.  No capacity credit pays for this request.",
    )
}

/// Whether the user has a credit, or one who pays for the user.
fn pays_by_chain(chain: &ChainView, user: Address, seconds: u64) -> Result<bool, ChainReadError> {
    if has_credit(chain, user, seconds)? {
        return Ok(true);
    }
    for payer in chain.payers_of(user)? {
        if has_credit(chain, payer, seconds)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What the capabilities of a session delegate. All of them have to be good, whatever they are there for.
fn delegations(
    verifier: &SessionVerifier,
    auth_sig: &AuthSig,
    session: &VerifiedSession,
    now: OffsetDateTime,
) -> Result<Vec<Delegation>, Refusal> {
    #[derive(Deserialize)]
    struct Template {
        capabilities: Vec<AuthSig>,
    }
    let template: Template = serde_json::from_str(&auth_sig.signed_message).map_err(|error| {
        let code = NodeErrorCode::NodeAuthSigSignedMessageConversionError;
        Refusal::coded(code, JsonProblem::from(error))
    })?;
    let mut all = Vec::new();
    for (index, capability) in template.capabilities.iter().enumerate() {
        let invalid = |reason: &dyn std::fmt::Display| {
            Refusal::coded(NodeErrorCode::NodeSIWECapabilityInvalid, reason)
        };
        // The one that the session rests on was verified with it.
        if index != session.capability {
            verifier
                .verify_proof(capability, now)
                .map_err(|error| invalid(&error))?;
        }
        let key = Sha256::digest(&capability.signed_message).into();
        let terms = DelegationTerms::of(capability);
        all.extend(terms.into_iter().map(|terms| Delegation { terms, key }));
    }
    Ok(all)
}

impl Delegation {
    /// One of the credits that are named, or of all that the owner has. What is named has to be the owner's.
    fn has_credit(&self, chain: &ChainView, now: u64) -> Result<bool, ChainReadError> {
        let owner = self.terms.owner;
        let Some(ids) = &self.terms.token_ids else {
            return has_credit(chain, owner, now);
        };
        for &id in ids.iter().take(100) {
            if chain.credit_expiry(id)? > now && chain.credit_owner(id)? == Some(owner) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Uses {
    /// Counts one more use, unless there have been as many as may be.
    fn spend(&self, delegation: &Delegation, now: OffsetDateTime) -> bool {
        let Some(limit) = delegation.terms.uses else {
            return true;
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains_key(&delegation.key) {
            all.retain(|_, used| used.until.is_none_or(|until| until >= now));
        }
        let used = all.entry(delegation.key).or_insert(Used {
            times: 0,
            until: delegation.terms.until.as_ref().map(Timestamp::at),
        });
        let left = used.times < limit;
        if left {
            used.times += 1;
        }
        left
    }
}

fn has_credit(chain: &ChainView, owner: Address, now: u64) -> Result<bool, ChainReadError> {
    for id in chain.credits_of(owner)? {
        if chain.credit_expiry(id)? > now {
            return Ok(true);
        }
    }
    Ok(false)
}

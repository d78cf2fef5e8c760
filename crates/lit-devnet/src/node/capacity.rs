use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use alloy_primitives::{Address, U256};
use lit_recap::{NotaBene, ReCap, SiweMessage};
use lit_session_crypto::{VerifiedSession, check_proof};
use lit_types::{AuthSig, JsonProblem, LitAbility, NodeErrorCode, ResourcePrefix};
use serde::Deserialize;
use serde_json::Value;
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
    owner: Address,
    key: [u8; 32],
    expiration: Option<OffsetDateTime>,
    note: NotaBene,
}

/// Whether somebody pays for the request of a session (wire protocol specification, section 4.9): the user, one who pays for the
/// user, or one who has delegated a credit. A single unexpired credit suffices; how much of it is used is not counted, but
/// `uses` of delegations are.
///
/// `refused_with` is the status of the refusal, which differs between endpoints.
pub(super) fn check(
    chain: &ChainView,
    uses: &Uses,
    auth_sig: &AuthSig,
    session: &VerifiedSession,
    now: OffsetDateTime,
    refused_with: u16,
) -> Result<(), Refusal> {
    let delegations = delegations(auth_sig, session, now)?;
    let user = session.address;
    let seconds = now.unix_timestamp().unsigned_abs();
    if pays_by_chain(chain, user, seconds)? {
        return Ok(());
    }
    for delegation in &delegations {
        if delegation.is_for(user)
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
            check_proof(capability, now).map_err(|error| invalid(&error))?;
        }
        let message: SiweMessage = capability
            .signed_message
            .parse()
            .map_err(|error| invalid(&error))?;
        let Ok(recap) = ReCap::extract(&message) else {
            continue;
        };
        let key = Sha256::digest(&capability.signed_message).into();
        all.extend(notes(&recap).map(|note| Delegation {
            owner: message.address(),
            key,
            expiration: message.expiration(),
            note: note.clone(),
        }));
    }
    Ok(all)
}

/// The restrictions of all credits that a ReCap delegates.
fn notes(recap: &ReCap) -> impl Iterator<Item = &NotaBene> {
    let scheme = format!("{}://", ResourcePrefix::RateLimitIncrease);
    let ability = LitAbility::RateLimitIncreaseAuth.into();
    recap
        .attenuations()
        .iter()
        .filter(move |(key, _)| key.starts_with(&scheme))
        .filter_map(move |(_, abilities)| abilities.get(&ability))
        .flatten()
}

impl Delegation {
    /// Nobody in particular means anybody; an empty list means nobody.
    fn is_for(&self, user: Address) -> bool {
        let user = hex::encode(user);
        match self.note.get("delegate_to") {
            None => true,
            Some(Value::Array(delegatees)) => delegatees
                .iter()
                .filter_map(Value::as_str)
                .any(|delegatee| delegatee.eq_ignore_ascii_case(&user)),
            Some(_) => false,
        }
    }

    /// One of the credits that are named, or of all that the owner has. What is named has to be the owner's.
    fn has_credit(&self, chain: &ChainView, now: u64) -> Result<bool, ChainReadError> {
        let Some(ids) = self.note.get("nft_id") else {
            return has_credit(chain, self.owner, now);
        };
        let ids = ids.as_array().into_iter().flatten();
        let ids = ids.filter_map(|id| U256::from_str_radix(id.as_str()?, 10).ok());
        for id in ids.take(100) {
            if chain.credit_expiry(id)? > now && chain.credit_owner(id)? == Some(self.owner) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How often it may pay, none for any number of times. With a number that cannot be read it may never.
    fn limit(&self) -> Option<u64> {
        let uses = self.note.get("uses")?;
        let uses = uses.as_str().and_then(|uses| uses.parse().ok());
        Some(uses.unwrap_or(0))
    }
}

impl Uses {
    /// Counts one more use, unless there have been as many as may be.
    fn spend(&self, delegation: &Delegation, now: OffsetDateTime) -> bool {
        let Some(limit) = delegation.limit() else {
            return true;
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains_key(&delegation.key) {
            all.retain(|_, used| used.until.is_none_or(|until| until >= now));
        }
        let used = all.entry(delegation.key).or_insert(Used {
            times: 0,
            until: delegation.expiration,
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

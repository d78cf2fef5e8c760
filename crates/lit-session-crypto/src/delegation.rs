use std::fmt;

use alloy_primitives::{Address, U256};
use lit_recap::{NotaBene, ReCap, SiweMessage};
use lit_types::{
    AuthSig, CreditId, LitAbility, ResourcePrefix, Timestamp, constants::CAPACITY_DELEGATION_URI,
};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{CapabilityRefusal, check_proof};

/// The terms of a capacity delegation, as nodes read them. Not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DelegationTerms {
    /// The owner of the credits.
    pub owner: Address,
    /// Who may spend: `None` for anybody, an empty list for nobody.
    pub delegatees: Option<Vec<Address>>,
    /// How many requests are paid; `None` for any number. All but decimal digits counts as 0.
    pub uses: Option<u64>,
    /// The credits that pay; `None` for all credits of the owner.
    pub token_ids: Option<Vec<U256>>,
    /// The expiration.
    pub until: Option<Timestamp>,
}

impl DelegationTerms {
    /// Reads the terms of an AuthSig. A delegation usually has one; other AuthSigs have none.
    ///
    /// The URI of a delegation is `lit:capability:delegation`. Nodes ignore the URI. To them the root of a session that may spend
    /// capacity credits is a delegation too, and whoever verifies such a session could spend the credits of its user.
    #[must_use]
    pub fn of(auth_sig: &AuthSig) -> Vec<Self> {
        let Ok(message) = auth_sig.signed_message.parse::<SiweMessage>() else {
            return Vec::new();
        };
        if message.uri() != CAPACITY_DELEGATION_URI {
            return Vec::new();
        }
        let Ok(recap) = ReCap::extract(&message) else {
            return Vec::new();
        };
        let scheme = format!("{}://", ResourcePrefix::RateLimitIncrease);
        let ability = LitAbility::RateLimitIncreaseAuth.into();
        let credits = recap
            .attenuations()
            .iter()
            .filter(|(key, _)| key.starts_with(&scheme));
        let notes = credits
            .filter_map(|(_, abilities)| abilities.get(&ability))
            .flatten();
        notes.map(|note| Self::read(&message, note)).collect()
    }

    fn read(message: &SiweMessage, note: &NotaBene) -> Self {
        let texts = |name: &str| {
            let list = note
                .get(name)?
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            Some(list.iter().filter_map(Value::as_str))
        };
        Self {
            owner: message.address(),
            // Nodes compare text, so a `0x` matches nobody.
            delegatees: texts("delegate_to").map(|texts| {
                let plain = texts.filter(|text| text.len() == 2 * Address::len_bytes());
                plain.filter_map(|text| text.parse().ok()).collect()
            }),
            uses: note
                .get("uses")
                .map(|uses| uses.as_str().and_then(decimal).unwrap_or(0)),
            token_ids: texts("nft_id").map(|ids| {
                ids.filter_map(|id| id.parse().ok())
                    .map(CreditId::as_u256)
                    .collect()
            }),
            until: message.expiration_timestamp(),
        }
    }

    /// Whether this user may spend.
    #[must_use]
    pub fn is_for(&self, user: Address) -> bool {
        self.delegatees
            .as_ref()
            .is_none_or(|delegatees| delegatees.contains(&user))
    }
}

/// Decimal digits alone: the standard library would read `+5` too, as nodes do.
fn decimal(text: &str) -> Option<u64> {
    let is_decimal = text.bytes().all(|b| b.is_ascii_digit());
    is_decimal.then(|| text.parse().ok()).flatten()
}

/// Checks a proof for a session of `user` that lasts until `until`, and returns the problems.
///
/// It does not ask the chain.
#[must_use]
pub fn check_delegation(
    auth_sig: &AuthSig,
    user: Address,
    until: &Timestamp,
    now: OffsetDateTime,
) -> Vec<DelegationProblem> {
    let end = match check_proof(auth_sig, now) {
        Ok(end) => end,
        Err(refusal) => return vec![DelegationProblem::Refused(refusal)],
    };
    let terms = DelegationTerms::of(auth_sig);
    let mut problems = Vec::new();
    if terms.is_empty() {
        return vec![DelegationProblem::NoDelegation];
    }
    if !terms.iter().any(|terms| terms.is_for(user)) {
        problems.push(DelegationProblem::NotForUser { user });
    }
    if terms.iter().all(|terms| terms.uses == Some(0)) {
        problems.push(DelegationProblem::NoUses);
    }
    if end.at() < until.at() {
        problems.push(DelegationProblem::EndsBeforeSession { at: end });
    }
    problems
}

/// Why a capacity delegation does not serve its session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DelegationProblem {
    /// It is invalid, and nodes refuse every request that carries it.
    Refused(CapabilityRefusal),
    /// It is not a delegation.
    NoDelegation,
    /// It is for other users.
    NotForUser {
        /// The user of the session.
        user: Address,
    },
    /// It allows no uses.
    NoUses,
    /// It expires before the session, and so ends it.
    EndsBeforeSession {
        /// The expiration.
        at: Timestamp,
    },
    /// The owner has none of its credits, or they have expired.
    NoCredit {
        /// The owner.
        owner: Address,
    },
}

impl fmt::Display for DelegationProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "nodes refuse the delegation: {refusal}"),
            Self::NoDelegation => f.write_str("the proof is not a capacity delegation"),
            Self::NotForUser { user } => write!(f, "the delegation is not for {user}"),
            Self::NoUses => f.write_str("the delegation allows no uses"),
            Self::EndsBeforeSession { at } => {
                write!(
                    f,
                    "the delegation expires at {at}, and ends the session then"
                )
            }
            Self::NoCredit { owner } => {
                write!(
                    f,
                    "{owner} has no unexpired capacity credit for the delegation"
                )
            }
        }
    }
}

use std::{fmt, sync::Arc};

use alloy_primitives::Address;
use lit_session_crypto::{DelegationTerms, SessionVerifier, VerifiedSession};
use lit_types::{AuthSig, JsonProblem, NodeErrorCode, Timestamp};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::{
    DelegationUses,
    contracts::{ChainReadError, Contracts},
    off_runtime::off_runtime,
    refusal::Refusal,
};

/// The number of delegations whose problems a refusal lists.
const MAX_NAMED: usize = 3;
/// The number of credits that are looked up for one delegation.
const MAX_NAMED_CREDITS: usize = 100;

/// A capacity delegation that a session carries.
#[derive(Debug)]
struct Delegation {
    terms: DelegationTerms,
    key: [u8; 32],
}

/// Why an account or a delegation does not pay.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    /// No capacity credit.
    NoCredit,
    /// All capacity credits have expired.
    CreditsExpired,
    /// The delegation names credits that do not belong to its owner.
    OtherOwner,
    /// The delegation is for other addresses.
    OtherDelegatees,
    /// All uses of the delegation are spent.
    UsedUp { limit: u64 },
}

/// Why no capacity credit pays for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unpaid {
    user: Address,
    own: Problem,
    payers: usize,
    /// The delegations of the request, by owner.
    delegations: Vec<(Address, Problem)>,
}

/// Checks that somebody pays for a request.
#[derive(Debug)]
pub(crate) struct Capacity {
    verifier: SessionVerifier,
    contracts: Contracts,
    uses: Arc<DelegationUses>,
}

impl Capacity {
    pub(crate) const fn new(
        verifier: SessionVerifier,
        contracts: Contracts,
        uses: Arc<DelegationUses>,
    ) -> Self {
        Self {
            verifier,
            contracts,
            uses,
        }
    }

    /// Checks that a capacity credit pays for a session's request: one of the user, of a payer of the user, or of an owner who delegated
    /// it to the user. One unexpired credit is enough. Nodes do not meter credits, but they count the `uses` of delegations.
    ///
    /// `status` is the HTTP status of the refusal, which depends on the endpoint.
    pub(crate) async fn check(
        &self,
        auth_sig: &AuthSig,
        session: &VerifiedSession,
        now: OffsetDateTime,
        status: u16,
    ) -> Result<(), Refusal> {
        let Self {
            verifier,
            contracts: chain,
            uses,
        } = self;
        let delegations = {
            let (verifier, auth_sig, session) =
                (verifier.clone(), auth_sig.clone(), session.clone());
            off_runtime(move || delegations(&verifier, &auth_sig, &session, now)).await?
        };
        let user = session.address;
        let seconds = now.unix_timestamp().unsigned_abs();
        let Some(mut unpaid) = unpaid_by_chain(chain, user, seconds).await? else {
            return Ok(());
        };
        for delegation in &delegations {
            let problem = if delegation.terms.is_for(user) {
                match delegation.credit_problem(chain, seconds).await? {
                    None => delegation.spend(uses, now),
                    problem => problem,
                }
            } else {
                Some(Problem::OtherDelegatees)
            };
            match problem {
                None => return Ok(()),
                Some(problem) => unpaid.delegations.push((delegation.terms.owner, problem)),
            }
        }
        Err(unpaid.refusal(status))
    }

    /// Checks that a capacity credit pays for the request of a wallet without a session, which carries no delegations.
    pub(crate) async fn check_wallet(
        &self,
        user: Address,
        now: OffsetDateTime,
        status: u16,
    ) -> Result<(), Refusal> {
        match unpaid_by_chain(&self.contracts, user, now.unix_timestamp().unsigned_abs()).await? {
            None => Ok(()),
            Some(unpaid) => Err(unpaid.refusal(status)),
        }
    }
}

/// Why neither the user nor a payer of the user has an unexpired credit; `None` if one of them has.
async fn unpaid_by_chain(
    chain: &Contracts,
    user: Address,
    seconds: u64,
) -> Result<Option<Unpaid>, ChainReadError> {
    let Some(own) = credit_problem(chain, user, seconds).await? else {
        return Ok(None);
    };
    let payers = chain.payers_of(user).await?;
    for &payer in &payers {
        if credit_problem(chain, payer, seconds).await?.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(Unpaid {
        user,
        own,
        payers: payers.len(),
        delegations: Vec::new(),
    }))
}

impl Unpaid {
    fn refusal(&self, status: u16) -> Refusal {
        let message =
            format!("Rate limit exceeded.  No capacity credit pays for this request: {self}.");
        Refusal::brief(status, "rate_limit_exceeded", message)
    }
}

impl fmt::Display for Unpaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.user;
        match self.own {
            Problem::CreditsExpired => write!(f, "the credits of {user} have expired")?,
            _ => write!(f, "{user} has no credit")?,
        }
        if self.payers > 0 {
            write!(
                f,
                "; none of its {} payers has an unexpired credit",
                self.payers
            )?;
        }
        if self.delegations.is_empty() {
            f.write_str("; the request carries no capacity delegation")?;
        }
        for (owner, problem) in self.delegations.iter().take(MAX_NAMED) {
            write!(f, "; the capacity delegation of {owner} does not pay: ")?;
            match problem {
                Problem::NoCredit => write!(f, "{owner} has no credit that it covers")?,
                Problem::CreditsExpired => f.write_str("its credits have expired")?,
                Problem::OtherOwner => write!(f, "its credits do not belong to {owner}")?,
                Problem::OtherDelegatees => write!(f, "it is not for {user}")?,
                Problem::UsedUp { limit } => write!(f, "all of its {limit} uses are used up")?,
            }
        }
        match self.delegations.len().saturating_sub(MAX_NAMED) {
            0 => Ok(()),
            more => write!(f, "; {more} more delegations do not pay"),
        }
    }
}

/// Reads the delegations among a session's capabilities. Every capability must be valid, even if it delegates nothing.
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
        let invalid = |reason: &dyn fmt::Display| {
            Refusal::coded(NodeErrorCode::NodeSIWECapabilityInvalid, reason)
        };
        // The capability that authorizes the session was verified with it.
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
    /// Counts one more use; returns the problem if all uses are spent.
    fn spend(&self, uses: &DelegationUses, now: OffsetDateTime) -> Option<Problem> {
        let limit = self.terms.uses?;
        let until = self.terms.until.as_ref().map(Timestamp::at);
        let spent = uses.spend(self.key, limit, until, now);
        (!spent).then_some(Problem::UsedUp { limit })
    }

    /// Why neither the named credits nor, if it names none, any credit of the owner pays. Named credits must belong to the owner.
    async fn credit_problem(
        &self,
        chain: &Contracts,
        now: u64,
    ) -> Result<Option<Problem>, ChainReadError> {
        let owner = self.terms.owner;
        let Some(ids) = &self.terms.token_ids else {
            return credit_problem(chain, owner, now).await;
        };
        let mut problem = Problem::NoCredit;
        for &id in ids.iter().take(MAX_NAMED_CREDITS) {
            let credit_owner = chain.credit_owner(id).await?;
            if credit_owner != Some(owner) {
                if credit_owner.is_some() && problem == Problem::NoCredit {
                    problem = Problem::OtherOwner;
                }
            } else if chain.credit_expiry(id).await? > now {
                return Ok(None);
            } else {
                problem = Problem::CreditsExpired;
            }
        }
        Ok(Some(problem))
    }
}

/// Why no credit of an account pays; `None` if it has an unexpired one.
async fn credit_problem(
    chain: &Contracts,
    owner: Address,
    now: u64,
) -> Result<Option<Problem>, ChainReadError> {
    let credits = chain.credit_count(owner).await?;
    for place in 0..credits {
        let id = chain.credit_at(owner, place).await?;
        if chain.credit_expiry(id).await? > now {
            return Ok(None);
        }
    }
    Ok(Some(match credits {
        0 => Problem::NoCredit,
        _ => Problem::CreditsExpired,
    }))
}

use alloy_primitives::Address;
use alloy_provider::Provider;
use alloy_signer::Signer;
use lit_contracts::{CapacityCredit, ContractError, LitContracts};
use lit_recap::{CapacityDelegation, SiweBuilder};
use lit_session_crypto::{
    DelegationProblem, DelegationTerms, Session, check_delegation, sign_siwe,
};
use lit_types::{AuthSig, Timestamp};
use time::OffsetDateTime;

use crate::{Error, LitNodeClient};

/// How a capacity delegation is written: what is delegated, and what the message says beside it.
#[derive(Debug, Clone)]
pub struct DelegationRequest {
    delegation: CapacityDelegation,
    expiration: Option<Timestamp>,
    domain: Option<String>,
    statement: Option<String>,
}

impl DelegationRequest {
    /// Delegates this.
    #[must_use]
    pub const fn new(delegation: CapacityDelegation) -> Self {
        Self {
            delegation,
            expiration: None,
            domain: None,
            statement: None,
        }
    }

    /// When the delegation ends. Default: 7 days after it is made.
    #[must_use]
    pub fn with_expiration(mut self, expiration: Timestamp) -> Self {
        self.expiration = Some(expiration);
        self
    }

    /// The domain the message names. Default: `localhost`.
    #[must_use]
    pub fn with_domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// What the owner is told, before what is delegated. Default: only that.
    #[must_use]
    pub fn with_statement(mut self, statement: impl Into<String>) -> Self {
        self.statement = Some(statement.into());
        self
    }
}

impl LitNodeClient {
    /// An AuthSig by which the owner of capacity credits lets others spend them. It is attached to sessions as a proof.
    ///
    /// # Errors
    /// [`Error::NotReady`], [`Error::InvalidMessage`] for what cannot be written, [`Error::Authorize`] when the owner does not sign.
    #[doc(alias = "createCapacityDelegationAuthSig")]
    pub async fn create_capacity_delegation_auth_sig<S: Signer + Sync>(
        &self,
        owner: &S,
        request: &DelegationRequest,
    ) -> Result<AuthSig, Error> {
        self.check_ready()?;
        let issued_at = Timestamp::try_from(self.now())?;
        let nonce = self.nonce().await?;
        let mut message = SiweBuilder::new(owner.address(), String::new(), nonce, issued_at)
            .with_capacity_delegation(&request.delegation);
        if let Some(expiration) = &request.expiration {
            message = message.with_expiration(expiration.clone());
        }
        if let Some(domain) = &request.domain {
            message = message.with_domain(domain);
        }
        if let Some(statement) = &request.statement {
            message = message.with_statement(statement);
        }
        let signed = sign_siwe(owner, &message.build()?).await;
        signed.map_err(|error| Error::Authorize(error.into()))
    }
}

/// Whether a capacity delegation will serve a session of `user` that lasts until `until`, by what it says and by the credits on
/// chain: what keeps it from that. How much of a credit is used up cannot be known beforehand.
///
/// # Errors
/// [`ContractError`] when the chain cannot be read.
pub async fn preflight_delegation<P: Provider + Clone>(
    contracts: &LitContracts<P>,
    delegation: &AuthSig,
    user: Address,
    until: &Timestamp,
    now: OffsetDateTime,
) -> Result<Vec<DelegationProblem>, ContractError> {
    let mut problems = check_delegation(delegation, user, until, now);
    let all = DelegationTerms::of(delegation);
    let mut covered = all.is_empty();
    for terms in &all {
        covered |= !credits_behind(contracts, terms, now).await?.is_empty();
    }
    if let (false, Some(terms)) = (covered, all.first()) {
        problems.push(DelegationProblem::NoCredit { owner: terms.owner });
    }
    Ok(problems)
}

/// The unexpired credits that a delegation speaks of and its owner has.
///
/// # Errors
/// [`ContractError`] when the chain cannot be read.
pub async fn credits_behind<P: Provider + Clone>(
    contracts: &LitContracts<P>,
    terms: &DelegationTerms,
    now: OffsetDateTime,
) -> Result<Vec<CapacityCredit>, ContractError> {
    let mut credits = contracts.credits().owned_by(terms.owner).await?;
    credits.retain(|credit| {
        let named = terms.token_ids.as_ref();
        !credit.is_expired_at(now) && named.is_none_or(|ids| ids.contains(&credit.id.as_u256()))
    });
    Ok(credits)
}

/// Says in the log which proofs will not serve a session.
pub(crate) fn warn_about_proofs(session: &Session, now: OffsetDateTime) {
    for (index, problem) in session.proof_problems(now) {
        tracing::warn!(index, %problem, "a proof does not serve the session");
    }
}

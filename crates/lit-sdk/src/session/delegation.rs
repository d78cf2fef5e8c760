use std::time::Duration;

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

use super::request::End;
use crate::{Error, LitNodeClient};

/// A request to delegate capacity credits.
///
/// ```
/// use lit_sdk::{recap::CapacityDelegation, session::DelegationRequest};
///
/// let delegation = CapacityDelegation::to_anyone().with_uses(100);
/// let request = DelegationRequest::new(delegation).with_domain("example.com");
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct DelegationRequest {
    delegation: CapacityDelegation,
    end: Option<End>,
    domain: Option<String>,
    statement: Option<String>,
}

impl DelegationRequest {
    /// A request for this delegation.
    pub const fn new(delegation: CapacityDelegation) -> Self {
        Self {
            delegation,
            end: None,
            domain: None,
            statement: None,
        }
    }

    /// Sets when the delegation ends. Default: 7 days after it is made.
    #[doc(alias = "expiration")]
    pub fn until(mut self, expiration: Timestamp) -> Self {
        self.end = Some(End::At(expiration));
        self
    }

    /// Sets how long the delegation lasts after it is made. Default: 7 days.
    #[doc(alias = "expiration")]
    pub fn lasting(mut self, lifetime: Duration) -> Self {
        self.end = Some(End::After(lifetime));
        self
    }

    /// Sets the domain of the message. Default: `localhost`.
    #[doc(alias = "domain")]
    pub fn with_domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Sets the statement before the text of the delegation. Default: none.
    #[doc(alias = "statement")]
    pub fn with_statement(mut self, statement: impl Into<String>) -> Self {
        self.statement = Some(statement.into());
        self
    }
}

impl LitNodeClient {
    /// Makes an AuthSig with which others spend the owner's capacity credits.
    ///
    /// Attach it to a session with [`SessionRequest::with_delegation`](crate::SessionRequest::with_delegation).
    ///
    /// ```no_run
    /// use alloy_signer_local::PrivateKeySigner;
    /// use lit_sdk::{Error, LitNodeClient, Right, SessionRequest, recap::CapacityDelegation, session::DelegationRequest};
    ///
    /// # async fn delegate(client: LitNodeClient, owner: PrivateKeySigner, user: PrivateKeySigner) -> Result<SessionRequest, Error> {
    /// let delegation = CapacityDelegation::to(user.address()).with_uses(100);
    /// let auth_sig = client
    ///     .create_capacity_delegation_auth_sig(&owner, &DelegationRequest::new(delegation))
    ///     .await?;
    /// let request = SessionRequest::new([Right::run_any_action()]).with_delegation(auth_sig);
    /// # Ok(request)
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotReady`]; [`Error::InvalidMessage`] for a malformed domain or statement; [`Error::Authorize`] if the owner does not
    /// sign.
    #[doc(alias("createCapacityDelegationAuthSig", "capacityDelegationAuthSig"))]
    pub async fn create_capacity_delegation_auth_sig<S: Signer + Sync>(
        &self,
        owner: &S,
        request: &DelegationRequest,
    ) -> Result<AuthSig, Error> {
        self.check_ready()?;
        let issued_at = Timestamp::try_from(self.now())?;
        let nonce = self.nonce().await?;
        let end = request.end.as_ref().map(|end| end.from(&issued_at));
        let end = end.transpose()?;
        let mut message = SiweBuilder::new(owner.address(), String::new(), nonce, issued_at)
            .with_capacity_delegation(&request.delegation);
        if let Some(expiration) = end {
            message = message.with_expiration(expiration);
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

/// Finds the problems of a capacity delegation for a session of `user` until `until`.
///
/// It reads the delegation, and the owner's credits on chain. Nodes count the use of a credit, so a delegation without problems
/// may still be used up.
///
/// # Errors
/// [`ContractError`] if the chain cannot be read.
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

/// The unexpired credits of the owner that a delegation covers.
///
/// # Errors
/// [`ContractError`] if the chain cannot be read.
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

/// Logs the problems of a session's proofs.
pub(crate) fn warn_about_proofs(session: &Session, now: OffsetDateTime) {
    for (index, problem) in session.proof_problems(now) {
        tracing::warn!(index, %problem, "nodes will not accept this proof for the session");
    }
}

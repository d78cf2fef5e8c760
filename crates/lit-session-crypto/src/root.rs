use std::time::Duration;

use alloy_primitives::Address;
use lit_recap::{ExtractError, ReCap, TimeWindowError};
use lit_types::{
    AuthContext, AuthSig, AuthSigKind, LitAbility, LitResource, Right, Timestamp,
    access_control::LitParam,
    constants::{ALGO_ED25519, CLOCK_TOLERANCE, MAX_SESSION_LIFETIME},
};
use time::OffsetDateTime;

use crate::{
    BlsPublicKey, CapabilityRefusal, CombinedRoot, SessionPublicKey,
    rewrite::resolved_auth_context,
    verify::{later, verify_root_auth_sig},
    wallet_root::verify_wallet_auth_sig,
};

/// The requirements that a root AuthSig must meet.
#[derive(Debug, Clone)]
#[must_use]
pub struct RootExpectation<'a> {
    pub(crate) requests: &'a [Right],
    address: Option<Address>,
    domain: Option<&'a str>,
    network_key: Option<BlsPublicKey>,
    combined: Option<&'a CombinedRoot>,
    pub(crate) now: OffsetDateTime,
}

impl<'a> RootExpectation<'a> {
    /// Requires these grants at `now`.
    pub const fn new(requests: &'a [Right], now: OffsetDateTime) -> Self {
        Self {
            requests,
            address: None,
            domain: None,
            network_key: None,
            combined: None,
            now,
        }
    }

    /// Requires this signer. Default: any address.
    pub const fn with_address(mut self, address: Address) -> Self {
        self.address = Some(address);
        self
    }

    /// Requires this domain in the message. Default: any.
    pub const fn with_domain(mut self, domain: &'a str) -> Self {
        self.domain = Some(domain);
        self
    }

    /// Verifies AuthSigs of PKPs with this network key. Default: none; they are refused.
    pub const fn with_network_key(mut self, key: BlsPublicKey) -> Self {
        self.network_key = Some(key);
        self
    }

    /// Skips the signature of this AuthSig, which was verified when it was combined. Default: none.
    ///
    /// It applies only to this very AuthSig, under the same network key.
    pub const fn with_combined(mut self, combined: &'a CombinedRoot) -> Self {
        self.combined = Some(combined);
        self
    }
}

/// A verified root AuthSig for one session key and its requests. Only [`check_root`] makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRoot {
    pub(crate) auth_sig: AuthSig,
    pub(crate) session_key: SessionPublicKey,
    pub(crate) requests: Vec<Right>,
    pub(crate) address: Address,
    pub(crate) recap: ReCap,
    pub(crate) expiration: Timestamp,
}

impl VerifiedRoot {
    /// The address that authorized the session key.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// The granted rights. May exceed the expected ones.
    #[must_use]
    pub const fn granted(&self) -> &ReCap {
        &self.recap
    }

    /// How nodes found the caller to be authorized, if they signed for a PKP.
    #[must_use]
    pub fn auth_context(&self) -> Option<AuthContext> {
        let of_pkp = self.auth_sig.kind() == AuthSigKind::Bls;
        of_pkp.then(|| resolved_auth_context(&self.recap)).flatten()
    }

    /// The expiration, as the message spells it.
    #[must_use]
    pub const fn expiration(&self) -> &Timestamp {
        &self.expiration
    }
}

/// Checks the root AuthSig of a session.
///
/// It makes every check that nodes make for each request of the session, and compares the AuthSig with `expected`.
///
/// The official client checks less, and uses a second signature without any check.
///
/// # Errors
/// [`RootRefusal`].
#[doc(alias = "checkNeedToResignSessionKey")]
pub fn check_root(
    auth_sig: &AuthSig,
    session_key: SessionPublicKey,
    expected: &RootExpectation<'_>,
) -> Result<VerifiedRoot, RootRefusal> {
    if auth_sig.sig.is_empty()
        || auth_sig.derived_via.is_empty()
        || auth_sig.signed_message.is_empty()
        || auth_sig.address.is_empty()
    {
        return Err(RootRefusal::Empty);
    }
    // Nodes ignore the `algo` of a wallet. The official client knows one value besides none.
    if auth_sig.kind() == AuthSigKind::Wallet
        && !matches!(auth_sig.algo.as_deref(), None | Some(ALGO_ED25519))
    {
        return Err(RootRefusal::UnknownAlgo);
    }
    let (message, address) =
        verify_root_auth_sig(auth_sig, expected.network_key.as_ref(), expected.combined)?;
    message
        .check_time(expected.now)
        .map_err(CapabilityRefusal::Time)?;
    if message.uri() != session_key.uri() {
        return Err(CapabilityRefusal::WrongUri.into());
    }
    if expected.address.is_some_and(|expected| expected != address) {
        return Err(RootRefusal::OtherSigner { address });
    }
    if expected
        .domain
        .is_some_and(|expected| expected != message.domain())
    {
        return Err(RootRefusal::OtherDomain {
            domain: message.domain().to_owned(),
        });
    }
    let tolerance = match auth_sig.kind() {
        // The issue time is that of a block, which has passed.
        AuthSigKind::Bls => Duration::ZERO,
        _ => CLOCK_TOLERANCE,
    };
    if message.issued_at() > later(expected.now, tolerance) {
        return Err(RootRefusal::IssuedInTheFuture);
    }
    let expiration = message
        .expiration_timestamp()
        .ok_or(CapabilityRefusal::NoExpiration)?;
    if expiration.at() <= expected.now {
        return Err(CapabilityRefusal::Time(TimeWindowError::Expired).into());
    }
    if expiration.at() > later(message.issued_at(), MAX_SESSION_LIFETIME) {
        return Err(RootRefusal::LifetimeTooLong);
    }
    let others = message.resources().rev().skip(1);
    if !others.into_iter().all(LitParam::is_resource) {
        // Nodes look for ReCaps everywhere. With one resource besides values for conditions, they find the same as this library.
        return Err(RootRefusal::ForeignResources);
    }
    let recap = ReCap::extract(&message)?;
    if let Some(request) = expected
        .requests
        .iter()
        .find(|r| !recap.covers(r.resource(), r.ability()))
    {
        return Err(RootRefusal::NotGranted {
            resource: request.resource().clone(),
            ability: request.ability(),
        });
    }
    Ok(VerifiedRoot {
        auth_sig: auth_sig.clone(),
        session_key,
        requests: expected.requests.to_vec(),
        address,
        recap,
        expiration,
    })
}

/// Checks a proof such as a capacity delegation and returns its expiration.
///
/// Nodes refuse every request that carries an invalid proof.
///
/// # Errors
/// [`CapabilityRefusal`] for an AuthSig of another kind than a wallet's, an invalid signature, or a missing or passed
/// expiration.
pub fn check_proof(
    auth_sig: &AuthSig,
    now: OffsetDateTime,
) -> Result<Timestamp, CapabilityRefusal> {
    let (message, _) = verify_wallet_auth_sig(auth_sig)?;
    message.check_time(now)?;
    message
        .expiration_timestamp()
        .ok_or(CapabilityRefusal::NoExpiration)
}

/// Why a root AuthSig is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RootRefusal {
    /// A member is empty: the signer returned nothing.
    #[error("no wallet signature found: the signer returned an empty AuthSig")]
    Empty,
    /// The `algo` of the AuthSig is unknown. Wallets omit it.
    #[error("unknown algo in the AuthSig; wallets leave it out")]
    UnknownAlgo,
    /// The AuthSig itself is invalid.
    #[error(transparent)]
    AuthSig(#[from] CapabilityRefusal),
    /// Another address signed.
    #[error("signed by {address}, not by the expected address")]
    OtherSigner {
        /// The signer.
        address: Address,
    },
    /// The message names another domain.
    #[error("the message is for the domain {domain}, not for the requested one")]
    OtherDomain {
        /// The domain of the message.
        domain: String,
    },
    /// Issued more than 60 seconds in the future, or at any time in the future for a PKP.
    #[error("the message was issued in the future; check the clock")]
    IssuedInTheFuture,
    /// Valid for more than 30 days, which nodes refuse.
    #[error("the message is valid for more than 30 days, which nodes refuse")]
    LifetimeTooLong,
    /// The message has other resources than [`LitParam`]s before the ReCap that ends it.
    #[error("the message has resources beside its ReCap that are not litParam:name:value")]
    ForeignResources,
    /// The message has no valid ReCap, or its statement does not spell it out.
    #[error(transparent)]
    Recap(#[from] ExtractError),
    /// The ReCap does not grant an expected right.
    #[error("the message does not grant {ability} on {resource}")]
    NotGranted {
        /// The resource.
        resource: LitResource,
        /// The ability.
        ability: LitAbility,
    },
}

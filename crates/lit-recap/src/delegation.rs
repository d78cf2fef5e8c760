use std::{fmt, str::FromStr};

use alloy_primitives::Address;
use lit_types::{CreditId, LitAbility, ResourcePrefix};
use serde_json::json;

use crate::{NotaBene, ReCap};

/// A delegation of capacity credits: who may spend them, how often, which credit.
///
/// ```
/// use alloy_primitives::address;
/// use lit_recap::CapacityDelegation;
///
/// let delegation = CapacityDelegation::to(address!("344b133f383611639d1693bdc36bff9052eeb6d7"))
///     .with_uses(2)
///     .with_token_id("5".parse()?);
/// assert_eq!(
///     delegation.to_recap().to_json(),
///     r#"{"att":{"lit-ratelimitincrease://5":{"Auth/Auth":[{"delegate_to":["344B133F383611639d1693BDc36bff9052eEB6d7"],"nft_id":["5"],"uses":"2"}]}},"prf":[]}"#,
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias("createCapacityDelegationAuthSig", "delegateeAddresses"))]
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct CapacityDelegation {
    /// None for anyone. Never empty: to nodes an empty list means nobody, which is easily mistaken for anybody.
    delegatees: Option<Vec<Delegatee>>,
    uses: Option<u64>,
    token_id: Option<CreditId>,
}

impl CapacityDelegation {
    /// Delegates to one address: all credits of the signer, without a limit of uses.
    pub fn to(delegatee: impl Into<Delegatee>) -> Self {
        Self::new(Some(vec![delegatee.into()]))
    }

    /// Delegates to each of these addresses.
    ///
    /// # Errors
    /// [`CapacityDelegationError::NoDelegatees`] for an empty list.
    pub fn to_each<D: Into<Delegatee>>(
        delegatees: impl IntoIterator<Item = D>,
    ) -> Result<Self, CapacityDelegationError> {
        let delegatees: Vec<_> = delegatees.into_iter().map(Into::into).collect();
        if delegatees.is_empty() {
            return Err(CapacityDelegationError::NoDelegatees);
        }
        Ok(Self::new(Some(delegatees)))
    }

    /// Delegates to anyone who presents the delegation.
    pub const fn to_anyone() -> Self {
        Self::new(None)
    }

    const fn new(delegatees: Option<Vec<Delegatee>>) -> Self {
        Self {
            delegatees,
            uses: None,
            token_id: None,
        }
    }

    /// The maximum number of requests that this pays for. Default: no limit.
    pub const fn with_uses(mut self, uses: u64) -> Self {
        self.uses = Some(uses);
        self
    }

    /// The credit that pays. Default: every credit of the signer.
    pub const fn with_token_id(mut self, id: CreditId) -> Self {
        self.token_id = Some(id);
        self
    }

    /// The restriction in the ReCap.
    #[doc(alias = "createCapacityCreditsResourceData")]
    #[must_use]
    pub fn nota_bene(&self) -> NotaBene {
        let mut note = NotaBene::new();
        if let Some(delegatees) = &self.delegatees {
            let addresses: Vec<&str> = delegatees.iter().map(Delegatee::as_str).collect();
            note.insert("delegate_to".to_owned(), json!(addresses));
        }
        if let Some(token_id) = self.token_id {
            note.insert("nft_id".to_owned(), json!([token_id.to_string()]));
        }
        if let Some(uses) = self.uses {
            // Nodes read a decimal text; a number makes them fail.
            note.insert("uses".to_owned(), json!(uses.to_string()));
        }
        note
    }

    /// The ReCap: one ability, `Auth/Auth`, on the credit or on any.
    #[must_use]
    pub fn to_recap(&self) -> ReCap {
        let id = self.token_id.map(|id| id.to_string());
        let id = id.as_deref().unwrap_or("*");
        let mut recap = ReCap::new();
        recap.attenuate(
            format!("{}://{id}", ResourcePrefix::RateLimitIncrease),
            LitAbility::RateLimitIncreaseAuth.into(),
            self.nota_bene(),
        );
        recap
    }
}

/// The address of a delegatee: 40 hex digits in the case that the caller wrote. Nodes compare them in lower case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Delegatee(String);

impl Delegatee {
    /// The digits, without `0x`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Address> for Delegatee {
    fn from(address: Address) -> Self {
        Self(address.to_checksum(None).split_off(2))
    }
}

impl FromStr for Delegatee {
    type Err = CapacityDelegationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        if digits.len() != 40 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(CapacityDelegationError::Delegatee);
        }
        Ok(Self(digits.to_owned()))
    }
}

impl fmt::Debug for Delegatee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", self.0)
    }
}

/// A malformed capacity delegation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CapacityDelegationError {
    /// The list of delegatees is empty, which would delegate to nobody.
    #[error("empty list of delegatees; use CapacityDelegation::to_anyone to delegate to anyone")]
    NoDelegatees,
    /// Not 40 hex digits.
    #[error("malformed delegatee: expected an address of 40 hex digits")]
    Delegatee,
}

use std::{fmt, str::FromStr};

use alloy_primitives::{Address, U256};
use lit_types::{LitAbility, ResourcePrefix};
use serde_json::json;

use crate::{NotaBene, ReCap};

/// Lets others spend a capacity credit: who, how often, which credit.
///
/// ```
/// use lit_recap::{CapacityDelegation, Delegatees};
///
/// let delegation = CapacityDelegation::new(Delegatees::only(["0x344b133f383611639d1693bdc36bff9052eeb6d7".parse()?])?)
///     .with_uses(2)
///     .with_token_id("5".parse()?);
/// assert_eq!(
///     delegation.to_recap().to_json(),
///     r#"{"att":{"lit-ratelimitincrease://5":{"Auth/Auth":[{"delegate_to":["344b133f383611639d1693bdc36bff9052eeb6d7"],"nft_id":["5"],"uses":"2"}]}},"prf":[]}"#,
/// );
/// # Ok::<(), lit_recap::CapacityDelegationError>(())
/// ```
#[doc(alias = "createCapacityDelegationAuthSig")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapacityDelegation {
    delegatees: Delegatees,
    uses: Option<u64>,
    token_id: Option<CapacityTokenId>,
}

impl CapacityDelegation {
    /// To these delegatees, without limit of uses, for all credits of the signer.
    #[must_use]
    pub const fn new(delegatees: Delegatees) -> Self {
        Self {
            delegatees,
            uses: None,
            token_id: None,
        }
    }

    /// How many requests may be paid in this way. Default: without limit.
    #[must_use]
    pub const fn with_uses(mut self, uses: u64) -> Self {
        self.uses = Some(uses);
        self
    }

    /// The credit that pays. Default: any credit of the signer.
    #[must_use]
    pub fn with_token_id(mut self, token_id: CapacityTokenId) -> Self {
        self.token_id = Some(token_id);
        self
    }

    /// The restriction that stands in the ReCap.
    #[doc(alias = "createCapacityCreditsResourceData")]
    #[must_use]
    pub fn nota_bene(&self) -> NotaBene {
        let mut note = NotaBene::new();
        if let Delegatees::Only(delegatees) = &self.delegatees {
            let addresses: Vec<&str> = delegatees.0.iter().map(Delegatee::as_str).collect();
            note.insert("delegate_to".to_owned(), json!(addresses));
        }
        if let Some(token_id) = &self.token_id {
            note.insert("nft_id".to_owned(), json!([token_id.0]));
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
        let id = self.token_id.as_ref().map_or("*", |token_id| &token_id.0);
        let mut recap = ReCap::new();
        recap.attenuate(
            format!("{}://{id}", ResourcePrefix::RateLimitIncrease),
            LitAbility::RateLimitIncreaseAuth.into(),
            self.nota_bene(),
        );
        recap
    }
}

/// Who may spend a credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delegatees {
    /// Whoever presents the delegation.
    Anyone,
    /// These addresses. Never empty: for nodes an empty list means nobody, which is easily taken for anybody.
    Only(DelegateeList),
}

/// At least one delegatee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegateeList(Vec<Delegatee>);

impl Delegatees {
    /// These addresses and no others.
    ///
    /// # Errors
    /// [`CapacityDelegationError::NoDelegatees`] for an empty list.
    pub fn only(
        delegatees: impl IntoIterator<Item = Delegatee>,
    ) -> Result<Self, CapacityDelegationError> {
        let delegatees: Vec<_> = delegatees.into_iter().collect();
        if delegatees.is_empty() {
            return Err(CapacityDelegationError::NoDelegatees);
        }
        Ok(Self::Only(DelegateeList(delegatees)))
    }
}

/// The address of a delegatee, 40 hex digits whose case is kept: nodes compare in lower case, and the signed text should
/// be what the caller wrote.
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

/// The token id of a capacity credit, in decimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CapacityTokenId(String);

impl From<U256> for CapacityTokenId {
    fn from(id: U256) -> Self {
        Self(id.to_string())
    }
}

impl FromStr for CapacityTokenId {
    type Err = CapacityDelegationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let decimal = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !decimal || U256::from_str_radix(text, 10).is_err() {
            return Err(CapacityDelegationError::TokenId);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Why something is no capacity delegation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CapacityDelegationError {
    /// The list of delegatees is empty, which would delegate to nobody.
    #[error("empty list of delegatees; use Delegatees::Anyone to delegate to anybody")]
    NoDelegatees,
    /// Not 40 hex digits.
    #[error("malformed delegatee: expected an address of 40 hex digits")]
    Delegatee,
    /// Not a decimal number of at most 256 bits.
    #[error("malformed capacity credit token id: expected a decimal number")]
    TokenId,
}

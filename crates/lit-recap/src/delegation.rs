use std::{fmt, str::FromStr};

use alloy_primitives::{Address, U256};
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
///     .with_token_id("5".parse::<lit_types::CreditId>()?);
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
    token_id: Option<CapacityTokenId>,
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

    /// How many requests may be paid in this way. Default: without limit.
    pub const fn with_uses(mut self, uses: u64) -> Self {
        self.uses = Some(uses);
        self
    }

    /// The credit that pays. Default: any credit of the signer.
    pub fn with_token_id(mut self, token_id: impl Into<CapacityTokenId>) -> Self {
        self.token_id = Some(token_id.into());
        self
    }

    /// The restriction that stands in the ReCap.
    #[doc(alias = "createCapacityCreditsResourceData")]
    #[must_use]
    pub fn nota_bene(&self) -> NotaBene {
        let mut note = NotaBene::new();
        if let Some(delegatees) = &self.delegatees {
            let addresses: Vec<&str> = delegatees.iter().map(Delegatee::as_str).collect();
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

impl From<CreditId> for CapacityTokenId {
    fn from(id: CreditId) -> Self {
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

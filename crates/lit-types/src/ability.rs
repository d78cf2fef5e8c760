use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{ResourcePrefix, printable_line};

/// An ability: what a session may do with a resource.
///
/// These five are all abilities of the Datil networks.
#[doc(alias = "LIT_ABILITY")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LitAbility {
    /// Request decryption shares.
    #[serde(rename = "access-control-condition-decryption")]
    AccessControlConditionDecryption,
    /// Request access-control JWTs (legacy).
    #[serde(rename = "access-control-condition-signing")]
    AccessControlConditionSigning,
    /// Sign with a PKP.
    #[serde(rename = "pkp-signing")]
    #[doc(alias = "PKPSigning")]
    PkpSigning,
    /// Let others spend a capacity credit.
    #[serde(rename = "rate-limit-increase-auth")]
    RateLimitIncreaseAuth,
    /// Run a Lit Action.
    #[serde(rename = "lit-action-execution")]
    LitActionExecution,
}

impl LitAbility {
    /// All abilities.
    pub const ALL: [Self; 5] = [
        Self::AccessControlConditionDecryption,
        Self::AccessControlConditionSigning,
        Self::PkpSigning,
        Self::RateLimitIncreaseAuth,
        Self::LitActionExecution,
    ];

    /// The official name, as in session signatures: `pkp-signing` and so on.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessControlConditionDecryption => "access-control-condition-decryption",
            Self::AccessControlConditionSigning => "access-control-condition-signing",
            Self::PkpSigning => "pkp-signing",
            Self::RateLimitIncreaseAuth => "rate-limit-increase-auth",
            Self::LitActionExecution => "lit-action-execution",
        }
    }

    /// Namespace and name of this ability in a ReCap: `("Threshold", "Signing")` and so on.
    #[must_use]
    pub const fn recap_ability(self) -> (&'static str, &'static str) {
        match self {
            Self::AccessControlConditionDecryption => ("Threshold", "Decryption"),
            Self::AccessControlConditionSigning | Self::PkpSigning => ("Threshold", "Signing"),
            Self::RateLimitIncreaseAuth => ("Auth", "Auth"),
            Self::LitActionExecution => ("Threshold", "Execution"),
        }
    }

    /// The kind of resource this ability is for. Every ability belongs to exactly one.
    #[must_use]
    pub const fn prefix(self) -> ResourcePrefix {
        match self {
            Self::AccessControlConditionDecryption | Self::AccessControlConditionSigning => {
                ResourcePrefix::AccessControlCondition
            }
            Self::PkpSigning => ResourcePrefix::Pkp,
            Self::RateLimitIncreaseAuth => ResourcePrefix::RateLimitIncrease,
            Self::LitActionExecution => ResourcePrefix::LitAction,
        }
    }
}

impl fmt::Display for LitAbility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for LitAbility {
    type Err = AbilityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|ability| ability.as_str() == text)
            .ok_or_else(|| AbilityError(printable_line(text, 64)))
    }
}

/// The ability is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown ability `{0}`: the Datil networks know access-control-condition-decryption, access-control-condition-signing, pkp-signing, rate-limit-increase-auth and lit-action-execution"
)]
pub struct AbilityError(String);

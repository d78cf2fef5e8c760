use serde::{Deserialize, Serialize};

use crate::{ActionCid, CompactJson, CreditId, LitAbility, LitResource, TokenId};

/// A right of a session: an ability on a resource.
///
/// ```
/// use lit_types::{ActionCid, Right};
///
/// let hello = ActionCid::of_code("Lit.Actions.setResponse({ response: 'hello' })");
/// let rights = [Right::run_action(hello), Right::sign_with_any_pkp()];
/// assert!(rights[0].resource().key().starts_with("lit-litaction://Qm"));
/// ```
///
/// The JSON form is byte-equal to a `resourceAbilityRequest` of the official client:
/// `{"resource":…,"ability":"…"[,"data":{…}]}`.
#[doc(alias("LitResourceAbilityRequest", "resourceAbilityRequests"))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Right {
    resource: LitResource,
    ability: LitAbility,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<CompactJson>,
}

impl Right {
    /// Creates a right from any resource and ability.
    ///
    /// # Errors
    /// [`IncompatibleAbility`] if the ability does not apply to this kind of resource.
    pub fn new(resource: LitResource, ability: LitAbility) -> Result<Self, IncompatibleAbility> {
        if !resource.supports(ability) {
            return Err(IncompatibleAbility { ability, resource });
        }
        Ok(Self::checked(resource, ability))
    }

    const fn checked(resource: LitResource, ability: LitAbility) -> Self {
        Self {
            resource,
            ability,
            data: None,
        }
    }

    /// Run one Lit Action.
    #[doc(alias("LitActionResource", "addLitActionExecutionRequest"))]
    #[must_use]
    pub fn run_action(cid: ActionCid) -> Self {
        Self::checked(LitResource::lit_action(cid), LitAbility::LitActionExecution)
    }

    /// Run every Lit Action: a wildcard.
    #[must_use]
    pub const fn run_any_action() -> Self {
        Self::checked(
            LitResource::any_lit_action(),
            LitAbility::LitActionExecution,
        )
    }

    /// Sign with one PKP, named by its public key or its token id.
    #[doc(alias("LitPKPResource", "addPKPSigningRequest"))]
    #[must_use]
    pub fn sign_with(pkp: impl Into<TokenId>) -> Self {
        Self::checked(LitResource::pkp(pkp.into()), LitAbility::PkpSigning)
    }

    /// Sign with every PKP that the user may use: a wildcard.
    #[must_use]
    pub const fn sign_with_any_pkp() -> Self {
        Self::checked(LitResource::any_pkp(), LitAbility::PkpSigning)
    }

    /// Decrypt data with this SHA-256 hash, encrypted under conditions with this hash.
    #[doc(alias(
        "LitAccessControlConditionResource",
        "addAccessControlConditionDecryptionRequest"
    ))]
    #[must_use]
    pub fn decrypt(conditions_hash: &[u8; 32], data_hash: &[u8; 32]) -> Self {
        Self::checked(
            LitResource::access_control_condition(conditions_hash, data_hash),
            LitAbility::AccessControlConditionDecryption,
        )
    }

    /// Decrypt everything, if the user meets the conditions: a wildcard.
    #[must_use]
    pub const fn decrypt_anything() -> Self {
        Self::checked(
            LitResource::any_access_control_condition(),
            LitAbility::AccessControlConditionDecryption,
        )
    }

    /// Pay with one capacity credit, named by its token id.
    #[doc(alias("LitRLIResource", "addRateLimitIncreaseAuthRequest"))]
    #[must_use]
    pub fn use_credit(id: impl Into<CreditId>) -> Self {
        Self::checked(
            LitResource::rate_limit_increase(id.into()),
            LitAbility::RateLimitIncreaseAuth,
        )
    }

    /// Pay with every capacity credit of the user: a wildcard.
    #[must_use]
    pub const fn use_any_credit() -> Self {
        Self::checked(
            LitResource::any_rate_limit_increase(),
            LitAbility::RateLimitIncreaseAuth,
        )
    }

    /// Attaches data, the nota bene of this ability in the ReCap. Default: none.
    ///
    /// `null` and other empty values count as no data, as in the official client.
    #[must_use]
    pub fn with_data(mut self, data: CompactJson) -> Self {
        self.data = Some(data);
        self
    }

    /// The resource.
    #[must_use]
    pub const fn resource(&self) -> &LitResource {
        &self.resource
    }

    /// The ability.
    #[must_use]
    pub const fn ability(&self) -> LitAbility {
        self.ability
    }

    /// The attached data.
    #[must_use]
    pub const fn data(&self) -> Option<&CompactJson> {
        self.data.as_ref()
    }
}

impl<'de> Deserialize<'de> for Right {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            resource: LitResource,
            ability: LitAbility,
            data: Option<CompactJson>,
        }
        let wire = Wire::deserialize(deserializer)?;
        let right = Self::new(wire.resource, wire.ability).map_err(serde::de::Error::custom)?;
        Ok(Self {
            data: wire.data,
            ..right
        })
    }
}

/// The ability does not apply to this kind of resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ability {ability} does not apply to {resource}")]
#[non_exhaustive]
pub struct IncompatibleAbility {
    /// The ability.
    pub ability: LitAbility,
    /// The resource.
    pub resource: LitResource,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constructors_name_what_they_grant() {
        let cid: ActionCid = "QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW"
            .parse()
            .unwrap();
        let token = TokenId::from_hex("0x1a2b").unwrap();
        let zeros = "0".repeat(60);
        let (ones, twos) = ("01".repeat(32), "02".repeat(32));
        let rights = [
            (
                Right::run_action(cid),
                format!("lit-litaction://{cid}"),
                "lit-action-execution",
            ),
            (
                Right::run_any_action(),
                "lit-litaction://*".into(),
                "lit-action-execution",
            ),
            (
                Right::sign_with(token),
                format!("lit-pkp://{zeros}1a2b"),
                "pkp-signing",
            ),
            (
                Right::sign_with_any_pkp(),
                "lit-pkp://*".into(),
                "pkp-signing",
            ),
            (
                Right::decrypt(&[1; 32], &[2; 32]),
                format!("lit-accesscontrolcondition://{ones}/{twos}"),
                "access-control-condition-decryption",
            ),
            (
                Right::decrypt_anything(),
                "lit-accesscontrolcondition://*".into(),
                "access-control-condition-decryption",
            ),
            (
                Right::use_credit(alloy_primitives::U256::from(7)),
                "lit-ratelimitincrease://7".into(),
                "rate-limit-increase-auth",
            ),
            (
                Right::use_any_credit(),
                "lit-ratelimitincrease://*".into(),
                "rate-limit-increase-auth",
            ),
        ];
        for (right, key, ability) in rights {
            assert_eq!(right.resource().key(), key);
            assert_eq!(right.ability().as_str(), ability);
            assert_eq!(
                Right::new(right.resource().clone(), right.ability()),
                Ok(right)
            );
        }
    }
}

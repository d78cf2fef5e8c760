use serde::{Deserialize, Serialize};

use crate::{CompactJson, LitAbility, LitResource};

/// A wish of a session: this ability on that resource.
///
/// JSON form, byte-equal to the official one: `{"resource":…,"ability":"…"[,"data":{…}]}`.
#[doc(alias = "LitResourceAbilityRequest")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResourceAbilityRequest {
    resource: LitResource,
    ability: LitAbility,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<CompactJson>,
}

impl ResourceAbilityRequest {
    /// A request.
    ///
    /// # Errors
    /// [`IncompatibleAbility`] when the ability does not suit the kind of resource.
    pub fn new(resource: LitResource, ability: LitAbility) -> Result<Self, IncompatibleAbility> {
        if !resource.supports(ability) {
            return Err(IncompatibleAbility { ability, resource });
        }
        Ok(Self {
            resource,
            ability,
            data: None,
        })
    }

    /// Sign with a PKP ([`LitResource::pkp`] or [`LitResource::any_pkp`]).
    ///
    /// # Errors
    /// [`IncompatibleAbility`] when the resource is not a PKP.
    pub fn pkp_signing(resource: LitResource) -> Result<Self, IncompatibleAbility> {
        Self::new(resource, LitAbility::PkpSigning)
    }

    /// Run a Lit Action ([`LitResource::lit_action`] or [`LitResource::any_lit_action`]).
    ///
    /// # Errors
    /// [`IncompatibleAbility`] when the resource is not a Lit Action.
    pub fn lit_action_execution(resource: LitResource) -> Result<Self, IncompatibleAbility> {
        Self::new(resource, LitAbility::LitActionExecution)
    }

    /// Attaches data, which becomes the nota bene of this ability in the ReCap. Default: none.
    ///
    /// `null` and other empty values count as none, as in the official client.
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

    /// The data, if any was attached.
    #[must_use]
    pub const fn data(&self) -> Option<&CompactJson> {
        self.data.as_ref()
    }
}

impl<'de> Deserialize<'de> for ResourceAbilityRequest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            resource: LitResource,
            ability: LitAbility,
            data: Option<CompactJson>,
        }
        let wire = Wire::deserialize(deserializer)?;
        let request = Self::new(wire.resource, wire.ability).map_err(serde::de::Error::custom)?;
        Ok(Self {
            data: wire.data,
            ..request
        })
    }
}

/// The ability is not one of those the kind of resource has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ability {ability} does not apply to {resource}")]
pub struct IncompatibleAbility {
    /// The ability asked for.
    pub ability: LitAbility,
    /// The resource it was asked for.
    pub resource: LitResource,
}

/// Collects requests one by one. Nothing can go wrong here, since each method knows the kind it takes.
#[derive(Debug, Clone, Default)]
pub struct ResourceAbilityRequestBuilder {
    requests: Vec<ResourceAbilityRequest>,
}

macro_rules! add {
    ($(#[$doc:meta])* $name:ident, $alias:literal, $prefix:ident, $ability:ident) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// As [`LitResource::new`].
        #[doc(alias = $alias)]
        pub fn $name(mut self, id: &str) -> Result<Self, crate::ResourceError> {
            let resource = LitResource::new(crate::ResourcePrefix::$prefix, id)?;
            self.requests.push(ResourceAbilityRequest { resource, ability: LitAbility::$ability, data: None });
            Ok(self)
        }
    };
}

impl ResourceAbilityRequestBuilder {
    /// No requests yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    add!(
        /// Sign with a PKP.
        pkp_signing, "addPKPSigningRequest", Pkp, PkpSigning
    );
    add!(
        /// Run a Lit Action.
        lit_action_execution, "addLitActionExecutionRequest", LitAction, LitActionExecution
    );
    add!(
        /// Ask for access-control JWTs.
        access_control_condition_signing,
        "addAccessControlConditionSigningRequest",
        AccessControlCondition,
        AccessControlConditionSigning
    );
    add!(
        /// Ask for decryption shares.
        access_control_condition_decryption,
        "addAccessControlConditionDecryptionRequest",
        AccessControlCondition,
        AccessControlConditionDecryption
    );
    add!(
        /// Use a capacity credit.
        rate_limit_increase_auth, "addRateLimitIncreaseAuthRequest", RateLimitIncrease, RateLimitIncreaseAuth
    );

    /// The requests, in the order in which they were added.
    #[must_use]
    pub fn build(self) -> Vec<ResourceAbilityRequest> {
        self.requests
    }
}

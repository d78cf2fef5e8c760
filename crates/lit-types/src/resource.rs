use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, ser::SerializeStruct};

use crate::{ActionCid, CreditId, LitAbility, TokenId, TokenIdError};

/// The kinds of resources.
#[doc(alias = "LIT_RESOURCE_PREFIX")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ResourcePrefix {
    /// Data encrypted under access control conditions.
    #[serde(rename = "lit-accesscontrolcondition")]
    AccessControlCondition,
    /// A programmable key pair.
    #[serde(rename = "lit-pkp")]
    Pkp,
    /// A capacity credit (rate limit increase NFT).
    #[serde(rename = "lit-ratelimitincrease")]
    RateLimitIncrease,
    /// A Lit Action.
    #[serde(rename = "lit-litaction")]
    LitAction,
}

impl ResourcePrefix {
    /// All prefixes, in the order of the official client.
    pub const ALL: [Self; 4] = [
        Self::AccessControlCondition,
        Self::Pkp,
        Self::RateLimitIncrease,
        Self::LitAction,
    ];

    /// The text before `://`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessControlCondition => "lit-accesscontrolcondition",
            Self::Pkp => "lit-pkp",
            Self::RateLimitIncrease => "lit-ratelimitincrease",
            Self::LitAction => "lit-litaction",
        }
    }
}

impl fmt::Display for ResourcePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A resource of a Lit network: a kind and an id. The id `*` is a wildcard.
///
/// The key form is `<prefix>://<id>`; the JSON form, byte-equal to the official one, is
/// `{"resource":"<id>","resourcePrefix":"<prefix>"}`.
///
/// ```
/// use lit_types::{LitResource, TokenId};
///
/// let pkp = LitResource::pkp(TokenId::from_hex("0x1a2b")?);
/// assert!(pkp.key().ends_with("1a2b"));
/// assert_eq!(LitResource::any_lit_action().key(), "lit-litaction://*");
/// # Ok::<(), lit_types::TokenIdError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LitResource {
    prefix: ResourcePrefix,
    id: Cow<'static, str>,
}

impl LitResource {
    const ANY: Cow<'static, str> = Cow::Borrowed("*");

    /// One PKP.
    #[doc(alias = "LitPKPResource")]
    #[must_use]
    pub fn pkp(token_id: TokenId) -> Self {
        Self {
            prefix: ResourcePrefix::Pkp,
            id: Cow::Owned(token_id.to_resource_id()),
        }
    }

    /// Every PKP the user may use.
    #[must_use]
    pub const fn any_pkp() -> Self {
        Self {
            prefix: ResourcePrefix::Pkp,
            id: Self::ANY,
        }
    }

    /// One Lit Action.
    #[doc(alias = "LitActionResource")]
    #[must_use]
    pub fn lit_action(cid: ActionCid) -> Self {
        Self {
            prefix: ResourcePrefix::LitAction,
            id: Cow::Owned(cid.to_string()),
        }
    }

    /// Every Lit Action.
    #[must_use]
    pub const fn any_lit_action() -> Self {
        Self {
            prefix: ResourcePrefix::LitAction,
            id: Self::ANY,
        }
    }

    /// Data encrypted under one set of conditions. The id has both hashes, each as 64 lower-case hex digits.
    #[doc(alias = "LitAccessControlConditionResource")]
    #[must_use]
    pub fn access_control_condition(conditions_hash: &[u8; 32], data_hash: &[u8; 32]) -> Self {
        let id = format!(
            "{}/{}",
            hex::encode(conditions_hash),
            hex::encode(data_hash)
        );
        Self {
            prefix: ResourcePrefix::AccessControlCondition,
            id: Cow::Owned(id),
        }
    }

    /// All encrypted data.
    #[must_use]
    pub const fn any_access_control_condition() -> Self {
        Self {
            prefix: ResourcePrefix::AccessControlCondition,
            id: Self::ANY,
        }
    }

    /// One capacity credit, by its token id.
    #[doc(alias = "LitRLIResource")]
    #[must_use]
    pub fn rate_limit_increase(token_id: CreditId) -> Self {
        Self {
            prefix: ResourcePrefix::RateLimitIncrease,
            id: Cow::Owned(token_id.to_string()),
        }
    }

    /// Every capacity credit.
    #[must_use]
    pub const fn any_rate_limit_increase() -> Self {
        Self {
            prefix: ResourcePrefix::RateLimitIncrease,
            id: Self::ANY,
        }
    }

    /// Creates a resource from a text id, as the constructors of the official client do.
    ///
    /// PKP ids are brought to the form that nodes compare: without `0x`, in lower case, padded to 64 hex digits. A decimal token
    /// id is recognized if it is too long to be hex, and refused if it is ambiguous; [`LitResource::pkp`] takes a typed id. PKP
    /// ids that are neither hex nor decimal, and ids of other kinds, are kept as they are.
    ///
    /// # Errors
    /// [`ResourceError::NotAscii`] for non-ASCII or control characters, which nodes refuse, [`ResourceError::PkpId`] for a PKP id
    /// that is ambiguous or too long.
    pub fn new(prefix: ResourcePrefix, id: &str) -> Result<Self, ResourceError> {
        if id.bytes().any(|b| !b.is_ascii() || b.is_ascii_control()) {
            return Err(ResourceError::NotAscii);
        }
        let id = match prefix {
            ResourcePrefix::Pkp => normalize_pkp_id(id)?,
            _ => id.to_owned(),
        };
        Ok(Self {
            prefix,
            id: Cow::Owned(id),
        })
    }

    /// The kind.
    #[must_use]
    pub const fn prefix(&self) -> ResourcePrefix {
        self.prefix
    }

    /// The id, without the prefix.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the id is `*`.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.id == "*"
    }

    /// `<prefix>://<id>`, the key of this resource in a ReCap.
    #[doc(alias = "getResourceKey")]
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}://{}", self.prefix, self.id)
    }

    /// Whether the ability applies to this kind of resource.
    #[doc(alias = "isValidLitAbility")]
    #[must_use]
    pub fn supports(&self, ability: LitAbility) -> bool {
        ability.prefix() == self.prefix
    }
}

fn normalize_pkp_id(id: &str) -> Result<String, ResourceError> {
    let digits = id.strip_prefix("0x").unwrap_or(id);
    let is_hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hex {
        return Ok(id.parse::<TokenId>()?.to_resource_id());
    }
    if digits.len() > 64 {
        return Err(TokenIdError::TooLong.into());
    }
    Ok(digits.to_owned())
}

impl fmt::Display for LitResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.prefix, self.id)
    }
}

/// Parses `<prefix>://<id>`.
///
/// As in the official `parseLitResource`, the text must start with the prefix, and the next three characters are skipped
/// without checking that they are `://`.
impl FromStr for LitResource {
    type Err = ResourceError;

    fn from_str(key: &str) -> Result<Self, Self::Err> {
        let (prefix, rest) = ResourcePrefix::ALL
            .into_iter()
            .find_map(|prefix| Some((prefix, key.strip_prefix(prefix.as_str())?)))
            .ok_or(ResourceError::UnknownPrefix)?;
        let id = rest.char_indices().nth(3).map_or("", |(at, _)| &rest[at..]);
        Self::new(prefix, id)
    }
}

impl Serialize for LitResource {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("LitResource", 2)?;
        object.serialize_field("resource", &self.id)?;
        object.serialize_field("resourcePrefix", &self.prefix)?;
        object.end()
    }
}

impl<'de> Deserialize<'de> for LitResource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            resource: String,
            resource_prefix: ResourcePrefix,
        }
        let wire = Wire::deserialize(deserializer)?;
        Self::new(wire.resource_prefix, &wire.resource).map_err(serde::de::Error::custom)
    }
}

/// Why a resource is malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResourceError {
    /// The key does not start with a [`ResourcePrefix`].
    #[error(
        "invalid resource prefix: expected lit-accesscontrolcondition, lit-pkp, lit-ratelimitincrease or lit-litaction"
    )]
    UnknownPrefix,
    /// The id has a non-ASCII or control character. Nodes cannot parse a message with such an id.
    #[error("invalid resource id: nodes refuse characters outside printable ASCII")]
    NotAscii,
    /// The PKP id is ambiguous or too long.
    #[error(transparent)]
    PkpId(#[from] TokenIdError),
}

use std::{fmt, str::FromStr};

use alloy_primitives::{Address, Bytes};
use lit_types::{
    AuthMethod, AuthMethodNumber,
    constants::{AuthMethodScope, AuthMethodType},
};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use super::RelayError;
use crate::auth_method::{AuthMethodIdError, auth_method_id};

/// An auth method for a relayer: its type and id, without its token.
#[doc(alias = "prepareRelayRequestData")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RelayAuthMethod {
    auth_method_type: AuthMethodNumber,
    id: Bytes,
    public_key: Option<Bytes>,
}

impl RelayAuthMethod {
    /// A method by type and id. The id has 32 bytes for a login, and 34 for a Lit Action.
    #[must_use]
    pub fn new(auth_method_type: impl Into<AuthMethodNumber>, id: impl Into<Bytes>) -> Self {
        Self {
            auth_method_type: auth_method_type.into(),
            id: id.into(),
            public_key: None,
        }
    }

    /// Sets the COSE public key of a WebAuthn credential. Other methods have none.
    #[must_use]
    pub fn with_public_key(mut self, key: impl Into<Bytes>) -> Self {
        self.public_key = Some(key.into());
        self
    }

    /// The type.
    #[must_use]
    pub const fn auth_method_type(&self) -> AuthMethodNumber {
        self.auth_method_type
    }

    /// The id.
    #[must_use]
    pub const fn id(&self) -> &Bytes {
        &self.id
    }

    pub(super) fn fetch_body(&self) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            auth_method_id: &'a Bytes,
            auth_method_type: AuthMethodNumber,
            #[serde(rename = "authMethodPubKey", skip_serializing_if = "Option::is_none")]
            public_key: Option<&'a Bytes>,
        }
        json_text(&Body {
            auth_method_id: &self.id,
            auth_method_type: self.auth_method_type,
            public_key: self.public_key.as_ref(),
        })
    }
}

/// Derives the id from the token; see [`auth_method_id`].
impl TryFrom<&AuthMethod> for RelayAuthMethod {
    type Error = AuthMethodIdError;

    fn try_from(method: &AuthMethod) -> Result<Self, Self::Error> {
        Ok(Self::new(method.auth_method_type, auth_method_id(method)?))
    }
}

/// A request to mint a PKP with [`LitRelay::mint`](super::LitRelay::mint).
///
/// It names the auth methods that may use the PKP, and the owner, who may change them.
///
/// ```
/// use lit_sdk::{AuthMethod, services::MintRequest, types::constants::{AuthMethodScope, AuthMethodType}};
///
/// # let google = AuthMethod::new(AuthMethodType::GoogleJwt, "token");
/// let request = MintRequest::for_auth_method(&google)
///     .owned_by_pkp()
///     .with_scopes([AuthMethodScope::SignAnything]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct MintRequest {
    methods: Methods,
    owner: Owner,
    scopes: Scopes,
    own_address_permitted: bool,
}

/// The auth methods, or the error that the send returns.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Methods {
    known: Result<Vec<RelayAuthMethod>, RelayError>,
    layout: Layout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Pkp,
    Relayer,
    Address(Address),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Scopes {
    SignAnything,
    Same(Vec<AuthMethodScope>),
    ByMethod(Vec<Vec<AuthMethodScope>>),
}

/// The two equivalent spellings of the body in the official client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Relay,
    Provider,
}

/// A [`MintRequest`] that lacks its owner.
#[derive(Debug, Clone)]
#[must_use = "a request needs an owner"]
pub struct OwnerChoice(Methods);

impl OwnerChoice {
    /// The PKP owns itself. Its auth methods can also change the permissions.
    #[doc(alias("sendPkpToItself", "sendPkpToitself"))]
    pub fn owned_by_pkp(self) -> MintRequest {
        self.owned(Owner::Pkp)
    }

    /// The wallet of the relayer owns the PKP. **The operator of the relayer can permit anyone to use it.**
    ///
    /// This is the default of `mintPKPWithAuthMethods` in the official client.
    pub fn owned_by_relayer(self) -> MintRequest {
        self.owned(Owner::Relayer)
    }

    /// This account owns the PKP. The zero address gives [`RelayError::ZeroOwner`].
    #[doc(alias = "sendToAddressAfterMinting")]
    pub fn owned_by(self, owner: Address) -> MintRequest {
        self.owned(Owner::Address(owner))
    }

    fn owned(self, owner: Owner) -> MintRequest {
        MintRequest {
            methods: self.0,
            owner,
            scopes: Scopes::SignAnything,
            own_address_permitted: true,
        }
    }
}

impl MintRequest {
    /// A request for a PKP that this auth method may use.
    ///
    /// The id of the method must follow from its token. For Discord and a WebAuthn registration, see
    /// [`AuthProvider::mint_request`](crate::login::AuthProvider::mint_request).
    pub fn for_auth_method(method: &AuthMethod) -> OwnerChoice {
        Self::for_auth_methods(std::slice::from_ref(method))
    }

    /// A request for a PKP that any of these auth methods may use.
    #[doc(alias = "mintPKPWithAuthMethods")]
    pub fn for_auth_methods(methods: &[AuthMethod]) -> OwnerChoice {
        let known = methods.iter().enumerate().map(|(index, method)| {
            RelayAuthMethod::try_from(method)
                .map_err(|source| RelayError::AuthMethod { index, source })
        });
        OwnerChoice(Methods {
            known: known.collect(),
            layout: Layout::Relay,
        })
    }

    /// A request for a PKP that auth methods with these ids may use, Lit Actions for example.
    pub fn for_method_ids(methods: impl IntoIterator<Item = RelayAuthMethod>) -> OwnerChoice {
        OwnerChoice(Methods {
            known: Ok(methods.into_iter().collect()),
            layout: Layout::Relay,
        })
    }

    /// A request in the spelling of the official client's providers.
    pub(crate) fn by_provider(method: RelayAuthMethod) -> OwnerChoice {
        OwnerChoice(Methods {
            known: Ok(vec![method]),
            layout: Layout::Provider,
        })
    }

    /// Sets the scopes of all auth methods. Default: sign anything.
    #[doc(alias(
        "pkpPermissionScopes",
        "authMethodScopes",
        "permittedAuthMethodScopes",
        "SignAnything"
    ))]
    pub fn with_scopes(self, scopes: impl IntoIterator<Item = AuthMethodScope>) -> Self {
        self.scoped(Scopes::Same(scopes.into_iter().collect()))
    }

    /// Sets the scopes of each auth method, in their order.
    pub fn with_scopes_by_method(self, scopes: Vec<Vec<AuthMethodScope>>) -> Self {
        self.scoped(Scopes::ByMethod(scopes))
    }

    fn scoped(mut self, scopes: Scopes) -> Self {
        self.scopes = scopes;
        self
    }

    /// Sets whether the PKP's own address is permitted. Default: yes, as in the official client.
    #[doc(alias = "addPkpEthAddressAsPermittedAddress")]
    pub const fn with_own_address_permitted(mut self, permitted: bool) -> Self {
        self.own_address_permitted = permitted;
        self
    }

    /// The JSON to send.
    ///
    /// # Errors
    /// [`RelayError::AuthMethod`], [`RelayError::NoAuthMethods`], [`RelayError::Scopes`], [`RelayError::PublicKey`],
    /// [`RelayError::ZeroOwner`], [`RelayError::UnusablePkp`].
    pub(super) fn body(&self) -> Result<String, RelayError> {
        let methods = self.methods.known.as_ref().map_err(Clone::clone)?;
        if methods.is_empty() {
            return Err(RelayError::NoAuthMethods);
        }
        if let Scopes::ByMethod(scopes) = &self.scopes
            && scopes.len() != methods.len()
        {
            return Err(RelayError::Scopes {
                methods: methods.len(),
                scopes: scopes.len(),
            });
        }
        if self.owner == Owner::Address(Address::ZERO) {
            return Err(RelayError::ZeroOwner);
        }
        if self.owner == Owner::Pkp && !self.scopes.somebody_may_sign() {
            return Err(RelayError::UnusablePkp);
        }
        let lacks_key = |method: &RelayAuthMethod| {
            method.auth_method_type == AuthMethodType::WebAuthn.into()
                && method.public_key.as_ref().is_none_or(|key| key.is_empty())
        };
        if let Some(index) = methods.iter().position(lacks_key) {
            return Err(RelayError::PublicKey { index });
        }
        let request = self;
        Ok(json_text(&Body { methods, request }))
    }
}

impl Scopes {
    /// Whether an auth method has a scope that lets it sign.
    fn somebody_may_sign(&self) -> bool {
        let signs = |scopes: &Vec<AuthMethodScope>| {
            scopes.contains(&AuthMethodScope::SignAnything)
                || scopes.contains(&AuthMethodScope::PersonalSign)
        };
        match self {
            Self::SignAnything => true,
            Self::Same(scopes) => signs(scopes),
            Self::ByMethod(lists) => lists.iter().any(signs),
        }
    }
}

struct Body<'a> {
    methods: &'a [RelayAuthMethod],
    request: &'a MintRequest,
}

/// Writes the members in one of the two orders of the official client.
impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// The only kind of key of a PKP: secp256k1.
        const KEY_TYPE: u8 = 2;
        let Self { methods, request } = self;
        let types: Vec<_> = methods.iter().map(|m| m.auth_method_type).collect();
        let ids: Vec<_> = methods.iter().map(|m| &m.id).collect();
        let none = Bytes::new();
        let keys: Vec<_> = methods
            .iter()
            .map(|m| m.public_key.as_ref().unwrap_or(&none))
            .collect();
        let layout = request.methods.layout;
        let scopes = ScopeLists {
            scopes: &request.scopes,
            methods: methods.len(),
            layout,
        };

        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("keyType", &KEY_TYPE)?;
        body.serialize_entry("permittedAuthMethodTypes", &types)?;
        if layout == Layout::Provider {
            body.serialize_entry("permittedAuthMethodIds", &ids)?;
            body.serialize_entry("permittedAuthMethodPubkeys", &keys)?;
        }
        body.serialize_entry("permittedAuthMethodScopes", &scopes)?;
        body.serialize_entry(
            "addPkpEthAddressAsPermittedAddress",
            &request.own_address_permitted,
        )?;
        body.serialize_entry("sendPkpToItself", &(request.owner == Owner::Pkp))?;
        if layout == Layout::Relay {
            body.serialize_entry("permittedAuthMethodIds", &ids)?;
            body.serialize_entry("permittedAuthMethodPubkeys", &keys)?;
        }
        if let Owner::Address(owner) = &request.owner {
            body.serialize_entry("sendToAddressAfterMinting", owner)?;
        }
        body.end()
    }
}

struct ScopeLists<'a> {
    scopes: &'a Scopes,
    methods: usize,
    layout: Layout,
}

/// Writes a list for each method. The official client's providers write their default as a BigNumber of ethers.
impl Serialize for ScopeLists<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct BigNumber {
            r#type: &'static str,
            hex: &'static str,
        }
        let numbers = |scopes: &[AuthMethodScope]| -> Vec<u32> {
            scopes.iter().map(|scope| *scope as u8 as u32).collect()
        };
        let repeated =
            |scopes: &[AuthMethodScope]| std::iter::repeat_n(numbers(scopes), self.methods);
        match (self.scopes, self.layout) {
            (Scopes::ByMethod(lists), _) => {
                serializer.collect_seq(lists.iter().map(|scopes| numbers(scopes)))
            }
            (Scopes::Same(scopes), _) => serializer.collect_seq(repeated(scopes)),
            (Scopes::SignAnything, Layout::Relay) => {
                serializer.collect_seq(repeated(&[AuthMethodScope::SignAnything]))
            }
            (Scopes::SignAnything, Layout::Provider) => {
                let sign_anything = || BigNumber {
                    r#type: "BigNumber",
                    hex: "0x01",
                };
                serializer.collect_seq((0..self.methods).map(|_| [sign_anything()]))
            }
        }
    }
}

fn json_text(body: &impl Serialize) -> String {
    #[allow(
        clippy::expect_used,
        reason = "texts, numbers and lists of them under names that are texts"
    )]
    serde_json::to_string(body).expect("numbers, texts and lists serialize")
}

/// Identifies a request at the relayer: the hash of its transaction.
#[doc(alias = "requestId")]
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelayRequestId(String);

impl RelayRequestId {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RelayRequestId {
    type Err = InvalidRequestId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for RelayRequestId {
    type Error = InvalidRequestId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let ok = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        // The id becomes a part of a path.
        if (1..=128).contains(&text.len()) && text.bytes().all(ok) {
            Ok(Self(text))
        } else {
            Err(InvalidRequestId(()))
        }
    }
}

impl From<RelayRequestId> for String {
    fn from(id: RelayRequestId) -> Self {
        id.0
    }
}

impl fmt::Display for RelayRequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RelayRequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a request id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed request id: expected 1 to 128 letters, digits, - and _")]
pub struct InvalidRequestId(());

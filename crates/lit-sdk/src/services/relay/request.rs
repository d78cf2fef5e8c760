use std::{fmt, str::FromStr};

use alloy_primitives::Bytes;
use lit_session_crypto::{AuthMethodIdError, auth_method_id};
use lit_types::{
    AuthMethod, AuthMethodNumber, CompactJson,
    constants::{AuthMethodScope, AuthMethodType},
};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use super::RelayError;

/// An auth method as a relayer is told of it: by its id, without proof.
#[doc(alias = "prepareRelayRequestData")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RelayAuthMethod {
    auth_method_type: AuthMethodNumber,
    id: Bytes,
    public_key: Option<Bytes>,
}

impl RelayAuthMethod {
    /// A method by its type and its id. For logins the id is 32 bytes, for a Lit Action 34.
    #[must_use]
    pub fn new(auth_method_type: impl Into<AuthMethodNumber>, id: impl Into<Bytes>) -> Self {
        Self {
            auth_method_type: auth_method_type.into(),
            id: id.into(),
            public_key: None,
        }
    }

    /// The COSE public key of a WebAuthn credential. Default: none, as for all other methods.
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

/// Takes the id that follows from the token; see [`auth_method_id`].
impl TryFrom<&AuthMethod> for RelayAuthMethod {
    type Error = AuthMethodIdError;

    fn try_from(method: &AuthMethod) -> Result<Self, Self::Error> {
        Ok(Self::new(method.auth_method_type, auth_method_id(method)?))
    }
}

/// How a PKP is minted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct MintOptions {
    scopes: Option<Vec<Vec<AuthMethodScope>>>,
    add_pkp_eth_address_as_permitted_address: bool,
    send_pkp_to_itself: bool,
    layout: Layout,
}

/// The two spellings of the body. They mean the same to a relayer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Relay,
    Provider,
}

impl Default for MintOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl MintOptions {
    /// The defaults of the official client's `mintPKPWithAuthMethods`: the PKP then **belongs to the relayer's wallet**, and
    /// auth methods may use it but not change who else may.
    #[doc(alias = "mintPKPWithAuthMethods")]
    pub const fn new() -> Self {
        Self {
            scopes: None,
            add_pkp_eth_address_as_permitted_address: true,
            send_pkp_to_itself: false,
            layout: Layout::Relay,
        }
    }

    /// The defaults of the official client's providers: the PKP belongs to itself.
    #[doc(alias = "mintPKPThroughRelayer")]
    pub const fn of_provider() -> Self {
        Self {
            scopes: None,
            add_pkp_eth_address_as_permitted_address: true,
            send_pkp_to_itself: true,
            layout: Layout::Provider,
        }
    }

    /// What each auth method may do, in their order. Default: sign anything.
    #[doc(alias = "pkpPermissionScopes")]
    pub fn with_scopes(mut self, scopes: Vec<Vec<AuthMethodScope>>) -> Self {
        self.scopes = Some(scopes);
        self
    }

    /// Whether the PKP's own address may use it. Default: yes.
    #[doc(alias = "addPkpEthAddressAsPermittedAddress")]
    pub fn with_own_address_permitted(mut self, permitted: bool) -> Self {
        self.add_pkp_eth_address_as_permitted_address = permitted;
        self
    }

    /// Whether the PKP belongs to itself, so that those who may use it can also change who may. Default: no, and yes with
    /// [`MintOptions::of_provider`].
    #[doc(alias = "sendPkpToItself")]
    #[doc(alias = "sendPkpToitself")]
    pub fn with_pkp_sent_to_itself(mut self, sent: bool) -> Self {
        self.send_pkp_to_itself = sent;
        self
    }
}

/// The body of a request for a PKP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MintRequest(String);

impl MintRequest {
    /// A request for a PKP that these methods may use.
    ///
    /// # Errors
    /// [`RelayError::NoAuthMethods`], [`RelayError::Scopes`] when there are not as many lists as methods,
    /// [`RelayError::PublicKey`] for WebAuthn without one.
    pub fn new(methods: &[RelayAuthMethod], options: &MintOptions) -> Result<Self, RelayError> {
        if methods.is_empty() {
            return Err(RelayError::NoAuthMethods);
        }
        let scopes = options.scopes.as_ref();
        if let Some(scopes) = scopes.map(Vec::len)
            && scopes != methods.len()
        {
            return Err(RelayError::Scopes {
                methods: methods.len(),
                scopes,
            });
        }
        let lacks_key = |method: &RelayAuthMethod| {
            method.auth_method_type == AuthMethodType::WebAuthn.into()
                && method.public_key.as_ref().is_none_or(|key| key.is_empty())
        };
        if let Some(index) = methods.iter().position(lacks_key) {
            return Err(RelayError::PublicKey { index });
        }
        Ok(Self(json_text(&MintBody { methods, options })))
    }

    pub(super) fn body(&self) -> &str {
        &self.0
    }
}

/// A body of one's own, for members that [`MintOptions`] does not know, such as `sendToAddressAfterMinting`.
impl From<CompactJson> for MintRequest {
    fn from(body: CompactJson) -> Self {
        Self(body.as_str().to_owned())
    }
}

struct MintBody<'a> {
    methods: &'a [RelayAuthMethod],
    options: &'a MintOptions,
}

/// Members in the order of the official client, which has two.
impl Serialize for MintBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// The one kind of key a PKP has: secp256k1.
        const KEY_TYPE: u8 = 2;
        let Self { methods, options } = self;
        let types: Vec<_> = methods.iter().map(|m| m.auth_method_type).collect();
        let ids: Vec<_> = methods.iter().map(|m| &m.id).collect();
        let none = Bytes::new();
        let keys: Vec<_> = methods
            .iter()
            .map(|m| m.public_key.as_ref().unwrap_or(&none))
            .collect();
        let scopes = Scopes {
            given: options.scopes.as_deref(),
            methods: methods.len(),
            layout: options.layout,
        };
        let permit_own = options.add_pkp_eth_address_as_permitted_address;

        let mut body = serializer.serialize_map(Some(7))?;
        body.serialize_entry("keyType", &KEY_TYPE)?;
        body.serialize_entry("permittedAuthMethodTypes", &types)?;
        if options.layout == Layout::Provider {
            body.serialize_entry("permittedAuthMethodIds", &ids)?;
            body.serialize_entry("permittedAuthMethodPubkeys", &keys)?;
        }
        body.serialize_entry("permittedAuthMethodScopes", &scopes)?;
        body.serialize_entry("addPkpEthAddressAsPermittedAddress", &permit_own)?;
        body.serialize_entry("sendPkpToItself", &options.send_pkp_to_itself)?;
        if options.layout == Layout::Relay {
            body.serialize_entry("permittedAuthMethodIds", &ids)?;
            body.serialize_entry("permittedAuthMethodPubkeys", &keys)?;
        }
        body.end()
    }
}

/// Scopes as they are given. The default of providers is spelled as a BigNumber of ethers.
struct Scopes<'a> {
    given: Option<&'a [Vec<AuthMethodScope>]>,
    methods: usize,
    layout: Layout,
}

impl Serialize for Scopes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct BigNumber {
            r#type: &'static str,
            hex: &'static str,
        }
        let number = |scope: &AuthMethodScope| *scope as u8 as u32;
        match (self.given, self.layout) {
            (Some(given), _) => serializer.collect_seq(
                given
                    .iter()
                    .map(|scopes| scopes.iter().map(number).collect::<Vec<_>>()),
            ),
            (None, Layout::Relay) => serializer.collect_seq(std::iter::repeat_n(
                [number(&AuthMethodScope::SignAnything)],
                self.methods,
            )),
            (None, Layout::Provider) => {
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
    serde_json::to_string(body).expect("it is all JSON")
}

/// Under what a relayer goes on with a request: the hash of its transaction.
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
        // It becomes a part of a path.
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

/// The text is no request id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a request id has 1 to 128 letters, digits, - and _")]
pub struct InvalidRequestId(());

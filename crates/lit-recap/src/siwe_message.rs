use std::{fmt, str::FromStr};

use alloy_primitives::{Address, B256, eip191_hash_message};
use lit_types::{
    ResourceAbilityRequest, Timestamp, TimestampError,
    constants::{CAPACITY_DELEGATION_URI, DEFAULT_SIWE_LIFETIME},
};
use time::OffsetDateTime;

use crate::{BuildError, CapacityDelegation, ReCap};

/// The longest SIWE message this library reads, in bytes: one ReCap of the largest size and what stands around it.
pub const MAX_SIWE_BYTES: usize = crate::MAX_URN_BYTES + 64 * 1024 + 128 * 1024;

/// The domain the official client puts in when none is given.
pub const OFFICIAL_DOMAIN: &str = "localhost";
/// The statement the official client puts in when none is given.
pub const OFFICIAL_STATEMENT: &str =
    "This is a test statement.  You can put anything you want here.";
/// The URI the official client puts in when none is given.
pub const OFFICIAL_URI: &str = "https://localhost/login";

/// A Sign-In with Ethereum message (EIP-4361).
///
/// Built by [`SiweBuilder`] or parsed from text. Only canonical text is parsed: what the fields print again must be what
/// was read, so that the signed bytes and the fields can never disagree. The parser is that of the `siwe` crate; what it
/// refuses and the official client emits is refused here too, at construction: a domain with scheme or path, a statement
/// with a line feed, a resource that is no ASCII URI.
#[derive(Clone, PartialEq, Eq)]
pub struct SiweMessage {
    fields: siwe::Message,
    text: String,
    resources: Vec<String>,
}

impl SiweMessage {
    /// The text to be signed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The domain that asks for the signature.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.fields.domain.as_str()
    }

    /// Who signs.
    #[must_use]
    pub fn address(&self) -> Address {
        self.fields.address.into()
    }

    /// What the signer is told.
    #[must_use]
    pub fn statement(&self) -> Option<&str> {
        self.fields.statement.as_deref()
    }

    /// What the message is about: for Lit the URI of a session key, or of a capacity delegation.
    #[must_use]
    pub fn uri(&self) -> &str {
        self.fields.uri.as_str()
    }

    /// The chain id.
    #[must_use]
    pub const fn chain_id(&self) -> u64 {
        self.fields.chain_id
    }

    /// The nonce.
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.fields.nonce
    }

    /// When it was made.
    #[must_use]
    pub fn issued_at(&self) -> OffsetDateTime {
        *self.fields.issued_at.as_ref()
    }

    /// Until when it is valid.
    #[must_use]
    pub fn expiration(&self) -> Option<OffsetDateTime> {
        self.fields.expiration_time.as_ref().map(|at| *at.as_ref())
    }

    /// From when it is valid.
    #[must_use]
    pub fn not_before(&self) -> Option<OffsetDateTime> {
        self.fields.not_before.as_ref().map(|at| *at.as_ref())
    }

    /// The request id.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.fields.request_id.as_deref()
    }

    /// The resources.
    pub fn resources(&self) -> impl ExactSizeIterator<Item = &str> + DoubleEndedIterator {
        self.resources.iter().map(String::as_str)
    }

    /// The hash a wallet signs (EIP-191): keccak256 of the prefix, the length and the text.
    #[must_use]
    pub fn eip191_hash(&self) -> B256 {
        eip191_hash_message(&self.text)
    }

    /// Whether the message is valid at an instant, as nodes see it: not before < now ≤ expiration, without tolerance. The
    /// issue time is not looked at.
    ///
    /// # Errors
    /// [`TimeWindowError`].
    pub fn check_time(&self, now: OffsetDateTime) -> Result<(), TimeWindowError> {
        if self.expiration().is_some_and(|at| at < now) {
            return Err(TimeWindowError::Expired);
        }
        if self.not_before().is_some_and(|at| at >= now) {
            return Err(TimeWindowError::NotYetValid);
        }
        Ok(())
    }

    /// Verifies a wallet's signature: the recovered address must be that of the message.
    #[must_use]
    pub fn verify_eip191(&self, signature: &[u8; 65]) -> bool {
        // Other values of v are taken modulo 27 by the verifier; only these two are a signature's own.
        matches!(signature[64], 27 | 28) && self.fields.verify_eip191(signature).is_ok()
    }

    /// The same message with another statement, and a ReCap added or put in place of the last resource.
    pub(crate) fn with_recap(
        &self,
        statement: String,
        urn: &str,
        replace_last: bool,
    ) -> Result<Self, SiweError> {
        let mut fields = self.fields.clone();
        if replace_last {
            fields.resources.pop();
        }
        fields
            .resources
            .push(urn.parse().map_err(|_| SiweError::Resource)?);
        fields.statement = Some(statement);
        Self::try_from(fields)
    }
}

/// Checks that the message can be read again, and only in one way.
impl TryFrom<siwe::Message> for SiweMessage {
    type Error = SiweError;

    fn try_from(fields: siwe::Message) -> Result<Self, Self::Error> {
        fields.to_string().parse()
    }
}

impl From<SiweMessage> for siwe::Message {
    fn from(message: SiweMessage) -> Self {
        message.fields
    }
}

impl FromStr for SiweMessage {
    type Err = SiweError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_SIWE_BYTES {
            return Err(SiweError::TooLong);
        }
        let fields: siwe::Message = text
            .parse()
            .map_err(|error: siwe::ParseError| SiweError::Syntax(error.to_string()))?;
        if fields.to_string() != text {
            return Err(SiweError::NotCanonical);
        }
        fields.nonce.parse::<Nonce>()?;
        let resources = fields.resources.iter().map(ToString::to_string).collect();
        Ok(Self {
            fields,
            text: text.to_owned(),
            resources,
        })
    }
}

impl fmt::Display for SiweMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for SiweMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiweMessage")
            .field("address", &self.address())
            .field("uri", &self.uri())
            .field("expiration", &self.expiration())
            .finish_non_exhaustive()
    }
}

/// The nonce of a SIWE message: at least 8 letters and digits. Lit uses a recent Ethereum block hash.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Nonce(String);

impl Nonce {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Nonce {
    type Err = SiweError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() < 8 || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(SiweError::Nonce);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes SIWE messages. The three that Lit knows: a plain one, one with ReCaps ([`SiweBuilder::requests`]), and a
/// capacity delegation ([`SiweBuilder::capacity_delegation`]).
///
/// ```
/// use lit_recap::SiweBuilder;
/// use lit_types::{LitResource, ResourceAbilityRequest, Timestamp};
///
/// let session = "lit:session:04ec5108935b989719d86e821d68aa3cb53349cf5a4fec271f8548521f79e4bf";
/// let message = SiweBuilder::new(
///     "0x680e3638063a9dF63B3A2B13e1aA0C8a02124168".parse()?,
///     session,
///     "0xe7d26589ea096a19d4f93392b1632f1dbd6323f65e7e73ce728c9516ab6e29bf".parse()?,
///     Timestamp::from_unix_millis(1_736_944_496_789)?,
/// )
/// .requests(&[ResourceAbilityRequest::lit_action_execution(LitResource::any_lit_action())?])?
/// .build()?;
/// assert!(message.statement().unwrap().ends_with("(1) 'Threshold': 'Execution' for 'lit-litaction://*'."));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "createSiweMessage")]
#[doc(alias = "createSiweMessageWithRecaps")]
#[doc(alias = "createSiweMessageWithCapacityDelegation")]
#[derive(Debug, Clone)]
#[must_use]
pub struct SiweBuilder {
    address: Address,
    uri: String,
    nonce: Nonce,
    issued_at: Timestamp,
    domain: String,
    statement: Option<String>,
    chain_id: u64,
    expiration: Option<Timestamp>,
    not_before: Option<Timestamp>,
    request_id: Option<String>,
    recap: Option<ReCap>,
}

impl SiweBuilder {
    /// A message of one address about one URI. Domain `localhost`, chain id 1, valid for 7 days, no statement.
    pub fn new(
        address: Address,
        uri: impl Into<String>,
        nonce: Nonce,
        issued_at: Timestamp,
    ) -> Self {
        Self {
            address,
            uri: uri.into(),
            nonce,
            issued_at,
            domain: OFFICIAL_DOMAIN.to_owned(),
            statement: None,
            chain_id: 1,
            expiration: None,
            not_before: None,
            request_id: None,
            recap: None,
        }
    }

    /// As [`SiweBuilder::new`] with the URI and the statement that the official client fills in.
    pub fn with_official_defaults(address: Address, nonce: Nonce, issued_at: Timestamp) -> Self {
        Self::new(address, OFFICIAL_URI, nonce, issued_at).statement(OFFICIAL_STATEMENT)
    }

    /// The domain that asks: a host, with a port if need be. Default: `localhost`.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = domain.into();
        self
    }

    /// The URI the message is about, instead of the one given to the constructor.
    pub fn uri(mut self, uri: impl Into<String>) -> Self {
        self.uri = uri.into();
        self
    }

    /// What the signer is told, before the statement of the ReCap. One line. Default: none.
    pub fn statement(mut self, statement: impl Into<String>) -> Self {
        self.statement = Some(statement.into());
        self
    }

    /// The chain id. Default: 1.
    pub const fn chain_id(mut self, chain_id: u64) -> Self {
        self.chain_id = chain_id;
        self
    }

    /// Until when the message is valid; the text is kept. Default: 7 days after it was issued.
    pub fn expiration(mut self, expiration: Timestamp) -> Self {
        self.expiration = Some(expiration);
        self
    }

    /// From when the message is valid. Default: not written.
    pub fn not_before(mut self, not_before: Timestamp) -> Self {
        self.not_before = Some(not_before);
        self
    }

    /// A request id. Default: not written.
    pub fn request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// Grants exactly these requests to the URI.
    ///
    /// # Errors
    /// [`SiweError::NoRequests`] for an empty list, [`SiweError::Recap`] for data that is no object.
    pub fn requests(self, requests: &[ResourceAbilityRequest]) -> Result<Self, SiweError> {
        if requests.is_empty() {
            return Err(SiweError::NoRequests);
        }
        Ok(self.recap(ReCap::from_requests(requests)?))
    }

    /// Grants what a ReCap says to the URI.
    pub fn recap(mut self, recap: ReCap) -> Self {
        self.recap = Some(recap);
        self
    }

    /// Lets others spend a capacity credit of the signer. Sets the URI to `lit:capability:delegation` and replaces what
    /// was granted before.
    pub fn capacity_delegation(self, delegation: &CapacityDelegation) -> Self {
        self.uri(CAPACITY_DELEGATION_URI)
            .recap(delegation.to_recap())
    }

    /// The message.
    ///
    /// # Errors
    /// [`SiweError`] names the field that makes it invalid.
    pub fn build(self) -> Result<SiweMessage, SiweError> {
        let statement = self.statement.as_deref().unwrap_or_default();
        if statement.contains('\n') {
            return Err(SiweError::Statement);
        }
        let expiration = match self.expiration {
            Some(expiration) => expiration,
            None => self.issued_at.checked_add(DEFAULT_SIWE_LIFETIME)?,
        };
        let timestamp = |at: &Timestamp| {
            at.as_str()
                .parse()
                .map_err(|_| SiweError::Time(TimestampError::OutOfRange))
        };
        let not_before = self.not_before.as_ref().map(timestamp).transpose()?;
        let mut fields = siwe::Message {
            domain: self.domain.parse().map_err(|_| SiweError::Domain)?,
            address: self.address.into(),
            statement: (!statement.is_empty()).then(|| statement.to_owned()),
            uri: self.uri.parse().map_err(|_| SiweError::Uri)?,
            version: siwe::Version::V1,
            chain_id: self.chain_id,
            nonce: self.nonce.0,
            issued_at: timestamp(&self.issued_at)?,
            expiration_time: Some(timestamp(&expiration)?),
            not_before,
            request_id: self.request_id,
            resources: Vec::new(),
        };
        if let Some(recap) = &self.recap {
            // A statement that was given as an empty text still gets its separating blank, as in the official client.
            fields.statement = Some(match &self.statement {
                Some(own) => format!("{own} {}", recap.statement()),
                None => recap.statement(),
            });
            fields
                .resources
                .push(recap.to_urn().parse().map_err(|_| SiweError::Resource)?);
        }
        if fields
            .statement
            .as_ref()
            .is_some_and(|text| text.contains('\n'))
        {
            return Err(SiweError::Resource);
        }
        SiweMessage::try_from(fields)
    }
}

/// Why a message cannot be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SiweError {
    /// The domain is no host with optional port. A scheme or a path, which the official client lets pass, is refused by
    /// nodes.
    #[error("invalid domain: expected a host with an optional port, without scheme or path")]
    Domain,
    /// The statement has a line feed, and could not be told from the rest of the message.
    #[error("the statement of a SIWE message is a single line")]
    Statement,
    /// The URI is none (RFC 3986).
    #[error("the URI of a SIWE message must be an absolute URI (RFC 3986)")]
    Uri,
    /// The nonce is shorter than 8 characters or has others than letters and digits.
    #[error("the nonce must be at least 8 letters and digits")]
    Nonce,
    /// A time is outside the years that can be written.
    #[error(transparent)]
    Time(#[from] TimestampError),
    /// A resource is no ASCII URI.
    #[error("a resource of the SIWE message is not a URI of ASCII characters")]
    Resource,
    /// No requests were given; a session without rights is of no use.
    #[error("at least one resource ability request is needed")]
    NoRequests,
    /// The requests make no ReCap.
    #[error(transparent)]
    Recap(#[from] BuildError),
    /// The text is no SIWE message. The reason is that of the `siwe` crate.
    #[error("not a SIWE message: {0}")]
    Syntax(String),
    /// The text is a SIWE message, spelled in another way than its fields print.
    #[error("the SIWE message is not in canonical form")]
    NotCanonical,
    /// Longer than [`MAX_SIWE_BYTES`].
    #[error("the SIWE message is longer than {MAX_SIWE_BYTES} bytes")]
    TooLong,
}

/// The message is not valid at this instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeWindowError {
    /// Its expiration time has passed.
    #[error("the message has expired")]
    Expired,
    /// Its not-before time has not passed yet.
    #[error("the message is not valid yet")]
    NotYetValid,
}

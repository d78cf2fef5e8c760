use std::{fmt, str::FromStr};

use alloy_primitives::{Address, B256, eip191_hash_message};
use lit_types::{Timestamp, TimestampError};
use time::OffsetDateTime;

use crate::{BuildError, ReCap, recovery, visible::is_visible_line};

/// The length limit of a SIWE message, in bytes: the largest ReCap and the other fields.
pub const MAX_SIWE_BYTES: usize = crate::MAX_URN_BYTES + 64 * 1024 + 128 * 1024;

/// A Sign-In with Ethereum message (EIP-4361).
///
/// Built by [`SiweBuilder`](crate::SiweBuilder) or parsed from text. Only canonical text parses: the fields must print the
/// same text again, so that the signed bytes and the fields always agree. The parser is that of the `siwe` crate. It refuses
/// some output of the official client: a domain with scheme or path, a statement with a line feed, a resource that is not an
/// ASCII URI. Refused besides, though Lit's nodes accept them: a domain with a user (`bank.example@evil.example`), characters
/// in the statement that its signer does not see, a request id that EIP-4361 does not allow, and times without a `T` between date
/// and time. The builder refuses the same.
#[derive(Clone, PartialEq, Eq)]
pub struct SiweMessage {
    fields: siwe::Message,
    text: String,
    resources: Vec<String>,
}

impl SiweMessage {
    /// The text to sign.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The domain that asks for the signature.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.fields.domain.as_str()
    }

    /// The address that signs.
    #[must_use]
    pub fn address(&self) -> Address {
        self.fields.address.into()
    }

    /// The statement, which the signer reads.
    #[must_use]
    pub fn statement(&self) -> Option<&str> {
        self.fields.statement.as_deref()
    }

    /// The URI. For Lit it is the URI of a session key or of a capacity delegation.
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

    /// The issue time.
    #[must_use]
    pub fn issued_at(&self) -> OffsetDateTime {
        *self.fields.issued_at.as_ref()
    }

    /// The expiration time.
    #[must_use]
    pub fn expiration(&self) -> Option<OffsetDateTime> {
        self.fields.expiration_time.as_ref().map(|at| *at.as_ref())
    }

    /// The expiration time as the message spells it.
    #[must_use]
    pub fn expiration_timestamp(&self) -> Option<Timestamp> {
        let text = self.fields.expiration_time.as_ref()?.to_string();
        #[allow(clippy::expect_used, reason = "states the invariant")]
        Some(text.parse().expect("checked when the message was parsed"))
    }

    /// The not-before time.
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

    /// The hash that a wallet signs (EIP-191): keccak256 of the prefix, the length and the text.
    #[must_use]
    pub fn eip191_hash(&self) -> B256 {
        eip191_hash_message(&self.text)
    }

    /// Checks that the message is valid at an instant, as nodes do: not before < now ≤ expiration, without tolerance.
    ///
    /// The issue time is not checked.
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
    ///
    /// The last byte is 27 or 28, or the bare recovery id 0 or 1 that some hardware wallets give.
    #[must_use]
    pub fn verify_eip191(&self, signature: &[u8; 65]) -> bool {
        recovery::signer(&self.eip191_hash(), signature) == Some(self.address())
    }

    /// Copies the message with another address, issue time and statement, and with a ReCap in place of its resources.
    ///
    /// Nodes rewrite a message in this way before they sign it for a PKP. The other fields stay the same, to the letter.
    ///
    /// # Errors
    /// [`SiweError`] if the result is invalid.
    pub fn reissued(
        &self,
        address: Address,
        issued_at: &Timestamp,
        statement: String,
        recap: &ReCap,
    ) -> Result<Self, SiweError> {
        let mut fields = self.fields.clone();
        fields.address = address.into();
        fields.issued_at = issued_at
            .as_str()
            .parse()
            .map_err(|_| SiweError::Time(TimestampError::OutOfRange))?;
        fields.statement = Some(statement);
        fields.resources = vec![recap.to_urn().parse().map_err(|_| SiweError::Resource)?];
        Self::try_from(fields)
    }

    /// Copies the message with another statement, and adds a ReCap or replaces the last resource by it.
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

/// Checks that the message parses, and in only one way.
impl TryFrom<siwe::Message> for SiweMessage {
    type Error = SiweError;

    fn try_from(fields: siwe::Message) -> Result<Self, Self::Error> {
        let message: Self = fields.to_string().parse()?;
        // A field with a line feed would be read as the fields that follow.
        if message.fields == fields {
            Ok(message)
        } else {
            Err(SiweError::NotCanonical)
        }
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
        check_fields(&fields)?;
        let resources = fields.resources.iter().map(ToString::to_string).collect();
        Ok(Self {
            fields,
            text: text.to_owned(),
            resources,
        })
    }
}

/// Checks what the `siwe` crate does not.
fn check_fields(fields: &siwe::Message) -> Result<(), SiweError> {
    if fields.domain.as_str().contains('@') {
        return Err(SiweError::Domain);
    }
    if !fields.statement.as_deref().is_none_or(is_visible_line) {
        return Err(SiweError::Statement);
    }
    if !fields.request_id.as_deref().is_none_or(is_path_segment) {
        return Err(SiweError::RequestId);
    }
    let later = [&fields.expiration_time, &fields.not_before];
    for time in later.into_iter().flatten().chain([&fields.issued_at]) {
        time.to_string().parse::<Timestamp>()?;
    }
    Ok(())
}

/// Whether EIP-4361 allows a request id: a path segment of a URI (RFC 3986).
pub(crate) fn is_path_segment(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let allowed = match byte {
            b'%' => [bytes.next(), bytes.next()]
                .iter()
                .all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit())),
            byte => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte),
        };
        if !allowed {
            return false;
        }
    }
    true
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

/// Why a SIWE message cannot be built or parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SiweError {
    /// The domain is not a host with an optional port. The official client accepts a scheme, a path or a user; nodes refuse the
    /// first two.
    #[error("invalid domain: expected a host with an optional port, without scheme, path or user")]
    Domain,
    /// The statement has a line feed, so it could pose as other fields, or another character that its signer does not see.
    #[error("invalid statement: expected a single line of visible characters")]
    Statement,
    /// The URI is not absolute (RFC 3986).
    #[error("invalid URI: expected an absolute URI (RFC 3986)")]
    Uri,
    /// The nonce is shorter than 8 characters, or has other characters than letters and digits.
    #[error("invalid nonce: expected at least 8 letters and digits")]
    Nonce,
    /// The request id is not a path segment of a URI, as EIP-4361 requires.
    #[error("invalid request id: expected letters, digits, -._~!$&'()*+,;=:@ and %XX")]
    RequestId,
    /// A time is malformed or outside the years 0 to 9999.
    #[error(transparent)]
    Time(#[from] TimestampError),
    /// A resource is not an ASCII URI.
    #[error("invalid resource: expected a URI of ASCII characters")]
    Resource,
    /// No rights were given. A session without rights is useless.
    #[error("missing rights: a session needs at least one")]
    NoRequests,
    /// The rights do not make a valid ReCap.
    #[error(transparent)]
    Recap(#[from] BuildError),
    /// Not a SIWE message. The reason comes from the `siwe` crate.
    #[error("malformed SIWE message: {0}")]
    Syntax(String),
    /// A SIWE message that is not in canonical form.
    #[error("malformed SIWE message: not in canonical form")]
    NotCanonical,
    /// Longer than [`MAX_SIWE_BYTES`].
    #[error("the SIWE message is longer than {MAX_SIWE_BYTES} bytes")]
    TooLong,
}

/// Why a message is not valid at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeWindowError {
    /// The expiration time has passed.
    #[error("the message has expired")]
    Expired,
    /// The not-before time is in the future.
    #[error("the message is not valid yet")]
    NotYetValid,
}

use alloy_primitives::Address;
use lit_types::{
    Right, Timestamp, TimestampError,
    constants::{CAPACITY_DELEGATION_URI, DEFAULT_SIWE_LIFETIME},
};

use crate::{
    CapacityDelegation, Nonce, ReCap, SiweError, SiweMessage, siwe_message::is_path_segment,
    visible::is_visible_line,
};

/// The default domain of the official client.
pub const OFFICIAL_DOMAIN: &str = "localhost";
/// The default statement of the official client.
pub const OFFICIAL_STATEMENT: &str =
    "This is a test statement.  You can put anything you want here.";
/// The default URI of the official client.
pub const OFFICIAL_URI: &str = "https://localhost/login";

/// Builds SIWE messages.
///
/// Lit has three kinds: a plain one, one with ReCaps ([`SiweBuilder::with_rights`]), and a capacity delegation
/// ([`SiweBuilder::with_capacity_delegation`]).
///
/// ```
/// use lit_recap::SiweBuilder;
/// use lit_types::{LitResource, Right, Timestamp};
///
/// let session = "lit:session:04ec5108935b989719d86e821d68aa3cb53349cf5a4fec271f8548521f79e4bf";
/// let message = SiweBuilder::new(
///     "0x680e3638063a9dF63B3A2B13e1aA0C8a02124168".parse()?,
///     session,
///     "0xe7d26589ea096a19d4f93392b1632f1dbd6323f65e7e73ce728c9516ab6e29bf".parse()?,
///     Timestamp::from_unix_millis(1_736_944_496_789)?,
/// )
/// .with_rights(&[Right::run_any_action()])?
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
    resources: Vec<String>,
    recap: Option<ReCap>,
}

impl SiweBuilder {
    /// Starts a message of an address about a URI: domain `localhost`, chain id 1, valid for 7 days, no statement.
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
            resources: Vec::new(),
            recap: None,
        }
    }

    /// As [`SiweBuilder::new`], with the URI and the statement of the official client.
    pub fn with_official_defaults(address: Address, nonce: Nonce, issued_at: Timestamp) -> Self {
        Self::new(address, OFFICIAL_URI, nonce, issued_at).with_statement(OFFICIAL_STATEMENT)
    }

    /// Sets the domain: a host with an optional port. Default: `localhost`.
    pub fn with_domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = domain.into();
        self
    }

    /// Replaces the URI that the constructor set.
    pub fn with_uri(mut self, uri: impl Into<String>) -> Self {
        self.uri = uri.into();
        self
    }

    /// Sets the statement, one line before the statement of the ReCap. Default: none.
    pub fn with_statement(mut self, statement: impl Into<String>) -> Self {
        self.statement = Some(statement.into());
        self
    }

    /// Sets the chain id. Default: 1.
    pub const fn with_chain_id(mut self, chain_id: u64) -> Self {
        self.chain_id = chain_id;
        self
    }

    /// Sets the expiration; its text is kept. Default: 7 days after the issue time.
    pub fn with_expiration(mut self, expiration: Timestamp) -> Self {
        self.expiration = Some(expiration);
        self
    }

    /// Sets the not-before time. Default: none.
    pub fn with_not_before(mut self, not_before: Timestamp) -> Self {
        self.not_before = Some(not_before);
        self
    }

    /// Sets the request id. Default: none.
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// Adds URIs as resources, before the ReCap. Default: none. Session messages have only the ReCap.
    pub fn with_resources(mut self, resources: impl IntoIterator<Item = String>) -> Self {
        self.resources = resources.into_iter().collect();
        self
    }

    /// Grants exactly these rights to the URI.
    ///
    /// # Errors
    /// [`SiweError::NoRequests`] for an empty list, [`SiweError::Recap`] for data that is not an object.
    pub fn with_rights(self, requests: &[Right]) -> Result<Self, SiweError> {
        if requests.is_empty() {
            return Err(SiweError::NoRequests);
        }
        Ok(self.with_recap(ReCap::from_requests(requests)?))
    }

    /// Grants the rights of a ReCap to the URI.
    pub fn with_recap(mut self, recap: ReCap) -> Self {
        self.recap = Some(recap);
        self
    }

    /// Lets others spend a capacity credit of the signer.
    ///
    /// It sets the URI to `lit:capability:delegation` and replaces earlier grants.
    pub fn with_capacity_delegation(self, delegation: &CapacityDelegation) -> Self {
        self.with_uri(CAPACITY_DELEGATION_URI)
            .with_recap(delegation.to_recap())
    }

    /// Builds the message.
    ///
    /// # Errors
    /// [`SiweError`] with the invalid field.
    pub fn build(self) -> Result<SiweMessage, SiweError> {
        let statement = self.statement.as_deref().unwrap_or_default();
        if !is_visible_line(statement) {
            return Err(SiweError::Statement);
        }
        // A line feed in it would be read as the fields that follow.
        if !self.request_id.as_deref().is_none_or(is_path_segment) {
            return Err(SiweError::RequestId);
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
        let resources = self
            .resources
            .iter()
            .map(|uri| uri.parse().map_err(|_| SiweError::Resource));
        let resources = resources.collect::<Result<_, _>>()?;
        let mut fields = siwe::Message {
            domain: self.domain.parse().map_err(|_| SiweError::Domain)?,
            address: self.address.into(),
            statement: (!statement.is_empty()).then(|| statement.to_owned()),
            uri: self.uri.parse().map_err(|_| SiweError::Uri)?,
            version: siwe::Version::V1,
            chain_id: self.chain_id,
            nonce: self.nonce.to_string(),
            issued_at: timestamp(&self.issued_at)?,
            expiration_time: Some(timestamp(&expiration)?),
            not_before,
            request_id: self.request_id,
            resources,
        };
        if let Some(recap) = &self.recap {
            // An empty statement still gets its separating line, as in the official client.
            fields.statement = Some(match &self.statement {
                Some(own) => format!("{own} {}", recap.statement()),
                None => recap.statement(),
            });
            fields
                .resources
                .push(recap.to_urn().parse().map_err(|_| SiweError::Resource)?);
        }
        // The statement of a ReCap quotes its resources.
        if !fields.statement.as_deref().is_none_or(is_visible_line) {
            return Err(SiweError::Resource);
        }
        SiweMessage::try_from(fields)
    }
}

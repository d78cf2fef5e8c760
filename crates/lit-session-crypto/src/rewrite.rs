use std::fmt;

use alloy_primitives::Address;
use lit_recap::{ExtractError, NotaBene, ReCap, RecapAbility, SiweError, SiweMessage};
use lit_types::{
    AuthContext, LitAbility, NodeErrorCode, Timestamp, constants::RESOLVED_AUTH_CONTEXT_PREFIX,
    printable_line,
};
use serde_json::json;
use time::OffsetDateTime;

/// Rewrites a message as nodes do before they sign it for a PKP.
///
/// The address becomes that of the PKP, which the sender need not know. The issue time becomes that of the block with the
/// nonce as its hash, in whole seconds, so that all nodes write the same. The ReCap gains the auth context, and the statement
/// the statement of that ReCap. All else stays.
///
/// The node must first check that the nonce is a block hash, the rights of the sender and the time window.
///
/// # Errors
/// [`RewriteError`] unless the only resource is a ReCap that the statement spells out and that has no auth context.
pub fn rewrite_for_pkp(
    sent: &SiweMessage,
    pkp: Address,
    block_time: OffsetDateTime,
    context: &AuthContext,
) -> Result<SiweMessage, RewriteError> {
    let statement = sent.statement().unwrap_or_default();
    let mut recaps = sent
        .resources()
        .filter_map(|resource| resource.parse::<ReCap>().ok());
    if statement.contains(RESOLVED_AUTH_CONTEXT_PREFIX) || recaps.any(|recap| is_reserved(&recap)) {
        return Err(RewriteError::ReservedResource);
    }
    let mut recap = ReCap::extract(sent)?;
    if sent.resources().len() > 1 {
        return Err(RewriteError::ForeignResources);
    }
    let mut note = NotaBene::new();
    note.insert(CONTEXT_MEMBER.to_owned(), json!(context));
    recap.attenuate(context_resource(), context_ability(), note);

    let statement = format!("{statement} {}", recap.statement());
    Ok(sent.reissued(pkp, &whole_seconds(block_time)?, statement, &recap)?)
}

/// Compares a message that nodes signed for a PKP with the one that was sent, and returns the added auth context.
///
/// All fields must be equal, including the spelling of times, except for the issue time. The statement must continue with that
/// of the signed ReCap and nothing else. The ReCap may grant only what was requested, besides the one auth context.
///
/// # Errors
/// [`RewriteRefusal`] with the difference.
pub fn check_rewritten(
    sent: &SiweMessage,
    signed: &SiweMessage,
) -> Result<AuthContext, RewriteRefusal> {
    let same = [
        (SiweMember::Address, sent.address() == signed.address()),
        (SiweMember::Domain, sent.domain() == signed.domain()),
        (SiweMember::Uri, sent.uri() == signed.uri()),
        (SiweMember::ChainId, sent.chain_id() == signed.chain_id()),
        (SiweMember::Nonce, sent.nonce() == signed.nonce()),
        (
            SiweMember::Expiration,
            sent.expiration_timestamp() == signed.expiration_timestamp(),
        ),
        (
            SiweMember::NotBefore,
            sent.not_before() == signed.not_before(),
        ),
        (
            SiweMember::RequestId,
            sent.request_id() == signed.request_id(),
        ),
        (SiweMember::Resources, signed.resources().len() == 1),
    ];
    if let Some((member, _)) = same.into_iter().find(|(_, same)| !same) {
        return Err(RewriteRefusal::Differs(member));
    }
    let (asked, granted) = (ReCap::extract(sent)?, ReCap::extract(signed)?);
    let statement = format!(
        "{} {}",
        sent.statement().unwrap_or_default(),
        granted.statement()
    );
    if signed.statement() != Some(&statement) {
        return Err(RewriteRefusal::Differs(SiweMember::Statement));
    }
    refuse_wider(&asked, &granted)?;
    resolved_auth_context(&granted).ok_or(RewriteRefusal::NoAuthContext)
}

/// The auth context in a ReCap that nodes signed; `None` unless there is exactly one.
pub(crate) fn resolved_auth_context(recap: &ReCap) -> Option<AuthContext> {
    let abilities = recap.attenuations().get(&context_resource())?;
    let notes = abilities.get(&context_ability())?;
    let [note] = notes.as_slice() else {
        return None;
    };
    let context = note.get(CONTEXT_MEMBER)?;
    serde_json::from_value(context.clone()).ok()
}

/// Whether a ReCap has an auth context.
fn is_reserved(recap: &ReCap) -> bool {
    let mut resources = recap.attenuations().keys();
    resources.any(|resource| resource.starts_with(RESOLVED_AUTH_CONTEXT_PREFIX))
}

/// `2026-11-20T06:41:07Z`.
fn whole_seconds(at: OffsetDateTime) -> Result<Timestamp, SiweError> {
    let millis = Timestamp::try_from(at)?;
    // JavaScript's form ends in three digits of milliseconds.
    let seconds = millis.as_str().split('.').next().unwrap_or_default();
    Ok(format!("{seconds}Z").parse()?)
}

const CONTEXT_MEMBER: &str = "auth_context";

fn context_resource() -> String {
    format!("{RESOLVED_AUTH_CONTEXT_PREFIX}://*")
}

/// `Auth/Auth`.
fn context_ability() -> RecapAbility {
    LitAbility::RateLimitIncreaseAuth.into()
}

/// Every grant must be among the requested ones, with the same notes. Fewer grants may still be wider: without a wildcard the
/// keys that it shadowed take effect.
fn refuse_wider(asked: &ReCap, granted: &ReCap) -> Result<(), RewriteRefusal> {
    let wider = |resource: &str| RewriteRefusal::Wider {
        resource: printable_line(resource, 200),
    };
    for (resource, abilities) in granted.attenuations() {
        for (ability, notes) in abilities {
            let is_context = *resource == context_resource() && *ability == context_ability();
            let known = asked.attenuations().get(resource);
            let is_asked = known.and_then(|known| known.get(ability)) == Some(notes);
            if !is_asked && !is_context {
                return Err(wider(resource));
            }
        }
    }
    if granted.proofs() != asked.proofs() || !asked.covers_all_of(granted) {
        return Err(wider("*"));
    }
    Ok(())
}

/// Why a node refuses to rewrite a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RewriteError {
    /// The message already has an auth context, which only nodes may write.
    #[error("the message contains {RESOLVED_AUTH_CONTEXT_PREFIX}, which only nodes may write")]
    ReservedResource,
    /// The message does not end with a ReCap, or its statement does not spell it out.
    #[error(transparent)]
    Recap(#[from] ExtractError),
    /// The message has other resources. They would be lost, since nodes replace all of them by one ReCap.
    #[error("the message has resources beside its ReCap")]
    ForeignResources,
    /// The result is invalid, for example with a block time outside the years 0 to 9999.
    #[error(transparent)]
    Siwe(#[from] SiweError),
}

impl RewriteError {
    /// The error code that a node reports. A message without a ReCap has none.
    #[must_use]
    pub const fn node_error_code(&self) -> Option<NodeErrorCode> {
        match self {
            Self::ReservedResource => Some(NodeErrorCode::NodeInvalidAuthContextResource),
            Self::ForeignResources | Self::Recap(ExtractError::StatementMismatch) => {
                Some(NodeErrorCode::NodeSIWECapabilityInvalid)
            }
            Self::Siwe(_) => Some(NodeErrorCode::NodeSIWEMessageError),
            Self::Recap(_) => None,
        }
    }
}

/// Why a signed message is not the requested one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RewriteRefusal {
    /// A field differs.
    #[error("the nodes changed the {0} of the message")]
    Differs(SiweMember),
    /// One of the two messages does not end with a ReCap, or its statement does not spell it out.
    #[error(transparent)]
    Recap(#[from] ExtractError),
    /// The signed ReCap grants more than requested.
    #[error("the nodes granted more than requested on {resource}")]
    Wider {
        /// The resource; `*` if a removed grant brought others into force.
        resource: String,
    },
    /// The message does not have exactly one readable auth context.
    #[error("the nodes' auth context is missing from the message")]
    NoAuthContext,
}

/// A field of a SIWE message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum SiweMember {
    Domain,
    Address,
    Statement,
    Uri,
    ChainId,
    Nonce,
    Expiration,
    NotBefore,
    RequestId,
    Resources,
}

impl fmt::Display for SiweMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Domain => "domain",
            Self::Address => "address",
            Self::Statement => "statement",
            Self::Uri => "URI",
            Self::ChainId => "chain id",
            Self::Nonce => "nonce",
            Self::Expiration => "expiration time",
            Self::NotBefore => "not-before time",
            Self::RequestId => "request id",
            Self::Resources => "resources",
        })
    }
}

use std::fmt;

use alloy_primitives::Address;
use lit_recap::{ExtractError, NotaBene, ReCap, RecapAbility, SiweError, SiweMessage};
use lit_types::{
    AuthContext, LitAbility, NodeErrorCode, Timestamp, constants::RESOLVED_AUTH_CONTEXT_PREFIX,
};
use serde_json::json;
use time::OffsetDateTime;

/// The message that nodes sign for a PKP in place of the one they were sent. Its
/// address is the PKP's, which the sender need not have known. Its issue time is that of the block whose hash is its nonce, in
/// whole seconds, so that all nodes write the same; its ReCap also says how the caller was authorized, and its statement goes on
/// with the statement of that ReCap. All else stays.
///
/// Whether the nonce is the hash of a block, the sender's rights and the time window are for the node to check before.
///
/// # Errors
/// [`RewriteError`] unless the message has one resource, a ReCap that its statement spells out and that does not speak of an
/// auth context.
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

/// Compares a message that nodes signed for a PKP with the one they were sent, and gives the auth context they added.
///
/// Everything has to be as it was sent, to the spelling of the times, but for the issue time; the statement has to go on with
/// that of the signed ReCap and with nothing else; and that ReCap may grant nothing that was not asked for, beside the one
/// auth context.
///
/// # Errors
/// [`RewriteRefusal`] names what differs.
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

/// The auth context in the ReCap of a message that nodes signed; none unless there is exactly one.
pub(crate) fn resolved_auth_context(recap: &ReCap) -> Option<AuthContext> {
    let abilities = recap.attenuations().get(&context_resource())?;
    let notes = abilities.get(&context_ability())?;
    let [note] = notes.as_slice() else {
        return None;
    };
    let context = note.get(CONTEXT_MEMBER)?;
    serde_json::from_value(context.clone()).ok()
}

/// Whether a ReCap speaks of an auth context.
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

/// Every grant must be one that was asked for, with the same notes. Fewer are no narrowing by themselves: without a wildcard
/// the keys it shadowed come into force.
fn refuse_wider(asked: &ReCap, granted: &ReCap) -> Result<(), RewriteRefusal> {
    let wider = |resource: &str| RewriteRefusal::Wider {
        resource: resource.chars().take(200).collect(),
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

/// Why a node does not rewrite a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RewriteError {
    /// The message already speaks of an auth context, which is for nodes alone to resolve.
    #[error("the message contains {RESOLVED_AUTH_CONTEXT_PREFIX}, which only nodes may write")]
    ReservedResource,
    /// The message has no ReCap at its end, or its statement does not spell it out.
    #[error(transparent)]
    Recap(#[from] ExtractError),
    /// The message has resources beside its ReCap. They would be lost, for nodes put one ReCap in the place of all.
    #[error("the message has resources beside its ReCap")]
    ForeignResources,
    /// The rewritten message cannot be written, as when the block's time is outside the years that can be.
    #[error(transparent)]
    Siwe(#[from] SiweError),
}

impl RewriteError {
    /// The code a node reports this with; it has none for a message without a ReCap.
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

/// Why a message that nodes signed is not the one they were asked to sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RewriteRefusal {
    /// A member is not as it was sent.
    #[error("the nodes changed the {0} of the message")]
    Differs(SiweMember),
    /// One of the two messages has no ReCap at its end, or its statement does not spell it out.
    #[error(transparent)]
    Recap(#[from] ExtractError),
    /// The signed ReCap grants what was not asked for.
    #[error("the nodes granted more than requested on {resource}")]
    Wider {
        /// On what; `*` when taking a grant away brought others into force.
        resource: String,
    },
    /// The nodes did not say, once and in a form that can be read, how the caller was authorized.
    #[error("the nodes' auth context is missing from the message")]
    NoAuthContext,
}

/// A member of a SIWE message.
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

use std::fmt;

use alloy_primitives::Address;
use lit_recap::{ReCap, SiweMessage, node_covers};
use lit_types::{AuthSig, AuthSigKind, LitAbility, Right, Timestamp};
use time::OffsetDateTime;

use super::Session;
use crate::{DelegationProblem, DelegationTerms, Operation, SessionPublicKey, check_delegation};

impl Session {
    /// Who granted what to which key until when, through which proofs.
    #[must_use]
    pub fn explain(&self) -> SessionExplanation {
        let root = self.root().signed_message.parse::<SiweMessage>().ok();
        let asked = ReCap::from_requests(&self.requests).unwrap_or_default();
        SessionExplanation {
            session_key: self.public_key(),
            granted_by: self.address,
            grantor: match self.root().kind() {
                AuthSigKind::Bls => Grantor::Pkp,
                _ => Grantor::Wallet,
            },
            domain: root.as_ref().map(|root| root.domain().to_owned()),
            chain_id: root.as_ref().map(SiweMessage::chain_id),
            granted_at: root.as_ref().map(SiweMessage::issued_at),
            granted: self.recap.clone(),
            grants_more: !asked.covers_all_of(&self.recap),
            requests: self.requests.clone(),
            proofs: self.proofs().iter().map(ProofExplanation::of).collect(),
            authorised_until: self.authorised_until.clone(),
            until: self.expiration.clone(),
        }
    }

    /// What is missing for a call at an instant; nothing when nodes will let it pass, credits and permissions on chain apart.
    #[must_use]
    pub fn missing_for(&self, operation: &Operation, now: OffsetDateTime) -> Vec<Missing> {
        let mut missing = Vec::new();
        if self.is_expired(now) {
            let at = self.expiration.clone();
            missing.push(Missing::Time { at });
        }
        missing.extend(self.missing_right(operation.ability(), operation.id()));
        // Nodes look at a wallet's session a second time when a PKP signs, for any action.
        let signs = operation.ability() == LitAbility::PkpSigning;
        if signs && self.root().kind() != AuthSigKind::Bls {
            missing.extend(self.missing_right(LitAbility::LitActionExecution, "*"));
        }
        missing
    }

    /// What would keep the proofs from serving this session, by their positions, so far as it can be known without the chain.
    #[must_use]
    pub fn proof_problems(&self, now: OffsetDateTime) -> Vec<(usize, DelegationProblem)> {
        let problems = |(index, proof)| {
            let found = check_delegation(proof, self.address, &self.authorised_until, now);
            found.into_iter().map(move |problem| (index, problem))
        };
        self.proofs()
            .iter()
            .enumerate()
            .flat_map(problems)
            .collect()
    }

    fn missing_right(&self, ability: LitAbility, id: &str) -> Option<Missing> {
        let requested = self.requests.iter().any(|request| {
            let resource = request.resource();
            resource.prefix() == ability.prefix() && (resource.is_wildcard() || resource.id() == id)
        });
        let id = id.to_owned();
        if !requested {
            return Some(Missing::Request { ability, id });
        }
        let root = self.root().signed_message.parse::<SiweMessage>();
        let granted = root.is_ok_and(|root| node_covers(&root, ability, &id).is_ok());
        (!granted).then_some(Missing::Grant { ability, id })
    }
}

/// What a session is, as data. Prints as a short report.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionExplanation {
    /// Which key acts.
    pub session_key: SessionPublicKey,
    /// Who authorized it.
    pub granted_by: Address,
    /// What that address is.
    pub grantor: Grantor,
    /// The domain the root message names.
    pub domain: Option<String>,
    /// The chain id the root message names.
    pub chain_id: Option<u64>,
    /// When the root message was made.
    pub granted_at: Option<OffsetDateTime>,
    /// What the root grants.
    pub granted: ReCap,
    /// Whether that is more than the session asks for: whoever has the session key can ask for all of it.
    pub grants_more: bool,
    /// What the session asks nodes for.
    pub requests: Vec<Right>,
    /// What it shows beside the root.
    pub proofs: Vec<ProofExplanation>,
    /// Until when the root authorizes it.
    pub authorised_until: Timestamp,
    /// Until when it lasts, which a proof may cut short.
    pub until: Timestamp,
}

/// Who can authorize a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grantor {
    /// A wallet, by its own signature.
    Wallet,
    /// A PKP, by a signature of the network.
    Pkp,
}

/// A proof of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProofExplanation {
    /// Who signed it.
    pub signer: Option<Address>,
    /// Until when it is good.
    pub until: Option<Timestamp>,
    /// What it delegates; nothing if it is no capacity delegation.
    pub delegations: Vec<DelegationTerms>,
}

impl ProofExplanation {
    fn of(proof: &AuthSig) -> Self {
        let message = proof.signed_message.parse::<SiweMessage>().ok();
        Self {
            signer: message.as_ref().map(SiweMessage::address),
            until: message.as_ref().and_then(SiweMessage::expiration_timestamp),
            delegations: DelegationTerms::of(proof),
        }
    }
}

/// What a session lacks for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// It has ended. Renew it.
    Time {
        /// When.
        at: Timestamp,
    },
    /// It does not ask for this. Ask for it, or use the session this one was attenuated from.
    Request {
        /// What.
        ability: LitAbility,
        /// On which resource.
        id: String,
    },
    /// The root does not grant this. The signer has to be asked for it.
    Grant {
        /// What.
        ability: LitAbility,
        /// On which resource.
        id: String,
    },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time { at } => write!(f, "the session ended at {at}"),
            Self::Request { ability, id } => {
                write!(f, "the session does not ask for {ability} on {id}")
            }
            Self::Grant { ability, id } => write!(f, "the root does not grant {ability} on {id}"),
        }
    }
}

impl fmt::Display for SessionExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grantor = match self.grantor {
            Grantor::Wallet => "wallet",
            Grantor::Pkp => "PKP",
        };
        write!(
            f,
            "{grantor} {} lets session key {}",
            self.granted_by, self.session_key
        )?;
        writeln!(f, " act until {}:", self.until)?;
        for request in &self.requests {
            writeln!(f, "  {} on {}", request.ability(), request.resource())?;
        }
        if self.grants_more {
            writeln!(f, "  (the root grants more: {:?})", self.granted)?;
        }
        for proof in &self.proofs {
            let signer = proof
                .signer
                .map_or_else(|| "somebody".to_owned(), |a| a.to_string());
            let until = proof.until.as_ref().map_or("no time", Timestamp::as_str);
            writeln!(f, "  with a proof of {signer} until {until}")?;
        }
        Ok(())
    }
}

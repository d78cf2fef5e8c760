use std::fmt;

use alloy_primitives::Address;
use lit_recap::{ReCap, SiweMessage, node_covers};
use lit_types::{AuthSig, AuthSigKind, LitAbility, Right, Timestamp};
use time::OffsetDateTime;

use super::{Session, asked};
use crate::{DelegationProblem, DelegationTerms, Operation, SessionPublicKey, check_delegation};

impl Session {
    /// Explains the session: who granted what to which key, until when, with which proofs.
    #[must_use]
    pub fn explain(&self) -> SessionExplanation {
        let root = self.root().signed_message.parse::<SiweMessage>().ok();
        let asked = asked(&self.requests);
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
            authorized_until: self.authorized_until.clone(),
            until: self.expiration.clone(),
        }
    }

    /// What the session lacks for a call at an instant.
    ///
    /// It is empty if nodes will accept the call, apart from credits and permissions on chain.
    #[must_use]
    pub fn missing_for(
        &self,
        operation: &Operation,
        now: impl Into<OffsetDateTime>,
    ) -> Vec<Missing> {
        let mut missing = Vec::new();
        if self.is_expired(now) {
            let at = self.expiration.clone();
            missing.push(Missing::Time { at });
        }
        missing.extend(self.missing_right(operation.ability(), operation.id()));
        // When a PKP signs, nodes check a wallet's session a second time, for any action.
        let signs = operation.ability() == LitAbility::PkpSigning;
        if signs && self.root().kind() != AuthSigKind::Bls {
            missing.extend(self.missing_right(LitAbility::LitActionExecution, "*"));
        }
        missing
    }

    /// The problems of the proofs, with their positions. It does not ask the chain.
    #[must_use]
    pub fn proof_problems(&self, now: OffsetDateTime) -> Vec<(usize, DelegationProblem)> {
        let problems = |(index, proof)| {
            let found = check_delegation(proof, self.address, &self.authorized_until, now);
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

/// A session as data. `Display` prints a short report.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionExplanation {
    /// The session key.
    pub session_key: SessionPublicKey,
    /// The wallet or PKP that authorized it.
    pub granted_by: Address,
    /// The kind of that address.
    pub grantor: Grantor,
    /// The domain of the root message.
    pub domain: Option<String>,
    /// The chain id of the root message.
    pub chain_id: Option<u64>,
    /// The issue time of the root message.
    pub granted_at: Option<OffsetDateTime>,
    /// The rights that the root grants.
    pub granted: ReCap,
    /// Whether the root grants more than the session requests. A holder of the session key can request all of it.
    pub grants_more: bool,
    /// The rights that the session requests.
    pub requests: Vec<Right>,
    /// The proofs besides the root.
    pub proofs: Vec<ProofExplanation>,
    /// The end of the root's authorization.
    pub authorized_until: Timestamp,
    /// The end of the session, which a proof may bring forward.
    pub until: Timestamp,
}

/// The kind of address that authorizes a session.
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
    /// The signer.
    pub signer: Option<Address>,
    /// The expiration.
    pub until: Option<Timestamp>,
    /// The delegated terms; empty if the proof is not a capacity delegation.
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

/// Something that a session lacks for a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// The session has ended. Renew it.
    Time {
        /// The expiration.
        at: Timestamp,
    },
    /// The session does not request this right. Request it, or use the session that this one was attenuated from.
    Request {
        /// The ability.
        ability: LitAbility,
        /// The id of the resource.
        id: String,
    },
    /// The root does not grant this right. The signer must sign a new root.
    Grant {
        /// The ability.
        ability: LitAbility,
        /// The id of the resource.
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

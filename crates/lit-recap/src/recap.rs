use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lit_types::{IncompatibleAbility, LitAbility, LitResource, Right};
use serde_json::{Map, Value, json};

use crate::{DecodeError, ProofCid, RecapAbility, SiweError, SiweMessage, utf16::utf16_order};

/// The prefix of a ReCap resource in a SIWE message.
pub const RECAP_URN_PREFIX: &str = "urn:recap:";

/// A restriction of an ability ("nota bene").
///
/// Lit uses restrictions in capacity delegations, and nodes use them for the resolved auth context. Elsewhere they are empty
/// and ignored.
pub type NotaBene = Map<String, Value>;

/// Abilities and their restrictions, by resource URI.
pub type Attenuations = BTreeMap<String, BTreeMap<RecapAbility, Vec<NotaBene>>>;

/// A ReCap (EIP-5573): the abilities that are granted on resources.
///
/// ```
/// use lit_recap::ReCap;
/// use lit_types::{LitAbility, LitResource};
///
/// let mut recap = ReCap::new();
/// recap.grant(&LitResource::any_pkp(), LitAbility::PkpSigning)?;
/// assert_eq!(recap.to_urn(), "urn:recap:eyJhdHQiOnsibGl0LXBrcDovLyoiOnsiVGhyZXNob2xkL1NpZ25pbmciOlt7fV19fSwicHJmIjpbXX0");
/// assert_eq!(recap.to_urn().parse::<ReCap>()?, recap);
/// assert!(recap.covers(&LitResource::any_pkp(), LitAbility::PkpSigning));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "RecapSessionCapabilityObject")]
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ReCap {
    attenuations: Attenuations,
    proofs: Vec<ProofCid>,
}

impl ReCap {
    /// Creates a ReCap that grants nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Grants exactly these rights. Duplicates are merged as in the official client.
    ///
    /// # Errors
    /// [`BuildError::NotaBene`] if the data of a right is neither an object nor empty.
    pub fn from_requests<'a>(
        requests: impl IntoIterator<Item = &'a Right>,
    ) -> Result<Self, BuildError> {
        let mut all = Self::new();
        for request in requests {
            let mut one = Self::new();
            let note = match request.data().map(|data| data.to_value()) {
                Some(Value::Object(note)) => note,
                None => NotaBene::new(),
                Some(value) if is_empty_value(&value) => NotaBene::new(),
                Some(_) => {
                    return Err(BuildError::NotaBene {
                        ability: request.ability(),
                    });
                }
            };
            one.attenuate(request.resource().key(), request.ability().into(), note);
            all.merge(&one);
        }
        Ok(all)
    }

    /// Creates a ReCap from its attenuations and proofs.
    #[must_use]
    pub fn from_parts(attenuations: Attenuations, proofs: Vec<ProofCid>) -> Self {
        Self {
            attenuations,
            proofs,
        }
    }

    /// Grants an ability on a resource, without restriction.
    ///
    /// # Errors
    /// [`IncompatibleAbility`] if the ability does not apply to this kind of resource.
    #[doc(alias = "addCapabilityForResource")]
    pub fn grant(
        &mut self,
        resource: &LitResource,
        ability: LitAbility,
    ) -> Result<(), IncompatibleAbility> {
        let request = Right::new(resource.clone(), ability)?;
        self.attenuate(request.resource().key(), ability.into(), NotaBene::new());
        Ok(())
    }

    /// Grants an ability on a resource under a restriction.
    ///
    /// # Errors
    /// [`IncompatibleAbility`] if the ability does not apply to this kind of resource.
    pub fn grant_with(
        &mut self,
        resource: &LitResource,
        ability: LitAbility,
        note: NotaBene,
    ) -> Result<(), IncompatibleAbility> {
        let request = Right::new(resource.clone(), ability)?;
        self.attenuate(request.resource().key(), ability.into(), note);
        Ok(())
    }

    /// Grants everything on a resource (`*/*`).
    #[doc(alias = "addAllCapabilitiesForResource")]
    pub fn grant_all(&mut self, resource: &LitResource) {
        self.attenuate(resource.key(), RecapAbility::any(), NotaBene::new());
    }

    /// Appends a restriction to an ability of any resource. A repeated ability keeps both.
    #[doc(alias = "addAttenuation")]
    pub fn attenuate(&mut self, resource_uri: String, ability: RecapAbility, note: NotaBene) {
        self.attenuations
            .entry(resource_uri)
            .or_default()
            .entry(ability)
            .or_default()
            .push(note);
    }

    /// Appends a proof.
    #[doc(alias = "addProof")]
    pub fn add_proof(&mut self, proof: ProofCid) {
        self.proofs.push(proof);
    }

    /// The granted abilities, by resource.
    #[must_use]
    pub const fn attenuations(&self) -> &Attenuations {
        &self.attenuations
    }

    /// The proofs.
    #[must_use]
    pub fn proofs(&self) -> &[ProofCid] {
        &self.proofs
    }

    /// Whether nothing is granted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attenuations.is_empty()
    }

    /// The canonical JSON (RFC 8785): `{"att":…,"prf":…}`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let attenuations: Map<String, Value> = self
            .attenuations
            .iter()
            .map(|(resource, abilities)| {
                let abilities: Map<String, Value> = abilities
                    .iter()
                    .map(|(ability, notes)| (ability.to_string(), json!(notes)))
                    .collect();
                (resource.clone(), Value::Object(abilities))
            })
            .collect();
        let proofs: Vec<String> = self.proofs.iter().map(ProofCid::to_base58btc).collect();
        #[allow(
            clippy::expect_used,
            reason = "fails only for numbers that are not finite"
        )]
        serde_jcs::to_string(&json!({ "att": attenuations, "prf": proofs }))
            .expect("JSON values hold only finite numbers")
    }

    /// The URN for a SIWE message: `urn:recap:` and the canonical JSON in base64url without padding.
    #[doc(alias = "encodeAsSiweResource")]
    #[must_use]
    pub fn to_urn(&self) -> String {
        format!(
            "{RECAP_URN_PREFIX}{}",
            BASE64_URL_SAFE_NO_PAD.encode(self.to_json())
        )
    }

    /// The statement: text that ends the statement of a SIWE message.
    #[must_use]
    pub fn statement(&self) -> String {
        let mut text = String::from(
            "I further authorize the stated URI to perform the following actions on my behalf:",
        );
        let mut resources: Vec<_> = self.attenuations.iter().collect();
        resources.sort_by(|(a, _), (b, _)| utf16_order(a, b));
        let mut number = 0;
        for (resource, abilities) in resources {
            // Abilities are sorted as whole strings. Another namespace that starts with this one can split it; it still forms
            // one group at its first place.
            let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
            let mut places: HashMap<&str, usize> = HashMap::new();
            for ability in abilities.keys() {
                let (namespace, name) = ability.parts();
                let place = *places.entry(namespace).or_insert_with(|| {
                    groups.push((namespace, Vec::new()));
                    groups.len() - 1
                });
                groups[place].1.push(name);
            }
            for (namespace, names) in groups {
                number += 1;
                let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
                text += &format!(
                    " ({number}) '{namespace}': {} for '{resource}'.",
                    names.join(", ")
                );
            }
        }
        text
    }

    /// The statement as the official client shows it, with line feeds and double quotes unescaped.
    ///
    /// SIWE messages contain [`ReCap::statement`] instead.
    #[doc(alias = "sanitizeSiweMessage")]
    #[must_use]
    pub fn display_statement(&self) -> String {
        self.statement()
            .replace("\\\\n", "\\n")
            .replace("\\\"", "'")
    }

    /// Adds the grants of another ReCap.
    ///
    /// If an ability has only empty notes, the other's notes replace them; otherwise they are appended. So a restriction is never
    /// lost to an earlier unrestricted grant.
    pub fn merge(&mut self, other: &Self) {
        for proof in &other.proofs {
            if !self.proofs.contains(proof) {
                self.proofs.push(proof.clone());
            }
        }
        for (resource, abilities) in &other.attenuations {
            let mine = self.attenuations.entry(resource.clone()).or_default();
            for (ability, notes) in abilities {
                let known = mine.entry(ability.clone()).or_default();
                if known.iter().all(Map::is_empty) {
                    known.clone_from(notes);
                } else {
                    known.extend_from_slice(notes);
                }
            }
        }
    }

    /// Adds this ReCap to a message. It is merged with the ReCap that ends the message, if there is one.
    ///
    /// # Errors
    /// [`SiweError`] if the result is invalid, for example if a resource URI has a line feed.
    #[doc(alias = "addToSiweMessage")]
    pub fn add_to(&self, message: &SiweMessage) -> Result<SiweMessage, SiweError> {
        let old = Self::extract(message).ok();
        let mut merged = old.clone().unwrap_or_default();
        merged.merge(self);
        let given = message.statement();
        match old {
            Some(old) => {
                let own = given
                    .and_then(|text| text.strip_suffix(&old.statement()))
                    .unwrap_or_default();
                message.with_recap(
                    format!("{own}{}", merged.statement()),
                    &merged.to_urn(),
                    true,
                )
            }
            None => {
                let statement = match given {
                    Some(own) => format!("{own} {}", merged.statement()),
                    None => merged.statement(),
                };
                message.with_recap(statement, &merged.to_urn(), false)
            }
        }
    }

    /// Reads the ReCap that ends a message. The statement must spell it out.
    ///
    /// # Errors
    /// [`ExtractError`].
    pub fn extract(message: &SiweMessage) -> Result<Self, ExtractError> {
        let last = message
            .resources()
            .last()
            .ok_or(ExtractError::NoResources)?;
        let recap: Self = last.parse()?;
        if !message
            .statement()
            .is_some_and(|text| recap.is_spelled_out_in(text))
        {
            return Err(ExtractError::StatementMismatch);
        }
        Ok(recap)
    }

    /// Whether a statement ends with that of the ReCap. A space comes before it, or nothing (EIP-5573).
    ///
    /// Nodes and the official client accept anything before it.
    pub(crate) fn is_spelled_out_in(&self, statement: &str) -> bool {
        statement
            .strip_suffix(&self.statement())
            .is_some_and(|own| own.is_empty() || own.ends_with(' '))
    }
}

impl fmt::Debug for ReCap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

/// Whether JavaScript treats the value as empty.
fn is_empty_value(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// Why rights do not make a valid ReCap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The data of a right is an array, a number, a string or `true`, instead of an object.
    #[error("malformed data for {ability}: not a JSON object")]
    NotaBene {
        /// The ability of the right.
        ability: LitAbility,
    },
}

/// Why a message has no valid ReCap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The message has no resources.
    #[error("the SIWE message grants nothing: it has no resources")]
    NoResources,
    /// The last resource is not a ReCap.
    #[error(transparent)]
    NotARecap(#[from] DecodeError),
    /// The statement does not end with the statement of the ReCap: the signer saw something else.
    #[error("the statement of the SIWE message does not spell out its ReCap")]
    StatementMismatch,
}

use std::{collections::HashSet, fmt};

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

use crate::{
    Attenuations, DecodeError, MAX_URN_BYTES, NotaBene, ProofCid, RECAP_URN_PREFIX, ReCap,
    RecapAbility, utf16::utf16_order,
};

/// The maximum number of proofs. Lit uses none.
const MAX_PROOFS: usize = 64;

/// Encoders omit padding, and decoders accept it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl std::str::FromStr for ReCap {
    type Err = DecodeError;

    fn from_str(urn: &str) -> Result<Self, Self::Err> {
        decode(urn)
    }
}

fn decode(urn: &str) -> Result<ReCap, DecodeError> {
    let encoded = urn
        .strip_prefix(RECAP_URN_PREFIX)
        .ok_or(DecodeError::Prefix)?;
    if urn.len() > MAX_URN_BYTES {
        return Err(DecodeError::TooLong);
    }
    let json = BASE64.decode(encoded).map_err(|_| DecodeError::Base64)?;
    let json: Ordered = serde_json::from_slice(&json).map_err(|_| DecodeError::Json)?;
    let Ordered::Object(members) = json else {
        return Err(DecodeError::Attenuations);
    };
    // JSON.parse would take the last of two `att`, another program the first.
    let mut names = HashSet::new();
    if !members.iter().all(|(name, _)| names.insert(name)) {
        return Err(DecodeError::DuplicateMember);
    }
    let member = |name| {
        members
            .iter()
            .find_map(|(key, value)| (key == name).then_some(value))
    };

    let Some(Ordered::Object(resources)) = member("att") else {
        return Err(DecodeError::Attenuations);
    };
    let Some(Ordered::Array(proofs)) = member("prf") else {
        return Err(DecodeError::Proofs);
    };
    if proofs.len() > MAX_PROOFS {
        return Err(DecodeError::Proofs);
    }
    let proofs = proofs
        .iter()
        .map(|proof| match proof {
            Ordered::Scalar(Value::String(text)) => Ok(ProofCid::from_base58btc(text)?),
            _ => Err(DecodeError::Proofs),
        })
        .collect::<Result<Vec<_>, DecodeError>>()?;

    let mut attenuations = Attenuations::new();
    sorted(resources)?;
    for (resource, abilities) in resources {
        let Ordered::Object(abilities) = abilities else {
            return Err(DecodeError::Attenuations);
        };
        sorted(abilities)?;
        let entry = attenuations.entry(resource.clone()).or_default();
        for (ability, notes) in abilities {
            let ability: RecapAbility = ability.parse()?;
            let notes = match notes {
                Ordered::Array(notes) => notes
                    .iter()
                    .map(note)
                    .collect::<Result<Option<Vec<_>>, _>>()?,
                _ => None,
            };
            let notes = notes.ok_or_else(|| DecodeError::NotaBene(ability.clone()))?;
            entry.insert(ability, notes);
        }
    }
    Ok(ReCap::from_parts(attenuations, proofs))
}

/// `None` if the value is not an object.
fn note(note: &Ordered) -> Result<Option<NotaBene>, DecodeError> {
    match note.to_value()? {
        Value::Object(note) => Ok(Some(note)),
        _ => Ok(None),
    }
}

/// Keys must be strictly ascending; otherwise the text is not canonical.
fn sorted(members: &[(String, Ordered)]) -> Result<(), DecodeError> {
    let ascending = members
        .windows(2)
        .all(|pair| utf16_order(&pair[0].0, &pair[1].0).is_lt());
    if ascending {
        Ok(())
    } else {
        Err(DecodeError::NotSorted)
    }
}

/// JSON that keeps the order of object members.
enum Ordered {
    Scalar(Value),
    Array(Vec<Ordered>),
    Object(Vec<(String, Ordered)>),
}

impl Ordered {
    fn to_value(&self) -> Result<Value, DecodeError> {
        Ok(match self {
            Self::Scalar(value) => value.clone(),
            Self::Array(items) => {
                Value::Array(items.iter().map(Self::to_value).collect::<Result<_, _>>()?)
            }
            Self::Object(members) => {
                sorted(members)?;
                let members = members
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), value.to_value()?)));
                Value::Object(members.collect::<Result<Map<_, _>, DecodeError>>()?)
            }
        })
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Ordered;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Ordered, E> {
                Ok(Ordered::Scalar(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Ordered, E> {
                Ok(Ordered::Scalar(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Ordered, E> {
                Ok(Ordered::Scalar(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Ordered, E> {
                Ok(Ordered::Scalar(
                    Number::from_f64(value).map_or(Value::Null, Value::Number),
                ))
            }
            fn visit_str<E>(self, value: &str) -> Result<Ordered, E> {
                Ok(Ordered::Scalar(value.into()))
            }
            fn visit_unit<E>(self) -> Result<Ordered, E> {
                Ok(Ordered::Scalar(Value::Null))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Ordered, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Ordered::Array(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Ordered::Object(members))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

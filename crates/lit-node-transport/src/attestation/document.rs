use std::{collections::BTreeMap, fmt};

use base64::{Engine, prelude::BASE64_STANDARD};
use lit_types::JsonProblem;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use time::OffsetDateTime;

use super::{MalformedReport, Report};

/// The most signatures of an attestation. Lit's nodes make two.
const MAX_SIGNATURES: usize = 16;

/// The attestation of a node, as its handshake contains it. Nothing in it is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    pub(crate) nonce: [u8; 32],
    /// By name, in the order in which they are hashed.
    pub(crate) data: BTreeMap<String, Vec<u8>>,
    pub(crate) signatures: Vec<Vec<u8>>,
    pub(crate) report: Report,
}

impl Attestation {
    /// Parses the member `attestation` of a handshake.
    ///
    /// Unknown members are ignored. Unknown names in `data` are refused: the hash in the report runs over names and values without
    /// any separator, so that a name could hide in the value before it.
    ///
    /// # Errors
    /// [`MalformedAttestation`] for anything else than an attestation of the type `AMD_SEV_SNP`.
    pub fn from_json(json: &[u8]) -> Result<Self, MalformedAttestation> {
        let wire: Wire = serde_json::from_slice(json).map_err(JsonProblem::from)?;
        wire.try_into()
    }

    /// The report. It is only worth something after [`Attestation::verify`].
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.report
    }

    /// A datum that is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let bytes = self.data.get(name)?;
        std::str::from_utf8(bytes).ok()
    }

    /// When the guest says that it made the attestation.
    pub(crate) fn time(&self) -> Option<OffsetDateTime> {
        let bytes = self.data.get(UNIX_TIME)?;
        unix_time(bytes)
    }
}

/// The name of the node's address.
pub(crate) const EXTERNAL_ADDR: &str = "EXTERNAL_ADDR";
/// The name of the release.
pub(crate) const RELEASE_ID: &str = "RELEASE_ID";
/// The name of the time.
const UNIX_TIME: &str = "UNIX_TIME";

/// An attestation in JSON.
#[derive(Deserialize)]
pub(crate) struct Wire {
    r#type: String,
    /// So spelled.
    noonce: String,
    data: Data,
    signatures: Vec<String>,
    report: Option<String>,
}

/// The member of a handshake that is an attestation.
#[derive(Deserialize)]
struct Greeting {
    attestation: Option<Wire>,
}

/// The attestation in the answer to a handshake, if there is one.
pub(crate) fn in_handshake(body: &[u8]) -> Result<Option<Attestation>, MalformedAttestation> {
    let greeting: Greeting = serde_json::from_slice(body).map_err(JsonProblem::from)?;
    greeting.attestation.map(TryInto::try_into).transpose()
}

impl TryFrom<Wire> for Attestation {
    type Error = MalformedAttestation;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        if wire.r#type != "AMD_SEV_SNP" {
            let found = wire.r#type.escape_debug().take(40).collect();
            return Err(MalformedAttestation::Type(found));
        }
        let decode = |member, text: &str| {
            BASE64_STANDARD
                .decode(text)
                .map_err(|_| MalformedAttestation::Base64(member))
        };
        let nonce = decode("noonce", &wire.noonce)?;
        let nonce = <[u8; 32]>::try_from(nonce).map_err(|_| MalformedAttestation::Nonce)?;
        let mut data = BTreeMap::new();
        for (name, value) in wire.data.0 {
            let value = decode("data", &value)?;
            check_datum(&name, &value)?;
            data.insert(name, value);
        }
        if wire.signatures.len() > MAX_SIGNATURES {
            return Err(MalformedAttestation::Signatures(wire.signatures.len()));
        }
        let signatures = wire.signatures.iter().map(|one| decode("signatures", one));
        let report = wire.report.ok_or(MalformedAttestation::MissingReport)?;
        Ok(Self {
            nonce,
            data,
            signatures: signatures.collect::<Result<_, _>>()?,
            report: Report::from_bytes(&decode("report", &report)?)?,
        })
    }
}

/// Checks that a value has the form of its name. No form can contain a name, so that the hash stands for one attestation only.
fn check_datum(name: &str, value: &[u8]) -> Result<(), MalformedAttestation> {
    let is_hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    let is_id = |byte: &u8| {
        byte.is_ascii_digit() || byte.is_ascii_lowercase() || matches!(byte, b'-' | b'.')
    };
    let (is_valid, name, expected) = match name {
        // Compared with the URL of the node as well.
        EXTERNAL_ADDR => (
            value.len() <= 256
                && value
                    .iter()
                    .all(|byte| is_id(byte) || b"[:]".contains(byte)),
            EXTERNAL_ADDR,
            "a host in lower case and a port",
        ),
        RELEASE_ID => (
            value.len() == 48 && value.iter().all(is_hex),
            RELEASE_ID,
            "48 hex digits in lower case",
        ),
        UNIX_TIME => (
            value.len() == 8 && unix_time(value).is_some(),
            UNIX_TIME,
            "the Unix time in 8 bytes",
        ),
        "FACILITY" => (matches!(value, b"GI" | b"GS"), "FACILITY", "GI or GS"),
        "INSTANCE_ID" => (is_short(value, is_id), "INSTANCE_ID", ID),
        "BUILD_ID" => (is_short(value, is_id), "BUILD_ID", ID),
        "SUBNET_ID" => (is_short(value, is_id), "SUBNET_ID", ID),
        unknown => {
            let name = unknown.escape_debug().take(40).collect();
            return Err(MalformedAttestation::UnknownDatum(name));
        }
    };
    if is_valid {
        Ok(())
    } else {
        Err(MalformedAttestation::Datum { name, expected })
    }
}

const ID: &str = "at most 64 lower-case letters and digits";

fn is_short(value: &[u8], is_valid: impl Fn(&u8) -> bool) -> bool {
    !value.is_empty() && value.len() <= 64 && value.iter().all(is_valid)
}

fn unix_time(bytes: &[u8]) -> Option<OffsetDateTime> {
    let seconds = u64::from_le_bytes(bytes.try_into().ok()?);
    OffsetDateTime::from_unix_timestamp(seconds.try_into().ok()?).ok()
}

/// The member `data`: texts by name, each name once.
struct Data(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Data;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Data, A::Error> {
                let mut data = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    if data.insert(name, value).is_some() {
                        return Err(A::Error::custom("duplicate field in data"));
                    }
                }
                Ok(Data(data))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

/// Why an attestation cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedAttestation {
    /// Not JSON of the expected form, or a member is there twice.
    #[error(transparent)]
    Json(#[from] JsonProblem),
    /// Attested by something else than SEV-SNP.
    #[error("unsupported type \"{0}\", expected \"AMD_SEV_SNP\"")]
    Type(String),
    /// A text is not base64 with padding.
    #[error("{0} is not base64")]
    Base64(&'static str),
    /// The nonce has another length than challenges have.
    #[error("noonce is not 32 bytes")]
    Nonce,
    /// An unknown name in `data`.
    #[error("unknown name \"{0}\" in data")]
    UnknownDatum(String),
    /// A value in `data` has the wrong form.
    #[error("{name} is not {expected}")]
    Datum {
        /// The name.
        name: &'static str,
        /// What the value must be.
        expected: &'static str,
    },
    /// Too many signatures.
    #[error("{0} signatures, at most 16 are allowed")]
    Signatures(usize),
    /// The report is missing.
    #[error("the report is missing")]
    MissingReport,
    /// The report is malformed.
    #[error("malformed report")]
    Report(#[from] MalformedReport),
}

use std::{
    env, fs,
    io::{self, ErrorKind},
    path::PathBuf,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use lit_node_transport::attestation::{
    AmdRoots, Attestation, AttestationError, AttestationPolicy, Expected, Vcek, VcekId,
    VerifiedAttestation,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::software::software;

/// When all certificates are valid: the beginning of 2025.
pub(crate) fn now() -> OffsetDateTime {
    unix(1_735_689_600)
}

pub(crate) fn unix(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap()
}

pub(crate) const MEASUREMENT: &str = "9f11f74d7ac0ca9f88c4caf230a69faf8a0bd114f03f280f0ece156177bdbf5969fb674baa32afc4c818419c93338e6a";

pub(crate) const RELEASE_ID: &str = "fc5c9250ccc159e4a03d38fb4df07a5358a44a27cc491b0d";

/// When the guest says that it made the attestation.
pub(crate) const MADE: i64 = 1_699_327_996;

/// When the certificate of the chip is valid.
pub(crate) const VALID: (i64, i64) = (1_707_137_684, 1_928_062_484);

pub(crate) struct Recording {
    pub(crate) roots: AmdRoots,
    pub(crate) attestation: Value,
    pub(crate) challenge: [u8; 32],
    pub(crate) vcek_url: String,
    pub(crate) vcek: Vec<u8>,
    pub(crate) other_vcek: Vec<u8>,
}

/// The one in software, and the real one if it is there.
pub(crate) fn recordings() -> impl Iterator<Item = Recording> {
    [software()].into_iter().chain(genuine())
}

fn genuine() -> Option<Recording> {
    let named = env::var_os("LIT_RECORDED");
    let must_be_there = named.is_some();
    let folder = named.map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/recorded"),
        PathBuf::from,
    );
    let read = |name| fs::read(folder.join("attestation").join(name));
    let files = || io::Result::Ok((read("data.json")?, read("vcek.crt")?, read("vcek2.crt")?));
    let (data, vcek, other_vcek) = match files() {
        Ok(files) => files,
        Err(error) if error.kind() == ErrorKind::NotFound && !must_be_there => {
            println!("software only: no recording of a node; set LIT_RECORDED to its folder");
            return None;
        }
        Err(error) => panic!("cannot read the recording in {}: {error}", folder.display()),
    };
    let data: Value = serde_json::from_slice(&data).unwrap();
    let mut challenge = [0; 32];
    hex::decode_to_slice(data["challenge"].as_str().unwrap(), &mut challenge).unwrap();
    Some(Recording {
        roots: AmdRoots::milan(),
        attestation: data["attestation"].clone(),
        challenge,
        vcek_url: data["vcekUrl"].as_str().unwrap().to_owned(),
        vcek,
        other_vcek,
    })
}

impl Recording {
    pub(crate) fn policy(&self) -> AttestationPolicy {
        AttestationPolicy::new().with_insecure_roots(self.roots.clone())
    }

    pub(crate) fn parse(&self) -> Attestation {
        Attestation::from_json(self.attestation.to_string().as_bytes()).unwrap()
    }

    pub(crate) fn verify_with(
        &self,
        attestation: &Value,
        certificate: &[u8],
        policy: &AttestationPolicy,
        now: OffsetDateTime,
    ) -> Result<VerifiedAttestation, AttestationError> {
        let attestation = Attestation::from_json(attestation.to_string().as_bytes())?;
        let id = VcekId::of(attestation.report(), policy.roots())?;
        let vcek = Vcek::verify(certificate, &id, policy.roots(), now)?;
        attestation.verify(&vcek, &Expected::new(self.challenge), policy, now)
    }

    pub(crate) fn verify(
        &self,
        attestation: &Value,
    ) -> Result<VerifiedAttestation, AttestationError> {
        self.verify_with(attestation, &self.vcek, &self.policy(), now())
    }

    pub(crate) fn verify_under(
        &self,
        policy: &AttestationPolicy,
        now: OffsetDateTime,
    ) -> Result<VerifiedAttestation, AttestationError> {
        self.verify_with(&self.attestation, &self.vcek, policy, now)
    }

    pub(crate) fn bytes(&self, pointer: &str) -> Vec<u8> {
        let text = self.attestation.pointer(pointer).unwrap().as_str().unwrap();
        BASE64_STANDARD.decode(text).unwrap()
    }

    /// The attestation with other bytes in one place.
    pub(crate) fn with_bytes(&self, pointer: &str, bytes: &[u8]) -> Value {
        self.with(pointer, json!(BASE64_STANDARD.encode(bytes)))
    }

    pub(crate) fn with(&self, pointer: &str, value: Value) -> Value {
        let mut changed = self.attestation.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    }
}

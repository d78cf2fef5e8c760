use std::collections::BTreeMap;

use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use lit_types::NodeUrl;
use ring::digest::{Context, SHA512};
use time::OffsetDateTime;

use super::{
    Attestation, AttestationError, AttestationPolicy, GuestPolicy, Measurement, TcbVersion, Vcek,
    document::{EXTERNAL_ADDR, RELEASE_ID},
};

/// What an attestation must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Expected {
    challenge: [u8; 32],
    node: Option<NodeUrl>,
}

impl Expected {
    /// The challenge that was sent.
    pub const fn new(challenge: [u8; 32]) -> Self {
        Self {
            challenge,
            node: None,
        }
    }

    /// Requires that the attestation names this node. Default: any.
    pub fn with_node(mut self, node: NodeUrl) -> Self {
        self.node = Some(node);
        self
    }
}

/// What a node has proved.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedAttestation {
    /// The hash of what the guest was started with.
    pub measurement: Measurement,
    /// The policy under which it was started.
    pub policy: GuestPolicy,
    /// The firmware of the chip.
    pub tcb: TcbVersion,
    /// The id of the chip.
    pub chip_id: [u8; 64],
    /// The release of the node, if it names one: 48 hex digits.
    pub release_id: Option<String>,
    /// When the guest says that it made the attestation.
    pub made_at: Option<OffsetDateTime>,
}

impl Attestation {
    /// Verifies everything offline: challenge, address, signatures, policy, the hash of all this in the report, and the
    /// signature of the report.
    ///
    /// The official client does not look at `signatures`. Here each must be valid for the key beside it, as nodes require of each
    /// other. The report covers all of them but the last, so that the key of the last one proves nothing.
    ///
    /// # Errors
    /// [`AttestationError`]
    pub fn verify(
        &self,
        vcek: &Vcek,
        expected: &Expected,
        policy: &AttestationPolicy,
        now: OffsetDateTime,
    ) -> Result<VerifiedAttestation, AttestationError> {
        self.check_contents(expected, policy, now)?;
        self.check_report(vcek, policy, now)
    }

    /// The part of [`Attestation::verify`] that needs no certificate.
    pub(crate) fn check_contents(
        &self,
        expected: &Expected,
        policy: &AttestationPolicy,
        now: OffsetDateTime,
    ) -> Result<(), AttestationError> {
        if self.nonce != expected.challenge {
            return Err(AttestationError::Challenge);
        }
        if let Some(node) = &expected.node {
            let (address, expected) = (self.text(EXTERNAL_ADDR), node.host_and_port());
            if address != Some(expected.as_str()) {
                return Err(AttestationError::Address {
                    found: address.unwrap_or_default().to_owned(),
                    expected,
                });
            }
        }
        let image_id = hex::encode(self.report.image_id());
        if (self.text(RELEASE_ID)).is_some_and(|release| !release.starts_with(&image_id)) {
            return Err(AttestationError::Release);
        }
        for index in 0..self.signatures.len() {
            self.check_signature(index)
                .ok_or(AttestationError::Signature { index })?;
        }
        if self.report.report_data() != report_data(&self.nonce, &self.data, &self.signatures) {
            return Err(AttestationError::ReportData);
        }
        Ok(policy.check(self, now)?)
    }

    /// The rest of [`Attestation::verify`].
    pub(crate) fn check_report(
        &self,
        vcek: &Vcek,
        policy: &AttestationPolicy,
        now: OffsetDateTime,
    ) -> Result<VerifiedAttestation, AttestationError> {
        if vcek.roots() != policy.roots() {
            return Err(AttestationError::OtherRoots);
        }
        vcek.check_time(now)?;
        let report = self.report();
        if *vcek.id() != super::VcekId::of(report, policy.roots())? || !vcek.has_signed(report) {
            return Err(AttestationError::ReportSignature);
        }
        Ok(VerifiedAttestation {
            measurement: report.measurement(),
            policy: report.policy(),
            tcb: report.reported_tcb(),
            chip_id: report.chip_id(),
            release_id: self.text(RELEASE_ID).map(ToOwned::to_owned),
            made_at: self.time(),
        })
    }

    /// Checks one of the signatures: a signature in DER, a recovery id and the uncompressed key.
    fn check_signature(&self, index: usize) -> Option<()> {
        let bytes = &self.signatures[index];
        let (rest, key) = bytes.split_last_chunk::<65>()?;
        let (recovery_id, signature) = rest.split_last()?;
        let signature = Signature::from_der(signature).ok()?;
        let recovery_id = RecoveryId::from_byte(*recovery_id)?;
        let digest = digest(&self.nonce, &self.data, &self.signatures[..index]);
        let signer = VerifyingKey::recover_from_prehash(&digest[..32], &signature, recovery_id);
        (signer.ok()?.to_encoded_point(false).as_bytes() == key).then_some(())
    }
}

/// The hash that a report must contain, over the parts of an attestation.
#[must_use]
pub fn report_data(
    nonce: &[u8],
    data: &BTreeMap<String, Vec<u8>>,
    signatures: &[Vec<u8>],
) -> [u8; 64] {
    digest(nonce, data, signatures)
}

/// The hash over an attestation with these signatures. The reference leaves out the last one.
fn digest(nonce: &[u8], data: &BTreeMap<String, Vec<u8>>, signatures: &[Vec<u8>]) -> [u8; 64] {
    let mut context = Context::new(&SHA512);
    context.update(b"noonce");
    context.update(nonce);
    context.update(b"data");
    for (name, value) in data {
        context.update(name.as_bytes());
        context.update(value);
    }
    if let Some((_, covered)) = signatures.split_last() {
        context.update(b"signatures");
        for signature in covered {
            context.update(signature);
        }
    }
    let mut digest = [0; 64];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

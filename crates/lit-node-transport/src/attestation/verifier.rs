use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use time::OffsetDateTime;

use super::{
    Attestation, AttestationError, AttestationPolicy, Expected, Vcek, VcekId, VcekSource,
    VerifiedAttestation,
};

/// Verifies attestations, and gets the certificates that this needs.
///
/// It keeps the last 256 certificates that were good.
pub struct AttestationVerifier {
    policy: AttestationPolicy,
    source: Arc<dyn VcekSource>,
    /// The one that was used last is at the end.
    known: Mutex<VecDeque<Vcek>>,
}

/// As many chips as a network has nodes.
const MAX_KNOWN: usize = 256;

impl AttestationVerifier {
    /// A verifier with a policy that gets certificates from a source.
    #[must_use]
    pub fn new(policy: AttestationPolicy, source: Arc<dyn VcekSource>) -> Self {
        Self {
            policy,
            source,
            known: Mutex::default(),
        }
    }

    /// Verifies an attestation. The certificate is fetched only if everything else is right.
    ///
    /// # Errors
    /// [`AttestationError`]
    pub async fn verify(
        &self,
        attestation: &Attestation,
        expected: &Expected,
        now: OffsetDateTime,
    ) -> Result<VerifiedAttestation, AttestationError> {
        attestation.check_contents(expected, &self.policy, now)?;
        let id = VcekId::of(attestation.report(), self.policy.roots())?;
        if let Some(vcek) = self.recall(&id) {
            return attestation.check_report(&vcek, &self.policy, now);
        }
        let certificate = self.source.certificate(&id).await?;
        let vcek = Vcek::verify(&certificate, &id, self.policy.roots(), now)?;
        let verified = attestation.check_report(&vcek, &self.policy, now)?;
        self.remember(vcek);
        Ok(verified)
    }

    fn recall(&self, id: &VcekId) -> Option<Vcek> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let place = known.iter().position(|vcek| vcek.id() == id)?;
        let vcek = known.remove(place)?;
        known.push_back(vcek.clone());
        Some(vcek)
    }

    fn remember(&self, vcek: Vcek) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KNOWN {
            known.pop_front();
        }
        known.push_back(vcek);
    }
}

impl fmt::Debug for AttestationVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttestationVerifier")
            .field("policy", &self.policy)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

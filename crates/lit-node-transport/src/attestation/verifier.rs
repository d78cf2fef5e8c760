use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use time::OffsetDateTime;
use tokio::{sync::Semaphore, time::Instant};

use super::{
    Attestation, AttestationError, AttestationPolicy, Expected, Vcek, VcekId, VcekSource,
    VerifiedAttestation,
};

/// Verifies attestations, and gets the certificates that this needs.
///
/// It keeps the last 256 certificates, and asks for at most 4 at once. A failure that may pass is retried once, after a second. Then
/// it does not ask for the same certificate for 5 s. Clients can share a verifier.
pub struct AttestationVerifier {
    policy: AttestationPolicy,
    source: Arc<dyn VcekSource>,
    known: Mutex<Known>,
    turns: Semaphore,
}

/// As many chips as a network has nodes.
const MAX_KNOWN: usize = 256;
/// AMD answers few requests at once from one address.
const MAX_AT_ONCE: usize = 4;
/// The pause before a retry.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a source is not asked again for a certificate that it does not have.
const RETRY_AFTER: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Known {
    /// The one that was used last is at the end.
    good: VecDeque<Vcek>,
    /// The latest is at the end.
    failed: VecDeque<(VcekId, Instant, AttestationError)>,
}

impl AttestationVerifier {
    /// A verifier with a policy that gets certificates from a source.
    #[must_use]
    pub fn new(policy: AttestationPolicy, source: Arc<dyn VcekSource>) -> Self {
        Self {
            policy,
            source,
            known: Mutex::default(),
            turns: Semaphore::new(MAX_AT_ONCE),
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
        let vcek = match self.recall(&id, now) {
            Some(known) => known?,
            None => self.fetch(id, now).await?,
        };
        attestation.check_report(&vcek, &self.policy, now)
    }

    /// The result depends on the id alone, so that one node cannot spoil that of another.
    async fn fetch(&self, id: VcekId, now: OffsetDateTime) -> Result<Vcek, AttestationError> {
        // The semaphore is never closed.
        let _turn = self.turns.acquire().await.ok();
        // Another guest on the same chip may have been faster.
        if let Some(known) = self.recall(&id, now) {
            return known;
        }
        let mut fetched = self.ask(&id, now).await;
        if (fetched.as_ref()).is_err_and(AttestationError::is_retryable) {
            tokio::time::sleep(PAUSE).await;
            fetched = self.ask(&id, now).await;
        }
        self.remember(id, fetched.clone());
        fetched
    }

    async fn ask(&self, id: &VcekId, now: OffsetDateTime) -> Result<Vcek, AttestationError> {
        let certificate = self.source.certificate(id).await?;
        Ok(Vcek::verify(&certificate, id, self.policy.roots(), now)?)
    }

    fn recall(&self, id: &VcekId, now: OffsetDateTime) -> Option<Result<Vcek, AttestationError>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = known.good.iter().position(|vcek| vcek.id() == id) {
            let vcek = known.good.remove(place)?;
            // AMD issues a new one for a key whose certificate has expired.
            vcek.check_time(now).ok()?;
            known.good.push_back(vcek.clone());
            return Some(Ok(vcek));
        }
        let mut failed = known.failed.iter().rev();
        let (_, at, error) = failed.find(|(failed, ..)| failed == id)?;
        (at.elapsed() < RETRY_AFTER).then(|| Err(error.clone()))
    }

    fn remember(&self, id: VcekId, fetched: Result<Vcek, AttestationError>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match fetched {
            Ok(vcek) => push(&mut known.good, vcek),
            Err(error) => push(&mut known.failed, (id, Instant::now(), error)),
        }
    }
}

/// Appends, and drops the first where there are too many.
fn push<T>(known: &mut VecDeque<T>, one: T) {
    if known.len() >= MAX_KNOWN {
        known.pop_front();
    }
    known.push_back(one);
}

impl fmt::Debug for AttestationVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttestationVerifier")
            .field("policy", &self.policy)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

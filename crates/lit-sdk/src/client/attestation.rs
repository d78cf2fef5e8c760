//! Which nodes a client trusts by their attestation.

use std::sync::{Arc, OnceLock};

use lit_node_transport::{
    NodeTransport,
    attestation::{AttestationPolicy, AttestationVerifier, AttestedTransport, VcekSource},
};
use lit_types::{Clock, LitNetwork};

use crate::Error;

/// What the caller has set about attestation.
#[derive(Debug, Clone, Default)]
pub(crate) struct AttestationSettings {
    policy: Option<AttestationPolicy>,
    source: Option<Arc<dyn VcekSource>>,
    /// Made for the first client. It has the certificates that it needed.
    verifier: Arc<OnceLock<Arc<AttestationVerifier>>>,
}

impl AttestationSettings {
    pub(crate) fn set_policy(&mut self, policy: AttestationPolicy) {
        self.policy = Some(policy);
        self.verifier = Arc::default();
    }

    pub(crate) fn set_source(&mut self, source: Arc<dyn VcekSource>) {
        self.source = Some(source);
        self.verifier = Arc::default();
    }

    /// A transport to attested nodes only, where the network or the caller requires it.
    pub(crate) fn apply(
        self,
        network: LitNetwork,
        transport: Arc<dyn NodeTransport>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Arc<dyn NodeTransport>, Error> {
        let policy = match self.policy {
            Some(policy) => policy,
            None if network.profile().attestation_required => AttestationPolicy::new(),
            None => return Ok(transport),
        };
        let verifier = match self.verifier.get() {
            Some(verifier) => verifier,
            None => {
                let source = match self.source {
                    Some(source) => source,
                    None => default_source()?,
                };
                let verifier = AttestationVerifier::new(policy, source);
                self.verifier.get_or_init(|| verifier.into())
            }
        };
        let verifier = Arc::clone(verifier);
        let clock = Arc::clone(clock);
        Ok(Arc::new(AttestedTransport::new(transport, verifier, clock)))
    }
}

#[cfg(feature = "http")]
#[allow(clippy::expect_used, reason = "the URL of AMD is a constant")]
#[allow(
    clippy::unnecessary_wraps,
    reason = "without the feature there is none"
)]
fn default_source() -> Result<Arc<dyn VcekSource>, Error> {
    use lit_node_transport::{HttpTransport, attestation::HttpVcekSource};

    let source = HttpVcekSource::new(Arc::new(HttpTransport::new()), [HttpVcekSource::AMD]);
    Ok(Arc::new(source.expect("the URL of AMD is a URL")))
}

#[cfg(not(feature = "http"))]
fn default_source() -> Result<Arc<dyn VcekSource>, Error> {
    Err(Error::Config(crate::ConfigError::NoVcekSource))
}

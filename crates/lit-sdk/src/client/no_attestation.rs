//! What stands in for attestation without the feature `attestation`: networks that require it are refused.

use std::sync::Arc;

use lit_node_transport::NodeTransport;
use lit_types::{Clock, LitNetwork};

use crate::Error;

/// There is nothing to set.
#[derive(Debug, Clone, Default)]
pub(crate) struct AttestationSettings {}

impl AttestationSettings {
    #[allow(clippy::unused_self, reason = "with the feature there are settings")]
    pub(crate) fn apply(
        self,
        network: LitNetwork,
        transport: Arc<dyn NodeTransport>,
        _: &Arc<dyn Clock>,
    ) -> Result<Arc<dyn NodeTransport>, Error> {
        match network.profile().attestation_required {
            true => Err(Error::AttestationRequired(network)),
            false => Ok(transport),
        }
    }
}

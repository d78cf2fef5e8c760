//! What stands in for attestation without the feature `attestation`: nodes do not attest themselves.

use std::sync::Arc;

use k256::ecdsa::SigningKey;
use lit_node::Attester;

use crate::{DevnetBuilder, DevnetClock, DevnetError, keys::NetworkKeys};

#[derive(Debug)]
pub(crate) struct Attesters;

impl Attesters {
    #[allow(clippy::unnecessary_wraps, reason = "with the feature it may fail")]
    pub(crate) const fn new(
        _: &DevnetBuilder,
        _: &NetworkKeys,
        _: &Arc<DevnetClock>,
    ) -> Result<Self, DevnetError> {
        Ok(Self)
    }

    #[allow(clippy::unused_self, reason = "with the feature it has the keys")]
    #[allow(clippy::needless_pass_by_value, reason = "with the feature it is kept")]
    pub(crate) fn of(&self, _: usize, _: SigningKey) -> Option<Arc<dyn Attester>> {
        None
    }
}

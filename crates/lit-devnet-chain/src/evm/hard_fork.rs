use revm::primitives::hardfork::SpecId;

/// The hard fork of the chain: the latest one without a gas limit per transaction.
pub(super) const SPEC: SpecId = SpecId::PRAGUE;

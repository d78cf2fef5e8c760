//! Unsigned transactions.

use alloy_consensus::{Signed, TxEip1559, TxEnvelope, transaction::Recovered};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Signature, U256, keccak256};
use revm::context::TxEnv;

/// An unsigned transaction in the form in which a block contains it. Its hash covers the sender, because two senders may send the
/// same transaction with the same nonce, and there is no signature to tell them apart.
pub(crate) fn transaction(chain_id: u64, tx: &TxEnv) -> Recovered<TxEnvelope> {
    let fields = TxEip1559 {
        chain_id,
        nonce: tx.nonce,
        gas_limit: tx.gas_limit,
        to: tx.kind,
        value: tx.value,
        input: tx.data.clone(),
        ..TxEip1559::default()
    };
    of(fields, tx.caller)
}

/// The unsigned transaction with these fields.
pub(super) fn of(fields: TxEip1559, sender: Address) -> Recovered<TxEnvelope> {
    let signature = Signature::new(U256::ONE, U256::ONE, false);
    let unhashed = TxEnvelope::from(Signed::new_unhashed(fields.clone(), signature));
    let hash = keccak256([&unhashed.encoded_2718(), sender.as_slice()].concat());
    let signed = Signed::new_unchecked(fields, signature, hash);
    Recovered::new_unchecked(signed.into(), sender)
}

//! HD key derivation at address 0xF5, beside the precompiles of Ethereum.

use std::sync::LazyLock;

use alloy_primitives::{Address, Bytes, address, map::AddressSet};
use alloy_sol_types::SolError;
use lit_session_crypto::{HdKeyError, HdTweak};
use lit_types::PkpPublicKey;
use revm::{
    context_interface::{Cfg, ContextTr},
    handler::{EthPrecompiles, PrecompileProvider, precompile_output_to_interpreter_result},
    interpreter::{CallInputs, InterpreterResult},
    precompile::{PrecompileHalt, PrecompileOutput},
    primitives::hardfork::SpecId,
};

use super::hard_fork::SPEC;

/// The address at which the contract `KeyDeriver` calls it.
pub(crate) const HD_KEY_DERIVATION: Address = address!("00000000000000000000000000000000000000f5");

/// The gas cost: that of `ecrecover`, which multiplies on the same curve.
const GAS_PER_MULTIPLICATION: u64 = 3_000;
/// The gas cost of a word of the input: that of SHA-256.
const GAS_PER_WORD: u64 = 12;

const CURVE_SECP256K1: u8 = 1;

static ADDRESSES: LazyLock<AddressSet> = LazyLock::new(|| {
    let mut addresses = EthPrecompiles::new(SPEC).warm_addresses().clone();
    addresses.insert(HD_KEY_DERIVATION);
    addresses
});

/// Ethereum's precompiles and [`HD_KEY_DERIVATION`].
#[derive(Debug)]
pub(crate) struct LitPrecompiles(EthPrecompiles);

impl LitPrecompiles {
    pub(crate) fn new() -> Self {
        Self(EthPrecompiles::new(SPEC))
    }
}

impl<CTX: ContextTr<Cfg: Cfg<Spec = SpecId>>> PrecompileProvider<CTX> for LitPrecompiles {
    type Output = InterpreterResult;

    /// Never changes: the chain has one hard fork.
    fn set_spec(&mut self, _: SpecId) -> bool {
        false
    }

    fn run(
        &mut self,
        context: &mut CTX,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        if inputs.bytecode_address != HD_KEY_DERIVATION {
            return self.0.run(context, inputs);
        }
        let output = run_derivation(
            &inputs.input.as_bytes(context),
            inputs.gas_limit,
            inputs.reservoir,
        );
        Ok(Some(precompile_output_to_interpreter_result(
            output,
            inputs.gas_limit,
        )))
    }

    fn warm_addresses(&self) -> &AddressSet {
        &ADDRESSES
    }
}

fn run_derivation(input: &[u8], gas_limit: u64, reservoir: u64) -> PrecompileOutput {
    let out_of_gas = || PrecompileOutput::halt(PrecompileHalt::OutOfGas, reservoir);
    let mut gas = GAS_PER_WORD.saturating_mul(input.len().div_ceil(32) as u64);
    if gas > gas_limit {
        return out_of_gas();
    }
    let derivation = match Derivation::parse(input) {
        Ok(derivation) => derivation,
        Err(error) => return refuse(&error, gas, reservoir),
    };
    gas += GAS_PER_MULTIPLICATION.saturating_mul(derivation.roots.len() as u64 + 1);
    if gas > gas_limit {
        return out_of_gas();
    }
    match derivation.public_key() {
        Ok(key) => PrecompileOutput::new(gas, Bytes::from(key), reservoir),
        Err(error) => refuse(&error, gas, reservoir),
    }
}

/// A failed call with a reason, which the caller may pass on. It costs what finding the fault took, and the caller keeps the rest.
fn refuse(error: &DerivationError, gas: u64, reservoir: u64) -> PrecompileOutput {
    let reason = alloy_sol_types::Revert::from(format!("HD key derivation: {error}"));
    PrecompileOutput::revert(gas, reason.abi_encode().into(), reservoir)
}

/// A parsed input: curve (1 byte), then id, domain separation tag and root keys, each after a count of 4 bytes.
struct Derivation<'a> {
    key_id: &'a [u8],
    domain: &'a [u8],
    roots: Vec<&'a [u8]>,
}

impl<'a> Derivation<'a> {
    fn parse(input: &'a [u8]) -> Result<Self, DerivationError> {
        let mut input = Input(input);
        let curve = *input.take(1)?.first().ok_or(DerivationError::Truncated)?;
        if curve != CURVE_SECP256K1 {
            return Err(DerivationError::Curve(curve));
        }
        let key_id = input.take_counted()?;
        let domain = input.take_counted()?;
        let count = input.take_u32()?;
        let mut roots = Vec::new();
        for _ in 0..count {
            // The first byte of a SEC1 point determines its length.
            let length = match input.0.first() {
                Some(0x02 | 0x03) => 33,
                Some(0x04) => 65,
                Some(_) => return Err(DerivationError::RootKey(roots.len())),
                None => return Err(DerivationError::Truncated),
            };
            roots.push(input.take(length)?);
        }
        if roots.is_empty() {
            return Err(HdKeyError::NoRootKeys.into());
        }
        Ok(Self {
            key_id,
            domain,
            roots,
        })
    }

    /// The derived key, uncompressed.
    fn public_key(&self) -> Result<[u8; 65], DerivationError> {
        let root = |(i, root): (usize, &&[u8])| {
            PkpPublicKey::from_sec1(root).map_err(|_| DerivationError::RootKey(i))
        };
        let tweak = HdTweak::with_domain(self.key_id, self.domain)?;
        let roots: Vec<_> = self
            .roots
            .iter()
            .enumerate()
            .map(root)
            .collect::<Result<_, _>>()?;
        Ok(*tweak.public_key(&roots)?.as_bytes())
    }
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], DerivationError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(DerivationError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn take_u32(&mut self) -> Result<u32, DerivationError> {
        let bytes = self.take(4)?.try_into();
        Ok(u32::from_be_bytes(
            bytes.map_err(|_| DerivationError::Truncated)?,
        ))
    }

    fn take_counted(&mut self) -> Result<&'a [u8], DerivationError> {
        let length = self.take_u32()?;
        self.take(usize::try_from(length).map_err(|_| DerivationError::Truncated)?)
    }
}

#[derive(Debug, thiserror::Error)]
enum DerivationError {
    #[error("input too short")]
    Truncated,
    #[error("unsupported curve {0}: only {CURVE_SECP256K1} (secp256k1) is supported")]
    Curve(u8),
    #[error("invalid root key {0}: not a point of the curve")]
    RootKey(usize),
    #[error(transparent)]
    Key(#[from] HdKeyError),
}

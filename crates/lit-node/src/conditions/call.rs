//! Conditions on any function of a contract.

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::keccak256;
use alloy_rpc_types_eth::TransactionRequest;
use lit_types::access_control::{AbiParameter, Comparator, EvmContractCondition};

use super::{Asker, ConditionError, ConditionReader, ForeignCondition, compare};
use crate::ChainReader;

/// The longest type, in bytes. Longer ones nest so deeply that they exhaust the stack.
const MAX_TYPE: usize = 1024;
/// The number of words that an element of a type may have. Arrays of a fixed length are allocated before anything is decoded.
const MAX_WORDS: usize = 4096;

impl ConditionReader {
    pub(super) async fn evm_contract(
        &self,
        condition: &EvmContractCondition,
        asker: &Asker<'_>,
    ) -> Result<bool, ConditionError> {
        let Some(chain) = self.chain(&condition.chain) else {
            let foreign = ForeignCondition::EvmContract(condition.clone());
            let unknown = ConditionError::Chain(condition.chain.clone());
            return self.foreign(&foreign, asker, Err(unknown)).await;
        };
        let answer = answer(chain, condition, asker).await?;
        is_met(condition, &answer, asker)
    }
}

/// Calls the function, and returns the output under test: the first, or the one named by the key.
async fn answer(
    chain: &dyn ChainReader,
    condition: &EvmContractCondition,
    asker: &Asker<'_>,
) -> Result<DynSolValue, ConditionError> {
    let abi = &condition.function_abi;
    if abi.name != condition.function_name {
        return Err(ConditionError::Parameters(format!(
            "functionName is {}, but functionAbi names {}",
            condition.function_name, abi.name
        )));
    }
    let contract = compare::address(&condition.contract_address)?;
    let request = TransactionRequest::default()
        .to(contract)
        .input(encode(condition, asker)?.into());
    let output = chain.call(request).await.map_err(ConditionError::Call)?;
    let bad = |error: alloy_dyn_abi::Error| ConditionError::Output(error.to_string());
    let outputs = DynSolType::Tuple(parse(&abi.outputs).map_err(bad)?)
        .abi_decode_params(&output)
        .map_err(bad)?;
    let DynSolValue::Tuple(mut outputs) = outputs else {
        return Ok(outputs);
    };
    let key = &condition.return_value_test.key;
    let mut names = abi.outputs.iter().map(|output| &output.name);
    let place = if key.is_empty() {
        Some(0)
    } else {
        names.position(|name| name == key)
    };
    match place {
        Some(place) if place < outputs.len() => Ok(outputs.swap_remove(place)),
        _ => Err(ConditionError::Test(format!(
            "function {} has no output named {key:?}",
            abi.name
        ))),
    }
}

/// Compares the types that Lit's nodes compare, and refuses the others.
fn is_met(
    condition: &EvmContractCondition,
    answer: &DynSolValue,
    asker: &Asker<'_>,
) -> Result<bool, ConditionError> {
    let test = &condition.return_value_test;
    let comparator = test.comparator;
    match answer {
        DynSolValue::Bool(answer) => {
            let bad = |_| ConditionError::Test(format!("{:?} is not true or false", test.value));
            let value = test.value.parse().map_err(bad)?;
            Ok(compare::values(comparator, answer, &value))
        }
        DynSolValue::String(answer) => Ok(comparator != Comparator::NotContains
            && compare::texts(comparator, answer, &test.value)),
        DynSolValue::Address(answer) => {
            let value = compare::address(&asker.filled(&test.value)?)?;
            Ok(compare::values(comparator, answer, &value))
        }
        DynSolValue::Uint(answer, _) => {
            let value = compare::number(&test.value)?;
            Ok(compare::values(comparator, answer, &value))
        }
        DynSolValue::Bytes(_) | DynSolValue::FixedBytes(..) => Err(ConditionError::Type("bytes")),
        DynSolValue::Int(..) => Err(ConditionError::Type("a signed integer")),
        DynSolValue::Array(_) | DynSolValue::FixedArray(_) => Err(ConditionError::Type("an array")),
        DynSolValue::Tuple(_) => Err(ConditionError::Type("a tuple")),
        // Functions, and structs if another crate enables alloy's feature `eip712`.
        _ => Err(ConditionError::Type("this type")),
    }
}

fn encode(condition: &EvmContractCondition, asker: &Asker<'_>) -> Result<Vec<u8>, ConditionError> {
    let (name, parameters) = (&condition.function_abi.name, &condition.function_params);
    let bad = |error: alloy_dyn_abi::Error| ConditionError::Parameters(error.to_string());
    let types = parse(&condition.function_abi.inputs).map_err(bad)?;
    if types.len() != parameters.len() {
        return Err(ConditionError::ParameterCount {
            function: name.clone(),
            expected: types.len(),
            found: parameters.len(),
        });
    }
    let names: Vec<_> = types.iter().map(DynSolType::sol_type_name).collect();
    let signature = format!("{name}({})", names.join(","));
    let mut values = Vec::with_capacity(types.len());
    for (kind, text) in types.iter().zip(asker.filled_in(parameters)?) {
        let value = kind.coerce_str(&text);
        values.push(value.map_err(|error| ConditionError::Parameter(error.to_string()))?);
    }
    let mut data = keccak256(signature)[..4].to_vec();
    data.extend(DynSolValue::Tuple(values).abi_encode_params());
    Ok(data)
}

fn parse(parameters: &[AbiParameter]) -> Result<Vec<DynSolType>, alloy_dyn_abi::Error> {
    let types = parameters.iter().map(|parameter| {
        let text = parameter.kind.as_str();
        let kind = (text.len() <= MAX_TYPE).then(|| DynSolType::parse(text));
        let kind = kind.transpose()?.filter(|kind| words(kind) <= MAX_WORDS);
        kind.ok_or_else(|| {
            let start: String = text.chars().take(32).collect();
            alloy_dyn_abi::Error::custom(format!(
                "the type {start:?} has more than {MAX_TYPE} letters or {MAX_WORDS} words"
            ))
        })
    });
    types.collect()
}

/// The number of words of a value whose lists have one element. An empty tuple counts as one word.
fn words(kind: &DynSolType) -> usize {
    match kind {
        DynSolType::Array(of) => words(of),
        DynSolType::FixedArray(of, length) => words(of).saturating_mul(*length),
        DynSolType::Tuple(of) => {
            let sum = of.iter().map(words);
            sum.fold(0, usize::saturating_add).max(1)
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "these are tests")]

    use super::*;

    fn parsed(kind: &str) -> Result<Vec<DynSolType>, alloy_dyn_abi::Error> {
        parse(&[AbiParameter::new("", kind)])
    }

    #[test]
    fn types_that_exhaust_memory_or_stack_are_refused() {
        for kind in ["uint256[4096]", "uint8[64][64][]", "(bool,string)[2048][]"] {
            assert_eq!(parsed(kind).unwrap().len(), 1, "{kind}");
        }
        for kind in [
            "uint256[4097]",
            "uint256[4000000000][]",
            "uint8[65536][65536][65536][65536][65536]",
            "()[4000000000]",
            "(uint256,()[4000000000])",
            &format!("uint256{}", "[]".repeat(500_000)),
            &format!("{}uint256{}", "(".repeat(500_000), ")".repeat(500_000)),
        ] {
            let error = parsed(kind).unwrap_err().to_string();
            assert!(error.ends_with("letters or 4096 words"), "{error}");
        }
    }
}

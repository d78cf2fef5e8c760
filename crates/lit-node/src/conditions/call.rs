//! Conditions on any function of a contract.

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::keccak256;
use alloy_rpc_types_eth::TransactionRequest;
use lit_types::access_control::{AbiParameter, Comparator, EvmContractCondition};

use super::{Asker, ConditionError, ConditionReader, ForeignCondition, compare};
use crate::ChainReader;

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
            "the function is {}, but its ABI is that of {}",
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
            "{} gives nothing that is called {key:?}",
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
    let types = parameters.iter().map(|parameter| parameter.kind.as_str());
    types.map(DynSolType::parse).collect()
}

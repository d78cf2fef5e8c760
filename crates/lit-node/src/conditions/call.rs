use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{Address, keccak256};
use alloy_rpc_types_eth::TransactionRequest;
use lit_types::access_control::{EvmContractCondition, KeyedReturnValueTest};

use super::{Answer, ConditionError};
use crate::ChainReader;

/// A function of a contract, with its arguments.
pub(super) struct Call<'a> {
    pub(super) contract: &'a str,
    pub(super) function: &'a str,
    /// Solidity types.
    pub(super) inputs: Vec<&'a str>,
    pub(super) outputs: Vec<&'a str>,
    pub(super) parameters: &'a [String],
}

/// Calls the function of a condition, and returns the part of the result under test.
pub(super) async fn contract_answer(
    chain: &dyn ChainReader,
    condition: &EvmContractCondition,
    parameters: &[String],
) -> Result<Answer, ConditionError> {
    let abi = &condition.function_abi;
    if abi.name != condition.function_name {
        return Err(ConditionError::Parameters(format!(
            "the function is {}, but its ABI is that of {}",
            condition.function_name, abi.name
        )));
    }
    let call = Call {
        contract: &condition.contract_address,
        function: &abi.name,
        inputs: abi.inputs.iter().map(|input| input.kind.as_str()).collect(),
        outputs: abi
            .outputs
            .iter()
            .map(|output| output.kind.as_str())
            .collect(),
        parameters,
    };
    let mut outputs = read(chain, &call).await?;
    let KeyedReturnValueTest { key, .. } = &condition.return_value_test;
    if key.is_empty() {
        return Ok(match outputs.len() {
            1 => outputs.swap_remove(0).into(),
            _ => DynSolValue::Tuple(outputs).into(),
        });
    }
    let place = abi.outputs.iter().position(|output| output.name == *key);
    match place {
        Some(place) if place < outputs.len() => Ok(outputs.swap_remove(place).into()),
        _ => Err(ConditionError::Test(format!(
            "{} gives nothing that is called {key:?}",
            abi.name
        ))),
    }
}

pub(super) async fn read(
    chain: &dyn ChainReader,
    call: &Call<'_>,
) -> Result<Vec<DynSolValue>, ConditionError> {
    let contract: Address = call
        .contract
        .parse()
        .map_err(|_| ConditionError::Contract(call.contract.to_owned()))?;
    let data = call.encode()?;
    let request = TransactionRequest::default()
        .to(contract)
        .input(data.into());
    let output = chain.call(request).await?;
    let bad = |error: alloy_dyn_abi::Error| ConditionError::Output(error.to_string());
    let types = parse(&call.outputs).map_err(bad)?;
    match DynSolType::Tuple(types)
        .abi_decode_params(&output)
        .map_err(bad)?
    {
        DynSolValue::Tuple(values) => Ok(values),
        other => Ok(vec![other]),
    }
}

impl Call<'_> {
    fn encode(&self) -> Result<Vec<u8>, ConditionError> {
        let bad = |error: alloy_dyn_abi::Error| ConditionError::Parameters(error.to_string());
        let types = parse(&self.inputs).map_err(bad)?;
        if types.len() != self.parameters.len() {
            return Err(ConditionError::Parameters(format!(
                "{} takes {} and is given {}",
                self.function,
                types.len(),
                self.parameters.len()
            )));
        }
        let names: Vec<_> = types.iter().map(DynSolType::sol_type_name).collect();
        let signature = format!("{}({})", self.function, names.join(","));
        let mut values = Vec::with_capacity(types.len());
        for (kind, text) in types.iter().zip(self.parameters) {
            values.push(kind.coerce_str(text).map_err(bad)?);
        }
        let mut data = keccak256(signature)[..4].to_vec();
        data.extend(DynSolValue::Tuple(values).abi_encode_params());
        Ok(data)
    }
}

fn parse(types: &[&str]) -> Result<Vec<DynSolType>, alloy_dyn_abi::Error> {
    types.iter().map(|kind| DynSolType::parse(kind)).collect()
}

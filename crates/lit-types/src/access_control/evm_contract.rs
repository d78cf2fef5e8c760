use serde::{Deserialize, Serialize};

use super::{
    AccessControlError, KeyedReturnValueTest,
    expression::{Condition, sealed::Sealed},
    members::{Form, Members},
};

/// A condition on the result of a contract function on an EVM chain (`evmContract`).
///
/// Values are hashed verbatim, so the case of addresses counts.
#[doc(alias = "AccsEVMParams")]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvmContractCondition {
    /// The contract.
    pub contract_address: String,
    /// The name of the function.
    pub function_name: String,
    /// The arguments.
    pub function_params: Vec<String>,
    /// The function as the contract's ABI describes it.
    pub function_abi: FunctionAbi,
    /// The chain by name, as in [`EVM_CHAINS`](crate::chains::EVM_CHAINS).
    pub chain: String,
    /// The test of the result; its key names an output.
    pub return_value_test: KeyedReturnValueTest,
}

impl EvmContractCondition {
    /// Creates a condition on the function of this ABI, without arguments.
    #[must_use]
    pub fn new(
        chain: impl Into<String>,
        contract_address: impl Into<String>,
        function_abi: FunctionAbi,
        return_value_test: KeyedReturnValueTest,
    ) -> Self {
        Self {
            contract_address: contract_address.into(),
            function_name: function_abi.name.clone(),
            function_params: Vec::new(),
            function_abi,
            chain: chain.into(),
            return_value_test,
        }
    }

    /// Sets the arguments. Default: none.
    #[must_use]
    pub fn with_params<P: Into<String>>(mut self, params: impl IntoIterator<Item = P>) -> Self {
        self.function_params = params.into_iter().map(Into::into).collect();
        self
    }

    pub(super) fn check(&self) -> Result<(), AccessControlError> {
        let abi = &self.function_abi;
        let mut types = abi.inputs.iter().chain(&abi.outputs);
        if types.any(|parameter| parameter.kind.starts_with("tuple")) {
            return Err(AccessControlError::HashedDifferently(
                "clients drop the components of tuples; use a function without tuples",
            ));
        }
        Ok(())
    }
}

impl Condition for EvmContractCondition {}

impl Sealed for EvmContractCondition {
    fn from_members(members: Members, _: Form) -> Result<Self, AccessControlError> {
        let test = members.return_value_test()?;
        let of = "evmContract";
        let abi = members.function_abi.need(of, "functionAbi")?;
        Ok(Self {
            contract_address: members.contract_address.need(of, "contractAddress")?,
            function_name: members.function_name.need(of, "functionName")?,
            function_params: members.function_params.need(of, "functionParams")?,
            function_abi: FunctionAbi {
                name: abi.name.need(of, "functionAbi.name")?,
                inputs: abi.inputs.need(of, "functionAbi.inputs")?,
                outputs: abi.outputs.need(of, "functionAbi.outputs")?,
                constant: abi.constant.0.unwrap_or_default(),
                state_mutability: abi
                    .state_mutability
                    .need(of, "functionAbi.stateMutability")?,
            },
            chain: members.chain.need(of, "chain")?,
            return_value_test: test.keyed(of)?,
        })
    }
}

/// A function as an ABI describes it, reduced to the hashed members.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionAbi {
    /// The name.
    pub name: String,
    /// The inputs.
    pub inputs: Vec<AbiParameter>,
    /// The outputs.
    pub outputs: Vec<AbiParameter>,
    /// A member of old ABIs; false by default.
    pub constant: bool,
    /// `view`, `pure`, `nonpayable` or `payable`.
    pub state_mutability: String,
}

impl FunctionAbi {
    /// Creates a `view` function from its name and the `(name, type)` of its inputs and outputs.
    #[must_use]
    pub fn view(
        name: impl Into<String>,
        inputs: &[(&str, &str)],
        outputs: &[(&str, &str)],
    ) -> Self {
        let parameters = |list: &[(&str, &str)]| {
            list.iter()
                .map(|(n, t)| AbiParameter::new(*n, *t))
                .collect()
        };
        Self {
            name: name.into(),
            inputs: parameters(inputs),
            outputs: parameters(outputs),
            constant: false,
            state_mutability: "view".to_owned(),
        }
    }
}

/// An input or output of a function.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AbiParameter {
    /// The name, often empty for outputs.
    pub name: String,
    /// The Solidity type.
    #[serde(rename = "type")]
    pub kind: String,
}

impl AbiParameter {
    /// Creates a parameter from its name and Solidity type.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: kind.into(),
        }
    }
}

use serde::Serialize;

use super::{
    AccessControlError, Comparator, ReturnValueTest, USER_ADDRESS,
    expression::{Condition, sealed::Sealed},
    members::{Form, Members},
};

/// A condition on an EVM chain, by a standard or a method that nodes know (`evmBasic`).
///
/// Values are hashed as they are given: the case of addresses counts.
#[doc(alias = "AccsDefaultParams")]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvmBasicCondition {
    /// The contract; empty for none.
    pub contract_address: String,
    /// The chain by name, as in [`EVM_CHAINS`](crate::chains::EVM_CHAINS).
    pub chain: String,
    /// `ERC20`, `ERC721`, `timestamp` and so on; empty for none.
    pub standard_contract_type: String,
    /// The method of the standard or of the node's RPC; empty for the first parameter itself.
    pub method: String,
    /// The parameters of the method.
    pub parameters: Vec<String>,
    /// What is asked of the answer.
    pub return_value_test: ReturnValueTest,
}

impl EvmBasicCondition {
    /// A condition without contract, standard, method and parameters.
    #[must_use]
    pub fn new(chain: impl Into<String>, return_value_test: ReturnValueTest) -> Self {
        Self {
            contract_address: String::new(),
            chain: chain.into(),
            standard_contract_type: String::new(),
            method: String::new(),
            parameters: Vec::new(),
            return_value_test,
        }
    }

    /// Whoever asks has this address.
    #[must_use]
    pub fn wallet_is(chain: impl Into<String>, address: impl Into<String>) -> Self {
        Self::new(chain, ReturnValueTest::new(Comparator::Equal, address))
            .with_method("", [USER_ADDRESS])
    }

    /// The contract and its standard. Default: none.
    #[must_use]
    pub fn with_contract(
        mut self,
        address: impl Into<String>,
        standard_contract_type: impl Into<String>,
    ) -> Self {
        self.contract_address = address.into();
        self.standard_contract_type = standard_contract_type.into();
        self
    }

    /// The method and its parameters. Default: none.
    #[must_use]
    pub fn with_method<P: Into<String>>(
        mut self,
        method: impl Into<String>,
        parameters: impl IntoIterator<Item = P>,
    ) -> Self {
        self.method = method.into();
        self.parameters = parameters.into_iter().map(Into::into).collect();
        self
    }
}

impl Condition for EvmBasicCondition {}

impl Sealed for EvmBasicCondition {
    fn from_members(members: Members, _: Form) -> Result<Self, AccessControlError> {
        let test = members.return_value_test()?;
        let of = "evmBasic";
        Ok(Self {
            contract_address: members.contract_address.need(of, "contractAddress")?,
            chain: members.chain.need(of, "chain")?,
            standard_contract_type: members
                .standard_contract_type
                .need(of, "standardContractType")?,
            method: members.method.need(of, "method")?,
            parameters: members.parameters.need(of, "parameters")?,
            return_value_test: test.plain(of)?,
        })
    }
}

use std::fmt;

use serde::Serialize;

use super::{
    AccessControlError, Comparator, ReturnValueTest, USER_ADDRESS,
    expression::{Condition, sealed::Sealed},
    members::{Form, Members},
};

/// A condition on an EVM chain that uses a standard or method known to nodes (`evmBasic`).
///
/// Values are hashed verbatim, so the case of addresses counts.
#[doc(alias = "AccsDefaultParams")]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvmBasicCondition {
    /// The contract, or an empty string.
    pub contract_address: String,
    /// The chain by name, as in [`EVM_CHAINS`](crate::chains::EVM_CHAINS).
    pub chain: String,
    /// `ERC20`, `ERC721`, `timestamp` and so on, or an empty string.
    pub standard_contract_type: String,
    /// The method of the standard or of the chain's RPC. If empty, the first parameter itself is tested.
    pub method: String,
    /// The parameters of the method.
    pub parameters: Vec<String>,
    /// The test of the answer.
    pub return_value_test: ReturnValueTest,
}

impl EvmBasicCondition {
    /// Creates a condition without contract, standard, method and parameters.
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

    /// Requires that the caller has this address.
    #[must_use]
    pub fn wallet_is(chain: impl Into<String>, address: impl Into<String>) -> Self {
        Self::new(chain, ReturnValueTest::new(Comparator::Equal, address))
            .with_method("", [USER_ADDRESS])
    }

    /// Runs a Lit Action, and tests the text that one of its functions returns.
    ///
    /// Nodes call the function with the parameters as texts, after they have filled in placeholders such as `:userAddress`. The
    /// action runs without a session: it cannot sign or decrypt.
    ///
    /// ```
    /// use lit_types::access_control::{Comparator, EvmBasicCondition, ReturnValueTest};
    ///
    /// // async function hasAtLeast(address, amount) { … return "true"; }
    /// let cid = "QmcgbVu2sJSPpTeFhBd174FnmYmoVYvUFJeDkS7eYtwoFY";
    /// let test = ReturnValueTest::new(Comparator::Equal, "true");
    /// let condition = EvmBasicCondition::lit_action("ethereum", cid, "hasAtLeast", [":userAddress", "5"], test);
    /// ```
    #[must_use]
    pub fn lit_action<P: Into<String>>(
        chain: impl Into<String>,
        cid: impl fmt::Display,
        function: impl Into<String>,
        parameters: impl IntoIterator<Item = P>,
        return_value_test: ReturnValueTest,
    ) -> Self {
        Self::new(chain, return_value_test)
            .with_contract(format!("ipfs://{cid}"), "LitAction")
            .with_method(function, parameters)
    }

    /// Requires that the wallet signed in to this domain.
    #[must_use]
    pub fn signed_in_to(chain: impl Into<String>, domain: impl Into<String>) -> Self {
        Self::new(chain, ReturnValueTest::new(Comparator::Equal, domain))
            .with_contract("", "SIWE")
            .with_method("", [":domain"])
    }

    /// Requires that the SIWE message of the wallet has this resource.
    #[must_use]
    pub fn signed_resource(chain: impl Into<String>, resource: impl Into<String>) -> Self {
        Self::new(chain, ReturnValueTest::new(Comparator::Contains, resource))
            .with_contract("", "SIWE")
            .with_method("", [":resources"])
    }

    /// Sets the contract and its standard. Default: none.
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

    /// Sets the method and its parameters. Default: none.
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

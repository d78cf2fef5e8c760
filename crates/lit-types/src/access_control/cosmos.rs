use serde::Serialize;

use super::{
    AccessControlError, Comparator, KeyedReturnValueTest, USER_ADDRESS,
    expression::sealed::Sealed,
    members::{Form, Members},
};

/// A condition on the REST answer of a Cosmos chain. Only unified lists have it.
#[doc(alias = "AccsCOSMOSParams")]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CosmosCondition {
    /// The REST path.
    pub path: String,
    /// The chain by name: `cosmos`, `kyve`, `juno` and so on.
    pub chain: String,
    /// The method. Existing conditions may lack it; new ones need it, because nodes hash a missing one as `null`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The parameters; may be missing like `method`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<String>>,
    /// The test of the answer; its key is a path such as `$.balances[0].amount`.
    pub return_value_test: KeyedReturnValueTest,
}

impl CosmosCondition {
    /// Creates a condition with an empty method and no parameters.
    #[must_use]
    pub fn new(
        chain: impl Into<String>,
        path: impl Into<String>,
        return_value_test: KeyedReturnValueTest,
    ) -> Self {
        Self {
            path: path.into(),
            chain: chain.into(),
            method: Some(String::new()),
            parameters: Some(Vec::new()),
            return_value_test,
        }
    }

    /// Requires that the caller has this address.
    #[must_use]
    pub fn wallet_is(chain: impl Into<String>, address: impl Into<String>) -> Self {
        let test = KeyedReturnValueTest::new(Comparator::Equal, address);
        Self::new(chain, USER_ADDRESS, test)
    }

    /// Sets the method and its parameters. Default: none.
    #[must_use]
    pub fn with_method<P: Into<String>>(
        mut self,
        method: impl Into<String>,
        parameters: impl IntoIterator<Item = P>,
    ) -> Self {
        self.method = Some(method.into());
        self.parameters = Some(parameters.into_iter().map(Into::into).collect());
        self
    }

    pub(super) fn check(&self) -> Result<(), AccessControlError> {
        if self.method.is_none() || self.parameters.is_none() {
            return Err(AccessControlError::HashedDifferently(
                "a cosmos condition needs method and parameters, if only empty ones",
            ));
        }
        Ok(())
    }
}

impl Sealed for CosmosCondition {
    fn from_members(members: Members, _: Form) -> Result<Self, AccessControlError> {
        let test = members.return_value_test()?;
        let of = "cosmos";
        Ok(Self {
            path: members.path.need(of, "path")?,
            chain: members.chain.need(of, "chain")?,
            method: members.method.0,
            parameters: members.parameters.0,
            return_value_test: test.keyed(of)?,
        })
    }
}

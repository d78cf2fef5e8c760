use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{
    AccessControlError, Comparator, KeyedReturnValueTest, USER_ADDRESS,
    expression::{Condition, sealed::Sealed},
    members::{Form, Members, PdaInterfaceMembers},
};

const TYPE: &str = "solRpc";

/// A condition on Solana, in the current form (`solRpc`).
#[doc(alias = "AccsSOLV2Params")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SolRpcCondition {
    /// A method of Solana's RPC, or an additional one of nodes such as `balanceOfToken(…)`.
    pub method: String,
    /// The parameters.
    pub params: Vec<String>,
    /// How to find and read an account that a program derives.
    pub pda: SolPda,
    /// `solana`, `solanaDevnet` or `solanaTestnet`.
    pub chain: String,
    /// The test of the answer; its key is a path such as `$.amount`.
    pub return_value_test: KeyedReturnValueTest,
}

impl SolRpcCondition {
    /// Creates a condition that derives no account.
    #[must_use]
    pub fn new<P: Into<String>>(
        chain: impl Into<String>,
        method: impl Into<String>,
        params: impl IntoIterator<Item = P>,
        return_value_test: KeyedReturnValueTest,
    ) -> Self {
        Self {
            method: method.into(),
            params: params.into_iter().map(Into::into).collect(),
            pda: SolPda::default(),
            chain: chain.into(),
            return_value_test,
        }
    }

    /// Requires that the caller has this address.
    ///
    /// ```
    /// use lit_types::access_control::{
    ///     AccessControlConditions, AnySolRpcCondition, ConditionExpression, SolRpcCondition,
    /// };
    ///
    /// let owner = SolRpcCondition::wallet_is("solana", "F7r6ENi6dqH8SnMYZdK3YxWAQ4cwfSNXZyMzbea5fbS1");
    /// let owner = ConditionExpression::new(AnySolRpcCondition::from(owner));
    /// let conditions = AccessControlConditions::SolRpc(owner);
    /// ```
    #[must_use]
    pub fn wallet_is(chain: impl Into<String>, address: impl fmt::Display) -> Self {
        let test = KeyedReturnValueTest::new(Comparator::Equal, address.to_string());
        Self::new(chain, "", [USER_ADDRESS], test)
    }

    /// Sets the derived account. Default: none.
    #[must_use]
    pub fn with_pda(mut self, pda: SolPda) -> Self {
        self.pda = pda;
        self
    }

    pub(super) fn check(&self) -> Result<(), AccessControlError> {
        if self.pda.fields.len() > 1 {
            return Err(AccessControlError::HashedDifferently(
                "nodes keep pdaInterface.fields in no order; give one field at most",
            ));
        }
        Ok(())
    }
}

/// An account that a program derives, and its layout.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SolPda {
    /// The program, then the seeds.
    pub params: Vec<String>,
    /// The offset of the fields, in bytes.
    pub offset: u64,
    /// The fields by name, with their size in bytes.
    pub fields: Vec<(String, u64)>,
    /// The tested field.
    pub key: String,
}

impl Serialize for SolRpcCondition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Canonical<'a> {
            method: &'a str,
            params: &'a [String],
            pda_params: &'a [String],
            pda_interface: Interface<'a>,
            pda_key: &'a str,
            chain: &'a str,
            return_value_test: &'a KeyedReturnValueTest,
        }
        #[derive(Serialize)]
        struct Interface<'a> {
            offset: u64,
            fields: Fields<'a>,
        }
        struct Fields<'a>(&'a [(String, u64)]);
        impl Serialize for Fields<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(Some(self.0.len()))?;
                for (name, size) in self.0 {
                    map.serialize_entry(name, size)?;
                }
                map.end()
            }
        }
        Canonical {
            method: &self.method,
            params: &self.params,
            pda_params: &self.pda.params,
            pda_interface: Interface {
                offset: self.pda.offset,
                fields: Fields(&self.pda.fields),
            },
            pda_key: &self.pda.key,
            chain: &self.chain,
            return_value_test: &self.return_value_test,
        }
        .serialize(serializer)
    }
}

impl Sealed for SolRpcCondition {
    fn from_members(members: Members, _: Form) -> Result<Self, AccessControlError> {
        let test = members.return_value_test()?;
        let PdaInterfaceMembers { offset, fields } =
            members.pda_interface.need(TYPE, "pdaInterface")?;
        let pda = SolPda {
            params: members.pda_params.need(TYPE, "pdaParams")?,
            offset: offset.need(TYPE, "pdaInterface.offset")?,
            fields: fields.need(TYPE, "pdaInterface.fields")?.0,
            key: members.pda_key.need(TYPE, "pdaKey")?,
        };
        Ok(Self {
            method: members.method.need(TYPE, "method")?,
            params: members.params.need(TYPE, "params")?,
            pda,
            chain: members.chain.need(TYPE, "chain")?,
            return_value_test: test.keyed(TYPE)?,
        })
    }
}

/// A condition on Solana in the first form, without derived accounts. Nodes still read it outside unified lists.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SolRpcConditionV1 {
    /// A method of Solana's RPC.
    pub method: String,
    /// The parameters.
    pub params: Vec<String>,
    /// `solana`, `solanaDevnet` or `solanaTestnet`.
    pub chain: String,
    /// The test of the answer.
    pub return_value_test: KeyedReturnValueTest,
}

/// A condition on Solana in either form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum AnySolRpcCondition {
    /// The first form: without `pdaParams`.
    V1(SolRpcConditionV1),
    /// The current form.
    V2(SolRpcCondition),
}

impl AnySolRpcCondition {
    pub(super) fn check(&self) -> Result<(), AccessControlError> {
        match self {
            Self::V1(_) => Ok(()),
            Self::V2(condition) => condition.check(),
        }
    }
}

impl Condition for AnySolRpcCondition {}

impl Sealed for AnySolRpcCondition {
    fn from_members(members: Members, form: Form) -> Result<Self, AccessControlError> {
        if members.pda_params.0.is_some() {
            return SolRpcCondition::from_members(members, form).map(Self::V2);
        }
        let test = members.return_value_test()?;
        Ok(Self::V1(SolRpcConditionV1 {
            method: members.method.need(TYPE, "method")?,
            params: members.params.need(TYPE, "params")?,
            chain: members.chain.need(TYPE, "chain")?,
            return_value_test: test.keyed(TYPE)?,
        }))
    }
}

impl From<SolRpcCondition> for AnySolRpcCondition {
    fn from(condition: SolRpcCondition) -> Self {
        Self::V2(condition)
    }
}

//! Access control conditions: rules that decide who may decrypt.
//!
//! Data is encrypted under the hash of the conditions, so every byte of their text counts. These types hold the members that
//! nodes read, in the order that is hashed. [`AccessControlConditions::canonical`] returns the text as the official client
//! writes it. The hash itself is in `lit-session-crypto`.
//!
//! ```
//! use lit_types::access_control::{
//!     AccessControlConditions, Comparator, ConditionExpression, EvmBasicCondition, ReturnValueTest,
//! };
//!
//! let owner = EvmBasicCondition::wallet_is("ethereum", "0x5ff8dcd750422e5e6bee5d32752e178f725b0cbd");
//! let holder = EvmBasicCondition::new("polygon", ReturnValueTest::new(Comparator::Greater, "0"))
//!     .with_contract("0xba1bdf9b3eec786ea07865bb048309356236d53e", "ERC20")
//!     .with_method("balanceOf", [":userAddress"]);
//! let conditions = AccessControlConditions::EvmBasic(ConditionExpression::new(owner).or(holder));
//!
//! assert!(conditions.canonical().as_str().contains(r#"{"operator":"or"}"#));
//! conditions.check()?;
//! # Ok::<(), lit_types::access_control::AccessControlError>(())
//! ```

mod cosmos;
mod error;
mod evm_basic;
mod evm_contract;
mod expression;
mod lit_param;
mod members;
mod return_value;
mod sol_rpc;
mod unified;

pub use cosmos::CosmosCondition;
pub use error::AccessControlError;
pub use evm_basic::EvmBasicCondition;
pub use evm_contract::{AbiParameter, EvmContractCondition, FunctionAbi};
pub use expression::{BooleanOperator, Condition, ConditionExpression, ConditionTerm};
pub use lit_param::LitParam;
pub use return_value::{Comparator, KeyedReturnValueTest, ReturnValueTest};
pub use sol_rpc::{AnySolRpcCondition, SolPda, SolRpcCondition, SolRpcConditionV1};
pub use unified::UnifiedCondition;

use members::{Form, Item};
use serde::{Deserialize, Serialize};

use crate::{CompactJson, strict_json};

/// The maximum number of conditions in one request, including those in groups.
pub const MAX_CONDITIONS: usize = 30;

/// A placeholder for the caller's address, in parameters and in values.
pub const USER_ADDRESS: &str = ":userAddress";

/// Conditions of one of the four kinds.
///
/// `Serialize` and `Deserialize` use the form that people write, in an object that names the kind:
/// `{"accessControlConditions":[…]}`. [`AccessControlConditions::canonical`] is the form that is hashed and sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AccessControlConditions {
    /// EVM chains, with standards and methods known to nodes.
    #[serde(rename = "accessControlConditions")]
    EvmBasic(ConditionExpression<EvmBasicCondition>),
    /// EVM chains, with functions of any contract.
    #[serde(rename = "evmContractConditions")]
    EvmContract(ConditionExpression<EvmContractCondition>),
    /// Solana.
    #[serde(rename = "solRpcConditions")]
    SolRpc(ConditionExpression<AnySolRpcCondition>),
    /// Several kinds. A list with only EVM conditions has the same hash as the list of that kind.
    #[serde(rename = "unifiedAccessControlConditions")]
    Unified(ConditionExpression<UnifiedCondition>),
}

impl AccessControlConditions {
    /// Reads a list as people write it.
    ///
    /// Conditions of a unified list name their `conditionType`. Unknown members are dropped.
    ///
    /// # Errors
    /// [`AccessControlError`] for anything that nodes cannot read.
    pub fn from_json(kind: ConditionsKind, json: &str) -> Result<Self, AccessControlError> {
        Self::parse(kind, json, Form::Written)
    }

    /// Reads a list as clients send it. The members of a condition in a unified list determine its type. Basic conditions without
    /// any operator are joined with `and`, as nodes do.
    ///
    /// # Errors
    /// [`AccessControlError`].
    pub fn from_canonical_json(
        kind: ConditionsKind,
        json: &str,
    ) -> Result<Self, AccessControlError> {
        Self::parse(kind, json, Form::Canonical)
    }

    fn parse(kind: ConditionsKind, json: &str, form: Form) -> Result<Self, AccessControlError> {
        let items: Vec<Item> =
            strict_json::from_str(json).map_err(|error| AccessControlError::Json(error.into()))?;
        Ok(match kind {
            ConditionsKind::EvmBasic => Self::EvmBasic(match form {
                Form::Written => ConditionExpression::from_items(items, form)?,
                Form::Canonical => ConditionExpression::from_items_with_implied_and(items, form)?,
            }),
            ConditionsKind::EvmContract => {
                Self::EvmContract(ConditionExpression::from_items(items, form)?)
            }
            ConditionsKind::SolRpc => Self::SolRpc(ConditionExpression::from_items(items, form)?),
            ConditionsKind::Unified => Self::Unified(ConditionExpression::from_items(items, form)?),
        })
    }

    /// The text that is hashed. Requests to nodes have it as the member [`ConditionsKind::member`].
    #[doc(alias = "canonicalAccessControlConditionFormatter")]
    #[must_use]
    pub fn canonical(&self) -> CompactJson {
        match self {
            Self::EvmBasic(conditions) => conditions.canonical(),
            Self::EvmContract(conditions) => conditions.canonical(),
            Self::SolRpc(conditions) => conditions.canonical(),
            Self::Unified(conditions) => conditions.canonical(),
        }
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> ConditionsKind {
        match self {
            Self::EvmBasic(_) => ConditionsKind::EvmBasic,
            Self::EvmContract(_) => ConditionsKind::EvmContract,
            Self::SolRpc(_) => ConditionsKind::SolRpc,
            Self::Unified(_) => ConditionsKind::Unified,
        }
    }

    /// The number of conditions, including those in groups.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::EvmBasic(conditions) => conditions.conditions().count(),
            Self::EvmContract(conditions) => conditions.conditions().count(),
            Self::SolRpc(conditions) => conditions.conditions().count(),
            Self::Unified(conditions) => conditions.conditions().count(),
        }
    }

    /// Checks that nodes accept the conditions, and hash them as clients do.
    ///
    /// Otherwise data encrypted under them could not be decrypted. Call it before encrypting; conditions of existing data need
    /// not pass.
    ///
    /// # Errors
    /// [`AccessControlError::TooMany`], [`AccessControlError::HashedDifferently`].
    pub fn check(&self) -> Result<(), AccessControlError> {
        if self.count() > MAX_CONDITIONS {
            return Err(AccessControlError::TooMany(self.count()));
        }
        match self {
            Self::EvmBasic(_) => Ok(()),
            Self::EvmContract(list) => list.conditions().try_for_each(EvmContractCondition::check),
            Self::SolRpc(list) => list.conditions().try_for_each(AnySolRpcCondition::check),
            Self::Unified(list) => list.conditions().try_for_each(UnifiedCondition::check),
        }
    }
}

/// The kinds of lists of conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConditionsKind {
    /// [`AccessControlConditions::EvmBasic`].
    EvmBasic,
    /// [`AccessControlConditions::EvmContract`].
    EvmContract,
    /// [`AccessControlConditions::SolRpc`].
    SolRpc,
    /// [`AccessControlConditions::Unified`].
    Unified,
}

impl ConditionsKind {
    /// All kinds. If a request has several, nodes use the first of these.
    pub const ALL: [Self; 4] = [
        Self::EvmBasic,
        Self::EvmContract,
        Self::SolRpc,
        Self::Unified,
    ];

    /// The member of requests and parameters with the list.
    #[must_use]
    pub const fn member(self) -> &'static str {
        match self {
            Self::EvmBasic => "accessControlConditions",
            Self::EvmContract => "evmContractConditions",
            Self::SolRpc => "solRpcConditions",
            Self::Unified => "unifiedAccessControlConditions",
        }
    }
}

//! The members of conditions of every kind, as read. Each kind says which of them it needs.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use super::{AbiParameter, AccessControlError, KeyedReturnValueTest, ReturnValueTest};

/// The source of a text.
#[derive(Clone, Copy)]
pub enum Form {
    /// Written by people.
    Written,
    /// Sent to a node by a client.
    Canonical,
}

/// An element of a list.
pub(super) enum Item {
    /// A condition or an operator.
    Object(Box<Members>),
    /// A nested list.
    Group(Vec<Item>),
}

impl Item {
    /// Whether this is an operator, or a group with one.
    pub(super) fn has_operator(&self) -> bool {
        match self {
            Self::Object(members) => members.operator.0.is_some(),
            Self::Group(items) => items.iter().any(Self::has_operator),
        }
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ItemVisitor;
        impl<'de> Visitor<'de> for ItemVisitor {
            type Value = Item;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a condition, an operator or a group")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Item, A::Error> {
                let members = Members::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Item::Object(Box::new(members)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Item, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Item::Group(items))
            }
        }
        deserializer.deserialize_any(ItemVisitor)
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Members {
    pub(super) operator: Member<String>,
    pub(super) condition_type: Member<String>,
    pub(super) chain: Member<String>,
    pub(super) contract_address: Member<String>,
    pub(super) standard_contract_type: Member<String>,
    pub(super) method: Member<String>,
    pub(super) parameters: Member<Vec<String>>,
    pub(super) function_name: Member<String>,
    pub(super) function_params: Member<Vec<String>>,
    pub(super) function_abi: Member<AbiMembers>,
    pub(super) params: Member<Vec<String>>,
    pub(super) pda_params: Member<Vec<String>>,
    pub(super) pda_interface: Member<PdaInterfaceMembers>,
    pub(super) pda_key: Member<String>,
    pub(super) path: Member<String>,
    return_value_test: Member<TestMembers>,
}

impl Members {
    /// The member that makes an object a condition.
    pub(super) fn return_value_test(&self) -> Result<TestMembers, AccessControlError> {
        let test = self.return_value_test.0.clone();
        test.ok_or(AccessControlError::NotACondition)
    }

    /// Detects the type of a condition by a member that no other type has.
    pub(super) const fn recognize(&self) -> Option<&'static str> {
        if self.standard_contract_type.0.is_some() {
            Some("evmBasic")
        } else if self.function_abi.0.is_some() {
            Some("evmContract")
        } else if self.params.0.is_some() {
            Some("solRpc")
        } else if self.path.0.is_some() {
            Some("cosmos")
        } else {
            None
        }
    }
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct TestMembers {
    key: Member<String>,
    comparator: Member<String>,
    value: Member<String>,
}

impl TestMembers {
    pub(super) fn plain(self, of: &'static str) -> Result<ReturnValueTest, AccessControlError> {
        let comparator = self.comparator.need(of, "returnValueTest.comparator")?;
        Ok(ReturnValueTest {
            comparator: comparator.parse()?,
            value: self.value.need(of, "returnValueTest.value")?,
        })
    }

    pub(super) fn keyed(
        mut self,
        of: &'static str,
    ) -> Result<KeyedReturnValueTest, AccessControlError> {
        let key = std::mem::take(&mut self.key).need(of, "returnValueTest.key")?;
        let ReturnValueTest { comparator, value } = self.plain(of)?;
        Ok(KeyedReturnValueTest {
            key,
            comparator,
            value,
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AbiMembers {
    pub(super) name: Member<String>,
    pub(super) inputs: Member<Vec<AbiParameter>>,
    pub(super) outputs: Member<Vec<AbiParameter>>,
    pub(super) constant: Member<bool>,
    pub(super) state_mutability: Member<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PdaInterfaceMembers {
    pub(super) offset: Member<u64>,
    pub(super) fields: Member<PdaFields>,
}

/// In the order in which they are written and hashed.
pub(super) struct PdaFields(pub(super) Vec<(String, u64)>);

impl<'de> Deserialize<'de> for PdaFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = PdaFields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("sizes of fields by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PdaFields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(PdaFields(fields))
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// An optional member. `null` counts as present: clients hash it.
#[derive(Clone)]
pub(super) struct Member<T>(pub(super) Option<T>);

impl<T> Member<T> {
    pub(super) fn need(
        self,
        condition: &'static str,
        member: &'static str,
    ) -> Result<T, AccessControlError> {
        self.0
            .ok_or(AccessControlError::Missing { condition, member })
    }
}

impl<T> Default for Member<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Member<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|value| Self(Some(value)))
    }
}

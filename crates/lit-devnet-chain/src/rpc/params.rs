use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::error::RpcError;

/// The parameters of a method, read in order.
#[derive(Debug)]
pub(crate) struct Params {
    values: std::vec::IntoIter<Value>,
    taken: usize,
}

impl Params {
    /// Treats missing parameters as an empty list. Like Ethereum nodes, refuses parameters by name.
    pub(crate) fn new(params: Option<Value>) -> Result<Self, RpcError> {
        let values = match params {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(values)) => values,
            Some(_) => return Err(RpcError::invalid_params("params is not an array")),
        };
        Ok(Self {
            values: values.into_iter(),
            taken: 0,
        })
    }

    /// The next parameter.
    pub(crate) fn required<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, RpcError> {
        self.optional(name)?
            .ok_or_else(|| self.error(name, "missing"))
    }

    /// The next parameter, unless it is missing or null.
    pub(crate) fn optional<T: DeserializeOwned>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, RpcError> {
        self.taken += 1;
        let value = self.values.next().unwrap_or(Value::Null);
        Option::<T>::deserialize(value).map_err(|error| self.error(name, error))
    }

    /// An error about the parameter that was read last.
    pub(crate) fn error(&self, name: &str, what: impl std::fmt::Display) -> RpcError {
        RpcError::invalid_params(&format!("parameter {} ({name}): {what}", self.taken))
    }
}

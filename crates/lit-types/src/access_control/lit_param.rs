use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// A value that the wallet brings to access control conditions, in a resource of the SIWE message that it signs.
///
/// A condition with the parameter [`placeholder`](Self::placeholder) gets the value of the first resource of that name.
///
/// ```
/// use lit_types::access_control::LitParam;
///
/// let param = LitParam::new("token", "7");
/// assert_eq!(param.resource(), "litParam:token:Nw");
/// assert_eq!(param.placeholder(), ":litParam:token");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LitParam {
    name: String,
    value: String,
}

impl LitParam {
    /// A value with this name. Nodes cannot find a name that contains a colon.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }

    /// The resource of the SIWE message: `litParam:<name>:<value in base64url>`.
    #[must_use]
    pub fn resource(&self) -> String {
        let value = BASE64_URL_SAFE_NO_PAD.encode(&self.value);
        format!("litParam:{}:{value}", self.name)
    }

    /// The text in conditions that stands for the value: `:litParam:<name>`.
    #[must_use]
    pub fn placeholder(&self) -> String {
        format!(":litParam:{}", self.name)
    }

    /// Whether this resource of a SIWE message is a `litParam`.
    #[must_use]
    pub fn is_resource(resource: &str) -> bool {
        resource.starts_with("litParam:")
    }
}

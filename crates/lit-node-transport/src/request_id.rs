use std::fmt;

/// The id of one logical operation, the same on every node: nodes use it to find each other when they sign together.
///
/// Unpredictable, so that nobody can join somebody else's operation.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// A fresh id, drawn from the operating system.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::getrandom(&mut bytes)?;
        Ok(Self(hex::encode(bytes)))
    }

    /// The value of the header: `lit_` and hex digits.
    #[must_use]
    pub fn to_header(&self) -> String {
        format!("lit_{}", self.0)
    }
}

/// The id as it appears in reports of the official client: without `lit_`.
impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({})", self.0)
    }
}

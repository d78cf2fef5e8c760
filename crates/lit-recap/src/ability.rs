use std::{fmt, str::FromStr};

use lit_types::{LitAbility, printable_line};

/// An ability of a ReCap: `<namespace>/<name>`, such as `Threshold/Signing` or `*/*`.
///
/// Both parts consist of letters, digits and `.*_+-` (EIP-5573). Abilities are ordered by text, as the statement needs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecapAbility(String);

impl RecapAbility {
    /// The ability `*/*`, which grants everything.
    #[must_use]
    pub fn any() -> Self {
        Self("*/*".to_owned())
    }

    /// Creates an ability from its parts.
    ///
    /// # Errors
    /// [`RecapAbilityError`] for a part that is empty or has an invalid character.
    pub fn new(namespace: &str, name: &str) -> Result<Self, RecapAbilityError> {
        for part in [namespace, name] {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b".*_+-".contains(&b);
            if part.is_empty() || !part.bytes().all(allowed) {
                return Err(RecapAbilityError::new(&format!("{namespace}/{name}")));
            }
        }
        Ok(Self(format!("{namespace}/{name}")))
    }

    /// `<namespace>/<name>`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Namespace and name.
    #[must_use]
    pub fn parts(&self) -> (&str, &str) {
        // The constructors write exactly one slash.
        self.0.split_once('/').unwrap_or((&self.0, ""))
    }
}

impl From<LitAbility> for RecapAbility {
    fn from(ability: LitAbility) -> Self {
        let (namespace, name) = ability.recap_ability();
        Self(format!("{namespace}/{name}"))
    }
}

impl FromStr for RecapAbility {
    type Err = RecapAbilityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (namespace, name) = text
            .split_once('/')
            .ok_or_else(|| RecapAbilityError::new(text))?;
        Self::new(namespace, name)
    }
}

impl fmt::Display for RecapAbility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RecapAbility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A malformed ability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid ability string `{0}`: expected <namespace>/<name> of letters, digits and .*_+-")]
pub struct RecapAbilityError(String);

impl RecapAbilityError {
    fn new(text: &str) -> Self {
        Self(printable_line(text, 100))
    }
}

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::constants::AuthMethodType;

/// An auth method: how a user authenticated, with the proof.
///
/// Nodes and relayers verify the proof. On the wire it is `{"authMethodType":1,"accessToken":"…"}`. The token is the JSON of
/// an AuthSig or of a WebAuthn credential, an OAuth token or a JWT. It is a credential, so `Debug` hides it.
///
/// ```
/// use lit_types::{AuthMethod, constants::AuthMethodType};
///
/// let method = AuthMethod::new(AuthMethodType::Discord, "token");
/// assert_eq!(serde_json::to_string(&method)?, r#"{"authMethodType":4,"accessToken":"token"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthMethod {
    /// The type.
    pub auth_method_type: AuthMethodNumber,
    /// The proof.
    pub access_token: String,
}

impl AuthMethod {
    /// Creates an auth method from its type and its proof.
    #[must_use]
    pub fn new(
        auth_method_type: impl Into<AuthMethodNumber>,
        access_token: impl Into<String>,
    ) -> Self {
        Self {
            auth_method_type: auth_method_type.into(),
            access_token: access_token.into(),
        }
    }
}

/// Errors do not quote the input: an auth method that was encoded as JSON twice arrives as one long string.
impl<'de> Deserialize<'de> for AuthMethod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Members {
            auth_method_type: AuthMethodNumber,
            access_token: String,
        }
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an auth method object")
            }
            fn visit_str<E: de::Error>(self, _: &str) -> Result<Members, E> {
                Err(E::custom("an auth method is an object, not a text"))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Members, A::Error> {
                Members::deserialize(MapAccessDeserializer::new(map))
            }
        }
        let Members {
            auth_method_type,
            access_token,
        } = deserializer.deserialize_any(Object)?;
        Ok(Self {
            auth_method_type,
            access_token,
        })
    }
}

impl fmt::Debug for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthMethod")
            .field("auth_method_type", &self.auth_method_type)
            .finish_non_exhaustive()
    }
}

/// The number of an auth method type.
///
/// Lit Actions may check methods of their own; their numbers, which Lit does not use, are kept as they are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthMethodNumber(u32);

impl AuthMethodNumber {
    /// Creates a number; any number is allowed.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The type, if Lit defines this number.
    #[must_use]
    pub fn known(self) -> Option<AuthMethodType> {
        AuthMethodType::ALL
            .into_iter()
            .find(|known| *known as u32 == self.0)
    }
}

impl From<AuthMethodType> for AuthMethodNumber {
    fn from(known: AuthMethodType) -> Self {
        Self(known as u32)
    }
}

impl fmt::Display for AuthMethodNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The provider name, for types that have one.
impl fmt::Debug for AuthMethodNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known() {
            Some(known) => write!(f, "{known:?}({self})"),
            None => write!(f, "{self}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_survives() {
        for number in 0..20 {
            let json = format!(r#"{{"authMethodType":{number},"accessToken":"a \"b\""}}"#);
            let method: AuthMethod = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_string(&method).unwrap(), json);
            assert_eq!(
                method.auth_method_type.known().is_some(),
                (1..=13).contains(&number) && number != 7
            );
        }
        for known in AuthMethodType::ALL {
            assert_eq!(AuthMethodNumber::from(known).known(), Some(known));
        }
        for (bad, problem) in [
            (r#"{"authMethodType":-1,"accessToken":""}"#, "invalid value"),
            (r#"{"authMethodType":1}"#, "missing field `accessToken`"),
        ] {
            let error = serde_json::from_str::<AuthMethod>(bad).unwrap_err();
            assert!(error.to_string().contains(problem), "{bad}: {error}");
        }
    }

    #[test]
    fn errors_keep_the_token() {
        for text in [
            r#""{\"accessToken\":\"SECRET\"}""#,
            r#"{"accessToken":"SECRET"}"#,
            r#"["SECRET"]"#,
        ] {
            let error = serde_json::from_str::<AuthMethod>(text).unwrap_err();
            assert!(!error.to_string().contains("SECRET"), "{error}");
        }
    }

    #[test]
    fn debug_keeps_the_token() {
        let shown = format!("{:?}", AuthMethod::new(AuthMethodType::GoogleJwt, "SECRET"));
        assert!(
            shown.contains("GoogleJwt(6)") && !shown.contains("SECRET"),
            "{shown}"
        );
    }
}

use alloy_primitives::B256;
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use lit_session_crypto::hd_key_id;
use lit_types::{
    ActionCid, ActionCidError, AuthMethod, AuthMethodNumber, JsonProblem, MAX_AUTH_SIG_BYTES,
    constants::AuthMethodType, strict_json,
};
use serde::{Deserialize, de::DeserializeOwned};

/// The Discord application of Lit, which nodes use by default.
pub const DISCORD_CLIENT_ID: &str = "1052874239658692668";

/// The app in ids of wallets and WebAuthn credentials.
const LIT: &str = "lit";

/// The id of an auth method, which permissions on a PKP refer to: keccak256 of `<user>:<app>`.
///
/// | type | user | app |
/// |---|---|---|
/// | EthWallet | `address` of the AuthSig, as written: checksummed and lower-case give different ids | `lit` |
/// | WebAuthn | `rawId` of the credential, as written | `lit` |
/// | Google JWT, Apple JWT | `sub` | `aud`, a list joined by commas |
/// | Stytch OTP | `sub` | first `aud`, all in lower case |
/// | Stytch factors | e-mail address, phone number or TOTP id of the first factor of that kind | first `aud`, all in lower case |
///
/// **Nothing is verified**: neither the signature of an AuthSig or JWT, nor its expiration. The id says who the token claims
/// to be about. Nodes verify it.
///
/// # Errors
/// [`AuthMethodIdError`]. It quotes nothing from the token.
#[doc(alias = "getAuthIdByAuthMethod")]
#[doc(alias = "authMethodId")]
pub fn auth_method_id(method: &AuthMethod) -> Result<B256, AuthMethodIdError> {
    let number = method.auth_method_type;
    let token = method.access_token.as_str();
    if token.len() > MAX_AUTH_SIG_BYTES {
        return Err(AuthMethodIdError::TooLong);
    }
    let kind = number
        .known()
        .ok_or(AuthMethodIdError::Unsupported(number))?;
    match kind {
        AuthMethodType::EthWallet => {
            let token: WalletToken = json(token.as_bytes())?;
            Ok(hd_key_id(&present(token.address, "address")?, LIT, false))
        }
        AuthMethodType::WebAuthn => {
            let token: WebAuthnToken = json(token.as_bytes())?;
            Ok(hd_key_id(&present(token.raw_id, "rawId")?, LIT, false))
        }
        AuthMethodType::GoogleJwt | AuthMethodType::AppleJwt => {
            let claims = unverified_claims(token)?;
            let app = match claims.audience {
                Some(Audience::One(app)) => Some(app),
                Some(Audience::Many(apps)) => Some(apps.join(",")),
                None => None,
            };
            Ok(hd_key_id(
                &present(claims.subject, "sub")?,
                &present(app, "aud")?,
                false,
            ))
        }
        AuthMethodType::StytchOtp => {
            let claims = unverified_claims(token)?;
            stytch_id(claims.subject, "sub", claims.audience)
        }
        AuthMethodType::StytchEmailFactorOtp => stytch_factor_id(token, |factor| {
            factor.email_factor.as_ref()?.email_address.clone()
        }),
        AuthMethodType::StytchSmsFactorOtp | AuthMethodType::StytchWhatsAppFactorOtp => {
            stytch_factor_id(token, |factor| {
                factor.phone_number_factor.as_ref()?.phone_number.clone()
            })
        }
        AuthMethodType::StytchTotpFactorOtp => stytch_factor_id(token, |factor| {
            factor.authenticator_app_factor.as_ref()?.totp_id.clone()
        }),
        AuthMethodType::Discord => Err(AuthMethodIdError::DiscordUser),
        _ => Err(AuthMethodIdError::Unsupported(number)),
    }
}

/// The user and the apps that a JWT claims. **Nothing is verified.**
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct JwtIdentity {
    /// `sub`: the user.
    pub subject: Option<String>,
    /// `aud`: the apps, often one.
    pub audience: Vec<String>,
}

/// Reads the user and the apps of a JWT. **Nothing is verified**, neither its signature nor its expiration.
///
/// # Errors
/// [`AuthMethodIdError`] for a malformed JWT. It quotes nothing from the token.
pub fn unverified_jwt_identity(token: &str) -> Result<JwtIdentity, AuthMethodIdError> {
    if token.len() > MAX_AUTH_SIG_BYTES {
        return Err(AuthMethodIdError::TooLong);
    }
    let claims = unverified_claims(token)?;
    Ok(JwtIdentity {
        subject: claims.subject,
        audience: match claims.audience {
            Some(Audience::One(app)) => vec![app],
            Some(Audience::Many(apps)) => apps,
            None => Vec::new(),
        },
    })
}

/// The id of a Discord user for an application, by default [`DISCORD_CLIENT_ID`].
///
/// An access token does not name the user. `GET https://discord.com/api/users/@me` with the token as bearer returns the user
/// id in the member `id`.
#[must_use]
pub fn discord_auth_method_id(user_id: &str, client_id: &str) -> B256 {
    hd_key_id(user_id, client_id, false)
}

/// The auth method id of a Lit Action: the bytes of its CID, not hashed.
///
/// # Errors
/// [`ActionCidError`].
pub fn action_auth_method_id(cid: &str) -> Result<[u8; 34], ActionCidError> {
    cid.parse().map(|cid: ActionCid| *cid.as_bytes())
}

/// Why an auth method has no id. It quotes nothing from the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthMethodIdError {
    /// Tokens of this type do not determine an id. Lit Actions have [`action_auth_method_id`], and Google's old access tokens
    /// have no id. Types that Lit does not define are up to the Lit Action that checks them.
    #[error("cannot derive an id from the access token of auth method type {0}")]
    Unsupported(AuthMethodNumber),
    /// Discord must be asked for the user of a token; then [`discord_auth_method_id`] returns the id.
    #[error("a Discord token does not name its user; ask Discord, and use discord_auth_method_id")]
    DiscordUser,
    /// The access token of a wallet or of WebAuthn, or the payload of a JWT, is malformed JSON.
    #[error("malformed access token: the token or its JWT payload is {0}")]
    Json(JsonProblem),
    /// The same JSON is a list.
    #[error("malformed access token: the token or its JWT payload is not an object")]
    NotAnObject,
    /// The access token is not a JWT: three parts separated by dots, the second in base64url.
    #[error("malformed access token: not a JWT")]
    NotAJwt,
    /// The token lacks a member that the id is computed from.
    ///
    /// The official client uses the word `undefined` instead, which gives all such tokens the same id.
    #[error("malformed access token: missing `{0}`")]
    Missing(&'static str),
    /// The Stytch session has no factor of the auth method's type.
    #[error("the Stytch session has no authentication factor of this type")]
    NoFactor,
    /// Larger than [`MAX_AUTH_SIG_BYTES`].
    #[error("the access token is larger than {MAX_AUTH_SIG_BYTES} bytes")]
    TooLong,
}

#[derive(Deserialize)]
struct WalletToken {
    address: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WebAuthnToken {
    raw_id: Option<String>,
}

/// The claims that determine ids.
#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "sub")]
    subject: Option<String>,
    #[serde(rename = "aud")]
    audience: Option<Audience>,
    #[serde(rename = "https://stytch.com/session")]
    session: Option<StytchSession>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct StytchSession {
    #[serde(default)]
    authentication_factors: Vec<StytchFactor>,
}

#[derive(Deserialize)]
struct StytchFactor {
    email_factor: Option<EmailFactor>,
    phone_number_factor: Option<PhoneFactor>,
    authenticator_app_factor: Option<TotpFactor>,
}

#[derive(Deserialize)]
struct EmailFactor {
    email_address: Option<String>,
}

#[derive(Deserialize)]
struct PhoneFactor {
    phone_number: Option<String>,
}

#[derive(Deserialize)]
struct TotpFactor {
    totp_id: Option<String>,
}

fn stytch_factor_id(
    token: &str,
    user_of: impl Fn(&StytchFactor) -> Option<String>,
) -> Result<B256, AuthMethodIdError> {
    let claims = unverified_claims(token)?;
    let session = claims.session.ok_or(AuthMethodIdError::NoFactor)?;
    let user = session.authentication_factors.iter().find_map(user_of);
    let user = user.ok_or(AuthMethodIdError::NoFactor)?;
    stytch_id(Some(user), "factor", claims.audience)
}

fn stytch_id(
    user: Option<String>,
    name: &'static str,
    audience: Option<Audience>,
) -> Result<B256, AuthMethodIdError> {
    let project = match audience {
        Some(Audience::One(project)) => Some(project),
        Some(Audience::Many(projects)) => projects.into_iter().next(),
        None => None,
    };
    let user = present(user, name)?.to_lowercase();
    let project = present(project, "aud")?.to_lowercase();
    Ok(hd_key_id(&user, &project, false))
}

fn present(text: Option<String>, name: &'static str) -> Result<String, AuthMethodIdError> {
    text.filter(|text| !text.is_empty())
        .ok_or(AuthMethodIdError::Missing(name))
}

/// The payload of a JWT. Its signature is not checked.
fn unverified_claims(token: &str) -> Result<Claims, AuthMethodIdError> {
    const BASE64: GeneralPurpose = GeneralPurpose::new(
        &URL_SAFE,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(AuthMethodIdError::NotAJwt);
    };
    let payload = BASE64
        .decode(payload)
        .map_err(|_| AuthMethodIdError::NotAJwt)?;
    json(&payload)
}

fn json<T: DeserializeOwned>(object: &[u8]) -> Result<T, AuthMethodIdError> {
    // A list would be read as the members in their order.
    if object.trim_ascii_start().starts_with(b"[") {
        return Err(AuthMethodIdError::NotAnObject);
    }
    strict_json::from_slice(object).map_err(|error| AuthMethodIdError::Json(error.into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn jwt(claims: &str) -> String {
        let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
        format!("e30.{payload}.SECRET")
    }

    fn id(kind: AuthMethodType, token: &str) -> Result<B256, AuthMethodIdError> {
        auth_method_id(&AuthMethod::new(kind, token))
    }

    #[test]
    fn what_is_missing_is_not_the_word_undefined() {
        for (kind, token, name) in [
            (AuthMethodType::EthWallet, "{}".to_owned(), "address"),
            (
                AuthMethodType::EthWallet,
                r#"{"address":null}"#.to_owned(),
                "address",
            ),
            (
                AuthMethodType::EthWallet,
                r#"{"address":""}"#.to_owned(),
                "address",
            ),
            (AuthMethodType::WebAuthn, "{}".to_owned(), "rawId"),
            (AuthMethodType::GoogleJwt, jwt(r#"{"aud":"a"}"#), "sub"),
            (AuthMethodType::AppleJwt, jwt(r#"{"sub":"a"}"#), "aud"),
            (
                AuthMethodType::StytchOtp,
                jwt(r#"{"sub":"a","aud":[]}"#),
                "aud",
            ),
        ] {
            assert_eq!(
                id(kind, &token),
                Err(AuthMethodIdError::Missing(name)),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn totp_is_found_beside_a_phone() {
        let both = jwt(
            r#"{"aud":["P"],"https://stytch.com/session":{"authentication_factors":[
                {"phone_number_factor":{"phone_number":"+1"}},{"authenticator_app_factor":{"totp_id":"T-1"}}]}}"#,
        );
        assert_eq!(
            id(AuthMethodType::StytchTotpFactorOtp, &both),
            Ok(hd_key_id("t-1", "p", false))
        );
        assert_eq!(
            id(AuthMethodType::StytchSmsFactorOtp, &both),
            Ok(hd_key_id("+1", "p", false))
        );
        assert_eq!(
            id(AuthMethodType::StytchEmailFactorOtp, &both),
            Err(AuthMethodIdError::NoFactor)
        );
    }

    #[test]
    fn errors_keep_the_token() {
        let tokens = [
            "SECRET".to_owned(),
            r#""SECRET""#.to_owned(),
            r#"{"address":["SECRET"],"rawId":{"SECRET":1}}"#.to_owned(),
            "SECRET.SECRET.SECRET".to_owned(),
            jwt("SECRET"),
            jwt(r#"["SECRET"]"#),
            jwt(r#"{"sub":["SECRET"]}"#),
            jwt(r#"{"aud":{"SECRET":1}}"#),
            jwt(r#"{"https://stytch.com/session":"SECRET"}"#),
        ];
        for kind in AuthMethodType::ALL {
            for token in &tokens {
                let error = id(kind, token).unwrap_err();
                let shown = format!("{error} {error:?}");
                assert!(!shown.contains("SECRET"), "{kind:?} {token}: {shown}");
            }
        }
        let huge = "x".repeat(MAX_AUTH_SIG_BYTES + 1);
        assert_eq!(
            id(AuthMethodType::GoogleJwt, &huge),
            Err(AuthMethodIdError::TooLong)
        );
    }

    #[test]
    fn what_no_token_tells_is_refused() {
        assert_eq!(
            id(AuthMethodType::Discord, "t"),
            Err(AuthMethodIdError::DiscordUser)
        );
        let number = AuthMethodNumber::new(99);
        assert_eq!(
            auth_method_id(&AuthMethod::new(number, "t")),
            Err(AuthMethodIdError::Unsupported(number))
        );
    }

    proptest! {
        #[test]
        fn no_token_makes_it_panic(number in 0_u32..15, token in ".{0,80}", claims in any::<Vec<u8>>()) {
            let _ = auth_method_id(&AuthMethod::new(AuthMethodNumber::new(number), token));
            let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
            let _ = auth_method_id(&AuthMethod::new(AuthMethodNumber::new(number), format!("a.{payload}.b")));
        }
    }
}

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lit_node_transport::{HttpClient, HttpUrl};
use lit_types::{constants::CLOCK_TOLERANCE, strict_json};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use time::OffsetDateTime;

use super::{
    AuthRefusal, JwksError,
    issuer_keys::IssuerKeys,
    jwk::{Algorithm, Jwks},
};

/// A provider that issues JWTs to its users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JwtProvider {
    /// Sign in with Google: auth method type 6.
    Google,
    /// Sign in with Apple: type 8.
    Apple,
    /// Stytch: types 9 to 13.
    Stytch,
}

impl JwtProvider {
    /// All providers.
    pub const ALL: [Self; 3] = [Self::Google, Self::Apple, Self::Stytch];

    /// The name of the provider.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Apple => "Apple",
            Self::Stytch => "Stytch",
        }
    }
}

/// An issuer of JWTs that nodes trust, with its keys, or with the URL at which it publishes them.
///
/// ```
/// use lit_node::{JwtIssuer, JwtProvider};
///
/// let keys = r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"1",
///     "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
/// let issuer = JwtIssuer::new(JwtProvider::Google, "https://accounts.google.com", keys)?;
/// # let _ = issuer;
/// # Ok::<(), lit_node::JwksError>(())
/// ```
#[derive(Debug, Clone)]
pub struct JwtIssuer {
    provider: JwtProvider,
    issuer: String,
    keys: IssuerKeys,
    audiences: Vec<String>,
}

impl JwtIssuer {
    /// Trusts tokens of `provider` with this `iss` that one of `keys` signed. `keys` is a JSON Web Key Set (RFC 7517): RSA keys of
    /// 2048 to 8192 bits (RS256) and P-256 keys (ES256) are used, others are skipped.
    ///
    /// # Errors
    /// [`JwksError`] if `keys` has no usable key.
    pub fn new(
        provider: JwtProvider,
        issuer: impl Into<String>,
        keys: &str,
    ) -> Result<Self, JwksError> {
        let keys = IssuerKeys::Fixed(Arc::new(Jwks::parse(keys)?));
        Ok(Self::with_keys(provider, issuer.into(), keys))
    }

    /// Trusts tokens of `provider` with this `iss` that one of the keys behind a URL signed; Google's are at
    /// `https://www.googleapis.com/oauth2/v3/certs`. They are fetched when a token names an unknown key, and when they are ten minutes
    /// old, but at most once in ten seconds. A key set may have 256 KiB.
    #[must_use]
    pub fn from_url(
        provider: JwtProvider,
        issuer: impl Into<String>,
        client: Arc<dyn HttpClient>,
        keys: HttpUrl,
    ) -> Self {
        Self::with_keys(provider, issuer.into(), IssuerKeys::published(client, keys))
    }

    /// Accepts only tokens for this app. May be repeated. Default: tokens for any app, like Lit's nodes; the app is part of the auth
    /// method id that a PKP permits.
    #[must_use]
    pub fn with_audience(mut self, app: impl Into<String>) -> Self {
        self.audiences.push(app.into());
        self
    }

    /// All apps of a token must be known: the auth method id is made of all of them, or of the first.
    fn is_for(&self, apps: &[String]) -> bool {
        self.audiences.is_empty() || apps.iter().all(|app| self.audiences.contains(app))
    }

    const fn with_keys(provider: JwtProvider, issuer: String, keys: IssuerKeys) -> Self {
        Self {
            provider,
            issuer,
            keys,
            audiences: Vec::new(),
        }
    }
}

/// The claims of a JWT.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    iss: Option<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
    sub: Option<String>,
    aud: Option<Audience>,
    #[serde(rename = "https://stytch.com/session")]
    pub(super) stytch_session: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Claims {
    /// The user and the app.
    pub(super) fn identity(&self) -> Result<(String, String), AuthRefusal> {
        Ok((self.subject()?.to_owned(), self.audiences()?.join(",")))
    }

    pub(super) fn subject(&self) -> Result<&str, AuthRefusal> {
        self.sub
            .as_deref()
            .filter(|subject| !subject.is_empty())
            .ok_or(AuthRefusal::Missing("sub"))
    }

    pub(super) fn audiences(&self) -> Result<&[String], AuthRefusal> {
        let apps = match &self.aud {
            Some(Audience::One(app)) => std::slice::from_ref(app),
            Some(Audience::Many(apps)) => apps.as_slice(),
            None => &[],
        };
        if apps.is_empty() || apps.iter().any(String::is_empty) {
            return Err(AuthRefusal::Missing("aud"));
        }
        Ok(apps)
    }
}

/// Verifies a token of this provider: signature, issuer, times and app.
pub(super) async fn verify(
    token: &str,
    provider: JwtProvider,
    issuers: &[JwtIssuer],
    now: OffsetDateTime,
) -> Result<Claims, AuthRefusal> {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
        kid: Option<String>,
        crit: Option<Value>,
    }
    let not_a_jwt = AuthRefusal::Jwt("it does not have three parts");
    let (signed, signature) = token.rsplit_once('.').ok_or(not_a_jwt)?;
    let (header, claims) = signed
        .split_once('.')
        .ok_or(AuthRefusal::Jwt("it does not have three parts"))?;
    let header: Header = part(header)?;
    let algorithm = match header.alg.as_str() {
        "RS256" => Algorithm::RS256,
        "ES256" => Algorithm::ES256,
        _ => return Err(AuthRefusal::Jwt("its algorithm is neither RS256 nor ES256")),
    };
    if header.crit.is_some() {
        return Err(AuthRefusal::Jwt(
            "it requires unsupported extensions (crit)",
        ));
    }
    let signature = decode(signature)?;
    let claims: Claims = part(claims)?;
    // Several issuers may have the same name, with different keys or apps.
    let issuers = issuers
        .iter()
        .filter(|known| known.provider == provider)
        .filter(|known| claims.iss.as_ref() == Some(&known.issuer));
    let kid = header.kid.as_deref();
    let mut refusal = AuthRefusal::Issuer(provider.name());
    let mut signers = Vec::new();
    for known in issuers {
        match known.keys.with(kid, provider).await {
            Ok(keys) if keys.verify(kid, algorithm, signed.as_bytes(), &signature) => {
                signers.push(known);
            }
            Ok(_) => refusal = AuthRefusal::JwtSignature,
            Err(error) => refusal = error,
        }
    }
    if signers.is_empty() {
        return Err(refusal);
    }
    check_times(&claims, now)?;
    let apps = claims.audiences()?;
    if !signers.iter().any(|known| known.is_for(apps)) {
        return Err(AuthRefusal::Audience);
    }
    Ok(claims)
}

/// A NumericDate of RFC 7519: Unix seconds, with or without a fraction.
fn check_times(claims: &Claims, now: OffsetDateTime) -> Result<(), AuthRefusal> {
    let now = now.unix_timestamp() as f64;
    let tolerance = CLOCK_TOLERANCE.as_secs() as f64;
    let expiration = claims.exp.ok_or(AuthRefusal::Missing("exp"))?;
    if expiration <= now {
        return Err(AuthRefusal::JwtExpired);
    }
    if [claims.nbf, claims.iat]
        .into_iter()
        .flatten()
        .any(|from| from > now + tolerance)
    {
        return Err(AuthRefusal::JwtTooEarly);
    }
    Ok(())
}

fn part<T: DeserializeOwned>(text: &str) -> Result<T, AuthRefusal> {
    let json = decode(text)?;
    // serde would read a list as the members in order.
    if json.trim_ascii_start().first() != Some(&b'{') {
        return Err(AuthRefusal::Jwt("a part is not a JSON object"));
    }
    strict_json::from_slice(&json).map_err(|error| AuthRefusal::Json(error.into()))
}

fn decode(text: &str) -> Result<Vec<u8>, AuthRefusal> {
    BASE64_URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| AuthRefusal::Jwt("a part is not base64url"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use lit_types::constants::AuthMethodType;
    use p256::ecdsa::{Signature, SigningKey, signature::Signer};
    use serde_json::json;

    use super::{super::stytch, *};

    fn key() -> SigningKey {
        SigningKey::from_slice(&[1; 32]).unwrap()
    }

    /// One issuer for every provider.
    fn issuers() -> Vec<JwtIssuer> {
        let point = key().verifying_key().to_encoded_point(false);
        let encode = |bytes: Option<&_>| BASE64_URL_SAFE_NO_PAD.encode(bytes.unwrap());
        let keys = json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "x": encode(point.x()), "y": encode(point.y()),
        }] });
        let issuer = |provider| JwtIssuer::new(provider, "issuer", &keys.to_string()).unwrap();
        JwtProvider::ALL.into_iter().map(issuer).collect()
    }

    fn token(mut claims: Value) -> String {
        claims["iss"] = "issuer".into();
        claims["exp"] = (now().unix_timestamp() + 60).into();
        let part = |json: Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!(
            "{}.{}",
            part(json!({ "alg": "ES256", "typ": "JWT" })),
            part(claims)
        );
        let signature: Signature = key().sign(signed.as_bytes());
        format!(
            "{signed}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes())
        )
    }

    fn verify(
        token: &str,
        provider: JwtProvider,
        issuers: &[JwtIssuer],
    ) -> Result<Claims, AuthRefusal> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(super::verify(token, provider, issuers, now()))
    }

    fn now() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_763_620_000).unwrap()
    }

    proptest! {
        #[test]
        fn no_token_makes_it_panic(token in ".{0,60}", header in any::<Vec<u8>>(), claims in any::<Vec<u8>>()) {
            let issuers = issuers();
            let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
            let made = format!("{}.{}.{token}", encode(&header), encode(&claims));
            for token in [token, made] {
                let refused = verify(&token, JwtProvider::Google, &issuers).unwrap_err();
                prop_assert!(matches!(refused, AuthRefusal::Jwt(_) | AuthRefusal::Json(_)), "{}", refused);
            }
        }

        #[test]
        fn a_changed_token_is_refused(place in 0_usize..200, byte in 0_u8..128) {
            let issuers = issuers();
            let token = token(json!({ "sub": "u", "aud": "a" }));
            let mut bytes = token.clone().into_bytes();
            let place = place % bytes.len();
            bytes[place] = byte;
            let changed = String::from_utf8(bytes).unwrap();
            let is_good = verify(&changed, JwtProvider::Apple, &issuers).is_ok();
            prop_assert_eq!(is_good, changed == token);
        }

        #[test]
        fn users_and_apps_survive(user in "\\PC{1,20}", app in "\\PC{1,20}", mail in "\\PC{1,20}") {
            let issuers = issuers();
            let session = json!({ "authentication_factors": [
                { "delivery_method": "email", "email_factor": { "email_address": mail } },
            ] });
            let token = token(json!({ "sub": user, "aud": app, "https://stytch.com/session": session }));
            let read = |provider| verify(&token, provider, &issuers).unwrap();
            let google = read(JwtProvider::Google).identity().unwrap();
            prop_assert_eq!(google, (user, app.clone()));
            let factor = AuthMethodType::StytchEmailFactorOtp;
            let stytch = stytch::identity(factor, &read(JwtProvider::Stytch)).unwrap();
            prop_assert_eq!(stytch, (mail.to_lowercase(), app.to_lowercase()));
        }
    }
}

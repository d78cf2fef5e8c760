use std::{fmt, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lit_node::{JwtIssuer, JwtProvider};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

/// The default lifetime of a token.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(3600);

/// The claims of a token of the network's own issuer: a user, and the app to which the user has logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct JwtClaims {
    subject: String,
    audience: String,
    lifetime: Duration,
    email: Option<String>,
    factors: Vec<StytchFactor>,
}

impl JwtClaims {
    /// `subject` (`sub`) has logged in to the app `audience` (`aud`; for Stytch the project).
    pub fn new(subject: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            audience: audience.into(),
            lifetime: DEFAULT_LIFETIME,
            email: None,
            factors: Vec::new(),
        }
    }

    /// Sets the lifetime of the token, in whole seconds. Default: one hour.
    pub const fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets the verified e-mail address (`email`) of a user of Google or Apple. For Stytch it is an authentication factor. Default: none.
    pub fn with_email(mut self, address: impl Into<String>) -> Self {
        self.email = Some(address.into());
        self
    }

    /// Adds an authentication factor to a Stytch session. May be repeated. Default: none.
    pub fn with_factor(mut self, factor: StytchFactor) -> Self {
        self.factors.push(factor);
        self
    }
}

/// An authentication factor of a Stytch session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StytchFactor {
    /// An e-mail address: auth method type 10.
    Email(String),
    /// A phone number, by SMS: type 11.
    Sms(String),
    /// A phone number, by WhatsApp: type 12.
    WhatsApp(String),
    /// The id of an authenticator app: type 13.
    Totp(String),
}

impl StytchFactor {
    fn to_json(&self) -> Value {
        match self {
            Self::Email(address) => {
                json!({ "delivery_method": "email", "email_factor": { "email_address": address } })
            }
            Self::Sms(number) => {
                json!({ "delivery_method": "sms", "phone_number_factor": { "phone_number": number } })
            }
            Self::WhatsApp(number) => {
                json!({ "delivery_method": "whatsapp", "phone_number_factor": { "phone_number": number } })
            }
            Self::Totp(id) => {
                json!({ "delivery_method": "authenticator_app", "authenticator_app_factor": { "totp_id": id } })
            }
        }
    }
}

/// The network's own issuer of JWTs. It stands for every provider, and logs in any user.
pub(crate) struct LocalIssuer(SigningKey);

impl LocalIssuer {
    /// `None` if the secret is not a valid P-256 key.
    pub(crate) fn from_secret(secret: &[u8; 32]) -> Option<Self> {
        SigningKey::from_slice(secret).ok().map(Self)
    }

    /// The issuer, as nodes trust it for each provider.
    #[allow(clippy::expect_used, reason = "the set has one P-256 key")]
    pub(crate) fn issuers(&self) -> impl Iterator<Item = JwtIssuer> + use<> {
        let point = self.0.verifying_key().to_encoded_point(false);
        let coordinate = |bytes: Option<&_>| {
            BASE64_URL_SAFE_NO_PAD.encode(bytes.expect("the point is not compressed"))
        };
        let key = json!({
            "kty": "EC", "crv": "P-256", "x": coordinate(point.x()), "y": coordinate(point.y()),
        });
        let keys = json!({ "keys": [key] }).to_string();
        JwtProvider::ALL.into_iter().map(move |provider| {
            JwtIssuer::new(provider, issuer_name(provider), &keys).expect("a set with a P-256 key")
        })
    }

    /// Issues a token, signed with ES256.
    pub(crate) fn issue(
        &self,
        provider: JwtProvider,
        claims: &JwtClaims,
        now: OffsetDateTime,
    ) -> String {
        let mut payload = Map::new();
        let mut set = |name: &str, value: Value| payload.insert(name.to_owned(), value);
        let lifetime = claims.lifetime.as_secs().try_into().unwrap_or(i64::MAX);
        set("iss", issuer_name(provider).into());
        set("sub", claims.subject.as_str().into());
        set("iat", now.unix_timestamp().into());
        set("exp", now.unix_timestamp().saturating_add(lifetime).into());
        if provider == JwtProvider::Stytch {
            let email = claims.email.clone().map(StytchFactor::Email);
            let factors = claims.factors.iter().cloned().chain(email);
            let factors: Vec<Value> = factors.map(|factor| factor.to_json()).collect();
            set("aud", json!([claims.audience]));
            set(
                "https://stytch.com/session",
                json!({ "authentication_factors": factors }),
            );
        } else {
            set("aud", claims.audience.as_str().into());
            if let Some(address) = &claims.email {
                set("email", address.as_str().into());
                set("email_verified", true.into());
            }
        }
        let part = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let header = json!({ "alg": "ES256", "typ": "JWT" });
        let signed = format!("{}.{}", part(&header), part(&Value::Object(payload)));
        let signature: Signature = self.0.sign(signed.as_bytes());
        format!(
            "{signed}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes())
        )
    }
}

impl fmt::Debug for LocalIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalIssuer(..)")
    }
}

/// The issuer's name, under the reserved domain `.invalid`.
fn issuer_name(provider: JwtProvider) -> String {
    format!("https://{}.invalid", provider.name().to_lowercase())
}

use lit_types::constants::AuthMethodType;
use serde::Deserialize;

use super::{AuthRefusal, jwt::Claims};

#[derive(Deserialize)]
struct Session {
    #[serde(default)]
    authentication_factors: Vec<Factor>,
}

#[derive(Deserialize)]
struct Factor {
    delivery_method: Option<String>,
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

/// The user and the project of a Stytch session, in lower case as in the ids on chain. The user is the subject, or the address,
/// number or device of the auth method's factor.
pub(super) fn identity(
    kind: AuthMethodType,
    claims: &Claims,
) -> Result<(String, String), AuthRefusal> {
    let user = match kind {
        AuthMethodType::StytchOtp => claims.subject()?.to_owned(),
        _ => factor(kind, claims)?,
    };
    let project = claims.audiences()?.first();
    let project = project.ok_or(AuthRefusal::Missing("aud"))?;
    Ok((user.to_lowercase(), project.to_lowercase()))
}

fn factor(kind: AuthMethodType, claims: &Claims) -> Result<String, AuthRefusal> {
    let session = claims.stytch_session.as_ref();
    let session = Session::deserialize(session.ok_or(AuthRefusal::NoFactor)?)
        .map_err(|error| AuthRefusal::Json(error.into()))?;
    let phone = |factor: Factor, method: &str| {
        // A number verified by SMS does not prove it for WhatsApp, nor the reverse.
        let same = factor
            .delivery_method
            .as_deref()
            .is_none_or(|m| m == method);
        factor.phone_number_factor.filter(|_| same)?.phone_number
    };
    session
        .authentication_factors
        .into_iter()
        .find_map(|factor| match kind {
            AuthMethodType::StytchEmailFactorOtp => factor.email_factor?.email_address,
            AuthMethodType::StytchSmsFactorOtp => phone(factor, "sms"),
            AuthMethodType::StytchWhatsAppFactorOtp => phone(factor, "whatsapp"),
            AuthMethodType::StytchTotpFactorOtp => factor.authenticator_app_factor?.totp_id,
            _ => None,
        })
        .filter(|user| !user.is_empty())
        .ok_or(AuthRefusal::NoFactor)
}

//! Tokens of the network's own issuer, for programs that do not run in its process.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    routing::post,
};
use lit_node::JwtProvider;
use lit_types::{Clock, strict_json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Refused;
use crate::{DevnetClock, JwtClaims, StytchFactor, issuer::LocalIssuer};

/// The largest request, in bytes. Nodes refuse tokens of more than 64 KiB.
const MAX_REQUEST: usize = 16 * 1024;
/// The audience of tokens that name none.
const DEFAULT_AUDIENCE: &str = "devnet";

/// The issuer, and the clock that dates its tokens.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    pub(super) issuer: Arc<LocalIssuer>,
    pub(super) clock: Arc<DevnetClock>,
}

pub(super) fn routes(tokens: Tokens) -> Router {
    Router::new()
        .route("/jwt/{provider}", post(issue))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .with_state(tokens)
}

/// The user and the app of a token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    sub: String,
    aud: Option<String>,
    email: Option<String>,
    sms: Option<String>,
    whatsapp: Option<String>,
    totp: Option<String>,
    /// In seconds.
    lifetime: Option<u32>,
}

async fn issue(
    State(tokens): State<Tokens>,
    Path(provider): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Refused> {
    let provider = JwtProvider::ALL
        .into_iter()
        .find(|known| known.name().eq_ignore_ascii_case(&provider))
        .ok_or_else(|| {
            let problem =
                format_args!("unknown provider {provider:?}: expected google, apple or stytch");
            Refused::new(StatusCode::NOT_FOUND, problem)
        })?;
    let login: Login = strict_json::from_slice(&body).map_err(Refused::bad_request)?;
    let claims = login.claims(provider)?;
    let token = tokens.issuer.issue(provider, &claims, tokens.clock.now());
    Ok(Json(json!({ "token": token })))
}

impl Login {
    fn claims(self, provider: JwtProvider) -> Result<JwtClaims, Refused> {
        let audience = self.aud.unwrap_or_else(|| DEFAULT_AUDIENCE.to_owned());
        for (name, value) in [("sub", &self.sub), ("aud", &audience)] {
            if value.is_empty() {
                return Err(Refused::bad_request(format_args!(
                    "{name} must not be empty"
                )));
            }
        }
        let mut claims = JwtClaims::new(self.sub, audience);
        if let Some(seconds) = self.lifetime {
            claims = claims.with_lifetime(Duration::from_secs(seconds.into()));
        }
        if let Some(address) = self.email {
            claims = claims.with_email(address);
        }
        let factors = [
            ("sms", self.sms.map(StytchFactor::Sms)),
            ("whatsapp", self.whatsapp.map(StytchFactor::WhatsApp)),
            ("totp", self.totp.map(StytchFactor::Totp)),
        ];
        for (name, factor) in factors {
            let Some(factor) = factor else { continue };
            if provider != JwtProvider::Stytch {
                let provider = provider.name();
                return Err(Refused::bad_request(format_args!(
                    "{name} is a factor of Stytch; tokens of {provider} have none"
                )));
            }
            claims = claims.with_factor(factor);
        }
        Ok(claims)
    }
}

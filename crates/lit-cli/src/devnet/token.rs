use std::time::Duration;

use lit_devnet::JwtProvider;
use lit_sdk::{
    transport::{HttpClient, HttpRequest, HttpTransport, HttpUrl, TransportError},
    types::strict_json,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::issuers::Provider;
use crate::{error::Error, output::Output};

/// The timeout of the request.
const DEADLINE: Duration = Duration::from_secs(10);

/// Prints a token that logs in any user, made by the issuer of a running network.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The provider that issues such tokens.
    provider: Provider,
    #[command(flatten)]
    login: Login,
    /// The services of the network, as `lit devnet` prints them.
    #[arg(
        long,
        value_name = "URL",
        env = "LIT_SERVICES_URL",
        default_value = "http://127.0.0.1:3000"
    )]
    services_url: HttpUrl,
}

/// The user and the app, in the form of the request.
#[derive(Debug, clap::Args, Serialize)]
struct Login {
    /// The user: the claim `sub`.
    #[arg(long)]
    sub: String,
    /// The app: the claim `aud`, for Stytch the project. Default: devnet.
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    /// The user's verified e-mail address; for Stytch a factor.
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// A phone number, by SMS: a factor of Stytch.
    #[arg(long, value_name = "NUMBER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    sms: Option<String>,
    /// A phone number, by WhatsApp: a factor of Stytch.
    #[arg(long, value_name = "NUMBER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    whatsapp: Option<String>,
    /// The id of an authenticator app: a factor of Stytch.
    #[arg(long, value_name = "ID")]
    #[serde(skip_serializing_if = "Option::is_none")]
    totp: Option<String>,
    /// How long the token is valid, in seconds. Default: one hour.
    #[arg(long, value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    lifetime: Option<u32>,
}

pub(super) async fn run(args: &Args, output: &Output) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Issued {
        token: String,
    }
    #[derive(Deserialize)]
    struct Refused {
        error: String,
    }
    let services = &args.services_url;
    let provider = JwtProvider::from(args.provider).name().to_lowercase();
    let url = services
        .join(&format!("/jwt/{provider}"))
        .map_err(Error::ServicesUrl)?;
    let request = HttpRequest::post(url, serde_json::to_vec(&args.login)?.into())
        .with_header("content-type", "application/json");
    let http = HttpTransport::new();
    let answer = tokio::time::timeout(DEADLINE, http.request(request))
        .await
        .unwrap_or(Err(TransportError::Timeout(DEADLINE)))
        .map_err(Error::Services)?;
    if let Ok(Issued { token }) = strict_json::from_slice(&answer.body) {
        return output.result(&json!({ "token": token }), &token);
    }
    let refused = strict_json::from_slice(&answer.body).map(|Refused { error }| error);
    Err(Error::NoToken {
        status: answer.status,
        reason: refused.unwrap_or_else(|_| "that is not a network of `lit devnet`".to_owned()),
    })
}

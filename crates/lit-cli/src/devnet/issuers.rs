use std::{path::PathBuf, str::FromStr, sync::Arc};

use clap::ValueEnum;
use lit_devnet::{JwtIssuer, JwtProvider};
use lit_sdk::transport::HttpTransport;
use serde::{Deserialize, Serialize};

use super::values::Url;
use crate::error::{Error, read_file};

/// The form of the flag.
const FORM: &str = "expected provider=google,iss=ISSUER,keys=URL, where the provider is google, apple or stytch, and the keys are a URL \
                    or a file";

/// An issuer of JWTs to trust.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Issuer {
    provider: Provider,
    iss: String,
    /// The URL or the file of a key set.
    keys: String,
    /// The apps whose tokens are accepted; all if it is empty.
    #[serde(default)]
    aud: Vec<String>,
}

/// A provider that issues JWTs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Provider {
    /// Sign in with Google.
    Google,
    /// Sign in with Apple.
    Apple,
    /// Stytch.
    Stytch,
}

impl From<Provider> for JwtProvider {
    fn from(provider: Provider) -> Self {
        match provider {
            Provider::Google => Self::Google,
            Provider::Apple => Self::Apple,
            Provider::Stytch => Self::Stytch,
        }
    }
}

impl Issuer {
    /// The issuer with its keys. Only those of a file are read now.
    pub(super) fn load(&self, http: &Arc<HttpTransport>) -> Result<JwtIssuer, Error> {
        let issuer = match self.keys.parse() {
            Ok(Url(url)) => JwtIssuer::from_url(self.provider.into(), &self.iss, http.clone(), url),
            Err(_) => {
                let path = PathBuf::from(&self.keys);
                let keys = read_file(&path)?;
                JwtIssuer::new(self.provider.into(), &self.iss, &keys)
                    .map_err(|source| Error::KeySet { path, source })?
            }
        };
        Ok(self.aud.iter().fold(issuer, JwtIssuer::with_audience))
    }
}

impl FromStr for Issuer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mut provider, mut iss, mut keys, mut aud) = (None, None, None, Vec::new());
        for part in text.split(',') {
            let (name, value) = part.split_once('=').ok_or(FORM)?;
            if value.is_empty() {
                return Err(format!("{name} is empty; {FORM}"));
            }
            let value = value.to_owned();
            let repeated = match name {
                "provider" => provider.replace(value).is_some(),
                "iss" => iss.replace(value).is_some(),
                "keys" => keys.replace(value).is_some(),
                "aud" => {
                    aud.push(value);
                    false
                }
                _ => return Err(format!("unknown member {name}; {FORM}")),
            };
            if repeated {
                return Err(format!("{name} is given twice"));
            }
        }
        let missing = |name| format!("{name} is missing; {FORM}");
        let provider = provider.ok_or_else(|| missing("provider"))?;
        Ok(Self {
            provider: Provider::from_str(&provider, false)
                .map_err(|_| format!("unknown provider {provider}; {FORM}"))?,
            iss: iss.ok_or_else(|| missing("iss"))?,
            keys: keys.ok_or_else(|| missing("keys"))?,
            aud,
        })
    }
}

//! Values of options that the file has in the form of their flags.

use std::{convert::Infallible, fmt, str::FromStr};

use alloy_primitives::{
    Address, U256,
    utils::{format_ether, parse_ether},
};
use lit_devnet::{AllowedHost, AllowedHostError, AllowedOrigin, AllowedOriginError};
use lit_sdk::{
    NodeUrl,
    transport::{HttpUrl, HttpUrlError},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Serializes a type as the text that `Display` writes and `FromStr` reads.
macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    )*};
}

as_text!(
    Seed,
    Url,
    ChainUrl,
    FetchHost,
    CallerHost,
    CallerOrigin,
    Fund
);

/// A seed: 64 hex digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seed(pub(super) [u8; 32]);

impl FromStr for Seed {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut seed = [0; 32];
        hex::decode_to_slice(text, &mut seed).map_err(|_| "expected 64 hex digits")?;
        Ok(Self(seed))
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A key of a service. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ApiKey(pub(super) String);

impl FromStr for ApiKey {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

/// A URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url(pub(super) HttpUrl);

impl FromStr for Url {
    type Err = HttpUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A chain by name: `NAME=URL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChainUrl {
    pub(super) name: String,
    pub(super) url: HttpUrl,
}

impl FromStr for ChainUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "expected NAME=URL, such as ethereum=https://eth.example.org";
        let (name, url) = text.split_once('=').ok_or(expected)?;
        if name.trim().is_empty() {
            return Err(expected);
        }
        Ok(Self {
            name: name.to_owned(),
            url: url.parse().map_err(|_| expected)?,
        })
    }
}

impl fmt::Display for ChainUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.url)
    }
}

/// A host, a host with a port, or `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FetchHost(String);

impl FromStr for FetchHost {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A URL without a path has no more than a host and a port. It may end with a slash, which no host does.
        let is_host = || format!("http://{text}").parse::<NodeUrl>().is_ok();
        if text == "*" || (!text.ends_with('/') && is_host()) {
            return Ok(Self(text.to_owned()));
        }
        Err("expected a host, such as api.example.org or 127.0.0.1:8080, or *")
    }
}

impl From<FetchHost> for String {
    fn from(host: FetchHost) -> Self {
        host.0
    }
}

impl fmt::Display for FetchHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A host that requests may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CallerHost(pub(super) AllowedHost);

impl FromStr for CallerHost {
    type Err = AllowedHostError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for CallerHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An origin that pages may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CallerOrigin(pub(super) AllowedOrigin);

impl FromStr for CallerOrigin {
    type Err = AllowedOriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for CallerOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An account with a balance: `ADDRESS` or `ADDRESS=AMOUNT`, in tokens of 18 decimals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fund {
    pub(super) account: Address,
    pub(super) wei: U256,
}

/// The default balance of a funded account, in tokens. The accounts of anvil have the same.
const DEFAULT_AMOUNT: &str = "10000";

impl FromStr for Fund {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (account, amount) = text.split_once('=').unwrap_or((text, DEFAULT_AMOUNT));
        let account =
            account_of(account).ok_or_else(|| format!("expected an address, found {account:?}"))?;
        let is_number = amount.starts_with(|it: char| it.is_ascii_digit())
            && amount.bytes().all(|it| it.is_ascii_digit() || it == b'.');
        let wei = parse_ether(amount).ok().filter(|_| is_number);
        let wei = wei.ok_or_else(|| {
            format!("expected an amount in tokens, such as 2.5, found {amount:?}")
        })?;
        Ok(Self { account, wei })
    }
}

/// An address with 0x. If it has small and capital letters, its checksum must be right.
fn account_of(text: &str) -> Option<Address> {
    let digits = text.strip_prefix("0x")?;
    let is_one_case = digits == digits.to_lowercase() || digits == digits.to_uppercase();
    if is_one_case {
        text.parse().ok()
    } else {
        Address::parse_checksummed(text, None).ok()
    }
}

impl fmt::Display for Fund {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.account, format_ether(self.wei))
    }
}

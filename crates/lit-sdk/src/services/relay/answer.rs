use alloy_primitives::{Address, B256, Bytes};
use lit_types::{
    PkpPublicKey, TokenId,
    constants::relay_status::{FAILED, IN_PROGRESS, SUCCEEDED},
    strict_json,
};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, value::RawValue};

use super::{PayerSecretKey, RelayError, RelayRequestId};

/// A PKP in the answer of a relayer. [`RelayPkp::public_key`] checks it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RelayPkp {
    /// The id of the PKP's NFT.
    #[serde(deserialize_with = "token_id")]
    pub token_id: TokenId,
    /// The unchecked public key.
    #[serde(rename = "publicKey")]
    pub told_public_key: Bytes,
    /// The address.
    pub eth_address: Address,
}

impl RelayPkp {
    /// Checks that address and token id follow from the public key, and returns the key.
    ///
    /// Only the chain can tell whether the PKP exists.
    ///
    /// # Errors
    /// [`RelayError::InconsistentPkp`].
    pub fn public_key(&self) -> Result<PkpPublicKey, RelayError> {
        PkpPublicKey::from_sec1(&self.told_public_key)
            .ok()
            .filter(|key| key.address() == self.eth_address && key.token_id() == self.token_id)
            .ok_or(RelayError::InconsistentPkp)
    }
}

/// The status of a request for a PKP.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MintStatus {
    /// The PKP is not minted yet.
    InProgress,
    /// The PKP is minted.
    Succeeded(RelayPkp),
    /// The request failed finally, with the relayer's message.
    Failed(Option<String>),
}

/// A new payer at a relayer.
#[derive(Debug)]
#[non_exhaustive]
pub struct RegisteredPayer {
    /// The address of the paying wallet. The relayer holds its key.
    pub wallet_address: Address,
    /// Lets its holder add users. The relayer returns it only once.
    pub secret_key: PayerSecretKey,
}

#[derive(Deserialize)]
pub(super) struct RequestIdAnswer {
    #[serde(rename = "requestId")]
    pub(super) request_id: Option<RelayRequestId>,
    pub(super) error: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct PkpsAnswer {
    pub(super) pkps: Option<Vec<RelayPkp>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PayerAnswer {
    pub(super) payer_wallet_address: Address,
    #[serde(deserialize_with = "payer_secret")]
    pub(super) payer_secret_key: PayerSecretKey,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UsersAnswer {
    pub(super) tx_hash: B256,
}

#[derive(Deserialize)]
pub(super) struct ErrorAnswer {
    pub(super) error: Option<Value>,
}

/// The status in an answer, or the error that the caller interprets.
pub(super) struct StatusAnswer {
    pub(super) status: Result<MintStatus, Option<Value>>,
}

impl<'de> Deserialize<'de> for StatusAnswer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Members {
            status: Option<String>,
            #[serde(default, deserialize_with = "some_token_id")]
            pkp_token_id: Option<TokenId>,
            pkp_eth_address: Option<Address>,
            pkp_public_key: Option<Bytes>,
            error: Option<Value>,
        }
        let members = Members::deserialize(deserializer)?;
        let has_error = !matches!(
            &members.error,
            None | Some(Value::Null | Value::Bool(false))
        ) && members.error != Some(Value::from(""));
        let status = members.status.as_deref();
        if has_error || status == Some(FAILED) {
            let error = members.error.filter(|_| has_error);
            return Ok(Self { status: Err(error) });
        }
        let status = match status {
            Some(IN_PROGRESS) => MintStatus::InProgress,
            Some(SUCCEEDED) => MintStatus::Succeeded(RelayPkp {
                token_id: members
                    .pkp_token_id
                    .ok_or_else(|| D::Error::missing_field("pkpTokenId"))?,
                told_public_key: members
                    .pkp_public_key
                    .ok_or_else(|| D::Error::missing_field("pkpPublicKey"))?,
                eth_address: members
                    .pkp_eth_address
                    .ok_or_else(|| D::Error::missing_field("pkpEthAddress"))?,
            }),
            Some(_) => return Err(D::Error::custom("unknown status")),
            None => return Err(D::Error::missing_field("status")),
        };
        Ok(Self { status: Ok(status) })
    }
}

fn payer_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PayerSecretKey, D::Error> {
    PayerSecretKey::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
}

fn some_token_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TokenId>, D::Error> {
    let raw = Option::<Box<RawValue>>::deserialize(deserializer)?;
    raw.map(|raw| read_token_id(raw.get()).map_err(D::Error::custom))
        .transpose()
}

fn token_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TokenId, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    read_token_id(raw.get()).map_err(D::Error::custom)
}

/// Reads a token id from JSON: a number, a text, or a BigNumber of ethers. A text with `0x` is hex, any other is decimal.
fn read_token_id(json: &str) -> Result<TokenId, &'static str> {
    #[derive(Deserialize)]
    struct BigNumber {
        #[serde(alias = "_hex")]
        hex: String,
    }
    const PROBLEM: &str = "not a token id";
    let text = match json.as_bytes().first() {
        Some(b'"') => strict_json::from_str(json).map_err(|_| PROBLEM)?,
        Some(b'{') => {
            strict_json::from_str::<BigNumber>(json)
                .map_err(|_| PROBLEM)?
                .hex
        }
        // A JSON number would be rounded.
        _ => json.to_owned(),
    };
    let id = if text.starts_with("0x") {
        TokenId::from_hex(&text)
    } else {
        TokenId::from_decimal(&text)
    };
    id.map_err(|_| PROBLEM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_ids_in_all_their_forms() {
        let big = "70332100630047578113866977119372355765886769942504777214525740377056776891032";
        let hex = "0x9b7e8eea7a3652e7806aa680fd8a4bffc2eb88dd360fcd2b061556e0f7dd2a98";
        let id = TokenId::from_decimal(big).unwrap();
        for form in [
            big.to_owned(),
            format!("{big:?}"),
            format!("{hex:?}"),
            format!(r#"{{"type":"BigNumber","hex":{hex:?}}}"#),
            format!(r#"{{"_hex":{hex:?},"_isBigNumber":true}}"#),
        ] {
            assert_eq!(read_token_id(&form), Ok(id), "{form}");
        }
        assert_eq!(
            read_token_id(r#""42""#),
            Ok(TokenId::from_decimal("42").unwrap())
        );
        for bad in [
            "1e3", "-1", "1.5", "null", "[1]", r#""""#, r#""0x""#, r#""ab""#, "{}", "true",
        ] {
            assert_eq!(read_token_id(bad), Err("not a token id"), "{bad}");
        }
    }
}

use alloy_primitives::hex;
use lit_session_crypto::{TimeLockCiphertext, conditions_hash, encryption_resource};
use lit_types::{LitResource, Right, access_control::AccessControlConditions};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Data that was encrypted to a network, and the conditions to decrypt it. It contains no secret.
///
/// Its JSON is the output of the official client's `encryptToJson`, and the input of `decryptFromJson`.
#[doc(alias = "encryptToJson")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Json", into = "Json")]
pub struct Encrypted {
    ciphertext: TimeLockCiphertext,
    data_hash: [u8; 32],
    conditions: AccessControlConditions,
    chain: String,
    data_type: DataType,
}

/// The kind of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataType {
    /// UTF-8 text.
    String,
    /// Bytes.
    File,
}

impl Encrypted {
    /// Takes the output of another client: base64 of the ciphertext, and `dataToEncryptHash` (64 hex digits, `0x` optional).
    /// The chain is `ethereum` unless [set otherwise](Self::with_chain).
    ///
    /// # Errors
    /// [`Error::Encryption`] for a malformed ciphertext, [`Error::DataHash`] for a malformed hash.
    pub fn from_parts(
        ciphertext: &str,
        data_hash: &str,
        conditions: AccessControlConditions,
    ) -> Result<Self, Error> {
        let data_hash = hex::decode_to_array(data_hash).map_err(|_| Error::DataHash)?;
        Ok(Self::new(ciphertext.parse()?, data_hash, conditions))
    }

    pub(super) fn new(
        ciphertext: TimeLockCiphertext,
        data_hash: [u8; 32],
        conditions: AccessControlConditions,
    ) -> Self {
        Self {
            ciphertext,
            data_hash,
            conditions,
            chain: "ethereum".to_owned(),
            data_type: DataType::File,
        }
    }

    /// Sets the chain of the wallet that decrypts. Default: `ethereum`.
    #[must_use]
    pub fn with_chain(mut self, chain: impl Into<String>) -> Self {
        self.chain = chain.into();
        self
    }

    pub(super) const fn into_text(mut self) -> Self {
        self.data_type = DataType::String;
        self
    }

    /// The ciphertext. Its `Display` is base64, the form that other clients take.
    #[must_use]
    pub const fn ciphertext(&self) -> &TimeLockCiphertext {
        &self.ciphertext
    }

    /// The SHA-256 hash of the data.
    #[doc(alias = "dataToEncryptHash")]
    #[must_use]
    pub const fn data_hash(&self) -> &[u8; 32] {
        &self.data_hash
    }

    /// The hash in hex, without `0x`, the form that other clients take.
    #[must_use]
    pub fn data_hash_hex(&self) -> String {
        hex::encode(self.data_hash)
    }

    /// The conditions to decrypt.
    #[must_use]
    pub const fn conditions(&self) -> &AccessControlConditions {
        &self.conditions
    }

    /// The chain of the wallet that decrypts.
    #[must_use]
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// Whether the data is text.
    #[must_use]
    pub const fn data_type(&self) -> DataType {
        self.data_type
    }

    /// The resource that this is encrypted under.
    #[must_use]
    pub fn resource(&self) -> LitResource {
        encryption_resource(&self.conditions, &self.data_hash)
    }

    /// The right that a session needs to decrypt this.
    #[must_use]
    pub fn right(&self) -> Right {
        Right::decrypt(&conditions_hash(&self.conditions), &self.data_hash)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Json {
    ciphertext: String,
    data_to_encrypt_hash: String,
    #[serde(flatten)]
    conditions: AccessControlConditions,
    chain: String,
    data_type: DataType,
}

impl From<Encrypted> for Json {
    fn from(encrypted: Encrypted) -> Self {
        Self {
            ciphertext: encrypted.ciphertext.to_string(),
            data_to_encrypt_hash: encrypted.data_hash_hex(),
            conditions: encrypted.conditions,
            chain: encrypted.chain,
            data_type: encrypted.data_type,
        }
    }
}

impl TryFrom<Json> for Encrypted {
    type Error = Error;

    fn try_from(json: Json) -> Result<Self, Error> {
        let encrypted = Self::from_parts(
            &json.ciphertext,
            &json.data_to_encrypt_hash,
            json.conditions,
        )?;
        Ok(Self {
            data_type: json.data_type,
            ..encrypted.with_chain(json.chain)
        })
    }
}

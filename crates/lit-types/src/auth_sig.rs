use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
    ser::SerializeStruct,
};

use crate::{
    SolanaAddress,
    constants::{
        ALGO_BLS, ALGO_ED25519, DERIVED_VIA_BLS, DERIVED_VIA_CONTRACT, DERIVED_VIA_CONTRACT_SHA256,
        DERIVED_VIA_COSMOS, DERIVED_VIA_SESSION, DERIVED_VIA_SOLANA, DERIVED_VIA_WALLET,
    },
};

/// The size limit for an AuthSig, in bytes of JSON.
///
/// A Lit Action may answer with 100 KiB. That answer travels base64-encoded inside the ReCap of a PKP's AuthSig, and again,
/// JSON-escaped, inside a session signature.
pub const MAX_AUTH_SIG_BYTES: usize = 1024 * 1024;

/// A signed text with what is needed to verify it. All signatures in Lit have this form.
///
/// An AuthSig is a credential: `Debug` shows the signer and the method, and hides the signature and the signed text. Nodes
/// refuse members other than these five, so parsing does too.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AuthSig {
    /// The signature; its encoding depends on the kind (see [`AuthSigKind`]).
    pub sig: String,
    /// How the signature was made. With `algo` it determines the kind.
    pub derived_via: String,
    /// The signed text: a SIWE message, or the template of a session signature.
    pub signed_message: String,
    /// The signer: an EIP-55 address, the session public key in hex, or an address of another chain.
    pub address: String,
    /// `ed25519` or `LIT_BLS`; wallets leave it out.
    pub algo: Option<String>,
}

/// The kind of an AuthSig. Nodes determine it from `derivedVia` and `algo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthSigKind {
    /// Signed by a session key, over a template: `sig` is 128 hex digits.
    Session,
    /// Signed by the network for a PKP: `sig` is `{"ProofOfPossession":"<192 hex>"}`.
    Bls,
    /// Signed by a smart contract wallet (EIP-1271).
    Contract,
    /// Signed by a wallet (EIP-191): `sig` is `0x` and 130 hex digits. Also the kind of every other AuthSig, such as that of a
    /// Solana wallet: which chain it is from depends on the request.
    Wallet,
}

/// The hash that a contract checks a signature against (EIP-1271).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContractHash {
    /// The hash that wallets sign (EIP-191): `derivedVia` is `EIP1271`.
    Eip191,
    /// SHA-256: `derivedVia` is `EIP1271_SHA256`.
    Sha256,
}

impl AuthSig {
    /// Creates a wallet's AuthSig. `sig` is `0x` and 130 hex digits, `address` in EIP-55 form.
    #[must_use]
    pub fn wallet(sig: String, signed_message: String, address: String) -> Self {
        Self {
            sig,
            derived_via: DERIVED_VIA_WALLET.to_owned(),
            signed_message,
            address,
            algo: None,
        }
    }

    /// Creates a PKP's AuthSig, signed by its network.
    ///
    /// `sig` is `{"ProofOfPossession":"<192 hex>"}`, `address` in EIP-55 form.
    #[must_use]
    pub fn pkp(sig: String, signed_message: String, address: String) -> Self {
        Self {
            sig,
            derived_via: DERIVED_VIA_BLS.to_owned(),
            signed_message,
            address,
            algo: Some(ALGO_BLS.to_owned()),
        }
    }

    /// Creates a contract's AuthSig (EIP-1271). `sig` is the hex that the contract at `address` takes, `0x` optional.
    ///
    /// Nodes accept it to decrypt, and ask the contract on the chain of the request. They do not accept it as the root of a session.
    ///
    /// ```
    /// use lit_types::{AuthSig, AuthSigKind, ContractHash};
    ///
    /// let message = "localhost wants you to sign in with your Ethereum account: .."; // a SIWE message of the contract
    /// let address = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf";
    /// let auth_sig = AuthSig::contract("0x1234".to_owned(), message.to_owned(), address.to_owned(), ContractHash::Eip191);
    /// assert_eq!(auth_sig.kind(), AuthSigKind::Contract);
    /// assert_eq!(auth_sig.derived_via, "EIP1271");
    /// ```
    #[must_use]
    pub fn contract(
        sig: String,
        signed_message: String,
        address: String,
        hash: ContractHash,
    ) -> Self {
        let derived_via = match hash {
            ContractHash::Eip191 => DERIVED_VIA_CONTRACT,
            ContractHash::Sha256 => DERIVED_VIA_CONTRACT_SHA256,
        };
        Self {
            sig,
            derived_via: derived_via.to_owned(),
            signed_message,
            address,
            algo: None,
        }
    }

    /// Creates a Solana wallet's AuthSig from its ed25519 signature of any text.
    ///
    /// Nodes accept it to decrypt, with one of the chains `solana`, `solanaDevnet` and `solanaTestnet`. It never expires.
    ///
    /// ```
    /// use lit_types::{AuthSig, SolanaAddress};
    ///
    /// let address: SolanaAddress = "F7r6ENi6dqH8SnMYZdK3YxWAQ4cwfSNXZyMzbea5fbS1".parse()?;
    /// let signature = [7; 64]; // of the wallet
    /// let auth_sig = AuthSig::solana(&signature, "I want to decrypt".to_owned(), &address);
    /// assert_eq!(auth_sig.derived_via, "solana.signMessage");
    /// # Ok::<(), lit_types::SolanaAddressError>(())
    /// ```
    #[must_use]
    pub fn solana(sig: &[u8; 64], signed_message: String, address: &SolanaAddress) -> Self {
        Self {
            sig: hex::encode(sig),
            derived_via: DERIVED_VIA_SOLANA.to_owned(),
            signed_message,
            address: address.to_string(),
            algo: None,
        }
    }

    /// Creates a Cosmos wallet's AuthSig. `sig` is base64 of 64 bytes, `hash` the SHA-256 of the signed ADR-036 document in hex,
    /// and `address` bech32.
    ///
    /// Nodes accept it to decrypt, with the name of its chain. It never expires.
    ///
    /// ```
    /// use lit_types::AuthSig;
    ///
    /// let signature = "..".to_owned(); // base64, by `signArbitrary` of the wallet
    /// let hash = "..".to_owned(); // SHA-256 of the document that the wallet signed, in hex
    /// let auth_sig = AuthSig::cosmos(signature, hash, "cosmos1hsk6jryyqjfhp5dhc55tc9jtckygx0eph6dd02".to_owned());
    /// assert_eq!(auth_sig.derived_via, "cosmos.signArbitrary");
    /// ```
    #[must_use]
    pub fn cosmos(sig: String, hash: String, address: String) -> Self {
        Self {
            sig,
            derived_via: DERIVED_VIA_COSMOS.to_owned(),
            signed_message: hash,
            address,
            algo: None,
        }
    }

    /// Creates a session signature. `sig` is 128 hex digits, `session_public_key` 64.
    #[must_use]
    pub fn session(sig: String, template: String, session_public_key: String) -> Self {
        Self {
            sig,
            derived_via: DERIVED_VIA_SESSION.to_owned(),
            signed_message: template,
            address: session_public_key,
            algo: Some(ALGO_ED25519.to_owned()),
        }
    }

    /// The kind that the AuthSig claims. Nothing is verified.
    #[must_use]
    pub fn kind(&self) -> AuthSigKind {
        match (self.derived_via.as_str(), self.algo.as_deref()) {
            (DERIVED_VIA_SESSION, Some(ALGO_ED25519)) => AuthSigKind::Session,
            (DERIVED_VIA_BLS, Some(ALGO_BLS)) => AuthSigKind::Bls,
            (DERIVED_VIA_CONTRACT | DERIVED_VIA_CONTRACT_SHA256, _) => AuthSigKind::Contract,
            _ => AuthSigKind::Wallet,
        }
    }
}

/// Writes the members in the order of the official client, which differs for PKPs.
impl Serialize for AuthSig {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object =
            serializer.serialize_struct("AuthSig", 4 + usize::from(self.algo.is_some()))?;
        object.serialize_field("sig", &self.sig)?;
        let algo_second = self.kind() == AuthSigKind::Bls;
        if let (true, Some(algo)) = (algo_second, &self.algo) {
            object.serialize_field("algo", algo)?;
        }
        object.serialize_field("derivedVia", &self.derived_via)?;
        object.serialize_field("signedMessage", &self.signed_message)?;
        object.serialize_field("address", &self.address)?;
        if let (false, Some(algo)) = (algo_second, &self.algo) {
            object.serialize_field("algo", algo)?;
        }
        object.end()
    }
}

/// Errors do not quote the input: an AuthSig that was encoded as JSON twice arrives as one long string.
impl<'de> Deserialize<'de> for AuthSig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct Members {
            sig: String,
            derived_via: String,
            signed_message: String,
            address: String,
            #[serde(default)]
            algo: Option<String>,
        }
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an AuthSig object")
            }
            fn visit_str<E: de::Error>(self, _: &str) -> Result<Members, E> {
                Err(E::custom("an AuthSig is an object, not a text"))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Members, A::Error> {
                Members::deserialize(MapAccessDeserializer::new(map))
            }
        }
        let Members {
            sig,
            derived_via,
            signed_message,
            address,
            algo,
        } = deserializer.deserialize_any(Object)?;
        Ok(Self {
            sig,
            derived_via,
            signed_message,
            address,
            algo,
        })
    }
}

impl fmt::Debug for AuthSig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthSig")
            .field("kind", &self.kind())
            .field("address", &self.address)
            .field("derived_via", &self.derived_via)
            .field("algo", &self.algo)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_and_double_members_are_refused() {
        let ok = r#"{"sig":"s","derivedVia":"d","signedMessage":"m","address":"a"}"#;
        assert_eq!(
            serde_json::to_string(&serde_json::from_str::<AuthSig>(ok).unwrap()).unwrap(),
            ok
        );
        for (bad, problem) in [
            (
                r#"{"sig":"s","derivedVia":"d","signedMessage":"m","address":"a","extra":1}"#,
                "unknown field",
            ),
            (
                r#"{"sig":"s","sig":"t","derivedVia":"d","signedMessage":"m","address":"a"}"#,
                "duplicate field `sig`",
            ),
            (
                r#"{"sig":"s","derivedVia":"d","signedMessage":"m"}"#,
                "missing field `address`",
            ),
        ] {
            let error = serde_json::from_str::<AuthSig>(bad).unwrap_err();
            assert!(error.to_string().contains(problem), "{bad}: {error}");
        }
    }

    #[test]
    fn errors_quote_nothing() {
        for text in [
            r#""{\"sig\":\"SECRET\"}""#,
            r#"{"sig":"SECRET"}"#,
            r#"["SECRET"]"#,
        ] {
            let error = serde_json::from_str::<AuthSig>(text).unwrap_err();
            assert!(!error.to_string().contains("SECRET"), "{error}");
        }
    }

    #[test]
    fn debug_keeps_the_secret() {
        let shown = format!(
            "{:?}",
            AuthSig::wallet("0xSECRET".into(), "TEXT".into(), "0xabc".into())
        );
        assert!(
            shown.contains("0xabc") && !shown.contains("SECRET") && !shown.contains("TEXT"),
            "{shown}"
        );
    }
}

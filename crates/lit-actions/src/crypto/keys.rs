//! Asymmetric keys, in PEM, DER and JWK.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use p256::{SecretKey, ecdsa::VerifyingKey, elliptic_curve::sec1::ToEncodedPoint};
use pkcs8::{
    ObjectIdentifier, PrivateKeyInfo, SubjectPublicKeyInfoRef,
    der::{
        Decode, Encode, Reader, SliceReader, Tag, TagNumber, Tagged,
        asn1::{Any, AnyRef, OctetStringRef, UintRef},
    },
    spki::AlgorithmIdentifierRef,
};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::Deserialize;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ID_ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A key, in the form that the [signature functions](super::signatures) take:
///
/// | kind | public | private |
/// |---|---|---|
/// | RSA | `RSAPublicKey` of PKCS #1 | `RSAPrivateKey` of PKCS #1 |
/// | P-256, P-384 | point, uncompressed | number, 32 bytes (P-256 only) |
/// | Ed25519 | 32 bytes | seed, 32 bytes |
pub(super) struct Key {
    pub(super) kind: KeyKind,
    pub(super) is_private: bool,
    /// Length of an RSA modulus, or of a coordinate.
    pub(super) bits: usize,
    pub(super) bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
pub(super) enum KeyKind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl KeyKind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::Ed25519 => "Ed25519",
        }
    }
}

impl Key {
    /// The first key, or the key of the first certificate, in a PEM text (RFC 7468). Text around it and blocks of other types are
    /// skipped. A malformed key is not skipped, because a later key would be a different one.
    pub(super) fn from_pem(text: &str) -> Option<Self> {
        let (label, der) = pem_blocks(text).find(|(label, _)| is_key(label))?;
        let der = der?;
        match label {
            "PUBLIC KEY" => Self::from_spki(&der),
            "RSA PUBLIC KEY" => Self::rsa(&der, false),
            "CERTIFICATE" => Self::from_certificate(&der),
            "PRIVATE KEY" => Self::from_pkcs8(&der),
            "RSA PRIVATE KEY" => Self::rsa(&der, true),
            "EC PRIVATE KEY" => Self::p256_private(&SecretKey::from_sec1_der(&der).ok()?),
            _ => None,
        }
    }

    /// A `SubjectPublicKeyInfo` in DER.
    pub(super) fn from_spki(der: &[u8]) -> Option<Self> {
        Self::of_spki(&SubjectPublicKeyInfoRef::from_der(der).ok()?)
    }

    /// The key of a certificate (X.509). The issuer is not verified.
    fn from_certificate(der: &[u8]) -> Option<Self> {
        let mut certificate = members(der)?;
        let signed = AnyRef::decode(&mut certificate).ok()?;
        let mut fields = SliceReader::new(signed.value()).ok()?;
        let version = Tag::ContextSpecific {
            constructed: true,
            number: TagNumber::N0,
        };
        // Number, algorithm, issuer, validity and subject.
        let before = 5 + usize::from(fields.peek_tag().ok()? == version);
        for _ in 0..before {
            AnyRef::decode(&mut fields).ok()?;
        }
        Self::of_spki(&SubjectPublicKeyInfoRef::decode(&mut fields).ok()?)
    }

    fn of_spki(info: &SubjectPublicKeyInfoRef<'_>) -> Option<Self> {
        let key = info.subject_public_key.as_bytes()?;
        match algorithm(&info.algorithm)? {
            KeyKind::Rsa => Self::rsa(key, false),
            KeyKind::P256 => Self::p256_public(key),
            KeyKind::P384 => Self::p384_public(key.to_vec()),
            KeyKind::Ed25519 => Self::ed25519(key, false),
        }
    }

    /// An unencrypted PKCS #8 private key in DER.
    pub(super) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let info = PrivateKeyInfo::try_from(der).ok()?;
        match algorithm(&info.algorithm)? {
            KeyKind::Rsa => Self::rsa(info.private_key, true),
            KeyKind::P256 => Self::p256_private(&SecretKey::from_sec1_der(info.private_key).ok()?),
            KeyKind::P384 => None,
            KeyKind::Ed25519 => {
                let seed = OctetStringRef::from_der(info.private_key).ok()?;
                Self::ed25519(seed.as_bytes(), true)
            }
        }
    }

    /// A JSON Web Key (RFC 7517). Private RSA keys are unsupported.
    pub(super) fn from_jwk(json: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Jwk {
            kty: String,
            crv: Option<String>,
            n: Option<String>,
            e: Option<String>,
            x: Option<String>,
            y: Option<String>,
            d: Option<String>,
        }
        let jwk: Jwk = serde_json::from_str(json).ok()?;
        let bytes = |text: Option<String>| BASE64_URL_SAFE_NO_PAD.decode(text?).ok();
        match (&*jwk.kty, jwk.crv.as_deref(), jwk.d) {
            ("RSA", _, None) => Self::rsa(&rsa_public(&bytes(jwk.n)?, &bytes(jwk.e)?)?, false),
            ("EC", Some("P-256"), Some(d)) => {
                Self::p256_private(&SecretKey::from_slice(&bytes(Some(d))?).ok()?)
            }
            ("EC", Some("P-256"), None) => {
                Self::p256_public(&point(&bytes(jwk.x)?, &bytes(jwk.y)?))
            }
            ("EC", Some("P-384"), None) => Self::p384_public(point(&bytes(jwk.x)?, &bytes(jwk.y)?)),
            ("OKP", Some("Ed25519"), Some(d)) => Self::ed25519(&bytes(Some(d))?, true),
            ("OKP", Some("Ed25519"), None) => Self::ed25519(&bytes(jwk.x)?, false),
            _ => None,
        }
    }

    /// The public key of a private key.
    pub(super) fn public_of(kind: &str, private: &[u8]) -> Option<Self> {
        match kind {
            "RSA" => {
                let (modulus, exponent) = rsa_numbers(private, true)?;
                Self::rsa(&rsa_public(modulus, exponent)?, false)
            }
            "P-256" => {
                let public = SecretKey::from_slice(private).ok()?.public_key();
                Self::p256_public(public.to_encoded_point(false).as_bytes())
            }
            "Ed25519" => {
                let pair = Ed25519KeyPair::from_seed_unchecked(private).ok()?;
                Self::ed25519(pair.public_key().as_ref(), false)
            }
            _ => None,
        }
    }

    /// The public exponent of an RSA key.
    pub(super) fn exponent(&self) -> Option<&[u8]> {
        match self.kind {
            KeyKind::Rsa => Some(rsa_numbers(&self.bytes, self.is_private)?.1),
            _ => None,
        }
    }

    fn rsa(der: &[u8], is_private: bool) -> Option<Self> {
        let (modulus, _) = rsa_numbers(der, is_private)?;
        let first = modulus.first()?;
        Some(Self {
            kind: KeyKind::Rsa,
            is_private,
            bits: modulus.len() * 8 - first.leading_zeros() as usize,
            bytes: der.to_vec(),
        })
    }

    /// A point in SEC 1 form.
    pub(super) fn p256_public(point: &[u8]) -> Option<Self> {
        let key = VerifyingKey::from_sec1_bytes(point).ok()?;
        Some(Self {
            kind: KeyKind::P256,
            is_private: false,
            bits: 256,
            bytes: key.to_encoded_point(false).as_bytes().to_vec(),
        })
    }

    fn p256_private(key: &SecretKey) -> Option<Self> {
        Some(Self {
            kind: KeyKind::P256,
            is_private: true,
            bits: 256,
            bytes: key.to_bytes().to_vec(),
        })
    }

    /// Does not check that the point is on the curve; verification does.
    fn p384_public(point: Vec<u8>) -> Option<Self> {
        (point.len() == 97 && point[0] == 4).then_some(Self {
            kind: KeyKind::P384,
            is_private: false,
            bits: 384,
            bytes: point,
        })
    }

    pub(super) fn ed25519(bytes: &[u8], is_private: bool) -> Option<Self> {
        (bytes.len() == 32).then(|| Self {
            kind: KeyKind::Ed25519,
            is_private,
            bits: 256,
            bytes: bytes.to_vec(),
        })
    }
}

/// The PEM blocks of a text: label, and content if it is well-formed. Lines may have any length.
fn pem_blocks(text: &str) -> impl Iterator<Item = (&str, Option<Vec<u8>>)> {
    let blocks = text.split("-----BEGIN ").skip(1);
    let labelled = blocks.filter_map(|block| block.split_once("-----"));
    labelled.map(|(label, rest)| (label, pem_content(label, rest)))
}

fn pem_content(label: &str, rest: &str) -> Option<Vec<u8>> {
    let (content, end) = rest.split_once("-----END ")?;
    end.strip_prefix(label)?.strip_prefix("-----")?;
    let digits: String = content.split_ascii_whitespace().collect();
    BASE64_STANDARD.decode(digits).ok()
}

fn is_key(label: &str) -> bool {
    label == "CERTIFICATE" || label.ends_with("PUBLIC KEY") || label.ends_with("PRIVATE KEY")
}

fn algorithm(id: &AlgorithmIdentifierRef<'_>) -> Option<KeyKind> {
    match id.oid {
        RSA_ENCRYPTION => Some(KeyKind::Rsa),
        ID_ED25519 => Some(KeyKind::Ed25519),
        EC_PUBLIC_KEY => match id.parameters_oid().ok()? {
            SECP256R1 => Some(KeyKind::P256),
            SECP384R1 => Some(KeyKind::P384),
            _ => None,
        },
        _ => None,
    }
}

/// Modulus and exponent of a PKCS #1 RSA key.
fn rsa_numbers(der: &[u8], is_private: bool) -> Option<(&[u8], &[u8])> {
    let mut numbers = members(der)?;
    if is_private {
        u8::decode(&mut numbers).ok()?;
    }
    let mut next = || {
        UintRef::decode(&mut numbers)
            .map(|number| number.as_bytes())
            .ok()
    };
    Some((next()?, next()?))
}

fn rsa_public(modulus: &[u8], exponent: &[u8]) -> Option<Vec<u8>> {
    let number = |bytes| UintRef::new(bytes).and_then(|number| number.to_der());
    let numbers = [number(modulus).ok()?, number(exponent).ok()?].concat();
    Any::new(Tag::Sequence, numbers).ok()?.to_der().ok()
}

/// The content of a DER sequence.
fn members(der: &[u8]) -> Option<SliceReader<'_>> {
    let sequence = AnyRef::from_der(der).ok()?;
    (sequence.tag() == Tag::Sequence).then_some(())?;
    SliceReader::new(sequence.value()).ok()
}

fn point(x: &[u8], y: &[u8]) -> Vec<u8> {
    [&[4], x, y].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::signatures, *};

    const PEMS: [&str; 3] = [
        include_str!("../../tests/engine/keys/certificate.pem"),
        include_str!("../../tests/engine/keys/rsa.pem"),
        include_str!("../../tests/engine/keys/p256.pem"),
    ];

    proptest! {
        #[test]
        fn no_key_makes_it_panic(text in ".{0,60}", which in 0..PEMS.len(), place in 0_usize..2000, byte: u8) {
            let (label, der) = pem_blocks(PEMS[which]).next().unwrap();
            let mut der = der.unwrap();
            let place = place % der.len();
            der[place] = byte;
            let damaged = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", BASE64_STANDARD.encode(&der));
            let jwk = format!(r#"{{"kty":"RSA","n":"{text}","e":"AQAB"}}"#);
            let keys = [
                Key::from_pem(&damaged),
                Key::from_pem(&text),
                Key::from_jwk(&text),
                Key::from_jwk(&jwk),
                Key::from_spki(&der),
                Key::from_pkcs8(text.as_bytes()),
            ];
            for key in keys.into_iter().flatten() {
                let scheme = if key.bits > 256 { "RSA-PSS" } else { "P-256" };
                let _ = (key.exponent(), Key::public_of(key.kind.name(), &key.bytes));
                let _ = signatures::sign(scheme, "SHA-256", &key.bytes, b"data");
                let _ = signatures::verify(scheme, "SHA-256", &key.bytes, b"data", &der);
            }
        }
    }

    #[test]
    fn the_first_key_of_a_text_is_found() {
        let text = format!(
            "Issuer: x\n-----BEGIN NOTHING-----\nAA\n-----END NOTHING-----\n{}{}",
            PEMS[0], PEMS[1]
        );
        let key = Key::from_pem(&text).unwrap();
        assert!(!key.is_private);
        assert_eq!((key.bits, key.exponent()), (2048, Some(&[1, 0, 1][..])));
    }

    #[test]
    fn a_key_that_cannot_be_read_hides_those_behind_it() {
        let unknown = include_str!("../../tests/engine/keys/p521_public.pem");
        let cut = PEMS[0].replacen("MII", "MI", 1);
        for first in [unknown, &cut] {
            assert!(Key::from_pem(first).is_none());
            assert!(Key::from_pem(&format!("{first}{}", PEMS[1])).is_none());
        }
    }
}

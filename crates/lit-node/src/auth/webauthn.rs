use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ciborium::Value as Cbor;
use lit_session_crypto::hd_key_id;
use lit_types::{constants::AuthMethodType, strict_json};
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{AuthRefusal, Circumstances, jwk::p256_key};

/// The app in auth method ids of WebAuthn credentials.
const RELYING_PARTY: &str = "lit";
/// The origin of requests without an `Origin` header.
const DEFAULT_ORIGIN: &str = "http://localhost";
/// Flags of the authenticator: user present (UP) and user verified (UV).
const USER_PRESENT_AND_VERIFIED: u8 = 0b101;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    raw_id: String,
    response: Assertion,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assertion {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    authenticator_data: String,
    signature: String,
}

#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
}

/// Verifies an assertion (Web Authentication Level 2, section 7.2). The challenge is the hash of a recent block, and the key was
/// registered on chain.
pub(super) async fn verify(
    token: &str,
    at: Circumstances<'_>,
) -> Result<(String, String), AuthRefusal> {
    let credential: Credential =
        strict_json::from_str(token).map_err(|error| AuthRefusal::Json(error.into()))?;
    let client_json = decode(&credential.response.client_data)?;
    let client: ClientData =
        strict_json::from_slice(&client_json).map_err(|error| AuthRefusal::Json(error.into()))?;
    if client.kind != "webauthn.get" {
        return Err(AuthRefusal::WebAuthn("its type is not webauthn.get"));
    }
    let challenge = decode(&client.challenge)?;
    let origin = at.origin.unwrap_or(DEFAULT_ORIGIN);
    if client.origin != origin {
        return Err(AuthRefusal::Origin);
    }

    let authenticator = decode(&credential.response.authenticator_data)?;
    let (Some(relying_party), Some(flags)) = (authenticator.get(..32), authenticator.get(32))
    else {
        return Err(AuthRefusal::WebAuthn("its authenticator data is too short"));
    };
    if relying_party != <[u8; 32]>::from(Sha256::digest(host(origin))) {
        return Err(AuthRefusal::Origin);
    }
    if flags & USER_PRESENT_AND_VERIFIED != USER_PRESENT_AND_VERIFIED {
        return Err(AuthRefusal::WebAuthn("the user was not verified"));
    }

    let id = hd_key_id(&credential.raw_id, RELYING_PARTY, false);
    let kind = AuthMethodType::WebAuthn as u32;
    let registered = at.contracts.user_public_key(kind, id.as_slice()).await?;
    let key = cose_key(&registered).ok_or(AuthRefusal::UnknownCredential)?;
    let signed = [authenticator.as_slice(), &Sha256::digest(&client_json)].concat();
    let signature = Signature::from_der(&decode(&credential.response.signature)?);
    if !signature.is_ok_and(|signature| key.verify(&signed, &signature).is_ok()) {
        return Err(AuthRefusal::WebAuthnSignature);
    }
    // Checked last, because unknown hashes are remembered: only valid credentials may add one.
    if !at
        .blocks
        .is_recent(&format!("0x{}", hex::encode(challenge)), at.now)
    {
        return Err(AuthRefusal::Challenge);
    }
    Ok((credential.raw_id, RELYING_PARTY.to_owned()))
}

/// The host of an origin, without port: the id of the relying party.
fn host(origin: &str) -> &str {
    let authority = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host)
}

/// An ES256 key in COSE form (RFC 9053, section 7.1).
fn cose_key(bytes: &[u8]) -> Option<VerifyingKey> {
    const KEY_TYPE: i64 = 1;
    const ALGORITHM: i64 = 3;
    const CURVE: i64 = -1;
    const X: i64 = -2;
    const Y: i64 = -3;
    let map = ciborium::from_reader::<Cbor, _>(bytes)
        .ok()?
        .into_map()
        .ok()?;
    let member = |label: i64| {
        map.iter()
            .find_map(|(key, value)| (*key == Cbor::from(label)).then_some(value))
    };
    let is = |label: i64, value: i64| member(label) == Some(&Cbor::from(value));
    // Key type EC2, algorithm ES256, curve P-256.
    if !(is(KEY_TYPE, 2) && is(ALGORITHM, -7) && is(CURVE, 1)) {
        return None;
    }
    p256_key(member(X)?.as_bytes()?, member(Y)?.as_bytes()?)
}

fn decode(text: &str) -> Result<Vec<u8>, AuthRefusal> {
    BASE64_URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .map_err(|_| AuthRefusal::WebAuthn("a member is not base64url"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hosts_of_origins() {
        for (origin, expected) in [
            ("https://app.example:8443", "app.example"),
            ("https://app.example", "app.example"),
            ("http://localhost:3000", "localhost"),
            ("localhost", "localhost"),
            ("", ""),
        ] {
            assert_eq!(host(origin), expected);
        }
    }

    /// Keys of other types and algorithms are refused.
    #[test]
    fn keys_of_other_kinds() {
        let key = |kind: i64, algorithm: i64, curve: i64, x: usize| {
            let number = |n: i64| Cbor::Integer(n.into());
            let map = Cbor::Map(vec![
                (number(1), number(kind)),
                (number(3), number(algorithm)),
                (number(-1), number(curve)),
                (number(-2), Cbor::Bytes(vec![0; x])),
                (number(-3), Cbor::Bytes(vec![0; 32])),
            ]);
            let mut encoded = Vec::new();
            ciborium::into_writer(&map, &mut encoded).unwrap();
            cose_key(&encoded)
        };
        // (0, 0) is not a point of the curve.
        for (kind, algorithm, curve, x) in [
            (3, -7, 1, 32),
            (2, -257, 1, 32),
            (2, -7, 2, 32),
            (2, -7, 1, 31),
            (2, -7, 1, 32),
        ] {
            assert!(key(kind, algorithm, curve, x).is_none());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            prop_assert!(cose_key(&bytes).is_none());
        }
    }
}

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lit_types::strict_json;
use p256::{
    EncodedPoint,
    ecdsa::{Signature, VerifyingKey, signature::Verifier},
};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;

/// The signature algorithm of a JWT. Symmetric algorithms and `none` are not supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Algorithm {
    /// RSA PKCS #1 v1.5 with SHA-256.
    RS256,
    /// ECDSA on P-256 with SHA-256; 64 bytes, r and s.
    ES256,
}

/// The public keys of an issuer: a JSON Web Key Set (RFC 7517).
#[derive(Debug, Clone)]
pub(super) struct Jwks(Vec<Jwk>);

#[derive(Debug, Clone)]
pub(super) struct Jwk {
    pub(super) id: Option<String>,
    pub(super) key: PublicKey,
}

#[derive(Debug, Clone)]
pub(super) enum PublicKey {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    P256(VerifyingKey),
}

/// The text is not a key set, or has no usable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON Web Key Set with an RSA key for RS256 or a P-256 key for ES256")]
pub struct JwksError(());

impl Jwks {
    /// Skips keys of other kinds and for other purposes.
    pub(super) fn parse(json: &str) -> Result<Self, JwksError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        let set: Set = strict_json::from_str(json).map_err(|_| JwksError(()))?;
        let keys: Vec<Jwk> = set.keys.into_iter().filter_map(jwk).collect();
        if keys.is_empty() {
            return Err(JwksError(()));
        }
        Ok(Self(keys))
    }

    /// Whether a key has this id, or no id. Without an id, any key counts.
    pub(super) fn has(&self, id: Option<&str>) -> bool {
        self.named(id).next().is_some()
    }

    fn named<'a>(&'a self, id: Option<&'a str>) -> impl Iterator<Item = &'a Jwk> {
        self.0
            .iter()
            .filter(move |jwk| id.is_none() || jwk.id.is_none() || jwk.id.as_deref() == id)
    }

    /// Whether one of the keys signed this. If the token names a key, only that key counts.
    pub(super) fn verify(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
        signed: &[u8],
        signature: &[u8],
    ) -> bool {
        self.named(id)
            .any(|jwk| jwk.key.verify(algorithm, signed, signature))
    }
}

impl PublicKey {
    fn verify(&self, algorithm: Algorithm, signed: &[u8], signature: &[u8]) -> bool {
        match (self, algorithm) {
            (Self::Rsa { modulus, exponent }, Algorithm::RS256) => RsaPublicKeyComponents {
                n: modulus,
                e: exponent,
            }
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature)
            .is_ok(),
            (Self::P256(key), Algorithm::ES256) => Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(signed, &signature).is_ok()),
            _ => false,
        }
    }
}

fn jwk(value: serde_json::Value) -> Option<Jwk> {
    #[derive(Deserialize)]
    struct Members {
        kty: String,
        kid: Option<String>,
        #[serde(rename = "use")]
        purpose: Option<String>,
        alg: Option<String>,
        crv: Option<String>,
        n: Option<String>,
        e: Option<String>,
        x: Option<String>,
        y: Option<String>,
    }
    let members: Members = serde_json::from_value(value).ok()?;
    if members.purpose.is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let bytes = |text: Option<String>| BASE64_URL_SAFE_NO_PAD.decode(text?).ok();
    let is_for = |algorithm| members.alg.as_deref().is_none_or(|alg| alg == algorithm);
    let key = match members.kty.as_str() {
        "RSA" if is_for("RS256") => PublicKey::Rsa {
            modulus: without_leading_zeros(&bytes(members.n)?),
            exponent: without_leading_zeros(&bytes(members.e)?),
        },
        "EC" if members.crv.as_deref() == Some("P-256") && is_for("ES256") => {
            PublicKey::P256(p256_key(&bytes(members.x)?, &bytes(members.y)?)?)
        }
        _ => return None,
    };
    Some(Jwk {
        id: members.kid,
        key,
    })
}

/// A point of P-256 by its coordinates, 32 bytes each.
pub(super) fn p256_key(x: &[u8], y: &[u8]) -> Option<VerifyingKey> {
    let (x, y): ([u8; 32], [u8; 32]) = (x.try_into().ok()?, y.try_into().ok()?);
    let point = EncodedPoint::from_affine_coordinates(&x.into(), &y.into(), false);
    VerifyingKey::from_encoded_point(&point).ok()
}

fn without_leading_zeros(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number[zeros..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and the token of RFC 7515, appendix A.2.
    const RSA_KEY: &str = concat!(
        r#"{"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJP"#,
        "MEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs",
        "LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj",
        r#"8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}"#
    );
    const RSA_SIGNED: &str = concat!(
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0c",
        "nVlfQ"
    );
    const RSA_SIGNATURE: &str = concat!(
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7",
        "t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi1",
        "2jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGl",
        "UPQGe77Rw"
    );
    /// Of appendix A.3.
    const P256_KEY: &str = concat!(
        r#"{"kty":"EC","crv":"P-256","kid":"1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","#,
        r#""y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#
    );
    const P256_SIGNED: &str = concat!(
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0c",
        "nVlfQ"
    );
    const P256_SIGNATURE: &str =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    fn decode(text: &str) -> Vec<u8> {
        BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    #[test]
    fn the_examples_of_the_standard() {
        let keys = Jwks::parse(&format!(r#"{{"keys":[{RSA_KEY},{P256_KEY}]}}"#)).unwrap();
        for (algorithm, other, signed, signature) in [
            (
                Algorithm::RS256,
                Algorithm::ES256,
                RSA_SIGNED,
                RSA_SIGNATURE,
            ),
            (
                Algorithm::ES256,
                Algorithm::RS256,
                P256_SIGNED,
                P256_SIGNATURE,
            ),
        ] {
            let (signed, signature) = (signed.as_bytes(), decode(signature));
            assert!(keys.verify(None, algorithm, signed, &signature));
            assert!(!keys.verify(None, other, signed, &signature));
            assert!(!keys.verify(None, algorithm, &signed[1..], &signature));
            assert!(!keys.verify(None, algorithm, signed, &signature[1..]));
            assert!(!keys.verify(None, algorithm, signed, &[]));
        }
        let signature = decode(P256_SIGNATURE);
        let named = |id| {
            keys.verify(
                Some(id),
                Algorithm::ES256,
                P256_SIGNED.as_bytes(),
                &signature,
            )
        };
        assert!(named("1") && !named("2"));
    }

    #[test]
    fn sets_without_a_key_of_use() {
        for json in [
            "",
            "[]",
            r#"{"keys":[]}"#,
            r#"{"keys":[{"kty":"oct","k":"AA"}]}"#,
            r#"{"keys":[{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}]}"#,
            r#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}"#,
            &format!(
                r#"{{"keys":[{}]}}"#,
                RSA_KEY.replacen('{', r#"{"use":"enc","#, 1)
            ),
            &format!(
                r#"{{"keys":[{}]}}"#,
                RSA_KEY.replacen('{', r#"{"alg":"RSA-OAEP","#, 1)
            ),
            &format!(
                r#"{{"keys":[{}]}}"#,
                P256_KEY.replacen('{', r#"{"alg":"RS256","#, 1)
            ),
        ] {
            assert_eq!(Jwks::parse(json).unwrap_err(), JwksError(()), "{json}");
        }
    }
}

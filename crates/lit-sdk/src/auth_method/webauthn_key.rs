mod cbor;

use alloy_primitives::Bytes;

use self::cbor::{Item, Reader};

/// Reads the COSE public key from the attestation object of a registration (WebAuthn, sections 6.5.4 and 6.5.1).
///
/// Nodes need it to verify logins of a PKP that is minted for the credential.
///
/// **Nothing is verified**: the attestation statement is ignored.
///
/// # Errors
/// [`WebAuthnError`].
#[doc(alias = "getPublicKeyFromRegistration")]
pub fn webauthn_public_key(attestation_object: &[u8]) -> Result<Bytes, WebAuthnError> {
    let auth_data = auth_data(attestation_object)?;
    let flags = *auth_data
        .get(RP_ID_HASH)
        .ok_or(WebAuthnError::AuthenticatorData)?;
    if flags & HAS_CREDENTIAL == 0 {
        return Err(WebAuthnError::NoCredential);
    }
    let credential = auth_data
        .get(HEADER + AAGUID..)
        .ok_or(WebAuthnError::AuthenticatorData)?;
    let (length, rest) = credential
        .split_first_chunk::<2>()
        .ok_or(WebAuthnError::AuthenticatorData)?;
    let key = rest
        .get(usize::from(u16::from_be_bytes(*length))..)
        .ok_or(WebAuthnError::AuthenticatorData)?;

    let mut reader = Reader::new(key);
    let is_map = matches!(reader.clone().item(), Some(Item::Map(1..)));
    reader
        .skip()
        .filter(|()| is_map)
        .ok_or(WebAuthnError::Key)?;
    // Extensions may follow.
    let length = key.len() - reader.rest().len();
    Ok(Bytes::copy_from_slice(&key[..length]))
}

/// SHA-256 of the site's name.
const RP_ID_HASH: usize = 32;
/// The hash, a byte of flags, and a counter of 4 bytes.
const HEADER: usize = RP_ID_HASH + 1 + 4;
/// The model of the authenticator.
const AAGUID: usize = 16;
/// The flag for an attached credential.
const HAS_CREDENTIAL: u8 = 0x40;

/// The member `authData` of an attestation object.
fn auth_data(attestation_object: &[u8]) -> Result<&[u8], WebAuthnError> {
    let mut reader = Reader::new(attestation_object);
    let Some(Item::Map(entries)) = reader.item() else {
        return Err(WebAuthnError::NotCbor);
    };
    for _ in 0..entries {
        let name = reader.clone().item();
        reader.skip().ok_or(WebAuthnError::NotCbor)?;
        if name == Some(Item::Text(b"authData")) {
            return match reader.item() {
                Some(Item::Bytes(bytes)) => Ok(bytes),
                _ => Err(WebAuthnError::AuthenticatorData),
            };
        }
        reader.skip().ok_or(WebAuthnError::NotCbor)?;
    }
    Err(WebAuthnError::AuthenticatorData)
}

/// Why an attestation object has no readable public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebAuthnError {
    /// The bytes are not a CBOR map.
    #[error("malformed attestation object: not a CBOR map")]
    NotCbor,
    /// The authenticator data is missing or truncated.
    #[error("malformed attestation object: authenticator data is missing or truncated")]
    AuthenticatorData,
    /// The authenticator data comes from a login instead of a registration.
    #[error(
        "missing credential: this is the authenticator data of a login; use that of a registration"
    )]
    NoCredential,
    /// The bytes after the credential id are not a key.
    #[error("malformed credential: missing COSE public key")]
    Key,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An attestation object with these authenticator data.
    fn object(auth_data: &[u8]) -> Vec<u8> {
        let mut object = vec![0xa2];
        object.extend(b"\x63fmt\x64none\x68authData\x59");
        object.extend((auth_data.len() as u16).to_be_bytes());
        object.extend(auth_data);
        object
    }

    fn data(flags: u8, id: &[u8], key: &[u8]) -> Vec<u8> {
        let mut data = vec![7; RP_ID_HASH];
        data.push(flags);
        data.extend([0; 4 + AAGUID]);
        data.extend((id.len() as u16).to_be_bytes());
        data.extend(id);
        data.extend(key);
        data
    }

    const KEY: [u8; 3] = [0xa1, 0x01, 0x02];

    #[test]
    fn extensions_are_no_part_of_the_key() {
        let mut with_extensions = KEY.to_vec();
        with_extensions.extend([0xa1, 0x61, b'x', 0xf5]);
        let object = object(&data(0xc1, b"id", &with_extensions));
        assert_eq!(webauthn_public_key(&object).unwrap()[..], KEY);
    }

    #[test]
    fn what_is_missing_is_named() {
        for (object, error) in [
            (vec![], WebAuthnError::NotCbor),
            (vec![0xa1, 0x61], WebAuthnError::NotCbor),
            (vec![0xa0], WebAuthnError::AuthenticatorData),
            (object(&[]), WebAuthnError::AuthenticatorData),
            (
                object(&data(0x41, b"id", &KEY)[..50]),
                WebAuthnError::AuthenticatorData,
            ),
            (
                object(&data(0x01, b"id", &KEY)),
                WebAuthnError::NoCredential,
            ),
            (object(&data(0x41, b"id", &[])), WebAuthnError::Key),
            (object(&data(0x41, b"id", &[0x01])), WebAuthnError::Key),
            (object(&data(0x41, b"id", &[0xa0])), WebAuthnError::Key),
            (object(&data(0x41, b"id", &KEY[..2])), WebAuthnError::Key),
        ] {
            assert_eq!(webauthn_public_key(&object), Err(error), "{object:02x?}");
        }
    }

    proptest! {
        #[test]
        fn keys_are_found(id in any::<Vec<u8>>(), flags in any::<u8>()) {
            let object = object(&data(flags | HAS_CREDENTIAL, &id, &KEY));
            prop_assert_eq!(&webauthn_public_key(&object).unwrap()[..], &KEY[..]);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), cut in 0_usize..100) {
            let _ = webauthn_public_key(&bytes);
            let _ = webauthn_public_key(&object(&bytes));
            let whole = object(&data(0x41, b"id", &KEY));
            let _ = webauthn_public_key(&whole[..cut.min(whole.len())]);
        }
    }
}

//! An attestation in software, of the shape of the recorded one, by chips of roots that are made for it.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use k256::ecdsa::SigningKey;
use lit_node_transport::attestation::{AmdRoots, report_data};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair,
    PKCS_ECDSA_P384_SHA384,
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair},
};
use serde_json::json;

use crate::recording::{MADE, MEASUREMENT, RELEASE_ID, Recording, VALID, unix};

const CHIP: [u8; 64] = [0xC1; 64];
const OTHER_CHIP: [u8; 64] = [0xC2; 64];

pub(crate) fn software() -> Recording {
    let key = || KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let (ark_key, ask_key, chip_key) = (key(), key(), key());
    let ark = authority("ARK-Software");
    let ark_certificate = ark.self_signed(&ark_key).unwrap();
    let ark = Issuer::new(ark, ark_key);
    let ask = authority("SEV-Software");
    let ask_certificate = ask.signed_by(&ask_key, &ark).unwrap();
    let ask = Issuer::new(ask, ask_key);
    let certificate = |chip, key| vcek(chip).signed_by(key, &ask).unwrap().der().to_vec();

    let challenge = [0x5C; 32];
    let data = BTreeMap::from([
        ("INSTANCE_ID".to_owned(), b"software".to_vec()),
        ("RELEASE_ID".to_owned(), RELEASE_ID.as_bytes().to_vec()),
        ("UNIX_TIME".to_owned(), MADE.to_le_bytes().to_vec()),
    ]);
    let signature = signature(&report_data(&challenge, &data, &[]));
    let signatures = [signature];
    let report = report(&chip_key, &report_data(&challenge, &data, &signatures));
    let encode = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
    let encoded: BTreeMap<_, _> = data.iter().map(|(name, it)| (name, encode(it))).collect();
    Recording {
        roots: AmdRoots::insecure("Milan", ark_certificate.der(), ask_certificate.der()).unwrap(),
        attestation: json!({
            "type": "AMD_SEV_SNP",
            "noonce": encode(&challenge),
            "data": encoded,
            "signatures": signatures.map(|signature| encode(&signature)),
            "report": encode(&report),
        }),
        challenge,
        vcek_url: format!(
            "https://kdsintf.amd.com/vcek/v1/Milan/{}?blSPL=03&teeSPL=00&snpSPL=10&ucodeSPL=169",
            "c1".repeat(64)
        ),
        vcek: certificate(CHIP, &chip_key),
        other_vcek: certificate(OTHER_CHIP, &chip_key),
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// The certificate of a chip, with the extensions of AMD's.
fn vcek(chip: [u8; 64]) -> CertificateParams {
    let extension = |rest: &[u64], value: &[u8]| {
        let oid = [&[1, 3, 6, 1, 4, 1, 3704, 1], rest].concat();
        CustomExtension::from_oid_content(&oid, value.to_vec())
    };
    let mut params = CertificateParams::default();
    (params.not_before, params.not_after) = (unix(VALID.0), unix(VALID.1));
    params.custom_extensions = vec![
        extension(&[3, 1], &[2, 1, 3]),
        extension(&[3, 2], &[2, 1, 0]),
        extension(&[3, 3], &[2, 1, 10]),
        extension(&[3, 8], &[2, 2, 0, 169]),
        extension(&[4], &chip),
    ];
    params
}

/// A signature in DER, its recovery id, and the uncompressed key.
fn signature(digest: &[u8; 64]) -> Vec<u8> {
    let key = SigningKey::from_slice(&[7; 32]).unwrap();
    let (signature, recovery_id) = key.sign_prehash_recoverable(&digest[..32]).unwrap();
    let mut bytes = signature.to_der().as_bytes().to_vec();
    bytes.push(recovery_id.to_byte());
    bytes.extend_from_slice(key.verifying_key().to_encoded_point(false).as_bytes());
    bytes
}

/// A report as the driver of a guest hands it over (AMD 56860, table 23).
fn report(key: &KeyPair, report_data: &[u8; 64]) -> Vec<u8> {
    let mut report = vec![0; 3968];
    let mut put = |at: usize, bytes: &[u8]| report[at..at + bytes.len()].copy_from_slice(bytes);
    put(0x000, &[2]);
    put(0x008, &0x3_0000_u64.to_le_bytes());
    put(0x020, &hex::decode(&RELEASE_ID[..32]).unwrap());
    put(0x034, &[1]);
    put(0x050, report_data);
    put(0x090, &hex::decode(MEASUREMENT).unwrap());
    put(0x180, &[3, 0, 0, 0, 0, 0, 10, 169]);
    put(0x1A0, &CHIP);
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P384_SHA384_FIXED_SIGNING;
    let key = EcdsaKeyPair::from_pkcs8(algorithm, &key.serialize_der(), &random).unwrap();
    let signature = key.sign(&random, &report[..0x2A0]).unwrap();
    // Two numbers, here with the least significant byte first.
    for (at, number) in [0x2A0, 0x2E8]
        .into_iter()
        .zip(signature.as_ref().chunks(48))
    {
        for (place, byte) in report[at..].iter_mut().zip(number.iter().rev()) {
            *place = *byte;
        }
    }
    report
}

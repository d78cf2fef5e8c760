use std::time::Duration;

use lit_node_transport::attestation::{
    Attestation, AttestationError, AttestationPolicy, CertificateError, Expected, TcbVersion, Vcek,
    VcekId,
};
use time::OffsetDateTime;

use crate::recording::{MEASUREMENT, now, recording, unix};

#[test]
fn the_attestation_of_a_real_node_verifies() {
    let Some(recording) = recording() else {
        return;
    };
    let verified = recording.verify(&recording.attestation).unwrap();
    assert_eq!(verified.measurement, MEASUREMENT.parse().unwrap());
    assert_eq!(verified.policy.0, 0x3_0000);
    assert!(!verified.policy.allows_debugging());
    assert_eq!(
        verified.release_id.unwrap(),
        "fc5c9250ccc159e4a03d38fb4df07a5358a44a27cc491b0d"
    );
    assert_eq!(verified.made_at.unwrap(), unix(1_699_327_996));
    let tcb = TcbVersion {
        bootloader: 3,
        tee: 0,
        snp: 10,
        microcode: 169,
    };
    assert_eq!(verified.tcb, tcb);

    let json = recording.attestation.to_string();
    let attestation = Attestation::from_json(json.as_bytes()).unwrap();
    let id = VcekId::of(attestation.report(), AttestationPolicy::new().roots()).unwrap();
    let url = format!("https://kdsintf.amd.com{}", id.path());
    assert_eq!(url, recording.vcek_url);
}

#[test]
fn another_certificate_challenge_or_node_is_refused() {
    let Some(recording) = recording() else {
        return;
    };
    let policy = AttestationPolicy::new();
    let other_chip = |certificate: &[u8]| {
        recording.verify_with(&recording.attestation, certificate, &policy, now())
    };
    assert_eq!(
        other_chip(&recording.other_vcek),
        Err(CertificateError::WrongChip {
            found: hex::encode(&hardware_id(&recording.other_vcek)[..8]),
            expected: "6384317d961c170e".to_owned(),
        }
        .into())
    );

    let json = recording.attestation.to_string();
    let attestation = Attestation::from_json(json.as_bytes()).unwrap();
    let id = VcekId::of(attestation.report(), policy.roots()).unwrap();
    let vcek = Vcek::verify(&recording.vcek, &id, policy.roots(), now()).unwrap();
    for index in 0..32 {
        let mut challenge = recording.challenge;
        challenge[index] ^= 1;
        assert_eq!(
            attestation.verify(&vcek, &Expected::new(challenge), &policy, now()),
            Err(AttestationError::Challenge)
        );
    }
    // The recording is older than the node's address in attestations, and so proves none.
    let expected = Expected::new(recording.challenge);
    let expected = expected.with_node("https://192.0.2.1:7470".parse().unwrap());
    assert_eq!(
        attestation.verify(&vcek, &expected, &policy, now()),
        Err(AttestationError::Address {
            found: String::new(),
            expected: "192.0.2.1:7470".to_owned(),
        })
    );
}

/// The chip id in a certificate: the 64 bytes after its object identifier and their header.
fn hardware_id(certificate: &[u8]) -> &[u8] {
    let oid = [0x2b, 6, 1, 4, 1, 0x9c, 0x78, 1, 4];
    let at = certificate.windows(oid.len()).position(|some| some == oid);
    let at = at.unwrap() + oid.len() + 2;
    &certificate[at..at + 64]
}

#[test]
fn certificates_are_valid_for_a_time() {
    let Some(recording) = recording() else {
        return;
    };
    let (from, until) = (unix(1_707_137_684), unix(1_928_062_484));
    let at = |now| recording.verify_under(&AttestationPolicy::new(), now);
    assert!(at(from).is_ok() && at(until).is_ok());
    let second = Duration::from_secs(1);
    for now in [from - second, until + second, OffsetDateTime::UNIX_EPOCH] {
        assert_eq!(
            at(now),
            Err(CertificateError::NotValidNow { from, until }.into())
        );
    }
}

use std::time::Duration;

use lit_node_transport::attestation::{
    AmdRoots, AttestationError, AttestationPolicy, CertificateError, Expected, TcbVersion, Vcek,
    VcekId,
};
use time::OffsetDateTime;

use crate::{
    recording::{MADE, MEASUREMENT, RELEASE_ID, VALID, now, recordings, unix},
    software::software,
};

#[test]
fn good_attestations_verify() {
    for recording in recordings() {
        let verified = recording.verify(&recording.attestation).unwrap();
        assert_eq!(verified.measurement, MEASUREMENT.parse().unwrap());
        assert_eq!(verified.policy.0, 0x3_0000);
        assert!(!verified.policy.allows_debugging());
        assert_eq!(verified.release_id.unwrap(), RELEASE_ID);
        assert_eq!(verified.made_at.unwrap(), unix(MADE));
        let tcb = TcbVersion {
            bootloader: 3,
            tee: 0,
            snp: 10,
            microcode: 169,
        };
        assert_eq!(verified.tcb, tcb);

        let id = VcekId::of(recording.parse().report(), &recording.roots).unwrap();
        let url = format!("https://kdsintf.amd.com{}", id.path());
        assert_eq!(url, recording.vcek_url);
    }
}

#[test]
fn another_certificate_challenge_or_node_is_refused() {
    for recording in recordings() {
        let policy = recording.policy();
        let attestation = recording.parse();
        let other_chip = |certificate: &[u8]| {
            recording.verify_with(&recording.attestation, certificate, &policy, now())
        };
        assert_eq!(
            other_chip(&recording.other_vcek),
            Err(CertificateError::WrongChip {
                found: hex::encode(&hardware_id(&recording.other_vcek)[..8]),
                expected: hex::encode(&attestation.report().chip_id()[..8]),
            }
            .into())
        );

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
}

/// Whoever traces a key to roots of their own can attest anything, also under the name of a product of AMD's.
#[test]
fn a_key_of_other_roots_is_refused() {
    let recording = software();
    let attestation = recording.parse();
    let id = VcekId::of(attestation.report(), &recording.roots).unwrap();
    let vcek = Vcek::verify(&recording.vcek, &id, &recording.roots, now()).unwrap();
    let expected = Expected::new(recording.challenge);
    for roots in [AmdRoots::milan(), software().roots] {
        // The name of the key is the same.
        assert_eq!(VcekId::of(attestation.report(), &roots).unwrap(), id);
        let policy = AttestationPolicy::new().with_insecure_roots(roots);
        let error = attestation.verify(&vcek, &expected, &policy, now());
        assert_eq!(error, Err(AttestationError::OtherRoots));
    }
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
    for recording in recordings() {
        let (from, until) = (unix(VALID.0), unix(VALID.1));
        let at = |now| recording.verify_under(&recording.policy(), now);
        assert!(at(from).is_ok() && at(until).is_ok());
        let second = Duration::from_secs(1);
        for now in [from - second, until + second, OffsetDateTime::UNIX_EPOCH] {
            assert_eq!(
                at(now),
                Err(CertificateError::NotValidNow { from, until }.into())
            );
        }
    }
}

use std::time::Duration;

use lit_node_transport::attestation::{
    AttestationError, AttestationPolicy, Measurement, PolicyViolation, TcbVersion,
};

use crate::recording::{MADE, MEASUREMENT, now, recordings, unix};

#[test]
fn a_policy_refuses_genuine_attestations() {
    for recording in recordings() {
        let policy = || recording.policy();
        let measurement: Measurement = MEASUREMENT.parse().unwrap();
        let other = Measurement([7; 48]);
        let refusal = |policy: AttestationPolicy, now| match recording.verify_under(&policy, now) {
            Err(AttestationError::Policy(violation)) => violation,
            other => panic!("{other:?}"),
        };
        let accepts = |policy: AttestationPolicy, now| recording.verify_under(&policy, now).is_ok();

        assert!(accepts(
            policy().with_allowed_measurements([other, measurement]),
            now()
        ));
        for allowed in [vec![], vec![other]] {
            assert_eq!(
                refusal(policy().with_allowed_measurements(allowed), now()),
                PolicyViolation::Measurement(measurement)
            );
        }

        let found = TcbVersion {
            bootloader: 3,
            tee: 0,
            snp: 10,
            microcode: 169,
        };
        assert!(accepts(policy().with_minimum_tcb(found), now()));
        for minimum in [
            TcbVersion {
                bootloader: 4,
                ..found
            },
            TcbVersion { tee: 1, ..found },
            TcbVersion { snp: 11, ..found },
            TcbVersion {
                microcode: 170,
                ..found
            },
        ] {
            assert_eq!(
                refusal(policy().with_minimum_tcb(minimum), now()),
                PolicyViolation::OldFirmware { found, minimum }
            );
        }

        // The guest says that it is from 2023, and its certificate is from 2024.
        let made = unix(MADE);
        let max = Duration::from_secs(1_735_689_600 - MADE.unsigned_abs());
        assert!(accepts(policy().with_max_age(max), now()));
        assert_eq!(
            refusal(policy().with_max_age(max), now() + Duration::from_secs(1)),
            PolicyViolation::TooOld { made, max }
        );
    }
}

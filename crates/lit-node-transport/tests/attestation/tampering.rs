use base64::{Engine, prelude::BASE64_STANDARD};
use lit_node_transport::attestation::{
    Attestation, AttestationError, CertificateError, MalformedAttestation, MalformedReport,
};
use serde_json::{Value, json};

use crate::recording::{now, recordings};

#[test]
fn every_byte_of_the_report_counts() {
    for recording in recordings() {
        let report = recording.bytes("/report");
        assert_eq!(report.len(), 3968);
        for at in 0..report.len() {
            let mut changed = report.clone();
            changed[at] ^= 1;
            let changed = recording.with_bytes("/report", &changed);
            let error = recording.verify(&changed).unwrap_err();
            let expected = match at {
                // Lengths of the fields are those of AMD's table.
                // Version 3 names a processor, and here no AMD one.
                0x00 => matches!(error, AttestationError::Product { family: 0, .. }),
                0x01..0x04 => matches!(report_error(&error), Some(MalformedReport::Version(_))),
                0x20..0x30 => error == AttestationError::Release,
                0x34..0x38 => {
                    matches!(
                        report_error(&error),
                        Some(MalformedReport::SignatureAlgorithm(_))
                    )
                }
                0x50..0x90 => error == AttestationError::ReportData,
                0x180..0x182 | 0x186..0x188 => {
                    matches!(
                        &error,
                        AttestationError::Certificate(CertificateError::WrongTcb(_))
                    )
                }
                0x1A0..0x1E0 => {
                    let error = &error;
                    matches!(
                        error,
                        AttestationError::Certificate(CertificateError::WrongChip { .. })
                    )
                }
                0x2D0..0x2E8 | 0x318.. => {
                    matches!(report_error(&error), Some(MalformedReport::UnsignedBytes))
                }
                _ => error == AttestationError::ReportSignature,
            };
            assert!(expected, "byte {at:#x}: {error:?}");
        }
        for length in [0, 1, 1183, 4097] {
            let mut changed = report.clone();
            changed.resize(length, 0);
            let error = recording.verify(&recording.with_bytes("/report", &changed));
            let error = error.unwrap_err();
            assert_eq!(report_error(&error), Some(&MalformedReport::Length(length)));
        }
        // Without the padding of the guest driver it is the same report.
        let bare = recording.with_bytes("/report", &report[..1184]);
        assert_eq!(
            recording.verify(&bare),
            recording.verify(&recording.attestation)
        );
    }
}

fn report_error(error: &AttestationError) -> Option<&MalformedReport> {
    match error {
        AttestationError::Malformed(MalformedAttestation::Report(error)) => Some(error),
        _ => None,
    }
}

#[test]
fn every_byte_of_the_certificate_counts() {
    for recording in recordings() {
        for at in 0..recording.vcek.len() {
            let mut changed = recording.vcek.clone();
            changed[at] ^= 1;
            let policy = recording.policy();
            let error = recording.verify_with(&recording.attestation, &changed, &policy, now());
            assert!(
                matches!(
                    error,
                    Err(AttestationError::Certificate(
                        CertificateError::Malformed | CertificateError::Signature("VCEK")
                    ))
                ),
                "byte {at}: {error:?}"
            );
        }
        let mut longer = recording.vcek.clone();
        longer.push(0);
        for malformed in [&longer[..], &longer[..recording.vcek.len() - 1], b""] {
            let policy = recording.policy();
            assert_eq!(
                recording.verify_with(&recording.attestation, malformed, &policy, now()),
                Err(CertificateError::Malformed.into())
            );
        }
    }
}

#[test]
fn every_byte_of_the_contents_counts() {
    for recording in recordings() {
        let mut tried = 0;
        for pointer in [
            "/noonce",
            "/data/INSTANCE_ID",
            "/data/RELEASE_ID",
            "/data/UNIX_TIME",
            "/signatures/0",
        ] {
            let bytes = recording.bytes(pointer);
            for at in 0..bytes.len() {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << (at % 8);
                let error = recording.verify(&recording.with_bytes(pointer, &changed));
                let error = error.unwrap_err();
                let expected = match pointer {
                    "/noonce" => error == AttestationError::Challenge,
                    "/signatures/0" => error == AttestationError::Signature { index: 0 },
                    "/data/RELEASE_ID" if at < 32 => {
                        matches!(
                            error,
                            AttestationError::Release | AttestationError::Malformed(_)
                        )
                    }
                    // The signature covers the data, and is checked before the report.
                    _ => matches!(
                        error,
                        AttestationError::Signature { index: 0 } | AttestationError::Malformed(_)
                    ),
                };
                assert!(expected, "{pointer} {at}: {error:?}");
                tried += 1;
            }
        }
        let signature = recording.bytes("/signatures/0").len();
        assert_eq!(tried, 32 + 8 + 48 + 8 + signature);
    }
}

/// Changes that keep every signature as it is are caught by the hash in the report.
#[test]
fn the_report_is_for_these_contents_only() {
    for recording in recordings() {
        let edit = |edit: &dyn Fn(&mut Value)| {
            let mut changed = recording.attestation.clone();
            edit(&mut changed);
            recording.verify(&changed).unwrap_err()
        };
        let signature = recording.attestation["signatures"][0].clone();

        let error = edit(&|it| it["signatures"] = json!([]));
        assert_eq!(error, AttestationError::ReportData);
        // The second signature of a node covers none of the first, so that the first is a second one only by its own hash.
        let error = edit(&|it| it["signatures"] = json!([signature, signature]));
        assert_eq!(error, AttestationError::Signature { index: 1 });
        let error = edit(&|it| it["signatures"] = json!(vec![&signature; 17]));
        assert_eq!(error, MalformedAttestation::Signatures(17).into());
        for name in ["INSTANCE_ID", "RELEASE_ID", "UNIX_TIME"] {
            let error = edit(&|it| drop(it["data"].as_object_mut().unwrap().remove(name)));
            assert_eq!(error, AttestationError::Signature { index: 0 }, "{name}");
        }
        for name in ["BUILD_ID", "SUBNET_ID", "EXTERNAL_ADDR"] {
            let error = edit(&|it| it["data"][name] = json!(BASE64_STANDARD.encode("abc")));
            assert_eq!(error, AttestationError::Signature { index: 0 }, "{name}");
        }
        // The same bytes in the same order, under fewer names.
        let hidden = [recording.bytes("/data/INSTANCE_ID"), b"RELEASE_ID".to_vec()].concat();
        let hidden = [hidden, recording.bytes("/data/RELEASE_ID")].concat();
        let error = edit(&|it| {
            it["data"]["INSTANCE_ID"] = json!(BASE64_STANDARD.encode(&hidden));
            it["data"].as_object_mut().unwrap().remove("RELEASE_ID");
        });
        let expected = "at most 64 lower-case letters and digits";
        let name = "INSTANCE_ID";
        assert_eq!(error, MalformedAttestation::Datum { name, expected }.into());
        let error = edit(&|it| it["data"]["OTHER"] = json!(""));
        assert_eq!(
            error,
            MalformedAttestation::UnknownDatum("OTHER".to_owned()).into()
        );
    }
}

#[test]
fn every_member_counts() {
    for recording in recordings() {
        let text = recording.attestation.to_string();
        let parse = |text: &str| Attestation::from_json(text.as_bytes()).map(drop);
        for member in ["type", "noonce", "data", "signatures", "report"] {
            let value = &recording.attestation[member];
            // Dropped.
            let mut dropped = recording.attestation.clone();
            dropped.as_object_mut().unwrap().remove(member);
            let error = parse(&dropped.to_string()).unwrap_err();
            match member {
                "report" => assert_eq!(error, MalformedAttestation::MissingReport),
                _ => assert!(
                    error
                        .to_string()
                        .contains(&format!("missing field `{member}`"))
                ),
            }
            // Doubled, with the same value.
            let doubled = format!("{{\"{member}\":{value},{}", &text[1..]);
            let error = parse(&doubled).unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains(&format!("duplicate field `{member}`")),
                "{error}"
            );
            // In another spelling.
            let renamed = text.replacen(
                &format!("\"{member}\""),
                &format!("\"{}\"", member.to_uppercase()),
                1,
            );
            assert!(parse(&renamed).is_err(), "{member}");
            // Of another type.
            for other in [
                json!(null),
                json!(1),
                json!(true),
                json!([1]),
                json!({ "a": 1 }),
                json!([[]]),
            ] {
                let error = parse(
                    &recording
                        .with(&format!("/{member}"), other.clone())
                        .to_string(),
                );
                assert!(error.is_err(), "{member}: {other}");
            }
        }
        let data = recording.attestation["data"].to_string();
        let doubled = data.replacen('{', "{\"UNIX_TIME\":\"/K9JZQAAAAA=\",", 1);
        assert!(parse(&text.replace(&data, &doubled)).is_err());
        for other in ["", "amd_sev_snp", "ADMIN_SIGNED"] {
            let error = parse(&recording.with("/type", json!(other)).to_string());
            assert_eq!(error, Err(MalformedAttestation::Type(other.to_owned())));
        }
        // Base64 has one spelling here.
        for (member, pointer) in [
            ("noonce", "/noonce"),
            ("signatures", "/signatures/0"),
            ("data", "/data/UNIX_TIME"),
        ] {
            let value = recording
                .attestation
                .pointer(pointer)
                .unwrap()
                .as_str()
                .unwrap();
            for other in [
                value.trim_end_matches('=').to_owned(),
                format!(" {value}"),
                format!("{value}\n"),
                value.replace('/', "_") + "=",
            ] {
                let error = parse(&recording.with(pointer, json!(other)).to_string());
                assert_eq!(error, Err(MalformedAttestation::Base64(member)), "{other}");
            }
        }
        // What is not looked at means the same.
        let mut more = recording.attestation.clone();
        more["extra"] = json!({ "a": [1] });
        assert_eq!(
            recording.verify(&more),
            recording.verify(&recording.attestation)
        );
    }
}

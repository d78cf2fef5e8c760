use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use lit_node_transport::{
    TransportError,
    attestation::{
        AmdRoots, Attestation, AttestationError, AttestationPolicy, AttestationVerifier,
        CertificateError, Expected, HttpVcekSource, Report, VcekId, VcekSource, VcekSourceError,
    },
};
use lit_test_fakes::{FakeHttp, Reply};

use crate::recording::{now, recording};

const AMD_URL: &str = "https://kdsintf.amd.com/vcek/v1/Milan/";

/// The id of a chip with the id 0101..01.
fn id() -> VcekId {
    let mut report = vec![0; 1184];
    report[0x00] = 2;
    report[0x34] = 1;
    report[0x180..0x188].copy_from_slice(&[3, 0, 0, 0, 0, 0, 10, 169]);
    report[0x1A0..0x1E0].fill(1);
    VcekId::of(&Report::from_bytes(&report).unwrap(), &AmdRoots::milan()).unwrap()
}

#[tokio::test]
async fn certificates_come_from_amd_or_through_a_proxy() {
    let certificate = vec![7; 256];
    let http = FakeHttp::by({
        let certificate = certificate.clone();
        move |request| match request.url.as_str().starts_with(HttpVcekSource::LIT_PROXY) {
            true => Reply::status(503, Vec::new()),
            false => Reply::status(200, certificate.clone()),
        }
    });
    let servers = [HttpVcekSource::LIT_PROXY, HttpVcekSource::AMD];
    let source = HttpVcekSource::new(http.clone(), servers).unwrap();
    assert_eq!(source.certificate(&id()).await.unwrap(), certificate);
    let path = format!(
        "{}?blSPL=03&teeSPL=00&snpSPL=10&ucodeSPL=169",
        "01".repeat(64)
    );
    assert_eq!(
        http.urls(),
        [
            format!("https://cors.litgateway.com/{AMD_URL}{path}"),
            format!("{AMD_URL}{path}"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_failing_server_is_named_by_its_failure() {
    let ask = async |reply: Reply| {
        let http = FakeHttp::in_order([reply]);
        let source = HttpVcekSource::new(http, [HttpVcekSource::AMD]).unwrap();
        source.certificate(&id()).await.unwrap_err()
    };
    let status = |status| Reply::status(status, vec![7; 256]);
    assert_eq!(ask(status(404)).await, VcekSourceError::Status(404));
    assert!(!ask(status(404)).await.is_retryable());
    assert!(ask(status(429)).await.is_retryable());
    assert!(ask(status(503)).await.is_retryable());
    let short = Reply::status(200, vec![7; 255]);
    assert_eq!(ask(short).await, VcekSourceError::TooShort);
    let slow = status(200).after(Duration::from_secs(6));
    let timeout = TransportError::Timeout(Duration::from_secs(5));
    assert_eq!(ask(slow).await, VcekSourceError::Transport(timeout.into()));
    let error = ask(Reply::refused()).await;
    assert!(matches!(error, VcekSourceError::Transport(_)) && error.is_retryable());

    let http = FakeHttp::in_order([]);
    assert!(HttpVcekSource::new(http.clone(), ["kdsintf.amd.com"]).is_err());
    let none = HttpVcekSource::new(http, []).unwrap();
    assert_eq!(none.certificate(&id()).await, Err(VcekSourceError::Unknown));
}

/// Gives certificates in order and repeats the last one.
#[derive(Debug)]
struct Certificates(Vec<Bytes>, AtomicUsize);

#[async_trait]
impl VcekSource for Certificates {
    async fn certificate(&self, _: &VcekId) -> Result<Bytes, VcekSourceError> {
        let asked = self.1.fetch_add(1, Ordering::SeqCst);
        Ok(self.0[asked.min(self.0.len() - 1)].clone())
    }
}

#[tokio::test(start_paused = true)]
async fn certificates_are_kept_and_failures_for_a_while() {
    let Some(recording) = recording() else {
        return;
    };
    let json = recording.attestation.to_string();
    let attestation = Attestation::from_json(json.as_bytes()).unwrap();
    let expected = Expected::new(recording.challenge);
    let certificates = vec![recording.other_vcek.into(), recording.vcek.into()];
    let source = Arc::new(Certificates(certificates, AtomicUsize::new(0)));
    let asked = || source.1.load(Ordering::SeqCst);
    let verifier = AttestationVerifier::new(AttestationPolicy::new(), source.clone());

    // Nobody is asked about an attestation that is wrong in itself.
    let other = Expected::new([0; 32]);
    let error = verifier.verify(&attestation, &other, now()).await;
    assert_eq!((error, asked()), (Err(AttestationError::Challenge), 0));

    for _ in 0..3 {
        let wrong = verifier.verify(&attestation, &expected, now()).await;
        assert!(matches!(
            wrong,
            Err(AttestationError::Certificate(
                CertificateError::WrongChip { .. }
            ))
        ));
        assert_eq!(asked(), 1);
    }
    tokio::time::advance(Duration::from_secs(5)).await;
    for _ in 0..3 {
        verifier
            .verify(&attestation, &expected, now())
            .await
            .unwrap();
        assert_eq!(asked(), 2);
    }
    // What has expired is asked for again.
    let late = now() + Duration::from_secs(10 * 365 * 24 * 3600);
    let error = verifier.verify(&attestation, &expected, late).await;
    assert!(matches!(
        error,
        Err(AttestationError::Certificate(
            CertificateError::NotValidNow { .. }
        ))
    ));
    assert_eq!(asked(), 3);
}

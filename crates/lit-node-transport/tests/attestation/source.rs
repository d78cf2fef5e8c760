use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use lit_node_transport::{
    TransportError,
    attestation::{
        AmdRoots, Attestation, AttestationError, AttestationVerifier, CertificateError, Expected,
        HttpVcekSource, Report, VcekId, VcekSource, VcekSourceError,
    },
};
use lit_test_fakes::{FakeHttp, Logs, Reply};
use serde_json::json;

use crate::{
    recording::{now, recordings},
    software::software,
};

const AMD_URL: &str = "https://kdsintf.amd.com/vcek/v1/Milan/";

/// Any certificate.
const CERTIFICATE: &[u8] = include_bytes!("../../src/attestation/amd/ark-milan.der");

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
    // The proxy refuses, or answers with a page.
    let page = "<html>Please log in</html>".repeat(20).into_bytes();
    for (status, answer) in [(503, Vec::new()), (200, Vec::new()), (200, page)] {
        let http = FakeHttp::by(move |request| {
            match request.url.as_str().starts_with(HttpVcekSource::LIT_PROXY) {
                true => Reply::status(status, answer.clone()),
                false => Reply::status(200, CERTIFICATE.to_vec()),
            }
        });
        let servers = [HttpVcekSource::LIT_PROXY, HttpVcekSource::AMD];
        let source = HttpVcekSource::new(http.clone(), servers).unwrap();
        assert_eq!(source.certificate(&id()).await.unwrap(), CERTIFICATE);
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
}

#[tokio::test(start_paused = true)]
async fn a_failing_server_is_named_by_its_failure() {
    let ask = async |reply: Reply| {
        let http = FakeHttp::in_order([reply]);
        let source = HttpVcekSource::new(http, [HttpVcekSource::AMD]).unwrap();
        source.certificate(&id()).await.unwrap_err()
    };
    let status = |status| Reply::status(status, CERTIFICATE.to_vec());
    assert_eq!(ask(status(404)).await, VcekSourceError::Status(404));
    assert!(!ask(status(404)).await.is_retryable());
    assert!(ask(status(429)).await.is_retryable());
    assert!(ask(status(503)).await.is_retryable());
    for other in [vec![7; 256], CERTIFICATE[1..].to_vec()] {
        let other = Reply::status(200, other);
        assert_eq!(ask(other).await, VcekSourceError::NotACertificate);
    }
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

/// The path of a server may be a credential, such as the key of a proxy.
#[tokio::test]
async fn the_path_of_a_server_is_not_logged() {
    let logs = Logs::default();
    let _subscriber = tracing::subscriber::set_default(logs.subscriber());
    let http = FakeHttp::in_order([Reply::refused(), Reply::status(403, Vec::new())]);
    let servers = ["https://kds.example/s3cret/", "https://kds.example/s3cret"];
    let source = HttpVcekSource::new(http, servers).unwrap();
    let error = source.certificate(&id()).await.unwrap_err();
    let logged = String::from_utf8(logs.text()).unwrap();
    assert_eq!(logged.matches("no certificate for").count(), 2, "{logged}");
    assert!(logged.contains("https://kds.example"), "{logged}");
    for shown in [logged, format!("{source:?} {error:?} {error}")] {
        assert!(!shown.contains("s3cret"), "{shown}");
    }
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
    for recording in recordings() {
        let attestation = recording.parse();
        let expected = Expected::new(recording.challenge);
        let certificates = [&recording.other_vcek, &recording.vcek];
        let certificates = certificates.map(|it| it.clone().into()).to_vec();
        let source = Arc::new(Certificates(certificates, AtomicUsize::new(0)));
        let asked = || source.1.load(Ordering::SeqCst);
        let verifier = AttestationVerifier::new(recording.policy(), source.clone());

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
}

/// Answers with these results in order, each after a second, and counts.
#[derive(Debug, Default)]
struct Busy {
    answers: Mutex<Vec<Result<Bytes, VcekSourceError>>>,
    asked: AtomicUsize,
    now: AtomicUsize,
    at_once: AtomicUsize,
}

#[async_trait]
impl VcekSource for Busy {
    async fn certificate(&self, _: &VcekId) -> Result<Bytes, VcekSourceError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.at_once.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        let answer = self.answers.lock().unwrap().pop();
        answer.unwrap_or(Err(VcekSourceError::Unknown))
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_source_is_asked_once_more() {
    let recording = software();
    let verify = async |mut answers: Vec<Result<Bytes, VcekSourceError>>| {
        answers.reverse();
        let source = Arc::new(Busy {
            answers: Mutex::new(answers),
            ..Busy::default()
        });
        let verifier = AttestationVerifier::new(recording.policy(), source.clone());
        let expected = Expected::new(recording.challenge);
        let start = tokio::time::Instant::now();
        let verified = verifier.verify(&recording.parse(), &expected, now()).await;
        let asked = source.asked.load(Ordering::SeqCst);
        (verified.map(drop), asked, start.elapsed())
    };
    let (busy, good) = (
        Err(VcekSourceError::Status(429)),
        Ok(recording.vcek.clone().into()),
    );
    let second = Duration::from_secs(1);
    let answers = vec![busy.clone(), good.clone()];
    // Two answers and the pause between them.
    assert_eq!(verify(answers).await, (Ok(()), 2, 3 * second));
    let refused = Err(VcekSourceError::Status(429).into());
    let answers = vec![busy.clone(), busy, good];
    assert_eq!(verify(answers).await, (refused, 2, 3 * second));
    let refused = Err(VcekSourceError::Unknown.into());
    assert_eq!(verify(vec![]).await, (refused, 1, second));
}

#[tokio::test(start_paused = true)]
async fn few_certificates_are_asked_for_at_once() {
    let recording = software();
    let source = Arc::new(Busy::default());
    let verifier = AttestationVerifier::new(recording.policy(), source.clone());
    let verifier = Arc::new(verifier);
    let verify = |chip: u8| {
        let verifier = Arc::clone(&verifier);
        let mut report = recording.bytes("/report");
        report[0x1A0..0x1E0].fill(chip);
        let attestation = recording.with("/report", json!(BASE64_STANDARD.encode(&report)));
        let attestation = Attestation::from_json(attestation.to_string().as_bytes()).unwrap();
        let expected = Expected::new(recording.challenge);
        tokio::spawn(async move { verifier.verify(&attestation, &expected, now()).await })
    };
    for round in ["asked", "known"] {
        for verified in (0..10).map(verify).collect::<Vec<_>>() {
            let error = verified.await.unwrap().unwrap_err();
            assert_eq!(error, VcekSourceError::Unknown.into(), "{round}");
        }
    }
    let [asked, at_once] = [&source.asked, &source.at_once].map(|it| it.load(Ordering::SeqCst));
    assert_eq!((asked, at_once), (10, 4));
}

use std::{
    fmt,
    sync::{Arc, LazyLock},
    time::Duration,
};

use ring::signature::{
    ECDSA_P384_SHA384_ASN1, RSA_PSS_2048_8192_SHA384, UnparsedPublicKey, VerificationAlgorithm,
};
use time::OffsetDateTime;
use x509_cert::{
    Certificate,
    der::{
        Decode, Encode,
        asn1::{AnyRef, ObjectIdentifier},
    },
    spki::SubjectPublicKeyInfoOwned,
};

use super::{AttestationError, Report, TcbVersion};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
/// Extensions of a VCEK: the id of the chip, and the versions of its firmware in the order of [`TcbVersion::parts`].
const HARDWARE_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.4");
const TCB: [ObjectIdentifier; 4] = [
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.1"),
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.2"),
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.3"),
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.8"),
];
/// A VCEK has about 1,400 bytes.
const MAX_CERTIFICATE: usize = 16 * 1024;

/// The certificates that signing keys of chips are traced to: AMD's root key (ARK) and SEV signing key (ASK) of one product.
#[derive(Clone, PartialEq, Eq)]
pub struct AmdRoots(Arc<Roots>);

#[derive(PartialEq, Eq)]
struct Roots {
    product: String,
    ark: Certificate,
    ask: Certificate,
}

impl AmdRoots {
    /// AMD's certificates for EPYC 7003 ("Milan"). They are compiled in, as in the official client.
    #[must_use]
    #[allow(
        clippy::expect_used,
        reason = "the certificates are compiled in, and a test reads them"
    )]
    pub fn milan() -> Self {
        static MILAN: LazyLock<AmdRoots> = LazyLock::new(|| {
            let ark = include_bytes!("amd/ark-milan.der");
            let ask = include_bytes!("amd/ask-milan.der");
            AmdRoots::insecure("Milan", ark, ask).expect("AMD's certificates are well-formed")
        });
        MILAN.clone()
    }

    /// Certificates of anybody, in DER, for a product of this name.
    ///
    /// Anyone who has their keys can attest anything. Use them in tests, such as tests with the software attestation of the
    /// embedded network.
    ///
    /// # Errors
    /// [`CertificateError`] for a malformed certificate, and when `ark` does not sign both.
    pub fn insecure(product: &str, ark: &[u8], ask: &[u8]) -> Result<Self, CertificateError> {
        let (ark, ask) = (parse(ark)?, parse(ask)?);
        check_signature(&ark, &ark, "ARK")?;
        check_signature(&ask, &ark, "ASK")?;
        let product = product.to_owned();
        Ok(Self(Arc::new(Roots { product, ark, ask })))
    }

    /// The name of the product.
    #[must_use]
    pub fn product(&self) -> &str {
        &self.0.product
    }
}

impl fmt::Debug for AmdRoots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AmdRoots").field(&self.product()).finish()
    }
}

/// Names the signing key (VCEK) of a chip with certain firmware.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VcekId {
    product: String,
    chip_id: [u8; 64],
    tcb: TcbVersion,
}

impl VcekId {
    /// The key that must have signed a report.
    ///
    /// # Errors
    /// [`AttestationError::Product`] when the report names a processor that the roots are not for.
    pub fn of(report: &Report, roots: &AmdRoots) -> Result<Self, AttestationError> {
        // Milan is family 19h, models 0 to Fh. Older reports do not name the processor.
        if let Some((family, model)) = report.processor()
            && (family != 0x19 || model > 0x0F)
        {
            let product = roots.product().to_owned();
            return Err(AttestationError::Product {
                family,
                model,
                product,
            });
        }
        Ok(Self {
            product: roots.product().to_owned(),
            chip_id: report.chip_id(),
            tcb: report.reported_tcb(),
        })
    }

    /// Path and query of the certificate at AMD's key distribution service (AMD 57230).
    #[must_use]
    pub fn path(&self) -> String {
        let [bootloader, tee, snp, microcode] = self.tcb.parts();
        format!(
            "/vcek/v1/{}/{}?blSPL={bootloader:02}&teeSPL={tee:02}&snpSPL={snp:02}&ucodeSPL={microcode:02}",
            self.product,
            hex::encode(self.chip_id)
        )
    }

    /// The id of the chip.
    #[must_use]
    pub const fn chip_id(&self) -> &[u8; 64] {
        &self.chip_id
    }

    /// The versions of the firmware.
    #[must_use]
    pub const fn tcb(&self) -> TcbVersion {
        self.tcb
    }
}

/// Shows the beginning of the chip's id.
impl fmt::Debug for VcekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} chip {}", self.product, short(&self.chip_id))
    }
}

/// The verified signing key of a chip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vcek {
    id: VcekId,
    roots: AmdRoots,
    /// An uncompressed point of P-384.
    public_key: Vec<u8>,
    /// When all certificates of the chain are valid.
    valid: Validity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Validity {
    from: OffsetDateTime,
    until: OffsetDateTime,
}

impl Vcek {
    /// Verifies the certificate of a chip, in DER: its chain to the roots, its time, and that it is for the chip and the firmware of
    /// `id`.
    ///
    /// # Errors
    /// [`CertificateError`]
    pub fn verify(
        certificate: &[u8],
        id: &VcekId,
        roots: &AmdRoots,
        now: OffsetDateTime,
    ) -> Result<Self, CertificateError> {
        let vcek = parse(certificate)?;
        let Roots { ark, ask, .. } = &*roots.0;
        check_signature(&vcek, ask, "VCEK")?;
        let chip = extension(&vcek, HARDWARE_ID).ok_or(CertificateError::NotAVcek)?;
        if chip != id.chip_id {
            return Err(CertificateError::WrongChip {
                found: short(chip),
                expected: short(&id.chip_id),
            });
        }
        let mut versions = TCB.map(|oid| extension(&vcek, oid).map(u8::from_der));
        for (version, expected) in versions.iter_mut().zip(id.tcb.parts()) {
            match version.take() {
                Some(Ok(version)) if version == expected => {}
                Some(Ok(_)) => return Err(CertificateError::WrongTcb(id.tcb)),
                Some(Err(_)) | None => return Err(CertificateError::NotAVcek),
            }
        }
        let key = &vcek.tbs_certificate.subject_public_key_info;
        let public_key = match key_kind(key) {
            Some(KeyKind::P384) => key.subject_public_key.as_bytes().map(<[u8]>::to_vec),
            _ => None,
        };
        let valid = [ark, ask, &vcek].into_iter().map(validity);
        let valid = valid.reduce(|all, one| {
            let (all, one) = (all?, one?);
            Some(Validity {
                from: all.from.max(one.from),
                until: all.until.min(one.until),
            })
        });
        let vcek = Self {
            id: id.clone(),
            roots: roots.clone(),
            public_key: public_key.ok_or(CertificateError::NotAVcek)?,
            valid: valid.flatten().ok_or(CertificateError::Malformed)?,
        };
        vcek.check_time(now)?;
        Ok(vcek)
    }

    /// The chip and the firmware that the key is for.
    #[must_use]
    pub const fn id(&self) -> &VcekId {
        &self.id
    }

    /// The roots that the key was traced to.
    #[must_use]
    pub const fn roots(&self) -> &AmdRoots {
        &self.roots
    }

    /// Checks that the certificates are valid at this time.
    pub(crate) fn check_time(&self, now: OffsetDateTime) -> Result<(), CertificateError> {
        let Validity { from, until } = self.valid;
        match from <= now && now <= until {
            true => Ok(()),
            false => Err(CertificateError::NotValidNow { from, until }),
        }
    }

    /// Whether the key signed a report.
    pub(crate) fn has_signed(&self, report: &Report) -> bool {
        let algorithm = &ring::signature::ECDSA_P384_SHA384_FIXED;
        UnparsedPublicKey::new(algorithm, &self.public_key)
            .verify(report.signed(), &report.signature())
            .is_ok()
    }
}

pub(super) fn parse(der: &[u8]) -> Result<Certificate, CertificateError> {
    if der.len() > MAX_CERTIFICATE {
        return Err(CertificateError::Malformed);
    }
    Certificate::from_der(der).map_err(|_| CertificateError::Malformed)
}

/// Checks that `issuer` signed a certificate.
fn check_signature(
    certificate: &Certificate,
    issuer: &Certificate,
    which: &'static str,
) -> Result<(), CertificateError> {
    let wrong = || CertificateError::Signature(which);
    let signed = &certificate.tbs_certificate;
    let key = &issuer.tbs_certificate.subject_public_key_info;
    let (algorithm, expected): (&dyn VerificationAlgorithm, _) = match key_kind(key) {
        Some(KeyKind::Rsa) => (&RSA_PSS_2048_8192_SHA384, RSA_PSS),
        // Roots for tests have such keys, since RSA keys of 4096 bits take seconds to make.
        Some(KeyKind::P384) => (&ECDSA_P384_SHA384_ASN1, ECDSA_SHA384),
        None => return Err(wrong()),
    };
    if signed.issuer != issuer.tbs_certificate.subject
        || signed.signature != certificate.signature_algorithm
        || signed.signature.oid != expected
    {
        return Err(wrong());
    }
    // DER has one form for a value, so that these are the bytes that were parsed.
    let message = signed.to_der().map_err(|_| CertificateError::Malformed)?;
    let signature = certificate.signature.as_bytes().ok_or_else(wrong)?;
    let key = key.subject_public_key.as_bytes().ok_or_else(wrong)?;
    UnparsedPublicKey::new(algorithm, key)
        .verify(&message, signature)
        .map_err(|_| wrong())
}

enum KeyKind {
    Rsa,
    P384,
}

fn key_kind(key: &SubjectPublicKeyInfoOwned) -> Option<KeyKind> {
    let curve = || {
        let parameters = key.algorithm.parameters.as_ref()?;
        ObjectIdentifier::try_from(AnyRef::from(parameters)).ok()
    };
    match key.algorithm.oid {
        RSA => Some(KeyKind::Rsa),
        EC if curve() == Some(P384) => Some(KeyKind::P384),
        _ => None,
    }
}

/// The value of an extension that is there once.
fn extension(certificate: &Certificate, oid: ObjectIdentifier) -> Option<&[u8]> {
    let extensions = certificate.tbs_certificate.extensions.as_deref()?;
    let mut found = extensions.iter().filter(|one| one.extn_id == oid);
    match (found.next(), found.next()) {
        (Some(one), None) => Some(one.extn_value.as_bytes()),
        _ => None,
    }
}

fn validity(certificate: &Certificate) -> Option<Validity> {
    let time = |since_1970: Duration| {
        let seconds = since_1970.as_secs().try_into().ok()?;
        OffsetDateTime::from_unix_timestamp(seconds).ok()
    };
    let validity = certificate.tbs_certificate.validity;
    Some(Validity {
        from: time(validity.not_before.to_unix_duration())?,
        until: time(validity.not_after.to_unix_duration())?,
    })
}

/// The first eight bytes in hex.
fn short(chip_id: &[u8]) -> String {
    hex::encode(&chip_id[..chip_id.len().min(8)])
}

/// Why the certificate of a chip is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Not an X.509 certificate in DER.
    #[error("malformed certificate")]
    Malformed,
    /// The certificate is not signed by the one above it.
    #[error("the signature of the {0} certificate is wrong")]
    Signature(&'static str),
    /// The certificate lacks what a VCEK has: a chip id, firmware versions and a P-384 key.
    #[error("not the certificate of a chip (VCEK)")]
    NotAVcek,
    /// The certificate is for another chip.
    #[error("the certificate is for chip {found}.., not for {expected}..")]
    WrongChip {
        /// The beginning of its chip id.
        found: String,
        /// The beginning of the chip id in the report.
        expected: String,
    },
    /// The certificate is for other firmware than the report names.
    #[error("the certificate is for other firmware than the report's ({0})")]
    WrongTcb(TcbVersion),
    /// A certificate of the chain is not valid yet, or not any more.
    #[error("the certificates are valid from {from} until {until}")]
    NotValidNow {
        /// When all are valid.
        from: OffsetDateTime,
        /// When the first one expires.
        until: OffsetDateTime,
    },
}

#[cfg(test)]
mod tests {
    use ring::digest::{SHA256, digest};

    use super::*;

    /// The fingerprints that AMD's certificates of Milan have.
    #[test]
    fn the_roots_are_those_of_amd() {
        let AmdRoots(roots) = AmdRoots::milan();
        let fingerprint = |certificate: &Certificate| {
            hex::encode(digest(&SHA256, &certificate.to_der().unwrap()))
        };
        assert_eq!(
            fingerprint(&roots.ark),
            "69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd"
        );
        assert_eq!(
            fingerprint(&roots.ask),
            "67d303bd3905fd38db8b20e0793699870e7fa612eaad5dec358293fd8c0bac1b"
        );
    }

    #[test]
    fn roots_that_do_not_sign_each_other_are_refused() {
        let ark = &include_bytes!("amd/ark-milan.der")[..];
        let ask = &include_bytes!("amd/ask-milan.der")[..];
        let refusal = |ark: &[u8], ask: &[u8]| AmdRoots::insecure("Milan", ark, ask).unwrap_err();
        assert_eq!(refusal(ask, ask), CertificateError::Signature("ARK"));
        for at in 0..ask.len() {
            let mut changed = ask.to_vec();
            changed[at] ^= 1;
            assert!(
                matches!(
                    refusal(ark, &changed),
                    CertificateError::Malformed | CertificateError::Signature("ASK")
                ),
                "byte {at}"
            );
        }
        assert_eq!(refusal(b"", ask), CertificateError::Malformed);
        assert_eq!(
            refusal(ark, &[0; MAX_CERTIFICATE + 1]),
            CertificateError::Malformed
        );
    }
}

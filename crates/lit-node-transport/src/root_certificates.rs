use std::fmt;

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, TrustAnchor, pem::PemObject},
};

/// Root certificates to trust, such as that of `lit devnet --tls`.
///
/// ```
/// use lit_node_transport::{HttpTransport, RootCertificates};
///
/// fn transport(pem: &[u8]) -> Result<HttpTransport, lit_node_transport::InvalidRootCertificate> {
///     let roots = RootCertificates::from_pem(pem)?;
///     Ok(HttpTransport::builder().with_root_certificates(roots).build())
/// }
/// assert!(transport(b"no certificate").is_err());
/// ```
#[derive(Clone)]
pub struct RootCertificates(RootCertStore);

impl RootCertificates {
    /// Reads all certificates of a PEM file.
    ///
    /// # Errors
    /// [`InvalidRootCertificate`] if there are none, or one is malformed.
    pub fn from_pem(pem: &[u8]) -> Result<Self, InvalidRootCertificate> {
        let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        Self::new(certificates.map_err(|error| InvalidRootCertificate::Malformed(error.into()))?)
    }

    /// Reads one certificate in DER.
    ///
    /// # Errors
    /// [`InvalidRootCertificate::Malformed`].
    pub fn from_der(der: impl Into<Vec<u8>>) -> Result<Self, InvalidRootCertificate> {
        Self::new(vec![CertificateDer::from(der.into())])
    }

    fn new(certificates: Vec<CertificateDer<'static>>) -> Result<Self, InvalidRootCertificate> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            let added = roots.add(certificate);
            added.map_err(|error| InvalidRootCertificate::Malformed(error.into()))?;
        }
        if roots.is_empty() {
            return Err(InvalidRootCertificate::Empty);
        }
        Ok(Self(roots))
    }

    pub(crate) fn anchors(&self) -> impl Iterator<Item = TrustAnchor<'static>> {
        self.0.roots.iter().cloned()
    }
}

impl fmt::Debug for RootCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootCertificates({})", self.0.len())
    }
}

/// Why a certificate cannot be trusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRootCertificate {
    /// The text has no certificate.
    #[error("no certificate in PEM; expected -----BEGIN CERTIFICATE-----")]
    Empty,
    /// A certificate is malformed.
    #[error("malformed certificate")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_certificate_is_refused() {
        for (text, expected) in [
            (
                "",
                "no certificate in PEM; expected -----BEGIN CERTIFICATE-----",
            ),
            (
                "text",
                "no certificate in PEM; expected -----BEGIN CERTIFICATE-----",
            ),
            ("-----BEGIN CERTIFICATE-----", "malformed certificate"),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "malformed certificate",
            ),
        ] {
            let error = RootCertificates::from_pem(text.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), expected, "{text}");
        }
        let error = RootCertificates::from_der(*b"der").unwrap_err();
        assert_eq!(error.to_string(), "malformed certificate");
    }
}

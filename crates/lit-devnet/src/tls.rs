//! Nodes over https: a root certificate that is made for one network, and a certificate of this machine that it signs.

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use lit_devnet_chain::http_server::NotUpgraded;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{DevnetError, StateError, state};

/// The file in a state directory with the key and certificate of the nodes, and the root certificate, in this order.
const NODES_FILE: &str = "tls.pem";
/// The file in a state directory with the root certificate.
const ROOT_FILE: &str = "ca.pem";
/// The answer to plain HTTP.
const PLAIN_HTTP: &str = "this port speaks TLS: use a URL with https://";
/// The timeout of a TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// Accepts TLS connections.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    root: Arc<str>,
}

/// Shows no key.
impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// With new certificates.
    pub(crate) fn generate() -> Result<Self, DevnetError> {
        let pem = Pem::generate().map_err(|error| DevnetError::Certificate(error.into()))?;
        pem.tls().map_err(DevnetError::Certificate)
    }

    /// With the certificates of a state directory, or with new ones that are kept there.
    pub(crate) fn kept_in(dir: &Path) -> Result<Self, DevnetError> {
        let path = dir.join(NODES_FILE);
        let pem = match fs::read_to_string(&path) {
            Ok(text) => Pem(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let made = Pem::generate();
                let made = made.map_err(|error| DevnetError::Certificate(error.into()))?;
                state::replace(&path, made.0.as_bytes())?;
                made
            }
            Err(source) => {
                return Err(StateError::File {
                    operation: "read",
                    path,
                    source,
                }
                .into());
            }
        };
        let tls = pem.tls().map_err(|error| StateError::Damaged {
            path,
            reason: error.to_string(),
        })?;
        state::replace(&root_file(dir), tls.root.as_bytes())?;
        Ok(tls)
    }

    /// The root certificate in PEM.
    pub(crate) fn root_certificate(&self) -> &str {
        &self.root
    }

    /// Performs the TLS handshake. A client that speaks plain HTTP is told so.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, NotUpgraded> {
        let accepted = async {
            let mut first = [0];
            // HTTP begins with the letters of a method, and TLS with the number 22.
            if stream.peek(&mut first).await? == 1 && first[0].is_ascii_alphabetic() {
                return Ok(Err(NotUpgraded::Plain(stream, PLAIN_HTTP.to_owned())));
            }
            self.acceptor.accept(stream).await.map(Ok)
        };
        let accepted = tokio::time::timeout(HANDSHAKE_TIMEOUT, accepted).await;
        let accepted: io::Result<_> =
            accepted.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        accepted.unwrap_or_else(|error| {
            tracing::debug!(%error, "TLS handshake failed");
            Err(NotUpgraded::Failed)
        })
    }
}

/// The file with the root certificate of a network that keeps its state in this directory.
fn root_file(dir: &Path) -> PathBuf {
    dir.join(ROOT_FILE)
}

/// The key and certificate of the nodes, and the root certificate.
struct Pem(String);

impl Pem {
    /// The root's key is dropped, so that nobody can make a certificate for another name with it. Keys are random: those from the
    /// network's seed would be known to all who know the seed.
    fn generate() -> Result<Self, rcgen::Error> {
        let root_key = KeyPair::generate()?;
        let mut root = CertificateParams::default();
        root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        // Clients look roots up by name, so each has its own: another one is then an unknown issuer, not a bad signature.
        let id = hex::encode(&Sha256::digest(root_key.public_key_raw())[..8]);
        let name = format!("lit devnet {id}");
        root.distinguished_name.push(DnType::CommonName, name);
        let certificate = root.self_signed(&root_key)?.pem();
        let root = Issuer::new(root, root_key);

        let key = KeyPair::generate()?;
        let mut nodes = CertificateParams::new(["127.0.0.1".to_owned(), "localhost".to_owned()])?;
        nodes.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        nodes.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        nodes.use_authority_key_identifier_extension = true;
        nodes
            .distinguished_name
            .push(DnType::CommonName, "lit devnet node");
        let nodes = nodes.signed_by(&key, &root)?.pem();
        Ok(Self(format!("{}{nodes}{certificate}", key.serialize_pem())))
    }

    fn tls(&self) -> Result<Tls, Box<dyn Error + Send + Sync>> {
        let key = PrivateKeyDer::from_pem_slice(self.0.as_bytes())?;
        let mut certificates =
            CertificateDer::pem_slice_iter(self.0.as_bytes()).collect::<Result<Vec<_>, _>>()?;
        if certificates.len() != 2 {
            return Err("expected a private key and two certificates".into());
        }
        certificates.truncate(1);
        // Not the process-wide default: an application may link another provider beside this one.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(certificates, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // The last one is the root.
        let root = self
            .0
            .rfind("-----BEGIN")
            .map_or("", |start| &self.0[start..]);
        Ok(Tls {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            root: root.into(),
        })
    }
}

//! Certificates: `lit devnet --tls` writes one, and the other commands trust the file of `--ca-cert`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use lit_devnet::Devnet;
use lit_sdk::transport::{HttpTransport, NodeTransport, RootCertificates};

use crate::error::{Error, read_file};

/// A transport that trusts the certificates of a file besides those of the web.
pub(crate) fn trusting(file: &Path) -> Result<Arc<dyn NodeTransport>, Error> {
    let roots = RootCertificates::from_pem(read_file(file)?.as_bytes());
    let roots = roots.map_err(|source| Error::RootCertificate {
        path: file.to_owned(),
        source,
    })?;
    let transport = HttpTransport::builder().with_root_certificates(roots);
    Ok(Arc::new(transport.build()))
}

/// The file with the root certificate of a network that serves nodes over https. A network without a state directory gets a file in
/// the cache directory; the port in its name keeps networks that run at the same time apart.
pub(crate) fn publish(network: &Devnet, state: Option<&Path>) -> Result<Option<PathBuf>, Error> {
    let Some(certificate) = network.root_certificate() else {
        return Ok(None);
    };
    if let Some(dir) = state {
        let file = std::path::absolute(dir.join("ca.pem"));
        return file.map(Some).map_err(|source| Error::Write {
            path: dir.to_owned(),
            source,
        });
    }
    let dir = cache_dir().ok_or(Error::NoCacheDir)?;
    let port = network.node_urls()[0].authority().rsplit(':').next();
    let file = dir.join(format!("ca-{}.pem", port.unwrap_or_default()));
    let written = fs::create_dir_all(&dir).and_then(|()| fs::write(&file, certificate));
    written.map_err(|source| Error::Write {
        path: file.clone(),
        source,
    })?;
    Ok(Some(file))
}

fn cache_dir() -> Option<PathBuf> {
    let dir = |name| {
        let dir = env::var_os(name).map(PathBuf::from);
        dir.filter(|dir| dir.is_absolute())
    };
    let cache = dir("XDG_CACHE_HOME").or_else(|| Some(dir("HOME")?.join(".cache")));
    Some(cache?.join("lit-devnet"))
}

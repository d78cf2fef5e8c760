//! A server that speaks TLS, with a certificate of an authority that this test is.

use std::{cell::RefCell, fs, path::Path};

use lit_sdk::store::{SessionStore, StoreError};
use lit_store_redis::{
    RedisStore,
    redis::{Client, TlsCertificates},
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::{
    server::Server,
    support::{Setup, keys},
};

/// Writes key and certificate of a server called `localhost`, and returns the certificate of the authority.
fn certify(directory: &Path) -> String {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let server = server.signed_by(&key, &issuer).unwrap();
    fs::write(directory.join("server.key"), key.serialize_pem()).unwrap();
    fs::write(directory.join("server.pem"), server.pem()).unwrap();
    fs::write(directory.join("root.pem"), &root).unwrap();
    root
}

fn start(root: &mut String) -> Server {
    let root = RefCell::new(root);
    Server::with(|directory, port| {
        **root.borrow_mut() = certify(directory);
        let file = |name: &str| directory.join(name).display().to_string();
        let port = port.to_string();
        [
            ("--port", "0"),
            ("--tls-port", &port),
            ("--tls-cert-file", &file("server.pem")),
            ("--tls-key-file", &file("server.key")),
            ("--tls-ca-cert-file", &file("root.pem")),
            ("--tls-auth-clients", "no"),
        ]
        .iter()
        .flat_map(|(name, value)| [(*name).to_owned(), (*value).to_owned()])
        .collect()
    })
}

fn trusting(root: &str) -> TlsCertificates {
    TlsCertificates {
        client_tls: None,
        root_cert: Some(root.as_bytes().to_vec()),
    }
}

#[tokio::test]
async fn sessions_are_kept_over_tls() {
    let setup = Setup::new().await;
    let mut root = String::new();
    let mut server = start(&mut root);
    let entry = setup.entry("one.example").await;
    let store = |url: String, root: Option<&str>| {
        let client = match root {
            Some(root) => Client::build_with_tls(url, trusting(root)).unwrap(),
            None => Client::open(url).unwrap(),
        };
        RedisStore::new(client, keys(1))
    };
    let url = format!("rediss://localhost:{}", server.port());
    let good = store(url.clone(), Some(&root));
    good.put(&entry).await.unwrap();
    let found = good.get(entry.scope()).await.unwrap().unwrap();
    assert_eq!(found.public_key(), entry.public_key());
    // A restart between two calls is not noticed.
    server.stop();
    server.restart();
    assert!(good.get(entry.scope()).await.unwrap().is_some());

    // An authority that nobody knows, another one, another name, and no TLS at all.
    let mut another = String::new();
    let _other = start(&mut another);
    let by_address = format!("rediss://127.0.0.1:{}", server.port());
    let in_clear = format!("redis://localhost:{}", server.port());
    for bad in [
        store(url.clone(), None),
        store(url, Some(&another)),
        store(by_address, Some(&root)),
        store(in_clear, None),
    ] {
        let refused = bad.get(entry.scope()).await;
        assert!(
            matches!(refused, Err(StoreError::Unavailable(_))),
            "{refused:?}"
        );
    }
}

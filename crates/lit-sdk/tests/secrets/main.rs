//! All flows, with everything logged: no log, `Debug`, error or file shows a key, a token, a credential or a plaintext.
//!
//! One test, in a program of its own, since it captures the logs of all threads.
#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

#[path = "../common/mod.rs"]
mod common;
mod flows;
mod stores;

use std::{error::Error, fmt::Debug, fs, path::Path, time::Duration};

use lit_devnet::{Devnet, DevnetBuilder};
use lit_sdk::{AuthSig, LitNodeClient, NodeList, Session, SessionSigs};
use lit_test_fakes::{Logs, Secrets, temp_dir};

/// What the flows know that nobody else may, and what they let others see.
#[derive(Default)]
struct Seen {
    secrets: Secrets,
    shown: String,
}

impl Seen {
    fn show(&mut self, value: &impl Debug) {
        self.shown += &format!("{value:?}\n{value:#?}\n");
    }

    fn fail(&mut self, error: &(impl Error + 'static)) {
        self.show(error);
        let mut cause: Option<&dyn Error> = Some(error);
        while let Some(error) = cause {
            self.shown += &format!("{error}\n");
            cause = error.source();
        }
    }

    fn auth_sig(&mut self, name: &str, auth_sig: &AuthSig) {
        self.secrets.add_hex(name, &auth_sig.sig);
        self.show(auth_sig);
    }

    fn session(&mut self, name: &str, session: &Session) {
        let key = session.key_pair().expose_secret_key();
        let seed = &key[..64];
        self.secrets
            .add_hex(&format!("session key of {name}"), seed);
        self.auth_sig(&format!("AuthSig of {name}"), session.root());
        for proof in session.proofs() {
            self.auth_sig(&format!("proof of {name}"), proof);
        }
        self.show(session);
        self.show(session.key_pair());
        self.show(&session.explain());
    }

    fn sigs(&mut self, name: &str, sigs: &SessionSigs) {
        for (_, sig) in sigs.iter() {
            self.secrets
                .add_hex(&format!("session signature of {name}"), &sig.sig);
            self.show(sig);
        }
        self.show(sigs);
    }

    /// Fails if a secret is in a text, or the text is shorter than it must be.
    fn search(&self, place: &str, text: &[u8], least: usize) {
        assert!(text.len() >= least, "{place}: {} bytes", text.len());
        let found = self.secrets.found_in(text);
        let found = found.iter().take(20).cloned().collect::<Vec<_>>();
        assert!(found.is_empty(), "{place}:\n{}", found.join("\n"));
    }

    /// As [`Seen::search`], of all files below a directory.
    fn search_files(&self, directory: &Path) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.search_files(&path);
            } else {
                let place = path.display().to_string();
                self.search(&place, &fs::read(path).unwrap(), 0);
            }
        }
    }
}

async fn start(network: DevnetBuilder) -> (Devnet, LitNodeClient) {
    let network = network.with_nodes(3).with_http(0).start().await.unwrap();
    let nodes = NodeList::from_urls(network.node_urls().to_vec(), network.threshold());
    let client = LitNodeClient::builder(&nodes).with_clock(network.clock());
    let client = client.connect().await.unwrap();
    (network, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_flow_shows_a_secret() {
    let logs = Logs::default();
    tracing::subscriber::set_global_default(logs.subscriber()).unwrap();
    let (state, files) = (temp_dir(), temp_dir());
    let mut seen = Seen::default();
    let (network, client) = start(Devnet::builder().with_state(state.path())).await;

    flows::run(&network, &client, &mut seen).await;
    stores::run(&client, files.path(), &mut seen).await;
    // Once more within the process, where other code moves the requests.
    let within = LitNodeClient::connect(&network).await.unwrap();
    flows::run(&network, &within, &mut seen).await;
    seen.show(&network.requests());
    seen.show(&client);
    network.clock().advance(Duration::from_secs(1));
    drop((client, within, network));

    assert!(seen.secrets.count() > 20, "{}", seen.secrets.count());
    let shown = seen.shown.as_bytes();
    seen.search("values and errors", shown, 10_000);
    seen.search("logs", &logs.text(), 100_000);
    seen.search_files(state.path());
    seen.search_files(files.path());

    // The search finds a secret that somebody logs, at any level, in a field or in a span.
    let before = logs.text().len();
    let secret = seen.planted();
    tracing::trace_span!("planted", secret).in_scope(|| tracing::trace!("in a span"));
    tracing::trace!(target: "elsewhere", %secret, "in a field");
    let planted = seen.secrets.found_in(&logs.text()[before..]);
    assert!(planted.len() >= 2, "{planted:?}");
}

impl Seen {
    /// A secret, in hex.
    fn planted(&mut self) -> String {
        let secret = "5ec4e7".repeat(10) + "abcd";
        self.secrets.add_hex("planted", &secret);
        secret
    }
}

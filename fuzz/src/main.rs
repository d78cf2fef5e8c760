//! Fuzz targets for every parser of outside data, in one program.
//!
//! `cargo xtask fuzz` builds and runs it. `LIT_FUZZ_TARGET` names the target. With `LIT_FUZZ_SEEDS` set to a directory it writes the
//! seeds of each target there, prints the names of the targets, and ends.

#![no_main]

mod accounts;
mod attestation;
mod chain;
mod credentials;
mod crypto;
mod messages;
mod network;
mod seeds;
mod services;
mod types;

use std::{env, path::Path, process, sync::OnceLock};

use libfuzzer_sys::fuzz_target;

/// One target.
struct Target {
    name: &'static str,
    run: fn(&[u8]),
}

const TARGETS: &[Target] = &[
    target("siwe", messages::siwe),
    target("recap", messages::recap),
    target("rewritten", messages::rewritten),
    target("auth_sig", credentials::auth_sig),
    target("session_sig", credentials::session_sig),
    target("bundle", credentials::bundle),
    target("stored_entry", credentials::stored_entry),
    target("sealed_entry", credentials::sealed_entry),
    target("shares", crypto::shares),
    target("ciphertext", crypto::ciphertext),
    target("conditions", types::conditions),
    target("types", types::texts),
    target("jwt", network::jwt),
    target("webauthn", network::webauthn),
    target("node_request", network::request),
    target("handshake", network::handshake),
    target("attestation", attestation::attestation),
    target("node_answer", network::answer),
    target("relayer", services::relayer),
    target("rpc_answer", services::rpc_answer),
    target("json_rpc", chain::json_rpc),
    target("chain_dump", chain::dump),
    target("state_file", chain::state_file),
];

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run }
}

static SELECTED: OnceLock<fn(&[u8])> = OnceLock::new();

/// Selects the target, or writes the seeds.
fn start() {
    if let Some(dir) = env::var_os("LIT_FUZZ_SEEDS") {
        for Target { name, .. } in TARGETS {
            seeds::write(Path::new(&dir), name).expect("seeds are written");
            println!("{name}");
        }
        process::exit(0);
    }
    let name = env::var("LIT_FUZZ_TARGET").unwrap_or_default();
    let Some(target) = TARGETS.iter().find(|target| target.name == name) else {
        eprintln!("unknown fuzz target {name:?}: set LIT_FUZZ_TARGET, or run `cargo xtask fuzz`");
        process::exit(2);
    };
    SELECTED.get_or_init(|| target.run);
}

fuzz_target!(init: start(), |data: &[u8]| {
    let run = SELECTED.get().expect("selected at the start");
    run(data);
});

/// The data as text, if it is UTF-8.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// The first byte, which selects what is done, and the rest.
fn selected(data: &[u8]) -> (usize, &[u8]) {
    match data.split_first() {
        Some((first, rest)) => (usize::from(*first), rest),
        None => (0, &[]),
    }
}

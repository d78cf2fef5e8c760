//! The dev chain and the state of the network at rest.

use std::{fs, path::Path, sync::LazyLock};

use lit_devnet::{Devnet, chain::Chain};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{accounts, selected};

/// A chain that is put back after each request.
fn with_chain(run: impl FnOnce(&Chain)) {
    static CHAIN: LazyLock<Chain> = LazyLock::new(|| Chain::builder().build());
    let before = CHAIN.snapshot();
    run(&CHAIN);
    CHAIN.revert(before);
}

/// A request to the JSON-RPC.
pub(crate) fn json_rpc(data: &[u8]) {
    with_chain(|chain| {
        let answer = chain.rpc_bytes(data);
        let answer: Value = serde_json::from_slice(&answer).expect("the answer is JSON");
        assert!(answer.is_object() || answer.is_array(), "{answer}");
    });
}

/// A dump of a chain's state, compressed or not.
pub(crate) fn dump(data: &[u8]) {
    with_chain(|chain| {
        let dump = format!("0x{}", accounts::in_hex(data));
        let request =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "anvil_loadState", "params": [dump] });
        let _ = chain.rpc(request);
    });
}

/// The bytes before each frame of a state file: its length, a checksum, and its hash.
const HEAD: usize = 8 + 8 + 32;
const FILE: &str = "network.state";

/// A state file, or the content of its frames.
pub(crate) fn state_file(data: &[u8]) {
    let (mode, content) = selected(data);
    let dir = tempfile::tempdir().expect("a directory");
    let file = match mode % 2 {
        0 => content.to_vec(),
        _ => {
            let mut file = beginning().to_vec();
            // With the right checksums; two frames if there is a separator.
            for frame in content.split(|byte| *byte == b'|') {
                put_frame(frame, &mut file);
            }
            file
        }
    };
    fs::write(dir.path().join(FILE), file).expect("a file is written");
    let _ = start(dir.path());
}

fn start(dir: &Path) -> Option<Devnet> {
    let network = Devnet::builder().with_state(dir).start();
    accounts::runtime().block_on(network).ok()
}

/// The file of a new network.
pub(crate) fn good_file() -> &'static [u8] {
    static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let dir = tempfile::tempdir().expect("a directory");
        let network = start(dir.path()).expect("a new network starts");
        network.save().expect("the state is saved");
        drop(network);
        fs::read(dir.path().join(FILE)).expect("the file was written")
    });
    &GOOD
}

/// A state file up to the frame that says which network it is of.
fn beginning() -> &'static [u8] {
    let file = good_file();
    let line = file.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    let length: [u8; 8] = file[line..line + 8].try_into().expect("eight bytes");
    let length = usize::try_from(u64::from_be_bytes(length)).expect("a short frame");
    &file[..line + HEAD + length]
}

/// The frame with the whole state of a new network.
pub(crate) fn good_frame() -> &'static [u8] {
    &good_file()[beginning().len() + HEAD..]
}

fn put_frame(payload: &[u8], file: &mut Vec<u8>) {
    let length = (payload.len() as u64).to_be_bytes();
    let hash = Sha256::digest(payload);
    let check = Sha256::new()
        .chain_update(length)
        .chain_update(hash)
        .finalize();
    file.extend_from_slice(&length);
    file.extend_from_slice(&check[..8]);
    file.extend_from_slice(&hash);
    file.extend_from_slice(payload);
}

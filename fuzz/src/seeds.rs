//! The seeds of the corpus: the golden vectors, and what this program signs itself.

use std::{collections::HashMap, fs, io, path::Path, sync::LazyLock};

use base64::{Engine, prelude::BASE64_STANDARD};
use lit_recap::{RECAP_URN_PREFIX, ReCap};
use lit_session_crypto::{TimeLockCiphertext, session_digest};
use lit_types::strict_json;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{accounts, attestation, chain, credentials, network};

/// Larger vectors slow the fuzzer down.
const MAX_VECTOR: usize = 16 * 1024;
/// The most seeds of one target from the vectors.
const MAX_SEEDS: usize = 400;

/// Writes the seeds of a target, each in a file named by its hash.
pub(crate) fn write(dir: &Path, target: &str) -> io::Result<()> {
    let dir = dir.join(target);
    fs::create_dir_all(&dir)?;
    let mut seeds = own(target);
    let vectors = VECTORS.get(target).into_iter().flatten();
    let vectors = vectors.filter(|seed| seed.len() <= MAX_VECTOR);
    seeds.extend(vectors.take(MAX_SEEDS).cloned());
    for seed in seeds {
        fs::write(
            dir.join(accounts::in_hex(&Sha256::digest(&seed)[..8])),
            seed,
        )?;
    }
    Ok(())
}

/// The texts and objects of the vectors, by the target that reads them.
static VECTORS: LazyLock<HashMap<&'static str, Vec<Vec<u8>>>> = LazyLock::new(|| {
    let mut found = HashMap::new();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/vectors");
    let files = fs::read_dir(dir).expect("the vectors are there");
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|it| it == "json"))
    {
        let vectors: Value =
            serde_json::from_slice(&fs::read(file).expect("a file")).expect("JSON");
        sort(&vectors, &mut found);
    }
    found
});

fn sort(value: &Value, found: &mut HashMap<&'static str, Vec<Vec<u8>>>) {
    let mut put = |target, prefix: &[u8], text: &str| {
        let seed = [prefix, text.as_bytes()].concat();
        let seeds: &mut Vec<_> = found.entry(target).or_default();
        if !seeds.contains(&seed) {
            seeds.push(seed);
        }
    };
    match value {
        Value::String(text) => {
            if text.contains("wants you to sign in") {
                put("siwe", b"", text);
                put("rewritten", b"", text);
            } else if text.starts_with(RECAP_URN_PREFIX) {
                put("recap", b"", text);
            } else if text.starts_with("{\"sessionKey\"") {
                put("session_sig", &[0], text);
            } else if text.starts_with("{\"ProofOfPossession\"") {
                put("shares", &[0], &format!("[{text},{text}]"));
            } else if text.starts_with("eyJ") {
                put("jwt", &[0], text);
            } else {
                put("types", b"", text);
            }
        }
        Value::Array(items) => {
            let text = value.to_string();
            if text.contains("returnValueTest") {
                for kind in 0..4 {
                    put("conditions", &[kind], &text);
                }
            }
            items.iter().for_each(|item| sort(item, found));
        }
        Value::Object(members) => {
            let text = value.to_string();
            let has = |name: &str| members.contains_key(name);
            if has("derivedVia") && has("signedMessage") {
                put("auth_sig", b"", &text);
                put("session_sig", &[1], &text);
            }
            if has("att") || has("signatureShare") || has("bigR") || has("big_r") {
                put("shares", &[1], &format!("[{text},{text}]"));
            }
            if has("requestId") || has("pkps") || has("status") {
                put("relayer", &[0], &text);
            }
            if has("rawId") || has("clientDataJSON") {
                put("webauthn", b"", &text);
            }
            if has("ciphertext") {
                put("ciphertext", b"", &text);
            }
            if has("errorCode") || has("success") || has("signedData") {
                put("node_answer", &[0], &text);
            }
            members.values().for_each(|member| sort(member, found));
        }
        _ => {}
    }
}

/// What this program makes itself.
fn own(target: &str) -> Vec<Vec<u8>> {
    let text = |text: &str| vec![text.as_bytes().to_vec()];
    match target {
        "siwe" => text(accounts::sent().as_str()),
        "rewritten" => text(accounts::rewritten().as_str()),
        "recap" => text(
            &ReCap::extract(&accounts::rewritten())
                .expect("it has one")
                .to_json(),
        ),
        "auth_sig" => [
            accounts::root(),
            accounts::pkp_root(),
            accounts::delegation(),
            accounts::session_sig(),
        ]
        .iter()
        .map(|sig| json!(sig).to_string().into_bytes())
        .collect(),
        "session_sig" => {
            let sig = accounts::session_sig();
            let map = json!({ accounts::SERVICE: sig }).to_string();
            vec![
                with(0, &sig.signed_message),
                with(1, &json!(sig).to_string()),
                with(2, &map),
            ]
        }
        "bundle" => text(&accounts::bundle().expose_json()),
        "stored_entry" => text(&credentials::entry().expose_json()),
        "sealed_entry" => {
            let mut rng = ChaCha8Rng::from_seed([3; 32]);
            let entry = credentials::entry().expose_json();
            vec![credentials::sealing_keys().seal(entry.as_bytes(), b"scope", &mut rng)]
        }
        "shares" => shares(),
        "ciphertext" => {
            let mut rng = ChaCha8Rng::from_seed([3; 32]);
            let key = accounts::network_key().public_key();
            let ciphertext = TimeLockCiphertext::encrypt(&key, b"identity", b"data", &mut rng);
            let ciphertext = ciphertext.expect("short data");
            vec![ciphertext.to_bytes(), ciphertext.to_string().into_bytes()]
        }
        "node_request" => requests(),
        "jwt" => (0..4)
            .map(|kind| with(kind, &network::issued_jwt()))
            .collect(),
        "attestation" => {
            let own = attestation::own();
            let report = own["report"].as_str().expect("a string");
            let report = BASE64_STANDARD.decode(report).expect("base64");
            vec![with(0, &own.to_string()), [&[1], &report[..]].concat()]
        }
        "handshake" => {
            let key = accounts::network_key().public_key().to_string();
            let greeting = json!({
                "serverPublicKey": "", "subnetPublicKey": key, "networkPublicKey": key, "networkPublicKeySet": key,
                "clientSdkVersion": "7.4.0", "hdRootPubkeys": [], "attestation": null,
                "latestBlockhash": format!("0x{}", "ab".repeat(32)),
            });
            (0..8)
                .map(|mode| with(mode, &greeting.to_string()))
                .collect()
        }
        "node_answer" => answers(),
        "relayer" => relayer(),
        "rpc_answer" => vec![
            with(0, r#"{"jsonrpc":"2.0","id":0,"result":"0x1"}"#),
            with(
                1,
                r#"{"jsonrpc":"2.0","id":0,"error":{"code":3,"message":"reverted","data":"0x"}}"#,
            ),
        ],
        "json_rpc" => calls(),
        "chain_dump" => text(
            r#"{"block":{"number":"0x1","timestamp":"0x1"},"accounts":{"0x0000000000000000000000000000000000000001":{"nonce":1,"balance":"0x1","code":"0x","storage":{"0x1":"0x2"}}},"best_block_number":1,"blocks":[],"transactions":[]}"#,
        ),
        "state_file" => {
            let framed = [&[1], chain::good_frame()].concat();
            vec![[&[0], chain::good_file()].concat(), framed]
        }
        _ => Vec::new(),
    }
}

fn with(mode: u8, text: &str) -> Vec<u8> {
    [&[mode], text.as_bytes()].concat()
}

fn shares() -> Vec<Vec<u8>> {
    let signature = accounts::network_key().sign(&session_digest("x"));
    let share = |id: &str| json!({ "ProofOfPossession": format!("{id}{signature}") });
    let ecdsa = json!({
        "sig_type": "EcdsaCaitSithK256Sha256", "signature_share": "\"00\"", "share_index": 0, "big_r": "\"00\"",
        "public_key": "\"00\"", "data_signed": "\"00\"", "sig_name": "sig",
    });
    vec![
        with(0, &json!([share("01"), share("02")]).to_string()),
        with(1, &json!([ecdsa, ecdsa]).to_string()),
    ]
}

/// Bodies for each endpoint, in the order of the endpoints.
fn requests() -> Vec<Vec<u8>> {
    let session = network::SESSION;
    let code = BASE64_STANDARD.encode("Lit.Actions.setResponse({ response: '1' })");
    let method = json!({ "authMethodType": 1, "accessToken": json!(accounts::root()).to_string() });
    let sign_session_key = json!({
        "sessionKey": accounts::key().public_key().uri(), "authMethods": [method], "pkpPublicKey": "0x04",
        "siweMessage": accounts::sent().as_str(), "curveType": "BLS", "epoch": 0,
    });
    let condition = json!([{
        "contractAddress": "", "standardContractType": "", "chain": "ethereum", "method": "",
        "parameters": [":userAddress"], "returnValueTest": { "comparator": "=", "value": accounts::wallet().address() },
    }]);
    let decrypt = json!({
        "accessControlConditions": condition, "dataToEncryptHash": "ab".repeat(32), "chain": "ethereum",
        "authSig": accounts::root(), "epoch": 0,
    });
    vec![
        with(
            0,
            r#"{"clientPublicKey":"test","challenge":"00","epoch":0}"#,
        ),
        with(1, &sign_session_key.to_string()),
        with(
            2,
            &format!(r#"{{"code":"{code}","jsParams":{{"a":[1]}},"authSig":{session},"epoch":0}}"#),
        ),
        with(
            3,
            &format!(
                r#"{{"toSign":{},"pubkey":"0x04","authSig":{session},"epoch":0}}"#,
                json!(vec![1; 32])
            ),
        ),
        with(4, &json!({ "authMethod": method }).to_string()),
        with(6, &decrypt.to_string()),
    ]
}

/// Answers of nodes, to each call.
fn answers() -> Vec<Vec<u8>> {
    let share = json!({ "ProofOfPossession": format!("01{}", "00".repeat(96)) });
    let texts = [
        r#"{"success":true,"signedData":{},"decryptedData":{},"claimData":{},"response":"hello","logs":""}"#.to_owned(),
        json!({ "result": "success", "signatureShare": share, "shareIndex": 0 }).to_string(),
        r#"{"success":true,"signedData":[1],"signatureShare":{"EcdsaSignedMessageShare":{}}}"#.to_owned(),
        json!({ "signature": "00".repeat(65), "derivedKeyId": "00".repeat(32) }).to_string(),
        json!({
            "result": "success", "signatureShare": share, "shareIndex": 0, "curveType": "BLS",
            "siweMessage": accounts::rewritten().as_str(), "dataSigned": "00".repeat(32), "blsRootPubkey": "00".repeat(48),
        })
        .to_string(),
        r#"{"errorKind":"Validation","errorCode":"NodeNotAuthorized","status":401,"message":"no","correlationId":"lit_a","details":["a"]}"#.to_owned(),
    ];
    let mut all = Vec::new();
    for (call, text) in (0..).zip(texts) {
        for mode in 0..4 {
            all.push(with(call.min(4) << 3 | mode, &text));
        }
    }
    all
}

fn relayer() -> Vec<Vec<u8>> {
    [
        r#"{"requestId":"0x01"}"#,
        r#"{"status":"Succeeded","pkpTokenId":"0x01","pkpEthAddress":"0x01","pkpPublicKey":"0x04"}"#,
        r#"{"pkps":[{"tokenId":{"type":"BigNumber","hex":"0x01"},"publicKey":"0x04","ethAddress":"0x01"}]}"#,
        r#"{"payerWalletAddress":"0x01","payerSecretKey":"secret"}"#,
        r#"{"blockhash":"0x00","timestamp":"1"}"#,
        r#"{"error":"no"}"#,
    ]
    .iter()
    .flat_map(|text| [with(0, text), with(1, text)])
    .collect()
}

/// Calls of the JSON-RPC.
fn calls() -> Vec<Vec<u8>> {
    let address = accounts::wallet().address().to_string();
    let filter = json!({ "fromBlock": "0x0", "toBlock": "latest", "address": [address], "topics": [null, []] });
    let calls = [
        ("eth_blockNumber", json!([])),
        ("eth_getBalance", json!([address, "latest"])),
        (
            "eth_call",
            json!([{ "to": address, "data": "0x", "from": address, "gas": "0x1" }, "pending"]),
        ),
        (
            "eth_estimateGas",
            json!([{ "to": address, "value": "0x1" }]),
        ),
        (
            "eth_sendTransaction",
            json!([{ "from": address, "to": address, "value": "0x1" }]),
        ),
        ("eth_sendRawTransaction", json!(["0x02f86c"])),
        ("eth_getLogs", json!([filter])),
        ("eth_newFilter", json!([filter])),
        ("eth_getFilterChanges", json!(["0x1"])),
        ("eth_getBlockByNumber", json!(["0x0", true])),
        ("eth_feeHistory", json!(["0x2", "latest", [10, 20]])),
        ("eth_getStorageAt", json!([address, "0x0", "latest"])),
        ("anvil_setBalance", json!([address, "0x1"])),
        ("anvil_setCode", json!([address, "0x6000"])),
        (
            "anvil_setStorageAt",
            json!([address, "0x0", format!("0x{}", "00".repeat(32))]),
        ),
        ("anvil_mine", json!(["0x1", "0x1"])),
        ("evm_increaseTime", json!([1])),
        ("evm_snapshot", json!([])),
        ("evm_revert", json!(["0x1"])),
        ("anvil_dumpState", json!([])),
        ("web3_sha3", json!(["0x00"])),
    ];
    let call =
        |(method, params)| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let calls: Vec<Value> = calls.into_iter().map(call).collect();
    let batch = json!(calls[..3]).to_string();
    let one = calls.iter().map(ToString::to_string).chain([batch]);
    one.filter(|text| strict_json::from_str::<Value>(text).is_ok())
        .map(String::into_bytes)
        .collect()
}

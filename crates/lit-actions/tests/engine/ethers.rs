//! The global `ethers`, from files in the form of npm's bundle. `cargo xtask interop` checks the real one.

use std::{fs, sync::Arc, time::Duration};

use lit_actions::{ActionEnvironment, ActionError, ActionRequest, run};
use serde_json::{Value, json};

use crate::short;

/// Modules like those of ethers 5, which say `slow` where they do the work themselves.
const BUNDLE: &str = "(function () { 'use strict';
    const importDefault = globalThis.__importDefault || ((module) => ({ default: module }));
    const define = (members) => Object.assign(Object.defineProperty({}, '__esModule', { value: true }), members);
    const slow = (...values) => `slow ${values.length}`;
    const hash = importDefault({ keccak_256: slow, keccak_512: slow }).default;
    const scrypt = importDefault({ scrypt: slow, syncScrypt: slow }).default;
    define({ arrayify: (data) => Uint8Array.from(data), hexlify: slow });
    const sha2 = define({ ripemd160: slow, sha256: slow, sha512: slow, computeHmac: slow });
    const pbkdf2 = define({ pbkdf2: slow });
    const elliptic = define({ EC: class { constructor() { throw new Error('slow'); } } });
    globalThis.ethers = { hash, scrypt, sha2, pbkdf2, elliptic };
})()";

fn request(bundle: &str, code: &str) -> (ActionRequest, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ethers.umd.min.js");
    fs::write(&file, bundle).unwrap();
    let environment = ActionEnvironment::default().with_ethers_bundle(file);
    let request = ActionRequest::new(code).with_environment(Arc::new(environment));
    (request, dir)
}

async fn value(bundle: &str, expression: &str) -> Value {
    let code = format!(
        "(async () => Lit.Actions.setResponse({{ response: JSON.stringify({expression}) }}))()"
    );
    let (request, _dir) = request(bundle, &code);
    serde_json::from_str(&run(request).await.unwrap().response).unwrap()
}

#[tokio::test]
async fn hashes_and_keys_run_natively() {
    let text = "new TextEncoder().encode('abc')";
    let found = value(
        BUNDLE,
        &format!(
            "[ethers.hash.keccak_256({text}), ethers.hash.keccak_256('abc'), ethers.sha2.sha256({text}),
              ethers.sha2.computeHmac('sha256', {text}, []), ethers.sha2.computeHmac('md5', {text}, []), ethers.sha2.ripemd160([])]"
        ),
    )
    .await;
    assert_eq!(
        found,
        json!([
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
            "slow 1",
            "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            // From Python's hmac.
            "0xe2636077506729a8f61aff2441332e40e844a8ad44489efd80210ea6d1f51088",
            "slow 3",
            "slow 1",
        ])
    );
    // RFC 7914.
    let found = value(
        BUNDLE,
        "[ethers.pbkdf2.pbkdf2(new TextEncoder().encode('passwd'), new TextEncoder().encode('salt'), 1, 8, 'sha256'),
          Array.from(ethers.scrypt.syncScrypt(new Uint8Array(0), new Uint8Array(0), 16, 1, 1, 8)),
          Array.from(await ethers.scrypt.scrypt(new Uint8Array(0), new Uint8Array(0), 16, 1, 1, 4)),
          ethers.scrypt.syncScrypt(new Uint8Array(0), new Uint8Array(0), 3, 1, 1, 8)]",
    )
    .await;
    assert_eq!(
        found,
        json!([
            "0x55ac046e56e3089f",
            [0x77, 0xd6, 0x57, 0x62, 0x38, 0x65, 0x7b, 0x20],
            [0x77, 0xd6, 0x57, 0x62],
            "slow 6",
        ])
    );
}

#[tokio::test]
async fn the_curve_runs_natively() {
    let pair = "new ethers.elliptic.EC('secp256k1').keyFromPrivate(new Uint8Array(32).fill(1, 31))";
    // The key 1 and the text 'Satoshi Nakamoto': the usual vector of RFC 6979 with secp256k1 and SHA-256.
    let found = value(
        BUNDLE,
        &format!(
            "[{pair}.getPublic(true, 'hex'), {pair}.derive({pair}.getPublic()),
              {pair}.sign(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode('Satoshi Nakamoto'))), {{ canonical: true }})]"
        ),
    )
    .await;
    let generator = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    assert_eq!(
        found,
        json!([
            format!("02{generator}"),
            generator,
            {
                "r": "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8",
                "s": "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5",
                "recoveryParam": 1,
            },
        ])
    );
}

#[tokio::test]
async fn a_file_of_another_form_runs_as_it_is() {
    let other = BUNDLE.replace("keccak_512", "keccak512");
    let text = "new TextEncoder().encode('abc')";
    let found = value(
        &other,
        &format!("[ethers.hash.keccak_256({text}), ethers.sha2.sha512({text}).length]"),
    )
    .await;
    assert_eq!(found, json!(["slow 1", 130]));
    // A script that is not a module, and one that defines its variables only as a script.
    for script in [
        "globalThis.ethers = { version: 0006 }",
        "var ethers = { version: 6 }",
    ] {
        assert_eq!(value(script, "ethers.version").await, json!(6), "{script}");
    }
    let code =
        "(async () => { try { ethers } catch (error) { console.log(error.message) } await 1 })()";
    let (broken, _dir) = request("throw new Error('broken')", code);
    assert_eq!(run(broken).await.unwrap().logs, "broken\n");
}

#[tokio::test]
async fn long_derivations_stop_at_the_limits() {
    let code = "try { ethers.pbkdf2.pbkdf2([1], [2], 4294967295, 32, 'sha512') } catch {}";
    let (request, _dir) = request(BUNDLE, code);
    let error = run(request.with_limits(short(300))).await.unwrap_err();
    assert!(
        matches!(error, ActionError::Timeout { limit, .. } if limit == Duration::from_millis(300)),
        "{error:?}"
    );
    // 128 * N * r bytes, more than an action may use.
    let found = value(
        BUNDLE,
        "(() => { try { return ethers.scrypt.syncScrypt(new Uint8Array(1), new Uint8Array(1), 2 ** 20, 8, 1, 32) } \
          catch (error) { return error.message } })()",
    )
    .await;
    assert_eq!(found, json!("out of memory"));
    // A long key, or a long salt, for many lanes: hours of hashing that cannot be interrupted.
    for values in [
        "new Uint8Array(1), 2, 2 ** 12, 100, 2 ** 20",
        "new Uint8Array(1e6), 2, 2 ** 12, 100, 32",
    ] {
        let derive = format!("ethers.scrypt.syncScrypt(new Uint8Array(1), {values})");
        assert_eq!(value(BUNDLE, &derive).await, json!("slow 6"));
    }
}

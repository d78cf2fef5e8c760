//! Checks and measures the global `ethers` of Lit Actions: `cargo run -p lit-actions --example ethers -- <ethers.umd.min.js>`.
//!
//! `cargo xtask interop` runs it with the file that it installs.

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::{
    error::Error,
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use lit_actions::{ActionEnvironment, ActionLimits, ActionRequest, run};
use serde_json::Value;

/// How long an action may run: what is checked is what it does, and an unoptimised build on a busy machine is slow.
const RUN_TIME: Duration = Duration::from_secs(600);

/// What must be the same by the native functions as by the bundle alone, errors included.
const SAME: [&str; 13] = [
    // Hashes of all lengths around a block, and of texts and odd arguments.
    "range(300).filter((n) => n < 5 || n % 8 > 5).map((n) => [utils.keccak256, utils.sha256, utils.sha512, utils.ripemd160].map((hash) => hash(bytes(n))))",
    "[undefined, null, 'text', '0x1', [1, 256], {}, '0x', [1, 2]].map((data) => [utils.keccak256, utils.sha256].map((hash) => attempt(hash, data)))",
    "[0, 1, 64, 65, 128, 129, 200].map((n) => ['sha256', 'sha512'].map((hash) => utils.computeHmac(hash, bytes(n), bytes(n + 1))))",
    "['sha1', '__proto__', undefined].map((hash) => attempt(utils.computeHmac, hash, '0x', '0x'))",
    // Keys: 0, 1, n - 1, n, n + 1, the largest, and some.
    "keys.map((key) => attempt((key) => { const { publicKey, compressedPublicKey } = new utils.SigningKey(key); return { publicKey, compressedPublicKey } }, key))",
    "keys.map((key) => digests.map((digest) => attempt((key) => new utils.SigningKey(key).signDigest(digest), key)))",
    "keys.map((key) => points.map((point) => attempt((key) => new utils.SigningKey(key).computeSharedSecret(point), key)))",
    "points.map((point) => [true, false, undefined].map((compressed) => attempt(utils.computePublicKey, point, compressed)))",
    "points.map((point) => points.slice(0, 4).map(() => attempt((point) => new utils.SigningKey(keys[1])._addPoint(point), point)))",
    // Signatures with low and high s, of another recovery id, and of r or s that cannot be.
    "signatures.map((signature) => digests.map((digest) => attempt(utils.recoverPublicKey, digest, signature)))",
    // Words, seeds and derived keys.
    "[3, 40].map((length) => ['sha256', 'sha512', 'sha1'].map((hash) => attempt(utils.pbkdf2, bytes(9), bytes(5), 3, length, hash)))",
    "(() => { const { address, privateKey, publicKey, mnemonic } = ethers.Wallet.fromMnemonic('test test test test test test test test test test test junk'); \
     const { extendedKey } = utils.HDNode.fromSeed(bytes(64)).derivePath(`m/0/1'/2`).neuter(); return { address, privateKey, publicKey, mnemonic, extendedKey } })()",
    "await (async () => { const options = { salt: bytes(32), iv: bytes(16), uuid: bytes(16), scrypt: { N: 64, r: 8, p: 2 } }; const progress = []; \
     const wallet = new ethers.Wallet(keys[1]); const json = await wallet.encrypt('password', options, (at) => { progress.push(at === 0 || at === 1) }); \
     const stopped = await wallet.encrypt('x', options, () => true).catch(({ message }) => message); \
     const wrong = await ethers.Wallet.fromEncryptedJson(json, 'x').catch(({ message }) => message); \
     return [json.replace(/UTC--[^\"]*--/, ''), progress[0], progress.at(-1), stopped, wrong, ethers.Wallet.fromEncryptedJsonSync(json, 'password').address] })()",
];

/// The names in `SAME`.
const NAMES: &str = "
    const { utils } = ethers;
    const range = (count) => Array.from({ length: count }, (_, at) => at);
    const bytes = (count) => Uint8Array.from(range(count), (at) => (at * 41 + count) & 255);
    const attempt = (run, ...values) => { try { return run(...values) } catch (error) { return `${error}` } };
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const word = (number) => `0x${number.toString(16).padStart(64, '0')}`;
    const keys = [0n, 1n, order - 1n, order, order + 1n, 2n ** 256n - 1n].map(word).concat(range(3).map((n) => utils.hexlify(bytes(32).map((byte) => byte ^ n))), '0x01');
    const digests = [word(0n), word(order + 5n), utils.hexlify(bytes(32)), '0x12', `0x${'ff'.repeat(33)}`];
    const own = '0x0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8';
    const points = [own, '0x0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
        '0x0379be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798', own.replace('0x04', '0x06'), own.replace('0x04', '0x05'),
        own.replace(/b8$/, 'b9'), `0x02${'00'.repeat(32)}`, `0x02${'ff'.repeat(32)}`, '0x02', keys[1], '0x', '0x04'];
    const signatures = (() => {
        const { r, s } = new utils.SigningKey(keys[6]).signDigest(digests[2]);
        const high = word(order - BigInt(s));
        const other = [[word(0n), s], [r, word(0n)], [word(order), s], [r, word(order)], [word(5n), s]];
        return [[r, s], [r, high], ...other].flatMap(([r, s]) => [27, 28].map((v) => ({ r, s, v })));
    })();
";

/// What actions do with ethers, and what comes out.
const CHECKS: [(&str, &str); 9] = [
    ("ethers.version", "ethers/5.7.2"),
    // keccak256 of nothing.
    (
        "ethers.utils.keccak256('0x')",
        "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    ),
    // EIP-55.
    (
        "ethers.utils.getAddress('0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed')",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    ),
    // The address of private key 1.
    (
        "new ethers.Wallet('0x' + '1'.padStart(64, '0')).address",
        "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
    ),
    (
        "ethers.utils.verifyMessage('hi', await new ethers.Wallet('0x' + '1'.padStart(64, '0')).signMessage('hi'))",
        "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
    ),
    (
        "new ethers.utils.Interface(['function balanceOf(address)']).getSighash('balanceOf')",
        "0x70a08231",
    ),
    (
        "ethers.utils.formatEther('1000000000000000001')",
        "1.000000000000000001",
    ),
    (
        "ethers.utils.serializeTransaction({ to: '0x' + '11'.repeat(20), data: '0x12' })",
        "0xda8080809411111111111111111111111111111111111111118012",
    ),
    (
        "[ethers === globalThis.ethers, ethers.Wallet.createRandom().address.length].join()",
        "true,42",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("which file? dist/ethers.umd.min.js of npm's ethers 5.7.2")?;
    let bundle = fs::read_to_string(&path)?;
    let environment = Arc::new(ActionEnvironment::default().with_ethers_bundle(path));
    tokio::runtime::Runtime::new()?.block_on(async {
        // A bundle that comes with the action runs as it is.
        let evaluate = async |bundle: &str, expression: &str| {
            let code = format!(
                "(async () => Lit.Actions.setResponse({{ response: String({expression}) }}))()"
            );
            let mut request = ActionRequest::new(format!("{bundle}\n;{code}"));
            request.environment = Arc::clone(&environment);
            request.limits = ActionLimits::default().with_run_time(RUN_TIME);
            let started = Instant::now();
            let response = run(request).await?.response;
            Ok::<_, Box<dyn Error>>((response, started.elapsed()))
        };
        let value = async |expression: &str| evaluate("", expression).await;
        for (expression, expected) in CHECKS {
            let (found, _) = value(expression).await?;
            if found != expected {
                return Err(format!("{expression} is {found}, not {expected}").into());
            }
            println!("ok {expression}");
        }
        let all = format!("await (async () => {{ {NAMES} return JSON.stringify([{}]) }})()", SAME.join(","));
        let (native, fast) = value(&all).await?;
        let (plain, slow) = evaluate(&bundle, &all).await?;
        let [native, plain] = [native, plain].map(|text| serde_json::from_str::<Vec<Value>>(&text));
        for ((expression, native), plain) in SAME.iter().zip(native?).zip(plain?) {
            if native != plain {
                return Err(format!("{expression} is {native}, but {plain} by the bundle alone").into());
            }
            println!("same {expression}");
        }
        println!("all of these take {fast:?} instead of {slow:?}");
        let random = "ethers.Wallet.createRandom().address.length";
        let (_, slow) = evaluate(&bundle, random).await?;
        let (_, fast) = value(random).await?;
        println!("ethers.Wallet.createRandom() takes {fast:?} instead of {slow:?}");
        let timed = "(() => { const t = Date.now(); ethers.utils.keccak256('0x'); return Date.now() - t })()";
        let (first_use, whole) = value(timed).await?;
        let (_, bare) = value("1").await?;
        println!("first ethers.utils.keccak256 of an action: {first_use} ms of {whole:?}; an action without ethers: {bare:?}");
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        if let Some(peak) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
            println!("most memory of this process so far: {}", peak.trim());
        }
        Ok(())
    })
}

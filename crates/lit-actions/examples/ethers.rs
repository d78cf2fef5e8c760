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

/// How long an action may run: what is checked is what it does, and an unoptimised build on a busy machine is slow.
const RUN_TIME: Duration = Duration::from_secs(600);

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
    let environment = Arc::new(ActionEnvironment::default().with_ethers_bundle(path));
    tokio::runtime::Runtime::new()?.block_on(async {
        let value = async |expression: &str| {
            let code = format!(
                "(async () => Lit.Actions.setResponse({{ response: String({expression}) }}))()"
            );
            let mut request = ActionRequest::new(code);
            request.environment = Arc::clone(&environment);
            request.limits = ActionLimits::default().with_run_time(RUN_TIME);
            let started = Instant::now();
            let response = run(request).await?.response;
            Ok::<_, Box<dyn Error>>((response, started.elapsed()))
        };
        for (expression, expected) in CHECKS {
            let (found, _) = value(expression).await?;
            if found != expected {
                return Err(format!("{expression} is {found}, not {expected}").into());
            }
            println!("ok {expression}");
        }
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

//! The sessions of 10,000 users in Redis, made by two processes at once, and found again after a restart.
//!
//! `cargo run --release -p lit-examples --example redis_sessions [-- USERS]`. Starts a `redis-server` of its own.

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Instant,
};

use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{
    AuthorizeError, LitNodeClient, Right, SessionManager, SessionRequest, WalletAuth,
    authorizer_fn,
    store::{SealingKey, SealingKeys, SessionStore},
};
use lit_store_redis::{RedisStore, redis};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How many users are served at the same time.
const AT_ONCE: usize = 64;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["sign-in", url, from, to] => sign_in(url, from.parse()?, to.parse()?).await,
        ["come-back", url, from, to] => come_back(url, from.parse()?, to.parse()?).await,
        [] => run(10_000).await,
        [users] => run(users.parse()?).await,
        _ => Err("the only argument is the number of users, 10000 if it is left out".into()),
    }
}

async fn run(users: usize) -> Result<(), Failure> {
    let directory = std::env::temp_dir().join(format!("lit-redis-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut server = Server::start(&directory, port)?;
    let url = format!("redis://127.0.0.1:{port}");
    let half = users / 2;

    let start = Instant::now();
    both("sign-in", &url, half, users)?;
    let elapsed = start.elapsed().as_secs_f64();
    println!("{users} users signed in on two processes in {elapsed:.1} s");
    let kept = store(&url)?.list().await?.len();
    assert_eq!(kept, users, "every session is kept");

    server.0.kill()?;
    server.0.wait()?;
    let server = Server::start(&directory, port)?;
    let start = Instant::now();
    // Each process gets the users of the other one, and there is nobody who would sign.
    both("come-back", &url, half, users)?;
    let elapsed = start.elapsed().as_secs_f64();
    println!(
        "{users} users came back after a restart of everything in {elapsed:.1} s, nobody was asked"
    );
    drop(server);
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

/// Runs two processes, one for each half of the users.
fn both(what: &str, url: &str, half: usize, users: usize) -> Result<(), Failure> {
    let start = |from: usize, to: usize| {
        Command::new(std::env::current_exe()?)
            .args([what, url, &from.to_string(), &to.to_string()])
            .spawn()
    };
    for mut process in [start(0, half)?, start(half, users)?] {
        if !process.wait()?.success() {
            return Err("a process failed".into());
        }
    }
    Ok(())
}

async fn sign_in(url: &str, from: usize, to: usize) -> Result<(), Failure> {
    let manager = manager(url).await?;
    for_all(from..to, move |user| {
        let manager = Arc::clone(&manager);
        async move {
            let wallet = WalletAuth::new(wallet(user)?);
            manager.session(&request()?, &wallet).await?;
            Ok(())
        }
    })
    .await
}

async fn come_back(url: &str, from: usize, to: usize) -> Result<(), Failure> {
    let manager = manager(url).await?;
    for_all(from..to, move |user| {
        let manager = Arc::clone(&manager);
        async move {
            let address = wallet(user)?.address();
            let nobody = authorizer_fn(|_| async {
                Err::<lit_sdk::AuthSig, AuthorizeError>(AuthorizeError::signer("nobody is there"))
            });
            let session = manager.session_of(address, &request()?, &nobody).await?;
            assert_eq!(session.address(), address);
            Ok(())
        }
    })
    .await
}

async fn for_all<F, Fut>(users: std::ops::Range<usize>, work: F) -> Result<(), Failure>
where
    F: Fn(usize) -> Fut,
    Fut: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let mut tasks = tokio::task::JoinSet::new();
    for user in users {
        if tasks.len() >= AT_ONCE
            && let Some(done) = tasks.join_next().await
        {
            done??;
        }
        tasks.spawn(work(user));
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

async fn manager(url: &str) -> Result<Arc<SessionManager>, Failure> {
    // Networks of one seed have the same keys, so that all processes are on the same one.
    let network = Devnet::builder()
        .with_nodes(3)
        .with_seed([1; 32])
        .start()
        .await?;
    let client = LitNodeClient::connect(&network).await?;
    Ok(Arc::new(
        SessionManager::new(client).with_store(store(url)?),
    ))
}

fn store(url: &str) -> Result<RedisStore, Failure> {
    // A program gets its key from where it keeps secrets.
    let keys = SealingKeys::new(SealingKey::new([42; 32]));
    Ok(RedisStore::new(redis::Client::open(url)?, keys))
}

fn request() -> Result<SessionRequest, Failure> {
    let action = "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH".parse()?;
    Ok(SessionRequest::new([Right::run_action(action)]))
}

/// The wallet of a user.
fn wallet(user: usize) -> Result<PrivateKeySigner, Failure> {
    let mut key = [1; 32];
    key[..8].copy_from_slice(&user.to_be_bytes());
    Ok(PrivateKeySigner::from_slice(&key)?)
}

struct Server(Child);

impl Server {
    fn start(directory: &std::path::Path, port: u16) -> Result<Self, Failure> {
        let mut process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args([
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
            ])
            .arg("--dir")
            .arg(directory)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("redis-server cannot be started: {error}"))?;
        let out = process.stdout.take().ok_or("no output")?;
        for line in BufReader::new(out).lines() {
            if line?.contains("Ready to accept connections") {
                return Ok(Self(process));
            }
        }
        Err("redis-server ended".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

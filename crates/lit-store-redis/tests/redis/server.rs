use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind, Lines},
    net::TcpListener,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    str::FromStr,
    time::Duration,
};

use lit_store_redis::redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue};
use lit_test_fakes::{TempDir, temp_dir};

/// A server writes every command to a file, so that it comes back with all it had, and replicas get all at once.
const OPTIONS: [(&str, &str); 5] = [
    ("--bind", "127.0.0.1"),
    ("--save", ""),
    ("--appendonly", "yes"),
    ("--appendfsync", "always"),
    ("--repl-diskless-sync-delay", "0"),
];

/// A redis-server on a free port, with a directory of its own.
pub(crate) struct Server {
    port: u16,
    directory: TempDir,
    /// What it is told beside.
    options: Vec<String>,
    process: Option<Child>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::started_with(&[])
    }

    /// With these options beside the port.
    pub(crate) fn started_with(options: &[&str]) -> Self {
        Self::with(|_, port| {
            let mut all = vec!["--port".to_owned(), port.to_string()];
            all.extend(options.iter().map(|option| (*option).to_owned()));
            all
        })
    }

    /// With the options that a directory and a port give.
    pub(crate) fn with(options: impl Fn(&Path, u16) -> Vec<String>) -> Self {
        let directory = temp_dir();
        let port = free_port();
        let mut server = Self {
            options: options(directory.path(), port),
            port,
            directory,
            process: None,
        };
        server.restart();
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Lets it do nothing at all, or go on, with all its connections open.
    pub(crate) fn hang(&self, hangs: bool) {
        let process = self.process.as_ref().unwrap().id().to_string();
        let signal = if hangs { "-STOP" } else { "-CONT" };
        let sent = Command::new("kill").args([signal, &process]).status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub(crate) fn restart(&mut self) {
        self.stop();
        let mut command = Command::new("redis-server");
        command.args(&self.options);
        command.args(OPTIONS.iter().flat_map(|(name, value)| [name, value]));
        command.arg("--dir").arg(self.directory.path());
        let (process, _) = start(&mut command, "Ready to accept connections");
        self.process = Some(process);
    }

    /// What the server has written to disk.
    pub(crate) fn append_only_file(&self) -> Vec<u8> {
        let files = fs::read_dir(self.directory.path().join("appendonlydir")).unwrap();
        files
            .flat_map(|file| fs::read(file.unwrap().path()).unwrap())
            .collect()
    }

    /// The answer to a command.
    pub(crate) async fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        ask(&self.url(), words).await
    }

    /// Waits until a replica has every write of this server. `WAIT` would wait for the writes of its own connection only.
    pub(crate) async fn wait_for(&self, replica: &Self) {
        let written: u64 = self.replication("master_repl_offset").await.unwrap();
        loop {
            let link: Option<String> = replica.replication("master_link_status").await;
            let read: Option<u64> = replica.replication("slave_repl_offset").await;
            if link.as_deref() == Some("up") && read >= Some(written) {
                return;
            }
            // Not to keep the servers from their work.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until another server is its replica.
    #[cfg(feature = "sentinel")]
    pub(crate) async fn wait_for_a_replica(&self) {
        while self.replication::<u64>("connected_slaves").await != Some(1) {
            // Not to keep the servers from their work.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// What the server says about its replication.
    async fn replication<T: FromStr>(&self, field: &str) -> Option<T> {
        let info: String = self.ask(&["INFO", "replication"]).await;
        let value = |line: &str| line.strip_prefix(field)?.strip_prefix(':')?.parse().ok();
        info.lines().find_map(value)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The answer of the server at this address to a command.
pub(crate) async fn ask<T: FromRedisValue>(url: &str, words: &[&str]) -> T {
    let client = Client::open(url).unwrap();
    let patient = AsyncConnectionConfig::new().set_response_timeout(None);
    let connection = client.get_multiplexed_async_connection_with_config(&patient);
    let mut connection = connection.await.unwrap();
    let mut command = Cmd::new();
    command.arg(words);
    command.query_async(&mut connection).await.unwrap()
}

pub(crate) fn free_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}

/// What a process prints.
pub(crate) type Log = Lines<BufReader<ChildStdout>>;

/// Starts a process, and waits until it prints this.
pub(crate) fn start(command: &mut Command, ready: &str) -> (Child, Log) {
    let mut process = match command.stdout(Stdio::piped()).spawn() {
        Ok(process) => process,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("redis-server is not installed: apt-get install redis-server, as .ci/run does")
        }
        Err(error) => panic!("redis-server cannot be started: {error}"),
    };
    let mut log = BufReader::new(process.stdout.take().unwrap()).lines();
    wait_for(&mut log, ready);
    (process, log)
}

/// Waits until a process prints this.
pub(crate) fn wait_for(log: &mut Log, text: &str) {
    let mut read = Vec::new();
    for line in log {
        let line = line.unwrap();
        if line.contains(text) {
            return;
        }
        read.push(line);
    }
    panic!("redis-server ended:\n{}", read.join("\n"));
}

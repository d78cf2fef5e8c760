use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use lit_test_fakes::{TempDir, temp_dir};

/// A redis-server on a free port, with a directory of its own. It writes every command to a file, so that it comes back with
/// all it had.
pub(crate) struct Server {
    port: u16,
    directory: TempDir,
    /// What it is told beside.
    options: Vec<String>,
    process: Option<Child>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(|_, port| vec!["--port".to_owned(), port.to_string()])
    }

    /// With the options that a directory and a port give.
    pub(crate) fn with(options: impl Fn(&Path, u16) -> Vec<String>) -> Self {
        let directory = temp_dir();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
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

    #[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "for TLS alone"))]
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
        let started = Command::new("redis-server")
            .args(["--bind", "127.0.0.1"])
            .args(&self.options)
            .args([
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
            ])
            .arg("--dir")
            .arg(self.directory.path())
            .stdout(Stdio::piped())
            .spawn();
        let mut process = match started {
            Ok(process) => process,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                panic!(
                    "redis-server is not installed: apt-get install redis-server, as .ci/run does"
                )
            }
            Err(error) => panic!("redis-server cannot be started: {error}"),
        };
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut log = Vec::new();
        for line in lines {
            let line = line.unwrap();
            if line.contains("Ready to accept connections") {
                self.process = Some(process);
                return;
            }
            log.push(line);
        }
        panic!("redis-server ended:\n{}", log.join("\n"));
    }

    /// What the server has written to disk.
    pub(crate) fn append_only_file(&self) -> Vec<u8> {
        let files = fs::read_dir(self.directory.path().join("appendonlydir")).unwrap();
        files
            .flat_map(|file| fs::read(file.unwrap().path()).unwrap())
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

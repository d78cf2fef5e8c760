use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::run::{processor_time, root};

/// The time limit for a network to answer everywhere.
const START: Duration = Duration::from_secs(60);

/// The file with the contracts, beside the description.
const CONTRACT_CONTEXT: &str = "contract-context.json";

/// A dev network in its own process, on free ports. Dropping this stops it.
#[derive(Debug)]
pub(crate) struct Devnet {
    process: Child,
    description: PathBuf,
}

impl Devnet {
    /// Starts `lit devnet` with these options besides the common ones, and waits until it answers.
    ///
    /// Its output goes to files in `folder`.
    pub(crate) fn start(
        lit: &Path,
        folder: &Path,
        nodes: usize,
        options: &[&str],
    ) -> io::Result<Self> {
        let description = folder.join("network.json");
        if description.exists() {
            fs::remove_file(&description)?;
        }
        let process = Command::new(lit)
            .args([
                "devnet",
                "--port",
                "0",
                "--rpc-port",
                "0",
                "--services-port",
                "0",
            ])
            .args(["--nodes", &nodes.to_string()])
            .args(options)
            .arg("--describe")
            .arg(&description)
            .arg("--contract-context")
            .arg(folder.join(CONTRACT_CONTEXT))
            // Where `lit` finds the ethers of the official packages.
            .current_dir(root().join("interop"))
            .stdin(Stdio::null())
            .stdout(File::create(folder.join("devnet.out"))?)
            .stderr(File::create(folder.join("devnet.log"))?)
            .spawn()?;
        let mut network = Self {
            process,
            description,
        };
        let started = Instant::now();
        while !network.description.exists() {
            if let Some(status) = network.process.try_wait()? {
                let said = fs::read_to_string(folder.join("devnet.log"))?;
                return Err(io::Error::other(format!("lit devnet: {status}: {said}")));
            }
            if started.elapsed() > START {
                return Err(io::Error::other("lit devnet does not come up"));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(network)
    }

    /// The processor time of all nodes and the chain so far.
    pub(crate) fn processor_time(&self) -> Option<Duration> {
        processor_time(&self.process)
    }

    /// The file that describes the network.
    pub(crate) fn description(&self) -> &Path {
        &self.description
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        // An error means that the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

//! A network's state in a directory: it survives the process, whatever ends it.

mod dir;
mod error;
mod journal;
mod record;
mod saver;

use std::{path::PathBuf, sync::Arc};

use alloy_primitives::Bytes;
use lit_node::{DelegationUse, DelegationUses};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use self::{dir::StateDir, journal::Journal, record::Frame};
use crate::{DevnetClock, blocks::Blocks, clock, ipfs::Ipfs};

#[cfg(feature = "tls")]
pub(crate) use dir::replace;
pub use error::StateError;
pub(crate) use saver::{Saver, Sources};

/// The network to which a state belongs. Another one has other keys, so its PKPs cannot be used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    seed_hash: [u8; 32],
    nodes: usize,
}

impl Identity {
    pub(crate) fn new(seed: &[u8; 32], nodes: usize) -> Self {
        let hash = Sha256::new()
            .chain_update("lit-devnet state")
            .chain_update(seed);
        Self {
            seed_hash: hash.finalize().into(),
            nodes,
        }
    }
}

/// An open state directory, and what was saved there.
#[derive(Debug)]
pub(crate) struct Opened {
    dir: StateDir,
    journal: Journal,
    /// Oldest first; empty in a new directory.
    frames: Vec<Frame>,
}

/// The parts of a network that are not on its chain.
#[derive(Debug, Clone)]
pub(crate) struct OffChain {
    pub(crate) clock: Arc<DevnetClock>,
    pub(crate) ipfs: Arc<Ipfs>,
    pub(crate) blocks: Arc<Blocks>,
    /// In the order of the nodes.
    pub(crate) uses: Vec<Arc<DelegationUses>>,
}

impl OffChain {
    /// The parts of a new network.
    pub(crate) fn new(blocks: Blocks, nodes: usize) -> Self {
        Self {
            clock: Arc::new(DevnetClock::new(clock::State::default())),
            ipfs: Arc::default(),
            blocks: Arc::new(blocks),
            uses: (0..nodes).map(|_| Arc::default()).collect(),
        }
    }
}

impl Opened {
    /// Creates or opens a directory, locks it, and reads what was saved there by this network.
    pub(crate) fn open(path: PathBuf, identity: Identity) -> Result<Self, StateError> {
        let dir = StateDir::open(path)?;
        let (journal, frames) = Journal::open(dir.path(), identity)?;
        Ok(Self {
            dir,
            journal,
            frames,
        })
    }

    /// The directory.
    #[cfg(feature = "tls")]
    pub(crate) fn dir(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    /// The changes of the chain, oldest first; `None` in a new directory.
    pub(crate) fn chain(&self) -> Option<Vec<Bytes>> {
        let parts = self.frames.iter().map(|frame| frame.chain.clone());
        let parts = Vec::from_iter(parts.filter(|bytes| !bytes.is_empty()));
        (!self.frames.is_empty()).then_some(parts)
    }

    /// The parts that are not on the chain.
    pub(crate) fn off_chain(&mut self, blocks: Blocks, nodes: usize) -> OffChain {
        let mut clock = clock::State::default();
        let (ipfs, mut uses) = (Ipfs::default(), vec![Vec::new(); nodes]);
        for frame in self.frames.drain(..) {
            clock = frame.clock.state();
            ipfs.restore(frame.code, frame.uploaded);
            for used in frame.uses {
                let node = usize::try_from(used.node).ok();
                if let Some(uses) = node.and_then(|node| uses.get_mut(node)) {
                    uses.push(DelegationUse::from(used));
                }
            }
            blocks.restore(frame.foreign.into_iter().map(|it| (it.hash.0, it.time())));
        }
        let uses = uses.into_iter().map(DelegationUses::restore);
        OffChain {
            clock: Arc::new(DevnetClock::new(clock)),
            ipfs: Arc::new(ipfs),
            blocks: Arc::new(blocks),
            uses: uses.map(Arc::new).collect(),
        }
    }

    /// Saves everything anew, and goes on saving what changes.
    pub(crate) fn save(self, sources: Sources) -> Result<Saver, StateError> {
        Saver::start(self.dir, self.journal, sources)
    }
}

/// A time in whole seconds; times out of range count as the epoch.
fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

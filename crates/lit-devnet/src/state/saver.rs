use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use lit_devnet_chain::Chain;

use super::{
    OffChain, StateError,
    dir::StateDir,
    journal::Journal,
    record::{ClockRecord, ForeignRecord, Frame, UseRecord},
};
use crate::lock::lock;

/// The time between two saves. With the time that a save takes, a killed process loses less than a second.
const INTERVAL: Duration = Duration::from_millis(500);

/// Everything that is saved.
#[derive(Debug)]
pub(crate) struct Sources {
    pub(crate) chain: Chain,
    pub(crate) off_chain: OffChain,
}

impl Sources {
    /// What changed since the last call; `None` if nothing did.
    fn take_changes(&self, last_clock: Option<ClockRecord>) -> Option<Frame> {
        let OffChain {
            clock,
            ipfs,
            blocks,
            uses,
        } = &self.off_chain;
        let chain = self.chain.take_changes();
        let (code, uploaded) = ipfs.take_changes();
        let uses = uses.iter().enumerate().flat_map(|(node, uses)| {
            let changes = uses.take_changes().into_iter();
            changes.map(move |used| UseRecord::new(node, &used))
        });
        let foreign = blocks.take_changes().into_iter();
        let frame = Frame {
            clock: clock.state().into(),
            uses: uses.collect(),
            foreign: foreign
                .map(|(hash, time)| ForeignRecord::new(hash, time))
                .collect(),
            uploaded: uploaded as u64,
            code: code
                .into_iter()
                .map(|code| code.into_bytes().into())
                .collect(),
            chain: chain
                .map(|changes| changes.bytes.into())
                .unwrap_or_default(),
        };
        let unchanged = frame.chain.is_empty()
            && frame.code.is_empty()
            && frame.uses.is_empty()
            && frame.foreign.is_empty()
            && last_clock == Some(frame.clock);
        (!unchanged).then_some(frame)
    }

    /// Makes the next changes everything.
    fn forget_changes(&self) {
        let OffChain {
            clock: _,
            ipfs,
            blocks,
            uses,
        } = &self.off_chain;
        self.chain.forget_changes();
        ipfs.forget_changes();
        blocks.forget_changes();
        for uses in uses {
            uses.forget_changes();
        }
    }
}

/// Saves a network's state on a thread of its own until it is dropped, and once more then.
pub(crate) struct Saver {
    shared: Arc<Shared>,
    thread: Option<thread::JoinHandle<()>>,
    _dir: StateDir,
}

struct Shared {
    writer: Mutex<Writer>,
    stopped: Mutex<bool>,
    stop: Condvar,
}

struct Writer {
    journal: Journal,
    sources: Sources,
    clock: Option<ClockRecord>,
}

impl Writer {
    fn save(&mut self) -> Result<(), StateError> {
        let rewrite = self.journal.must_rewrite();
        if rewrite {
            self.sources.forget_changes();
            self.clock = None;
        }
        let Some(frame) = self.sources.take_changes(self.clock) else {
            return Ok(());
        };
        self.clock = Some(frame.clock);
        if rewrite {
            self.journal.rewrite(&frame)
        } else {
            self.journal.append(&frame)
        }
    }
}

impl Saver {
    /// Saves everything, and starts the thread.
    pub(super) fn start(
        dir: StateDir,
        journal: Journal,
        sources: Sources,
    ) -> Result<Self, StateError> {
        let mut writer = Writer {
            journal,
            sources,
            clock: None,
        };
        writer.save()?;
        let shared = Arc::new(Shared {
            writer: Mutex::new(writer),
            stopped: Mutex::default(),
            stop: Condvar::new(),
        });
        let thread = thread::Builder::new().name("devnet state".to_owned());
        let thread = thread.spawn({
            let shared = Arc::clone(&shared);
            move || shared.run()
        });
        let thread = thread.map_err(StateError::file("start the thread that saves", dir.path()))?;
        Ok(Self {
            shared,
            thread: Some(thread),
            _dir: dir,
        })
    }

    /// Saves what changed since the last save.
    pub(crate) fn save(&self) -> Result<(), StateError> {
        lock(&self.shared.writer).save()
    }
}

impl Shared {
    fn run(&self) {
        let mut failing = false;
        loop {
            let stopped = self
                .stop
                .wait_timeout_while(lock(&self.stopped), INTERVAL, |it| !*it);
            if *stopped.unwrap_or_else(PoisonError::into_inner).0 {
                return;
            }
            let saved = lock(&self.writer).save();
            if let Err(error) = &saved
                && !failing
            {
                tracing::error!(
                    error = error as &dyn std::error::Error,
                    "cannot save the state; trying again"
                );
            }
            failing = saved.is_err();
        }
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        *lock(&self.shared.stopped) = true;
        self.shared.stop.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if let Err(error) = self.save() {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "cannot save the state"
            );
        }
    }
}

impl fmt::Debug for Saver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Saver").finish_non_exhaustive()
    }
}

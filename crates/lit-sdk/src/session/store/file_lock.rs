use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use super::{StoreError, private_dir::failure};

/// A lock of all processes that use a directory. It ends with the process that holds it.
#[derive(Debug, Default)]
pub(super) struct FileLock {
    /// Threads of this process wait here for their turn, without polling.
    turn: Mutex<()>,
}

/// The lock, until it is dropped.
pub(super) struct Held<'a> {
    _file: File,
    _turn: MutexGuard<'a, ()>,
}

/// How often to look whether another process has let go.
const PAUSE: Duration = Duration::from_millis(2);

impl FileLock {
    /// Takes the lock at this path, and waits for it for so long.
    pub(super) fn take(&self, path: &Path, wait: Duration) -> Result<Held<'_>, StoreError> {
        let start = Instant::now();
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(file) = try_lock(path).map_err(failure("lock", path))? {
                return Ok(Held {
                    _file: file,
                    _turn: turn,
                });
            }
            // From before it was this thread's turn, so that a process that hangs holds up each caller once.
            if start.elapsed() >= wait {
                let path = path.to_owned();
                return Err(StoreError::Locked { path, wait });
            }
            thread::sleep(PAUSE.min(wait));
        }
    }
}

/// The lock, unless another process has it.
fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    match file.try_lock() {
        // Otherwise it is the lock of nobody else: somebody has removed the file, such as one who cleans up.
        Ok(()) => Ok(is_at(&file, path)?.then_some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether this open file is the one that has this name now.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let open = file.metadata()?;
        let named = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            named => named?,
        };
        Ok((open.dev(), open.ino()) == (named.dev(), named.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = (file, fs::symlink_metadata(path)?);
        Ok(true)
    }
}

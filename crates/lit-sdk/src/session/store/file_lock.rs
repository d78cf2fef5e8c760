use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use super::{
    StoreError,
    private_dir::{Kind, failure},
};

/// A lock shared by all processes that use a directory. It ends with the process that holds it.
#[derive(Debug, Default)]
pub(super) struct FileLock {
    /// Threads of this process wait here for their turn, without polling.
    turn: Mutex<()>,
}

/// The held lock. Dropping it releases the lock.
pub(super) struct Held<'a> {
    file: File,
    _turn: MutexGuard<'a, ()>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Closing is not enough: a process that another thread is starting has a copy of the file until it runs its program.
        // If this fails, closing still releases the lock.
        let _ = self.file.unlock();
    }
}

/// The interval between attempts to take the lock.
const PAUSE: Duration = Duration::from_millis(2);

impl FileLock {
    /// Takes the lock at this path, and waits at most this long.
    pub(super) fn take(&self, path: &Path, wait: Duration) -> Result<Held<'_>, StoreError> {
        let start = Instant::now();
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(file) = try_lock(path).map_err(failure("lock", path))? {
                return Ok(Held { file, _turn: turn });
            }
            // The time includes the wait for this thread's turn, so that a hanging process delays each caller once.
            if start.elapsed() >= wait {
                let path = path.to_owned();
                return Err(StoreError::Locked { path, wait });
            }
            thread::sleep(PAUSE.min(wait));
        }
    }
}

/// Takes the lock, unless another process holds it.
fn try_lock(path: &Path) -> io::Result<Option<File>> {
    // Opening a pipe would block, and a link could create a file elsewhere.
    if !matches!(Kind::of(path)?, Kind::Missing | Kind::File(_)) {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    match file.try_lock() {
        // A removed file locks out no other process.
        Ok(()) => Ok(is_at(&file, path)?.then_some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether this path still names this open file.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let open = file.metadata()?;
        let named = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
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

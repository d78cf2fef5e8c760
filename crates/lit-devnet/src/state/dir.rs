use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use super::{StateError, journal};

/// The name of the lock file. It stays, because a file that is locked and removed does not keep others out.
const LOCK: &str = "lock";

/// A killed process holds its lock until the system has ended it, which takes a moment after `kill -9`.
const LOCK_WAIT: Duration = Duration::from_secs(1);
/// The interval between attempts to take the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// A directory of mode 0700 that this process has for itself.
#[derive(Debug)]
pub(super) struct StateDir {
    path: PathBuf,
    lock: File,
}

impl StateDir {
    /// Creates or opens the directory, and locks it. Waits up to [`LOCK_WAIT`] for another process to release it.
    pub(super) fn open(path: PathBuf) -> Result<Self, StateError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let failed = StateError::file("make the directory", &path);
        builder.create(&path).map_err(&failed)?;
        if !is_own(&path).map_err(StateError::file("read", &path))? {
            return Err(StateError::NotOwn(path));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).map_err(&failed)?;
        }
        let lock_path = path.join(LOCK);
        let lock = private().truncate(false).open(&lock_path);
        let lock = lock.map_err(StateError::file("open", &lock_path))?;
        let start = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Self { path, lock }),
                Err(TryLockError::Error(error)) => {
                    return Err(StateError::file("lock", &lock_path)(error));
                }
                Err(TryLockError::WouldBlock) if start.elapsed() >= LOCK_WAIT => {
                    return Err(StateError::InUse(path));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for StateDir {
    /// Unlocks explicitly: a process that is being started holds the open file, and with it the lock, until it runs its program.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

/// Whether a directory is empty or holds a state. Another one, such as the home directory, would be closed to others.
fn is_own(path: &Path) -> io::Result<bool> {
    let is_known = [LOCK, journal::FILE].map(|name| path.join(name).is_file());
    Ok(is_known.contains(&true) || fs::read_dir(path)?.next().is_none())
}

/// Options to open or create a file that only its owner can read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a renamed file survive a crash of the machine.
fn sync(dir: &Path) -> Result<(), StateError> {
    #[cfg(unix)]
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(StateError::file("sync", dir))?;
    Ok(())
}

/// Writes a file that only its owner can read, in one step: it has the old content or the new one, whatever ends the process.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<File, StateError> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    // Left behind by a killed process.
    let _ = fs::remove_file(&part);
    let write = || {
        let mut file = private().truncate(true).open(&part)?;
        file.write_all(content)?;
        file.sync_all().map(|()| file)
    };
    let written = write().map_err(StateError::file("write", &part))?;
    fs::rename(&part, path).map_err(StateError::file("replace", path))?;
    path.parent().map_or(Ok(()), sync)?;
    Ok(written)
}

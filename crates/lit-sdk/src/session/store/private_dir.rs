//! Files that only their owner can read. A crash leaves the old or the new content.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::StoreError;

/// The largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// A directory of mode 0700 with files of mode 0600. Systems without modes use their default.
#[derive(Debug, Clone)]
pub(super) struct PrivateDir(PathBuf);

/// The content of a file.
#[derive(PartialEq)]
pub(super) enum Content {
    /// The file is missing.
    Missing,
    /// The whole file.
    Whole(Zeroizing<Vec<u8>>),
    /// Something of another program: too long, or no regular file, such as a link, a pipe or a directory.
    Foreign,
}

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Missing,
    /// A regular file of this length.
    File(u64),
    Directory,
    /// A link, a pipe, a socket.
    Other,
}

impl Kind {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_file() => Ok(Self::File(found.len())),
            Ok(found) if found.is_dir() => Ok(Self::Directory),
            Ok(_) => Ok(Self::Other),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::Missing),
            Err(error) => Err(error),
        }
    }

    /// Whether this store cannot have written it.
    pub(super) const fn is_foreign(self) -> bool {
        match self {
            Self::Missing => false,
            Self::File(length) => length > MAX_FILE_BYTES,
            Self::Directory | Self::Other => true,
        }
    }
}

impl PrivateDir {
    /// Creates the directory and its parents, or makes an existing one private.
    pub(super) fn create(path: PathBuf) -> Result<Self, StoreError> {
        let failed = failure("make the directory", &path);
        let missing = |dir: &&Path| !dir.as_os_str().is_empty() && !dir.exists();
        let made: Vec<&Path> = path.ancestors().take_while(missing).collect();
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(&failed)?;
        // A file does not survive a crash unless its directory does.
        for parent in made.iter().filter_map(|dir| dir.parent()) {
            let is_working_dir = parent.as_os_str().is_empty();
            sync(if is_working_dir {
                Path::new(".")
            } else {
                parent
            })?;
        }
        #[cfg(unix)]
        take_from_others(&path)?;
        Ok(Self(path))
    }

    /// As [`PrivateDir::create`], but refuses a link, since another user could choose its target.
    pub(super) fn create_own(path: PathBuf) -> Result<Self, StoreError> {
        if path.is_symlink() {
            let reason = "it is a symbolic link";
            return Err(StoreError::NotPrivate { path, reason });
        }
        Self::create(path)
    }

    /// The existing subdirectory with this name.
    pub(super) fn find(&self, name: &str) -> Result<Option<Self>, StoreError> {
        let path = self.0.join(name);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() || found.is_symlink() => Self::create_own(path).map(Some),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failure("open", &path)(error)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Reads a file.
    pub(super) fn read(&self, name: &str) -> Result<Content, StoreError> {
        let path = self.0.join(name);
        let failed = failure("read", &path);
        let length = match Kind::of(&path).map_err(&failed)? {
            Kind::File(length) if length <= MAX_FILE_BYTES => length,
            Kind::Missing => return Ok(Content::Missing),
            // Opening a pipe would block.
            Kind::File(_) | Kind::Directory | Kind::Other => return Ok(Content::Foreign),
        };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Content::Missing),
            Err(error) => return Err(failed(error)),
        };
        // A growing buffer would leave copies of secrets behind.
        #[allow(clippy::expect_used, reason = "the length was checked above")]
        let capacity = usize::try_from(length).expect("8 MiB fit into memory") + 1;
        let mut content = Zeroizing::new(Vec::with_capacity(capacity));
        let read = file.take(MAX_FILE_BYTES).read_to_end(&mut content);
        read.map_err(failed)?;
        Ok(Content::Whole(content))
    }

    /// What has this name.
    pub(super) fn kind(&self, name: &str) -> Result<Kind, StoreError> {
        let path = self.0.join(name);
        Kind::of(&path).map_err(failure("open", &path))
    }

    /// Replaces the content of `name` atomically through the file `temporary`, which must be on the same file system. On
    /// success the content survives a crash of the machine. On failure the old content stays.
    pub(super) fn replace(
        &self,
        name: &str,
        content: &[u8],
        temporary: &Path,
    ) -> Result<(), StoreError> {
        let mut options = OpenOptions::new();
        // Never through a link, nor into a file that another process has open.
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let write = || -> io::Result<()> {
            let mut file = options.open(temporary)?;
            file.write_all(content)?;
            file.sync_all()
        };
        // A killed writer leaves the file behind.
        let _ = fs::remove_file(temporary);
        let path = self.0.join(name);
        let written = write().map_err(failure("write", temporary));
        let replaced =
            written.and_then(|()| fs::rename(temporary, &path).map_err(failure("replace", &path)));
        if replaced.is_err() {
            // The file contains a key.
            let _ = fs::remove_file(temporary);
        }
        replaced?;
        sync(&self.0)
    }

    /// Removes a file or link, never a directory. Returns whether it existed.
    pub(super) fn remove(&self, name: &str) -> Result<bool, StoreError> {
        let path = self.0.join(name);
        match fs::remove_file(&path) {
            Ok(()) => sync(&self.0).map(|()| true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failure("remove", &path)(error)),
        }
    }

    /// Renames a file.
    pub(super) fn rename(&self, name: &str, new_name: &str) -> Result<(), StoreError> {
        let path = self.0.join(name);
        fs::rename(&path, self.0.join(new_name)).map_err(failure("rename", &path))?;
        sync(&self.0)
    }

    /// The sorted names of the entries; empty for a removed directory. Names that are not UTF-8 are left out.
    pub(super) fn names(&self) -> Result<Vec<String>, StoreError> {
        let failed = failure("list", &self.0);
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
        let names = names.collect::<io::Result<Vec<_>>>().map_err(failed)?;
        let mut names: Vec<String> = names.into_iter().flatten().collect();
        names.sort_unstable();
        Ok(names)
    }
}

/// Makes changes in a directory survive a crash of the machine.
fn sync(dir: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(failure("sync", dir))?;
    Ok(())
}

/// Gives the user's own directory mode 0700.
#[cfg(unix)]
fn take_from_others(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let failed = failure("make the directory", path);
    let found = fs::metadata(path).map_err(&failed)?;
    let refuse = |reason| {
        let path = path.to_owned();
        Err(StoreError::NotPrivate { path, reason })
    };
    // The owner of a directory can always read it.
    if own_user().is_some_and(|own| own != found.uid()) {
        return refuse("it belongs to another user");
    }
    let mode = found.permissions().mode();
    if mode & 0o1000 != 0 {
        return refuse("it has the sticky bit, so all users share it");
    }
    if mode & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(&failed)?;
    }
    Ok(())
}

/// The effective user of this process, if `/proc` tells.
#[cfg(unix)]
fn own_user() -> Option<u32> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    users.split_whitespace().nth(1)?.parse().ok()
}

/// Wraps the error of an operation on a path.
pub(super) fn failure(
    operation: &'static str,
    path: &Path,
) -> impl Fn(io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| StoreError::File {
        operation,
        path: path.clone(),
        source,
    }
}

/// Runs file operations on a blocking thread. A panic of the work continues in the caller.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(StoreError::RuntimeShutDown),
        },
    }
}

#[cfg(test)]
#[allow(clippy::panic, reason = "these are tests")]
mod tests {
    use super::*;

    #[tokio::test]
    #[should_panic(expected = "the work panicked")]
    async fn a_panic_of_the_work_continues_in_the_caller() {
        let _ = blocking::<()>(|| panic!("the work panicked")).await;
    }
}

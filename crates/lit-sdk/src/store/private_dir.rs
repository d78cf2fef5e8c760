//! Files that nobody else may read, written so that a crash leaves the old or the new content.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::StoreError;

/// Longer files are not read, in bytes.
const MAX_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// A directory of mode 0700 with files of mode 0600. Where there are no such modes, the default of the system.
#[derive(Debug, Clone)]
pub(super) struct PrivateDir(PathBuf);

impl PrivateDir {
    /// Makes the directory, with those above it, or takes it away from others if it is there.
    pub(super) fn create(path: PathBuf) -> Result<Self, StoreError> {
        let failed = failure("make the directory", &path);
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(&failed)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).map_err(&failed)?.permissions().mode();
            if mode & 0o077 != 0 {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).map_err(&failed)?;
            }
        }
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The content of a file, or none.
    pub(super) fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let path = self.0.join(name);
        let failed = failure("read", &path);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let length = file.metadata().map_err(&failed)?.len().min(MAX_FILE_BYTES);
        // A buffer that grows leaves copies of secrets behind.
        let capacity = usize::try_from(length).unwrap_or_default() + 1;
        let mut content = Zeroizing::new(Vec::with_capacity(capacity));
        file.take(MAX_FILE_BYTES)
            .read_to_end(&mut content)
            .map_err(failed)?;
        Ok(Some(content))
    }

    /// Replaces the content of `name` in one step, by way of the file `temporary`, which must be on the same file system.
    /// When it returns, the content survives a crash of the machine.
    pub(super) fn replace(
        &self,
        name: &str,
        content: &[u8],
        temporary: &Path,
    ) -> Result<(), StoreError> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let write = || -> io::Result<()> {
            let mut file = options.open(temporary)?;
            file.write_all(content)?;
            file.sync_all()
        };
        write().map_err(failure("write", temporary))?;
        let path = self.0.join(name);
        fs::rename(temporary, &path).map_err(failure("replace", &path))?;
        self.sync()
    }

    /// Removes a file; says whether it was there.
    pub(super) fn remove(&self, name: &str) -> Result<bool, StoreError> {
        let path = self.0.join(name);
        match fs::remove_file(&path) {
            Ok(()) => self.sync().map(|()| true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failure("remove", &path)(error)),
        }
    }

    /// Gives a file another name.
    pub(super) fn rename(&self, name: &str, new_name: &str) -> Result<(), StoreError> {
        let path = self.0.join(name);
        fs::rename(&path, self.0.join(new_name)).map_err(failure("rename", &path))?;
        self.sync()
    }

    /// The names of the entries, sorted; none when the directory is gone. Names that are not UTF-8 are not ours.
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

    /// Makes renames and removals survive a crash of the machine.
    fn sync(&self) -> Result<(), StoreError> {
        #[cfg(unix)]
        File::open(&self.0)
            .and_then(|dir| dir.sync_all())
            .map_err(failure("sync", &self.0))?;
        Ok(())
    }
}

pub(super) fn failure(what: &'static str, path: &Path) -> impl Fn(io::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |error| StoreError::File {
        what,
        path: path.clone(),
        error,
    }
}

/// Runs what waits for files where it holds up nobody.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(StoreError::Unavailable(error.into())),
    }
}

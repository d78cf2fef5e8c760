use std::{fs, path::PathBuf, sync::Arc};

use async_trait::async_trait;

use super::{
    CorruptEntry, SessionOwner, SessionScope, SessionStore, StoreError, StoredSession,
    private_dir::{PrivateDir, blocking, failure},
};

/// Keeps sessions in files, one each, which several processes may use at the same time.
///
/// ```text
/// <directory>/sessions/                       mode 0700
///   .lock                                     held while something is changed
///   <hash of user and network>/               mode 0700
///     <hash of the scope>.json                mode 0600
///     <hash of the scope>.corrupt             an entry that was set aside
/// ```
///
/// A file is replaced in one step (temporary file, fsync, rename, fsync of the directory): after a crash there is the old
/// entry or the new one. Files are not encrypted; they are protected by their modes alone.
#[derive(Debug, Clone)]
pub struct FileStore(Arc<PrivateDir>);

/// Held while a file is replaced, removed or set aside.
const LOCK: &str = ".lock";
/// What is being written. There is one writer at a time, so one name is enough.
const TEMPORARY: &str = ".writing";

impl FileStore {
    /// Keeps sessions below a directory, which is made if need be.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let store = Self(Arc::new(PrivateDir::create(
            directory.into().join("sessions"),
        )?));
        let _lock = store.lock()?;
        // Left behind by a writer that was killed.
        store.0.remove(TEMPORARY)?;
        Ok(store)
    }

    /// Lasts until the file is dropped, or the process ends.
    fn lock(&self) -> Result<fs::File, StoreError> {
        let path = self.0.path().join(LOCK);
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options.open(&path).and_then(|file| {
            file.lock()?;
            Ok(file)
        });
        lock.map_err(failure("lock", &path))
    }

    fn dir_of(&self, owner: &SessionOwner) -> PathBuf {
        self.0.path().join(owner.key().to_string())
    }

    fn existing(&self, owner: &SessionOwner) -> Result<Option<PrivateDir>, StoreError> {
        let path = self.dir_of(owner);
        path.is_dir().then(|| PrivateDir::create(path)).transpose()
    }

    fn get_now(&self, scope: &SessionScope) -> Result<Option<StoredSession>, StoreError> {
        let Some(dir) = self.existing(scope.owner())? else {
            return Ok(None);
        };
        let name = file_name(scope);
        let Some(content) = dir.read(&name)? else {
            return Ok(None);
        };
        match StoredSession::from_json_of(text(&content), scope) {
            Ok(entry) => Ok(Some(entry)),
            Err(problem) => {
                self.set_aside_if(&dir, &name, &problem, |now| now == content.as_slice())?;
                Ok(None)
            }
        }
    }

    fn put_now(&self, entry: &StoredSession) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let dir = PrivateDir::create(self.dir_of(entry.scope().owner()))?;
        dir.replace(
            &file_name(entry.scope()),
            entry.expose_json().as_bytes(),
            &self.0.path().join(TEMPORARY),
        )
    }

    fn remove_now(&self, scope: &SessionScope) -> Result<bool, StoreError> {
        let _lock = self.lock()?;
        let Some(dir) = self.existing(scope.owner())? else {
            return Ok(false);
        };
        let name = file_name(scope);
        // What was set aside under this scope holds a session key as well.
        let corrupt = dir.remove(&aside(&name))?;
        let removed = dir.remove(&name)?;
        // Fails while there are others, which is right.
        let _ = fs::remove_dir(dir.path());
        Ok(removed || corrupt)
    }

    fn set_aside_if(
        &self,
        dir: &PrivateDir,
        name: &str,
        problem: &CorruptEntry,
        is_it: impl Fn(&[u8]) -> bool,
    ) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        if dir.read(name)?.is_some_and(|content| is_it(&content)) {
            let path = dir.path().join(name);
            tracing::warn!(%problem, path = %path.display(), "a stored session is corrupt; set aside");
            dir.rename(name, &aside(name))?;
        }
        Ok(())
    }

    fn in_dir(&self, dir: &PrivateDir) -> Result<Vec<StoredSession>, StoreError> {
        let mut entries = Vec::new();
        for name in dir.names()? {
            if !name.ends_with(EXTENSION) {
                continue;
            }
            let Some(content) = dir.read(&name)? else {
                continue;
            };
            let entry = StoredSession::from_json(text(&content)).and_then(|entry| {
                let found = file_name(entry.scope()) == name;
                found.then_some(entry).ok_or(CorruptEntry::Scope)
            });
            match entry {
                Ok(entry) => entries.push(entry),
                Err(problem) => {
                    self.set_aside_if(dir, &name, &problem, |now| now == content.as_slice())?;
                }
            }
        }
        Ok(entries)
    }
}

const EXTENSION: &str = ".json";

fn file_name(scope: &SessionScope) -> String {
    format!("{}{EXTENSION}", scope.key())
}

fn aside(name: &str) -> String {
    format!("{}.corrupt", name.trim_end_matches(EXTENSION))
}

/// What is not UTF-8 is no JSON either.
fn text(content: &[u8]) -> &str {
    std::str::from_utf8(content).unwrap_or_default()
}

#[async_trait]
impl SessionStore for FileStore {
    async fn get(&self, scope: &SessionScope) -> Result<Option<StoredSession>, StoreError> {
        let (store, scope) = (self.clone(), scope.clone());
        blocking(move || store.get_now(&scope)).await
    }

    async fn put(&self, entry: &StoredSession) -> Result<(), StoreError> {
        let (store, entry) = (self.clone(), entry.clone());
        blocking(move || store.put_now(&entry)).await
    }

    async fn remove(&self, scope: &SessionScope) -> Result<bool, StoreError> {
        let (store, scope) = (self.clone(), scope.clone());
        blocking(move || store.remove_now(&scope)).await
    }

    async fn set_aside(&self, entry: &StoredSession) -> Result<(), StoreError> {
        let (store, entry) = (self.clone(), entry.clone());
        blocking(move || {
            let Some(dir) = store.existing(entry.scope().owner())? else {
                return Ok(());
            };
            let content = entry.expose_json();
            let is_it = |now: &[u8]| now == content.as_bytes();
            store.set_aside_if(
                &dir,
                &file_name(entry.scope()),
                &CorruptEntry::Refused,
                is_it,
            )
        })
        .await
    }

    async fn of_owner(&self, owner: &SessionOwner) -> Result<Vec<StoredSession>, StoreError> {
        let (store, owner) = (self.clone(), owner.clone());
        blocking(move || match store.existing(&owner)? {
            Some(dir) => store.in_dir(&dir),
            None => Ok(Vec::new()),
        })
        .await
    }

    async fn list(&self) -> Result<Vec<StoredSession>, StoreError> {
        let store = self.clone();
        blocking(move || {
            let mut entries = Vec::new();
            for name in store.0.names()? {
                let path = store.0.path().join(name);
                if path.is_dir() {
                    entries.extend(store.in_dir(&PrivateDir::create(path)?)?);
                }
            }
            Ok(entries)
        })
        .await
    }
}

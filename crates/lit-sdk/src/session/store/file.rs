use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;

use super::{
    CorruptEntry, SessionOwner, SessionScope, SessionStore, StoreError, StoredSession,
    file_lock::{FileLock, Held},
    private_dir::{Content, Kind, PrivateDir, blocking},
};

/// Stores each session in a file. Several processes can share the directory.
///
/// ```
/// use lit_sdk::store::{FileStore, SessionStore};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # let directory = std::env::temp_dir().join(format!("lit-file-store-{}", std::process::id()));
/// let store = FileStore::open(&directory)?;
/// assert!(store.list().await?.is_empty());
/// # std::fs::remove_dir_all(&directory).unwrap();
/// # Ok::<(), lit_sdk::store::StoreError>(())
/// # }).unwrap();
/// ```
///
/// ```text
/// <directory>/sessions/                       mode 0700
///   .lock                                     held during a change
///   <hash of user and network>/               mode 0700
///     <hash of the scope>.json                mode 0600
///     <hash of the scope>.corrupt             an entry that was set aside
/// ```
///
/// A file is replaced atomically (temporary file, fsync, rename, fsync of the directory): a crash leaves the old entry or the
/// new one. Files are not encrypted; only their modes protect them. The store refuses a directory of another user
/// ([`StoreError::NotPrivate`]). The file system must support locks, as local ones do.
///
/// A killed writer leaves a half-written entry behind. The next change of any process removes it, and so does opening the store.
///
/// An entry that was set aside, at most one per scope, stays until the session of that scope is removed, or
/// [`FileStore::remove_set_aside`] is called. It may contain a session key.
///
/// What another program put into the directory is never read, changed or removed: other names, and directories, links and files of
/// more than 8 MiB under the names above. A session that would replace such a thing is refused ([`StoreError::Foreign`]).
#[derive(Debug, Clone)]
pub struct FileStore {
    dir: Arc<PrivateDir>,
    lock: Arc<FileLock>,
    lock_wait: Duration,
}

/// The lock file, held during a change.
const LOCK: &str = ".lock";
/// The file that is being written. The lock admits one writer at a time.
const TEMPORARY: &str = ".writing";

impl FileStore {
    /// The default time that a change waits for other processes.
    pub const LOCK_WAIT: Duration = Duration::from_secs(10);

    /// Opens a store below this directory, and creates the directory if it is missing.
    ///
    /// # Errors
    /// [`StoreError::File`]; [`StoreError::NotPrivate`] for a directory that other users can read or redirect.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let dir = PrivateDir::create_own(directory.into().join("sessions"))?;
        let store = Self {
            dir: Arc::new(dir),
            lock: Arc::default(),
            lock_wait: Self::LOCK_WAIT,
        };
        match store.lock.take(&store.lock_path(), Duration::ZERO) {
            Ok(held) => store.remove_unfinished(&held)?,
            // Another process may be writing.
            Err(StoreError::Locked { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(store)
    }

    /// Sets how long a change waits for the lock before it fails with [`StoreError::Locked`]. Default:
    /// [`FileStore::LOCK_WAIT`].
    #[must_use]
    pub const fn with_lock_wait(mut self, wait: Duration) -> Self {
        self.lock_wait = wait;
        self
    }

    /// Removes all entries that were set aside. Returns their number.
    ///
    /// # Errors
    /// [`StoreError::File`], [`StoreError::Locked`].
    pub async fn remove_set_aside(&self) -> Result<usize, StoreError> {
        let store = self.clone();
        blocking(move || {
            let _lock = store.lock()?;
            let mut removed = 0;
            for dir in store.owners()? {
                let dir = dir?;
                for name in dir.names()? {
                    if is_named(&name, ASIDE) {
                        removed += usize::from(remove_own(&dir, &name)?);
                    }
                }
                // Fails for a directory with entries, which must stay.
                let _ = fs::remove_dir(dir.path());
            }
            Ok(removed)
        })
        .await
    }

    /// Removes what a killed writer left behind. It may contain a session key. Only who holds the lock knows that nobody is writing.
    fn remove_unfinished(&self, _lock: &Held<'_>) -> Result<(), StoreError> {
        if self.dir.kind(TEMPORARY)? != Kind::Directory {
            self.dir.remove(TEMPORARY)?;
        }
        Ok(())
    }

    fn lock(&self) -> Result<Held<'_>, StoreError> {
        self.lock.take(&self.lock_path(), self.lock_wait)
    }

    fn lock_path(&self) -> PathBuf {
        self.dir.path().join(LOCK)
    }

    fn existing(&self, owner: &SessionOwner) -> Result<Option<PrivateDir>, StoreError> {
        self.dir.find(&owner.key().to_string())
    }

    /// The directories of all owners, or why one cannot be used. Other directories are not ours.
    fn owners(&self) -> Result<impl Iterator<Item = Result<PrivateDir, StoreError>>, StoreError> {
        let names = self.dir.names()?.into_iter();
        let names = names.filter(|name| is_named(name, ""));
        Ok(names.filter_map(|name| self.dir.find(&name).transpose()))
    }

    fn get_now(&self, scope: &SessionScope) -> Result<Option<StoredSession>, StoreError> {
        let Some(dir) = self.existing(scope.owner())? else {
            return Ok(None);
        };
        let name = file_name(scope);
        let content = dir.read(&name)?;
        let entry = match text(&content, &dir, &name) {
            Ok(None) => return Ok(None),
            Ok(Some(json)) => StoredSession::from_json_of(json, scope),
            Err(problem) => Err(problem),
        };
        match entry {
            Ok(entry) => Ok(Some(entry)),
            Err(problem) => {
                self.set_aside_if(&dir, &name, &problem, |now| *now == content)?;
                Ok(None)
            }
        }
    }

    fn put_now(&self, entry: &StoredSession) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let owner = entry.scope().owner().key().to_string();
        let dir = PrivateDir::create_own(self.dir.path().join(owner))?;
        let name = file_name(entry.scope());
        let (path, temporary) = (dir.path().join(&name), self.dir.path().join(TEMPORARY));
        if dir.kind(&name)?.is_foreign() {
            return Err(StoreError::Foreign { path });
        }
        if self.dir.kind(TEMPORARY)? == Kind::Directory {
            return Err(StoreError::Foreign { path: temporary });
        }
        dir.replace(&name, entry.expose_json().as_bytes(), &temporary)
    }

    fn remove_now(&self, scope: &SessionScope) -> Result<bool, StoreError> {
        let lock = self.lock()?;
        self.remove_unfinished(&lock)?;
        let Some(dir) = self.existing(scope.owner())? else {
            return Ok(false);
        };
        let name = file_name(scope);
        // An entry set aside under this scope contains a session key too.
        let corrupt = remove_own(&dir, &aside(&name))?;
        let removed = remove_own(&dir, &name)?;
        // Fails for a directory with other entries, which must stay.
        let _ = fs::remove_dir(dir.path());
        Ok(removed || corrupt)
    }

    fn set_aside_if(
        &self,
        dir: &PrivateDir,
        name: &str,
        problem: &CorruptEntry,
        is_it: impl Fn(&Content) -> bool,
    ) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        if is_it(&dir.read(name)?) && !is_foreign(dir, &aside(name))? {
            let path = dir.path().join(name);
            let problem: &(dyn std::error::Error + 'static) = problem;
            tracing::warn!(problem, path = %path.display(), "a stored session is corrupt; set aside");
            dir.rename(name, &aside(name))?;
        }
        Ok(())
    }

    fn in_dir(&self, dir: &PrivateDir) -> Result<Vec<StoredSession>, StoreError> {
        let mut entries = Vec::new();
        for name in dir.names()? {
            if !is_named(&name, EXTENSION) {
                continue;
            }
            let content = dir.read(&name)?;
            let entry = match text(&content, dir, &name) {
                Ok(None) => continue,
                Ok(Some(json)) => StoredSession::from_json(json),
                Err(problem) => Err(problem),
            };
            match entry.and_then(|entry| named(entry, &name)) {
                Ok(entry) => entries.push(entry),
                Err(problem) => {
                    self.set_aside_if(dir, &name, &problem, |now| *now == content)?;
                }
            }
        }
        Ok(entries)
    }
}

const EXTENSION: &str = ".json";
/// The extension of entries that were set aside.
const ASIDE: &str = ".corrupt";

fn file_name(scope: &SessionScope) -> String {
    format!("{}{EXTENSION}", scope.key())
}

fn aside(name: &str) -> String {
    format!("{}{ASIDE}", name.trim_end_matches(EXTENSION))
}

/// The entry, if the file has the name of its scope.
fn named(entry: StoredSession, name: &str) -> Result<StoredSession, CorruptEntry> {
    if file_name(entry.scope()) == name {
        Ok(entry)
    } else {
        Err(CorruptEntry::WrongScope)
    }
}

/// Whether this store gives this name: the hash of a scope or an owner, and an extension.
fn is_named(name: &str, extension: &str) -> bool {
    name.strip_suffix(extension).is_some_and(|hash| {
        hash.len() == 64
            && hash
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// The text of a file, if there is one. Foreign files are left alone.
fn text<'a>(
    content: &'a Content,
    dir: &PrivateDir,
    name: &str,
) -> Result<Option<&'a str>, CorruptEntry> {
    match content {
        Content::Whole(bytes) => std::str::from_utf8(bytes)
            .map(Some)
            .map_err(|_| CorruptEntry::NotUtf8),
        Content::Missing => Ok(None),
        Content::Foreign => {
            ignored(&dir.path().join(name));
            Ok(None)
        }
    }
}

/// Whether something has this name that is not ours.
fn is_foreign(dir: &PrivateDir, name: &str) -> Result<bool, StoreError> {
    let foreign = dir.kind(name)?.is_foreign();
    if foreign {
        ignored(&dir.path().join(name));
    }
    Ok(foreign)
}

/// Removes a file of this store. Returns whether it existed.
fn remove_own(dir: &PrivateDir, name: &str) -> Result<bool, StoreError> {
    Ok(!is_foreign(dir, name)? && dir.remove(name)?)
}

fn ignored(path: &Path) {
    tracing::warn!(path = %path.display(), "not a regular file of at most 8 MiB; ignored");
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
            let json = entry.expose_json();
            let is_it = |now: &Content| match now {
                Content::Whole(bytes) => bytes.as_slice() == json.as_bytes(),
                Content::Missing | Content::Foreign => false,
            };
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
            for dir in store.owners()? {
                // The sessions of the others are good.
                match dir.and_then(|dir| store.in_dir(&dir)) {
                    Ok(found) => entries.extend(found),
                    Err(error) => {
                        let error: &(dyn std::error::Error + 'static) = &error;
                        tracing::warn!(error, "the sessions of a user cannot be listed");
                    }
                }
            }
            Ok(entries)
        })
        .await
    }
}

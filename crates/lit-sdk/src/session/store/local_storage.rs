use std::{
    fmt::Write as _,
    fs,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use lit_types::constants::storage_keys;
use rand_core::{OsRng, RngCore};
use zeroize::Zeroizing;

pub use store::LocalStorageStore;

use super::{
    StoreError,
    private_dir::{Content, Kind, PrivateDir},
};

mod store;

/// Stores small values in a directory, in the layout of the npm package `node-localstorage`.
///
/// Programs in Rust and JavaScript can share the directory: one file per key, named by the percent-encoded key, with the value
/// as UTF-8. Unlike the npm package, it gives the directory mode 0700 and the files 0600, and reads the directory on each call,
/// so that it sees the values of other processes. The calls block on the disk.
///
/// ```
/// # let directory = std::env::temp_dir().join(format!("lit-local-storage-{}", std::process::id()));
/// use lit_sdk::store::LocalStorage;
///
/// let storage = LocalStorage::open(&directory)?;
/// storage.set_item("greeting", "hello")?;
/// assert_eq!(storage.get_item("greeting")?.as_deref().map(String::as_str), Some("hello"));
/// storage.disconnect()?;
/// # std::fs::remove_dir_all(&directory).unwrap();
/// # Ok::<(), lit_sdk::store::StoreError>(())
/// ```
#[doc(alias = "storageProvider")]
#[derive(Debug, Clone)]
pub struct LocalStorage {
    dir: Arc<PrivateDir>,
    quota: usize,
}

/// The beginning of the name of a file while it is being written; 16 hex digits follow. No key has such a file name, since a plus
/// sign in a key is encoded.
const TEMPORARY: &str = "+lit-tmp-";
/// A temporary file of this age belongs to a killed process. Writing takes milliseconds.
const ABANDONED: Duration = Duration::from_secs(60);
/// The name of the file for the empty key.
const EMPTY_KEY: &str = "---.EMPTY_STRING.---";

impl LocalStorage {
    /// The default quota of all values in bytes: 5 MiB, as in the npm package.
    pub const QUOTA: usize = 5 * 1024 * 1024;

    /// Opens a directory, creates it if it is missing, and gives it mode 0700.
    ///
    /// # Errors
    /// [`StoreError::File`]; [`StoreError::NotPrivate`] for a directory of another user, or one that all users share.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let storage = Self {
            dir: Arc::new(PrivateDir::create(directory.into())?),
            quota: Self::QUOTA,
        };
        storage.remove_abandoned()?;
        Ok(storage)
    }

    /// Removes what killed writers left behind. It may contain a session key.
    fn remove_abandoned(&self) -> Result<(), StoreError> {
        for name in self.dir.names()? {
            if is_temporary(&name) && is_abandoned(&self.dir.path().join(&name)) {
                self.dir.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Sets the quota of all values in bytes. Default: [`LocalStorage::QUOTA`].
    #[must_use]
    pub const fn with_quota(mut self, bytes: usize) -> Self {
        self.quota = bytes;
        self
    }

    /// The value of a key.
    ///
    /// # Errors
    /// [`StoreError::File`]; [`StoreError::NonUtf8Value`]; [`StoreError::ForeignValue`] for a value longer than 8 MiB.
    pub fn get_item(&self, key: &str) -> Result<Option<Zeroizing<String>>, StoreError> {
        let mut bytes = match self.dir.read(&file_name(key)?)? {
            Content::Whole(bytes) => bytes,
            Content::Missing => return Ok(None),
            Content::Foreign => return Err(StoreError::ForeignValue(key.to_owned())),
        };
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                Err(StoreError::NonUtf8Value(key.to_owned()))
            }
        }
    }

    /// The value of a key, unless it is empty. The official client treats an empty value as absent.
    ///
    /// # Errors
    /// As [`LocalStorage::get_item`].
    #[doc(alias = "getStorageItem")]
    pub fn get_non_empty(&self, key: &str) -> Result<Option<Zeroizing<String>>, StoreError> {
        Ok(self.get_item(key)?.filter(|value| !value.is_empty()))
    }

    /// Sets the value of a key atomically.
    ///
    /// # Errors
    /// [`StoreError::QuotaExceeded`], [`StoreError::File`]; [`StoreError::ForeignValue`] if it is a directory or a link;
    /// [`StoreError::InvalidKey`] for the keys `.`, `..` and `---.EMPTY_STRING.---`, which is the file name of the empty key.
    pub fn set_item(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let name = self.own_name(key)?;
        let mut used = value.len();
        for other in self.file_names()? {
            if other != name
                && let Kind::File(length) = self.dir.kind(&other)?
            {
                used = used.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
            }
        }
        if used > self.quota {
            return Err(StoreError::QuotaExceeded { quota: self.quota });
        }
        let unique = format!("{TEMPORARY}{:016x}", OsRng.next_u64());
        let temporary = self.dir.path().join(unique);
        self.dir.replace(&name, value.as_bytes(), &temporary)
    }

    /// Removes a key. Returns whether it existed.
    ///
    /// # Errors
    /// [`StoreError::File`]; [`StoreError::ForeignValue`] if it is a directory or a link; [`StoreError::InvalidKey`].
    pub fn remove_item(&self, key: &str) -> Result<bool, StoreError> {
        self.dir.remove(&self.own_name(key)?)
    }

    /// All keys, in the order of their file names. Foreign files are left out.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub fn keys(&self) -> Result<Vec<String>, StoreError> {
        let mut keys = Vec::new();
        for name in self.file_names()? {
            if matches!(self.dir.kind(&name)?, Kind::File(_)) {
                keys.extend(key_of(&name));
            }
        }
        Ok(keys)
    }

    /// Removes all values that can act as the user.
    ///
    /// These are the AuthSigs of all wallets, the root AuthSig, the choice of a wallet, and the session key.
    /// `disconnectWeb3` of `@lit-protocol/auth-browser` leaves the session key. Files that killed writers left behind are removed once
    /// they are a minute old, also when the directory is opened.
    ///
    /// # Errors
    /// As [`LocalStorage::remove_item`], after it has removed the others.
    #[doc(alias = "disconnectWeb3")]
    pub fn disconnect(&self) -> Result<(), StoreError> {
        let mut removed = self.remove_abandoned();
        for key in [
            storage_keys::AUTH_SIGNATURE,
            storage_keys::AUTH_SOL_SIGNATURE,
            storage_keys::AUTH_COSMOS_SIGNATURE,
            storage_keys::WEB3_PROVIDER,
            storage_keys::WALLET_SIGNATURE,
            storage_keys::SESSION_KEY,
            storage_keys::KEY_PAIR,
        ] {
            removed = removed.and(self.remove_item(key).map(drop));
        }
        removed
    }

    /// The file name of a key, unless something else has that name.
    fn own_name(&self, key: &str) -> Result<String, StoreError> {
        let name = file_name(key)?;
        match self.dir.kind(&name)? {
            Kind::Directory | Kind::Other => Err(StoreError::ForeignValue(key.to_owned())),
            Kind::Missing | Kind::File(_) => Ok(name),
        }
    }

    fn file_names(&self) -> Result<Vec<String>, StoreError> {
        let mut names = self.dir.names()?;
        names.retain(|name| !is_temporary(name));
        Ok(names)
    }
}

fn is_temporary(name: &str) -> bool {
    name.strip_prefix(TEMPORARY).is_some_and(|unique| {
        unique.len() == 16 && unique.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn is_abandoned(path: &std::path::Path) -> bool {
    let found = fs::symlink_metadata(path).ok();
    let modified = found
        .filter(fs::Metadata::is_file)
        .map(|file| file.modified());
    modified.and_then(Result::ok).is_some_and(|at| {
        SystemTime::now()
            .duration_since(at)
            .is_ok_and(|age| age > ABANDONED)
    })
}

/// The key in the encoding of JavaScript's `encodeURIComponent`, with `!'()*` encoded too.
fn file_name(key: &str) -> Result<String, StoreError> {
    match key {
        "" => return Ok(EMPTY_KEY.to_owned()),
        "." | ".." | EMPTY_KEY => return Err(StoreError::InvalidKey(key.to_owned())),
        _ => {}
    }
    let mut name = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                name.push(byte.into());
            }
            // Writing to a `String` cannot fail.
            _ => _ = write!(name, "%{byte:02X}"),
        }
    }
    Ok(name)
}

/// The key of a file name, if [`file_name`] makes that name.
fn key_of(name: &str) -> Option<String> {
    if name == EMPTY_KEY {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    let key = String::from_utf8(bytes).ok()?;
    (file_name(&key).ok()? == name).then_some(key)
}

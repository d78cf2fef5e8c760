//! The file of a network's state.
//!
//! It begins with a line that names the format, then come frames. The first one says to which network the state belongs, the second one
//! is the whole state when the file was written, and each later one is what changed since the one before.
//!
//! The file is replaced atomically, so its beginning is always complete. A killed process leaves an incomplete frame at the end at
//! worst, which is dropped: it is what changed since the last save.

use std::{
    fs::File,
    io::{BufReader, ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use alloy_rlp::{Decodable, Encodable};
use sha2::{Digest, Sha256};

use super::{
    Identity, StateError,
    dir::replace,
    record::{Frame, IdentityRecord},
};

pub(super) const FILE: &str = "network.state";
/// The format of the file, increased with every change that older versions cannot read.
const FORMAT: u32 = 1;
const MAGIC: &[u8] = b"lit-devnet state ";
/// The bytes before each frame: its length, a checksum of what is before it, and the SHA-256 hash of the frame.
const HEAD: usize = 8 + 8 + 32;
/// The largest state, in bytes.
const MAX_BYTES: u64 = 4 << 30;
/// The file is written anew if its changes are larger than this and than the whole state.
const MAX_CHANGES: u64 = 64 << 20;

/// The open file.
#[derive(Debug)]
pub(super) struct Journal {
    dir: PathBuf,
    identity: Identity,
    /// The file to append to; `None` before it is written, or after that failed.
    file: Option<File>,
    /// The largest file, in bytes.
    limit: u64,
    whole: u64,
    length: u64,
}

impl Journal {
    /// Reads the frames of the file, if it exists. The file is not written to until [`Journal::rewrite`].
    pub(super) fn open(dir: &Path, identity: Identity) -> Result<(Self, Vec<Frame>), StateError> {
        let journal = Self {
            dir: dir.to_owned(),
            identity,
            file: None,
            limit: MAX_BYTES,
            whole: 0,
            length: 0,
        };
        let path = journal.path();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok((journal, Vec::new())),
            Err(error) => return Err(StateError::file("read", &path)(error)),
        };
        let frames = Frames::open(path, file)?.read(identity)?;
        Ok((journal, frames))
    }

    fn path(&self) -> PathBuf {
        self.dir.join(FILE)
    }

    /// Whether the next frame must be the whole state, for [`Journal::rewrite`].
    pub(super) const fn must_rewrite(&self) -> bool {
        let changes = self.length - self.whole;
        self.file.is_none() || (changes > MAX_CHANGES && changes > self.whole)
    }

    /// Replaces the file by one with the whole state.
    pub(super) fn rewrite(&mut self, whole: &Frame) -> Result<(), StateError> {
        let mut content = MAGIC.to_vec();
        content.extend_from_slice(format!("{FORMAT}\n").as_bytes());
        frame(&IdentityRecord::from(self.identity), &mut content);
        frame(whole, &mut content);
        self.file = None;
        let length = self.checked(0, content.len())?;
        let written = replace(&self.path(), &content)?;
        (self.whole, self.length, self.file) = (length, length, Some(written));
        Ok(())
    }

    /// Appends what changed. After an error the next frame must be the whole state.
    pub(super) fn append(&mut self, changes: &Frame) -> Result<(), StateError> {
        let mut content = Vec::new();
        frame(changes, &mut content);
        // After an error the changes are not in the file, or in part, so it is kept only if all succeeds.
        #[allow(clippy::expect_used, reason = "without a file the whole is written")]
        let mut file = self.file.take().expect("the file was written before");
        let length = self.checked(self.length, content.len())?;
        let written = file.write_all(&content).and_then(|()| file.sync_data());
        written.map_err(StateError::file("write", &self.path()))?;
        (self.length, self.file) = (length, Some(file));
        Ok(())
    }

    /// The length of a file after this many bytes are added.
    fn checked(&self, before: u64, added: usize) -> Result<u64, StateError> {
        let length = before.saturating_add(added as u64);
        if length > self.limit {
            return Err(StateError::TooLarge {
                path: self.path(),
                limit: self.limit,
            });
        }
        Ok(length)
    }
}

/// Appends a frame to a buffer.
fn frame(content: &impl Encodable, out: &mut Vec<u8>) {
    let payload = alloy_rlp::encode(content);
    let (length, hash) = (
        (payload.len() as u64).to_be_bytes(),
        Sha256::digest(&payload),
    );
    out.extend_from_slice(&length);
    out.extend_from_slice(&check(&length, &hash));
    out.extend_from_slice(&hash);
    out.extend_from_slice(&payload);
}

/// The checksum of a frame's length and hash. With it a damaged length is not mistaken for an incomplete frame.
fn check(length: &[u8], hash: &[u8]) -> [u8; 8] {
    let digest = Sha256::new().chain_update(length).chain_update(hash);
    let mut check = [0; 8];
    check.copy_from_slice(&digest.finalize()[..8]);
    check
}

/// Reads a file frame by frame.
struct Frames {
    path: PathBuf,
    file: BufReader<File>,
    left: u64,
}

impl Frames {
    fn open(path: PathBuf, file: File) -> Result<Self, StateError> {
        let found = file.metadata().map_err(StateError::file("read", &path))?;
        if found.len() > MAX_BYTES {
            let limit = MAX_BYTES;
            return Err(StateError::TooLarge { path, limit });
        }
        Ok(Self {
            path,
            file: BufReader::new(file),
            left: found.len(),
        })
    }

    fn read(mut self, identity: Identity) -> Result<Vec<Frame>, StateError> {
        self.format()?;
        let Some(network) = self.next::<IdentityRecord>()? else {
            return Err(self.damaged("it is truncated"));
        };
        if network.seed_hash != identity.seed_hash {
            return Err(StateError::OtherSeed(self.path));
        }
        if network.nodes != identity.nodes as u64 {
            return Err(StateError::OtherNodes {
                path: self.path,
                saved: network.nodes,
                asked: identity.nodes,
            });
        }
        let mut frames = Vec::new();
        while let Some(frame) = self.next()? {
            frames.push(frame);
        }
        if frames.is_empty() {
            return Err(self.damaged("it is truncated"));
        }
        if self.left > 0 {
            tracing::warn!(
                file = %self.path.display(),
                bytes = self.left,
                "dropped an incomplete change: the network was killed while it saved"
            );
        }
        Ok(frames)
    }

    /// Checks the line that names the format.
    fn format(&mut self) -> Result<(), StateError> {
        let mut magic = [0; MAGIC.len()];
        if self.left < MAGIC.len() as u64 || self.take(&mut magic).is_err() || magic != MAGIC {
            return Err(self.damaged("it is not a state file"));
        }
        let mut found = String::new();
        loop {
            let mut byte = [0];
            if self.left == 0 || found.len() > 10 {
                return Err(self.damaged("it is not a state file"));
            }
            self.take(&mut byte)?;
            match byte {
                [b'\n'] => break,
                [byte] => found.push(char::from(byte)),
            }
        }
        if found != FORMAT.to_string() {
            return Err(StateError::OtherFormat {
                path: self.path.clone(),
                found,
                expected: FORMAT,
            });
        }
        Ok(())
    }

    /// The next frame; `None` at the end, or if the rest is incomplete.
    fn next<T: Decodable>(&mut self) -> Result<Option<T>, StateError> {
        if self.left < HEAD as u64 {
            return Ok(None);
        }
        let (mut length, mut found, mut hash) = ([0; 8], [0; 8], [0; 32]);
        self.take(&mut length)?;
        self.take(&mut found)?;
        self.take(&mut hash)?;
        if found != check(&length, &hash) {
            return Err(self.damaged("a frame has a wrong checksum"));
        }
        let length = u64::from_be_bytes(length);
        if length > self.left {
            return Ok(None);
        }
        let mut payload = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        self.take(&mut payload)?;
        if Sha256::digest(&payload)[..] != hash {
            return Err(self.damaged("a frame has a wrong hash"));
        }
        let frame = alloy_rlp::decode_exact(&payload);
        frame
            .map(Some)
            .map_err(|error| self.damaged(&error.to_string()))
    }

    fn take(&mut self, bytes: &mut [u8]) -> Result<(), StateError> {
        self.left -= bytes.len() as u64;
        let read = self.file.read_exact(bytes);
        read.map_err(StateError::file("read", &self.path))
    }

    fn damaged(&self, reason: &str) -> StateError {
        StateError::Damaged {
            path: self.path.clone(),
            reason: reason.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::record::ClockRecord, *};
    use crate::clock;

    fn whole(size: usize) -> Frame {
        Frame {
            chain: vec![7; size].into(),
            clock: ClockRecord::from(clock::State::default()),
            code: Vec::new(),
            uploaded: 0,
            uses: Vec::new(),
            foreign: Vec::new(),
        }
    }

    #[test]
    fn changes_that_do_not_fit_are_not_skipped() {
        let dir = tempfile::tempdir().unwrap();
        let identity = Identity::new(&[1; 32], 3);
        let (mut journal, _) = Journal::open(dir.path(), identity).unwrap();
        journal.limit = 3000;
        journal.rewrite(&whole(1000)).unwrap();
        journal.append(&whole(1000)).unwrap();
        let refused = journal.append(&whole(1000)).unwrap_err();
        assert!(matches!(refused, StateError::TooLarge { limit: 3000, .. }));
        // A later and smaller change would leave a gap.
        assert!(journal.must_rewrite());
        // The whole replaces what is there, so it fits.
        journal.rewrite(&whole(2000)).unwrap();
        assert!(!journal.must_rewrite());
        let (_, frames) = Journal::open(dir.path(), identity).unwrap();
        let lengths: Vec<usize> = frames.iter().map(|frame| frame.chain.len()).collect();
        assert_eq!(lengths, [2000]);
    }
}

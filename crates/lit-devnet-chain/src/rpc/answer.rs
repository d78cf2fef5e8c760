use std::io;

use serde_json::Value;

use super::error::RpcError;

/// The text of an answer while it is written, up to a limit.
pub(super) struct Answer {
    text: Vec<u8>,
    limit: usize,
    is_full: bool,
}

impl Answer {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            text: Vec::new(),
            limit,
            is_full: false,
        }
    }

    /// Whether an answer was too large.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }

    /// Writes punctuation.
    pub(super) fn mark(&mut self, mark: u8) {
        self.text.push(mark);
    }

    /// Writes the answer to one request, or a refusal if it is too large.
    pub(super) fn push(&mut self, answer: &Value) {
        let start = self.text.len();
        if serde_json::to_writer(&mut *self, answer).is_err() {
            self.text.truncate(start);
            self.is_full = true;
            let refusal = RpcError::too_large(self.limit).response(&answer["id"]);
            self.text.extend_from_slice(refusal.to_string().as_bytes());
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.text
    }
}

impl io::Write for Answer {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if self.text.len() + text.len() > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.text.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

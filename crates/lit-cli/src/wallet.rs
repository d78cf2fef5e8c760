use std::path::PathBuf;

use alloy_signer_local::PrivateKeySigner;
use zeroize::Zeroizing;

use crate::error::{Error, read_file};

/// Whose wallet signs.
#[derive(Debug, clap::Args)]
pub(crate) struct WalletArgs {
    /// A file with the wallet's private key in hex. Without it the key is taken from LIT_PRIVATE_KEY.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl WalletArgs {
    pub(crate) fn signer(&self) -> Result<PrivateKeySigner, Error> {
        let key = match &self.key_file {
            Some(file) => Zeroizing::new(read_file(file)?),
            None => Zeroizing::new(std::env::var("LIT_PRIVATE_KEY").map_err(|_| {
                Error::usage("no wallet: give --key-file or LIT_PRIVATE_KEY (or, for a session, --random-wallet)")
            })?),
        };
        // The parser's own error could repeat the key.
        key.trim()
            .parse()
            .map_err(|_| Error::usage("the private key is not 32 bytes of hex"))
    }
}

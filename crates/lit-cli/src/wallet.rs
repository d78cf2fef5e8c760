use std::path::PathBuf;

use alloy_signer_local::PrivateKeySigner;
use zeroize::Zeroizing;

use crate::error::{Error, read_file};

/// The wallet that signs.
#[derive(Debug, clap::Args)]
pub(crate) struct WalletArgs {
    /// A file with the private key of the wallet in hex. Default: the key in LIT_PRIVATE_KEY.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl WalletArgs {
    pub(crate) fn signer(&self) -> Result<PrivateKeySigner, Error> {
        let text = match &self.key_file {
            Some(file) => read_file(file)?,
            None => std::env::var("LIT_PRIVATE_KEY").map_err(|_| Error::NoWallet)?,
        };
        let text = Zeroizing::new(text);
        text.trim().parse().map_err(|_| match &self.key_file {
            Some(path) => Error::KeyFile { path: path.clone() },
            None => Error::PrivateKey,
        })
    }
}

//! The file that becomes `ethers` in actions.

use std::{
    env,
    path::{Path, PathBuf},
};

use lit_actions::find_ethers_bundle;

use crate::error::{Error, read_file};

/// Ethers names its version, and Lit's nodes have version 5.
const VERSION_5: &str = "ethers/5.";

/// How to get the file.
pub(crate) const HOW_TO_GET: &str =
    "not found; run `npm install ethers@5.7.2` here, or pass --ethers FILE";

/// The file named on the command line, or else one that is installed.
pub(crate) fn bundle(named: Option<&Path>) -> Result<Option<PathBuf>, Error> {
    let Some(path) = named else {
        // Without a working directory there is nothing to search.
        return Ok(env::current_dir()
            .ok()
            .and_then(|dir| find_ethers_bundle(&dir)));
    };
    if read_file(path)?.contains(VERSION_5) {
        Ok(Some(path.to_owned()))
    } else {
        Err(Error::NotEthers(path.to_owned()))
    }
}

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use crate::{HttpFetch, ethers_bundle};

/// Resources that the operator grants to actions: hosts for `fetch`, and `ethers`.
///
/// ```
/// use lit_actions::ActionEnvironment;
///
/// let environment = ActionEnvironment::default()
///     .with_fetch_host("api.example.org")
///     .with_ethers_bundle("node_modules/ethers/dist/ethers.umd.min.js");
/// # let _ = environment;
/// ```
#[derive(Clone, Default)]
pub struct ActionEnvironment {
    fetch_hosts: Vec<String>,
    fetcher: Option<Arc<dyn HttpFetch>>,
    ethers_path: Option<PathBuf>,
    ethers: OnceLock<Arc<str>>,
}

impl ActionEnvironment {
    /// Allows `fetch` to reach a host: `example.org`, `127.0.0.1:8080` for one port, or `*` for every host. Write IPv6 addresses in
    /// brackets. This machine must be allowed like any other host. May be repeated. Default: no host. Needs
    /// [`with_fetcher`](Self::with_fetcher) too.
    #[must_use]
    pub fn with_fetch_host(mut self, host: impl Into<String>) -> Self {
        self.fetch_hosts.push(host.into().to_ascii_lowercase());
        self
    }

    /// Sets what sends the requests of `fetch`. Default: nothing, `fetch` fails.
    #[must_use]
    pub fn with_fetcher(mut self, fetcher: Arc<dyn HttpFetch>) -> Self {
        self.fetcher = Some(fetcher);
        self
    }

    /// Sets the file that becomes the global `ethers`: `dist/ethers.umd.min.js` of npm's `ethers` 5. Default: the file named by the
    /// environment variable `LIT_ETHERS_BUNDLE`, or else `lit-devnet/ethers.umd.min.js` in the user's cache directory
    /// (`$XDG_CACHE_HOME`, or `~/.cache`). [`find_ethers_bundle`](crate::find_ethers_bundle) also looks into `node_modules`.
    #[must_use]
    pub fn with_ethers_bundle(mut self, path: impl Into<PathBuf>) -> Self {
        self.ethers_path = Some(path.into());
        self.ethers = OnceLock::new();
        self
    }

    /// Whether `fetch` may reach a host; `host_and_port` always has a port.
    pub(crate) fn allows_fetch(&self, host: &str, host_and_port: &str) -> bool {
        let mut allowed = self.fetch_hosts.iter();
        allowed.any(|allowed| allowed == "*" || allowed == host || allowed == host_and_port)
    }

    pub(crate) fn fetcher(&self) -> Option<&dyn HttpFetch> {
        self.fetcher.as_deref()
    }

    /// The source code of ethers, read once.
    pub(crate) fn ethers(&self) -> Result<Arc<str>, String> {
        if let Some(source) = self.ethers.get() {
            return Ok(Arc::clone(source));
        }
        let path = self.ethers_file();
        let shown = path
            .as_deref()
            .unwrap_or(Path::new(ethers_bundle::CACHED))
            .display();
        let source: Arc<str> = match path.as_deref().map(fs::read_to_string) {
            Some(Ok(source)) => source.into(),
            Some(Err(error)) => return Err(not_installed(&shown, &error)),
            None => {
                return Err(not_installed(
                    &shown,
                    &"neither XDG_CACHE_HOME nor HOME is set",
                ));
            }
        };
        Ok(Arc::clone(self.ethers.get_or_init(|| source)))
    }

    fn ethers_file(&self) -> Option<PathBuf> {
        self.ethers_path
            .clone()
            .or_else(ethers_bundle::named)
            .or_else(ethers_bundle::cached)
    }
}

fn not_installed(path: &impl fmt::Display, reason: &impl fmt::Display) -> String {
    format!(
        "ethers is not installed: cannot read {path} ({reason}). Put dist/ethers.umd.min.js of npm's ethers 5.7.2 there, \
         or name it by --ethers FILE, the setting with_ethers_bundle or the variable {}",
        ethers_bundle::VARIABLE
    )
}

impl fmt::Debug for ActionEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActionEnvironment")
            .field("fetch_hosts", &self.fetch_hosts)
            .field("fetches", &self.fetcher.is_some())
            .field("ethers_path", &self.ethers_path)
            .finish_non_exhaustive()
    }
}

//! What stands in for TLS without the feature `tls`: nodes are served over plain HTTP.

/// A value of this type does not exist.
#[derive(Debug, Clone)]
pub(crate) enum Tls {}

#[cfg(feature = "http")]
impl Tls {
    #[allow(clippy::unused_async, reason = "with the feature `tls` it waits")]
    pub(crate) async fn accept(
        &self,
        _: tokio::net::TcpStream,
    ) -> Result<tokio::net::TcpStream, lit_devnet_chain::http_server::NotUpgraded> {
        match *self {}
    }
}

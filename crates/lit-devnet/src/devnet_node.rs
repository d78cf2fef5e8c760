use lit_types::NodeUrl;

use crate::{Fault, embedded_node::EmbeddedNode};

/// One node of a [`Devnet`](crate::Devnet), from [`Devnet::node`](crate::Devnet::node).
///
/// ```
/// use std::time::Duration;
/// use lit_devnet::{Devnet, Fault};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let network = Devnet::start(10).await?;
/// network.node(2).fail(Fault::Stopped);
/// network.node(7).fail(Fault::Delay(Duration::from_secs(2)));
/// assert_eq!(network.node(2).fault(), Some(Fault::Stopped));
/// network.node(2).recover();
/// assert_eq!(network.node(2).fault(), None);
/// # Ok::<(), lit_devnet::DevnetError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct DevnetNode<'a>(&'a EmbeddedNode);

impl<'a> DevnetNode<'a> {
    pub(crate) const fn new(node: &'a EmbeddedNode) -> Self {
        Self(node)
    }

    /// The node's URL.
    #[must_use]
    pub fn url(self) -> &'a NodeUrl {
        self.0.url()
    }

    /// The node's fault, if it has one.
    #[must_use]
    pub fn fault(self) -> Option<Fault> {
        self.0.fault()
    }

    /// Puts a fault on the node, in place of the one it has.
    pub fn fail(self, fault: Fault) {
        self.0.set_fault(Some(fault));
    }

    /// Removes the node's fault.
    pub fn recover(self) {
        self.0.set_fault(None);
    }
}

#[cfg(feature = "http")]
use lit_node_transport::HttpUrl;
use lit_node_transport::MEMORY_NODE_HOST;
use lit_types::NodeUrl;

/// The port in the URL of the first node of a network in memory.
const FIRST_MEMORY_PORT: u16 = 7470;

/// URLs for nodes in memory: session signatures name the node's URL. No machine has this host.
pub(crate) fn memory_urls(nodes: usize) -> Vec<NodeUrl> {
    let url = |port| url_of("http", MEMORY_NODE_HOST, port);
    (FIRST_MEMORY_PORT..).take(nodes).map(url).collect()
}

#[allow(clippy::expect_used, reason = "every port makes a valid URL")]
pub(crate) fn url_of(scheme: &str, host: &str, port: u16) -> NodeUrl {
    format!("{scheme}://{host}:{port}")
        .parse()
        .expect("an address and a port make a URL")
}

#[cfg(feature = "http")]
#[allow(clippy::expect_used, reason = "a node's URL is one")]
pub(crate) fn http_url(origin: &NodeUrl) -> HttpUrl {
    origin.as_str().parse().expect("an origin is a URL")
}

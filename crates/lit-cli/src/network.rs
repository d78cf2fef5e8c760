use std::path::PathBuf;

use lit_sdk::{LitNodeClient, NodeList, NodeUrl};

use crate::{error::Error, output::Output, tls};

/// The nodes of a network.
#[derive(Debug, clap::Args)]
pub(crate) struct NetworkArgs {
    /// The URLs of the nodes, separated by commas, as `lit devnet` prints them.
    #[arg(
        long = "node",
        visible_alias = "nodes",
        value_name = "URL",
        required = true,
        value_delimiter = ',',
        env = "LIT_NODES"
    )]
    nodes: Vec<NodeUrl>,
    /// How many nodes must agree, as `lit devnet` prints it.
    #[arg(long, env = "LIT_THRESHOLD")]
    threshold: usize,
    /// A file with root certificates to trust besides those of the web, as `lit devnet --tls` prints it.
    #[arg(long, value_name = "FILE", env = "LIT_CA_CERT")]
    ca_cert: Option<PathBuf>,
}

/// The nodes of a network, unless the option `--local` makes do without.
#[derive(Debug, clap::Args)]
pub(crate) struct NetworkUnlessLocal {
    /// The URLs of the nodes, separated by commas, as `lit devnet` prints them.
    #[arg(
        long = "node",
        visible_alias = "nodes",
        value_name = "URL",
        required_unless_present = "local",
        value_delimiter = ',',
        env = "LIT_NODES"
    )]
    nodes: Vec<NodeUrl>,
    /// How many nodes must agree, as `lit devnet` prints it.
    #[arg(long, required_unless_present = "local", env = "LIT_THRESHOLD")]
    threshold: Option<usize>,
    /// A file with root certificates to trust besides those of the web, as `lit devnet --tls` prints it.
    #[arg(long, value_name = "FILE", env = "LIT_CA_CERT")]
    ca_cert: Option<PathBuf>,
}

impl NetworkUnlessLocal {
    pub(crate) async fn connect(&self, output: &Output) -> Result<LitNodeClient, Error> {
        let network = NetworkArgs {
            nodes: self.nodes.clone(),
            threshold: self.threshold.unwrap_or_default(),
            ca_cert: self.ca_cert.clone(),
        };
        network.connect(output).await
    }
}

impl NetworkArgs {
    pub(crate) async fn connect(&self, output: &Output) -> Result<LitNodeClient, Error> {
        let step = output.step("connecting");
        let network = NodeList::from_urls(self.nodes.clone(), self.threshold);
        let mut client = LitNodeClient::builder(&network);
        if let Some(file) = &self.ca_cert {
            client = client.with_transport(tls::trusting(file)?);
        }
        let client = client.connect().await?;
        let (known, answered) = (client.nodes().len(), client.connected_nodes().len());
        let result = if answered == known {
            format!("connected to {known} nodes")
        } else {
            let threshold = self.threshold;
            format!("connected: {answered} of {known} nodes have answered, {threshold} are needed")
        };
        step.done(output, &result);
        Ok(client)
    }
}

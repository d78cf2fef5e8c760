use lit_sdk::{LitNodeClient, NodeList, NodeUrl};

use crate::{error::Error, output::Output};

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
}

impl NetworkUnlessLocal {
    pub(crate) async fn connect(&self, output: &Output) -> Result<LitNodeClient, Error> {
        let network = NetworkArgs {
            nodes: self.nodes.clone(),
            threshold: self.threshold.unwrap_or_default(),
        };
        network.connect(output).await
    }
}

impl NetworkArgs {
    pub(crate) async fn connect(&self, output: &Output) -> Result<LitNodeClient, Error> {
        let step = output.step("connecting");
        let network = NodeList::from_urls(self.nodes.clone(), self.threshold);
        let client = LitNodeClient::connect(&network).await?;
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

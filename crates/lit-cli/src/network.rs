use lit_sdk::{LitNodeClient, NodeList, NodeUrl};

use crate::{error::Error, output::Output};

/// The nodes of a network.
#[derive(Debug, clap::Args)]
pub(crate) struct NetworkArgs {
    /// The URLs of the nodes, separated by commas, as `lit devnet` prints them.
    #[arg(
        long = "node",
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

impl NetworkArgs {
    pub(crate) async fn connect(&self, output: &Output) -> Result<LitNodeClient, Error> {
        let step = output.step("connecting");
        let network = NodeList::from_urls(self.nodes.clone(), self.threshold);
        let client = LitNodeClient::connect(&network).await?;
        let (known, answered) = (client.nodes().len(), client.connected_nodes().len());
        let nodes = if answered == known {
            format!("{known} nodes")
        } else {
            format!("{answered} of {known} nodes")
        };
        step.done(output, &format!("connected to {nodes}"));
        Ok(client)
    }
}

use lit_sdk::{LitNodeClient, NodeList, NodeUrl};

use crate::{error::Error, output::Output};

/// The nodes of a network.
#[derive(Debug, clap::Args)]
pub(crate) struct NetworkArgs {
    /// The nodes of the network, as `lit devnet` prints them.
    #[arg(
        long = "node",
        value_name = "URL",
        required = true,
        value_delimiter = ',',
        env = "LIT_NODES"
    )]
    nodes: Vec<NodeUrl>,
    /// How many nodes have to agree, as `lit devnet` prints it.
    #[arg(long, env = "LIT_THRESHOLD")]
    threshold: usize,
}

impl NetworkArgs {
    pub(crate) async fn connect(&self, output: &Output) -> Result<LitNodeClient, Error> {
        let step = output.step("connecting");
        let client =
            LitNodeClient::connect(&NodeList::from_urls(self.nodes.clone(), self.threshold))
                .await?;
        let nodes = client.nodes().len();
        step.done(output, &format!("connected to {nodes} nodes"));
        Ok(client)
    }
}

//! A context that is wrong is found when connecting, and the error says what is wrong with it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use alloy_primitives::Address;
use alloy_provider::ProviderBuilder;
use lit_devnet::Devnet;
use lit_sdk::{
    ChainNetwork, Error, LitNodeClient,
    contracts::{NetworkContext, Resolver, ResolverEnvironment},
};

async fn connect(network: &Devnet, context: NetworkContext) -> Result<LitNodeClient, Error> {
    let provider = ProviderBuilder::new().connect_client(network.chain().client());
    LitNodeClient::builder(&ChainNetwork::with_provider(context, provider))
        .with_transport(network.transport())
        .with_clock(network.clock())
        .connect()
        .await
}

/// What the error says; nothing about a wrong context gets better by trying again.
async fn refusal(network: &Devnet, context: NetworkContext) -> String {
    let error = connect(network, context).await.unwrap_err();
    assert!(
        matches!(error, Error::Discovery(_)) && !error.is_retryable(),
        "{error}"
    );
    error.to_string()
}

fn resolver_of(network: &Devnet, environment: ResolverEnvironment) -> Resolver {
    Resolver {
        address: network.context().contracts().contract_resolver,
        environment,
    }
}

#[tokio::test]
async fn the_addresses_of_the_resolver_are_used() {
    let network = Devnet::builder().with_nodes(4).start().await.unwrap();
    let mut outdated = *network.context().contracts();
    outdated.staking = Address::repeat_byte(1);
    let context = network
        .context()
        .with_contracts(outdated)
        .with_resolver(resolver_of(&network, ResolverEnvironment::Dev));
    let client = connect(&network, context).await.unwrap();
    assert_eq!((client.nodes().len(), client.threshold()), (4, 2));
}

#[tokio::test]
async fn a_wrong_context_is_found_when_connecting() {
    let network = Devnet::builder().start().await.unwrap();
    let good = network.context();

    let mut contracts = *good.contracts();
    contracts.staking = Address::repeat_byte(1);
    let said = refusal(&network, good.clone().with_contracts(contracts)).await;
    assert!(
        said.contains(
            "there is no contract at 0x0101010101010101010101010101010101010101, where Staking"
        ),
        "{said}"
    );

    contracts.staking = contracts.pkp_nft;
    let said = refusal(&network, good.clone().with_contracts(contracts)).await;
    let expected = format!("the contract at {} is not Staking", contracts.pkp_nft);
    assert!(said.contains(&expected), "{said}");

    contracts.staking = Address::ZERO;
    let said = refusal(&network, good.clone().with_contracts(contracts)).await;
    assert!(
        said.contains("the address of Staking is not known"),
        "{said}"
    );

    let other_chain = NetworkContext::custom(31_337, "")
        .with_resolver(resolver_of(&network, ResolverEnvironment::Dev));
    let said = refusal(&network, other_chain).await;
    assert!(
        said.contains("chain 175188") && said.contains("chain 31337"),
        "{said}"
    );

    let other_environment = resolver_of(&network, ResolverEnvironment::Prod);
    let said = refusal(&network, good.clone().with_resolver(other_environment)).await;
    assert!(
        said.contains("does not know Staking in its environment Prod"),
        "{said}"
    );

    let nowhere = Resolver {
        address: Address::repeat_byte(2),
        environment: ResolverEnvironment::Dev,
    };
    let said = refusal(&network, good.with_resolver(nowhere)).await;
    assert!(said.contains("where ContractResolver should be"), "{said}");
}

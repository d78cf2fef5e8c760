//! A context that is wrong is found when connecting, and the error says what is wrong with it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use alloy_primitives::Address;
use alloy_provider::ProviderBuilder;
#[cfg(feature = "http")]
use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
#[cfg(feature = "http")]
use lit_sdk::contracts::{ContractError, NodeScheme};
#[cfg(feature = "http")]
use lit_sdk::types::LitNetwork;
use lit_sdk::{
    Error, LitNodeClient,
    contracts::{LitContracts, NetworkContext, Resolver, ResolverEnvironment},
};

async fn connect(network: &Devnet, context: NetworkContext) -> Result<LitNodeClient, Error> {
    let provider = ProviderBuilder::new().connect_client(network.chain().client());
    LitNodeClient::builder(&LitContracts::new(context, provider))
        .with_transport(network.transport())
        .with_clock(network.clock())
        .connect()
        .await
}

/// The cause of the failure, which never is a reason to try again.
async fn refusal(network: &Devnet, context: NetworkContext) -> String {
    let error = connect(network, context).await.unwrap_err();
    assert!(!error.is_retryable(), "{error}");
    let Error::Discovery(cause) = error else {
        panic!("{error}");
    };
    cause.to_string()
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

#[cfg(feature = "http")]
#[tokio::test]
async fn contracts_take_the_addresses_of_the_resolver_too() {
    let network = Devnet::builder()
        .with_nodes(4)
        .with_http(0)
        .start()
        .await
        .unwrap();
    let wallet: PrivateKeySigner = network.funded_keys()[0].parse().unwrap();
    let good = network.context();
    let mut outdated = *good.contracts();
    outdated.staking = Address::repeat_byte(1);
    outdated.pkp_nft = Address::repeat_byte(2);
    let context = good
        .clone()
        .with_contracts(outdated)
        .with_resolver(resolver_of(&network, ResolverEnvironment::Dev));
    let client = LitNodeClient::connect(&context).await.unwrap();
    assert_eq!((client.nodes().len(), client.threshold()), (4, 2));
    let contracts = LitContracts::connect(&context, wallet.clone())
        .await
        .unwrap();
    let used = contracts.context().contracts();
    assert_eq!(
        (used.staking, used.pkp_nft),
        (good.contracts().staking, good.contracts().pkp_nft)
    );
    let pkp = contracts.pkp().mint().await.unwrap();
    let owner = contracts.pkp().owner(pkp.token_id).await.unwrap();
    assert_eq!(owner, Some(wallet.address()));

    let other_chain = NetworkContext::custom(31_337, good.rpc_url())
        .with_resolver(resolver_of(&network, ResolverEnvironment::Prod));
    let error = LitContracts::connect(&other_chain, wallet).await;
    let error = error.unwrap_err();
    assert!(
        matches!(
            error,
            ContractError::WrongChain {
                expected: 31_337,
                actual: 175_188
            }
        ),
        "{error}"
    );

    let error = LitContracts::read_only(&NetworkContext::custom(1, "nonsense")).unwrap_err();
    assert!(matches!(error, ContractError::RpcUrl(_)), "{error}");
}

#[tokio::test]
async fn a_wrong_context_is_found_when_connecting() {
    let network = Devnet::builder().start().await.unwrap();
    let good = network.context();

    let mut contracts = *good.contracts();
    contracts.staking = Address::repeat_byte(1);
    let said = refusal(&network, good.clone().with_contracts(contracts)).await;
    assert_eq!(
        said,
        "no contract at 0x0101010101010101010101010101010101010101, the address of Staking: \
         wrong RPC, network or addresses"
    );

    contracts.staking = contracts.pkp_nft;
    let said = refusal(&network, good.clone().with_contracts(contracts)).await;
    let expected = format!("the contract at {} is not Staking", contracts.pkp_nft);
    assert_eq!(said, expected);

    contracts.staking = Address::ZERO;
    let said = refusal(&network, good.clone().with_contracts(contracts)).await;
    assert_eq!(said, "this network context lacks the address of Staking");

    let other_chain = NetworkContext::custom(31_337, "")
        .with_resolver(resolver_of(&network, ResolverEnvironment::Dev));
    let said = refusal(&network, other_chain).await;
    assert_eq!(
        said,
        "the RPC serves chain 175188, but this network is on chain 31337"
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
    assert_eq!(
        said,
        "no contract at 0x0202020202020202020202020202020202020202, the address of \
         ContractResolver: wrong RPC, network or addresses"
    );
}

/// No RPC is asked: the error comes at once.
#[cfg(feature = "http")]
#[tokio::test]
async fn hosted_networks_say_that_they_are_switched_off() {
    let remedy = "; start a network of your own, for example with `lit devnet`, and connect to its nodes or its chain";
    for (network, since) in [
        (
            LitNetwork::DatilDev,
            "datil-dev was switched off on 2026-02-25",
        ),
        (
            LitNetwork::DatilTest,
            "datil-test was switched off on 2026-02-25",
        ),
        (LitNetwork::Datil, "datil was switched off on 2026-02-25"),
        (
            LitNetwork::Habanero,
            "habanero was deprecated in January 2025 and has been switched off since",
        ),
        (
            LitNetwork::Manzano,
            "manzano was deprecated in January 2025 and has been switched off since",
        ),
        (LitNetwork::Cayenne, "cayenne was switched off in 2024"),
    ] {
        let context = NetworkContext::of(network).unwrap();
        let same_url = format!("{}/", context.rpc_url());
        for context in [context.clone(), context.with_rpc_url(same_url)] {
            let error = LitNodeClient::connect(&context).await.unwrap_err();
            assert!(matches!(error, Error::SwitchedOff(off) if off.network() == network));
            assert_eq!(error.to_string(), format!("{since}{remedy}"));
            assert!(!error.is_retryable());
        }
    }
}

/// A network of one's own may have the name of a hosted one.
#[cfg(feature = "http")]
#[tokio::test]
async fn a_hosted_name_with_other_addresses_is_connected_to() {
    let network = Devnet::builder().with_http(0).start().await.unwrap();
    let datil_dev = NetworkContext::of(LitNetwork::DatilDev).unwrap();
    let own = datil_dev
        .with_rpc_url(network.rpc_url().unwrap())
        .with_node_scheme(NodeScheme::Http);
    let client = LitNodeClient::connect(&own).await.unwrap();
    assert_eq!(client.network(), LitNetwork::DatilDev);
    assert_eq!(client.nodes()[..], *network.node_urls());
    #[cfg(not(feature = "attestation"))]
    other_contracts_are_not_switched_off().await;
}

/// Other contracts on the hosted chain: what follows is the check for attestation. With the feature it is the search for the nodes, on
/// that chain.
#[cfg(all(feature = "http", not(feature = "attestation")))]
async fn other_contracts_are_not_switched_off() {
    let datil = NetworkContext::of(LitNetwork::Datil).unwrap();
    let mut contracts = *datil.contracts();
    contracts.staking = Address::repeat_byte(1);
    let error = LitNodeClient::connect(&datil.with_contracts(contracts)).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::AttestationRequired(_)), "{error}");
}

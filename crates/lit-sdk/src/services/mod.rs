//! Services beside the nodes: relayer, block hashes and IPFS.

mod blockhash;
mod ipfs;
pub(crate) mod percent;
mod relay;

pub use self::{
    blockhash::{BlockhashError, BlockhashSource, RecentBlock},
    ipfs::{GatewayError, GatewayFailure, IpfsError, IpfsGateways},
    relay::{
        InvalidRelaySecret, InvalidRequestId, LitRelay, MintProgress, MintRequest, MintStatus,
        OwnerChoice, PayerSecretKey, Polling, RegisteredPayer, RelayApiKey, RelayAuthMethod,
        RelayError, RelayPkp, RelayRequestId,
    },
};

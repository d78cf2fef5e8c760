use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use alloy_primitives::{Address, Bytes, U256};
use alloy_rpc_types_eth::TransactionRequest;
use async_trait::async_trait;
use lit_devnet_chain::{Chain, ChainError, ChainView, ChainViewId};
use lit_node::{CallError, ChainReader};
use tokio::sync::OnceCell;

use crate::lock::lock;

/// How many calls of one moment are remembered.
const MAX_CALLS: usize = 256;
/// The longest input and the longest result of a remembered call, in bytes.
const MAX_BYTES: usize = 4 * 1024;

/// Reads the chain in this process.
///
/// All nodes read the same to answer the same request, so a call runs once per moment: the same call of the same state at the same time
/// has the same result.
#[derive(Debug)]
pub(crate) struct LocalChain {
    chain: Chain,
    latest: Mutex<Latest>,
}

/// The calls of the latest moment.
#[derive(Debug, Default)]
struct Latest {
    moment: Option<ChainViewId>,
    calls: HashMap<TransactionRequest, Call>,
}

/// Filled by the first node that calls, while the others wait. The error is the text of a revert.
type Call = Arc<OnceCell<Result<Bytes, String>>>;

impl LocalChain {
    pub(crate) fn new(chain: Chain) -> Self {
        Self {
            chain,
            latest: Mutex::default(),
        }
    }

    /// The same call of the same moment, or a new one.
    fn remembered(&self, view: &ChainView, request: &TransactionRequest) -> Call {
        let input = request.input.input().map_or(0, |input| input.len());
        if input > MAX_BYTES {
            return Call::default();
        }
        let mut latest = lock(&self.latest);
        let moment = Some(view.id());
        if latest.moment != moment {
            latest.moment = moment;
            latest.calls.clear();
        }
        if let Some(call) = latest.calls.get(request) {
            return Arc::clone(call);
        }
        if latest.calls.len() >= MAX_CALLS {
            latest.calls.clear();
        }
        let call = Call::default();
        latest.calls.insert(request.clone(), Arc::clone(&call));
        call
    }

    fn forget(&self, request: &TransactionRequest) {
        lock(&self.latest).calls.remove(request);
    }
}

#[async_trait]
impl ChainReader for LocalChain {
    /// On a thread for blocking work: a call may run until the gas of a block is used up.
    async fn call(&self, request: TransactionRequest) -> Result<Bytes, CallError> {
        let view = self.chain.view();
        let call = self.remembered(&view, &request);
        let asked = request.clone();
        let run = || async {
            let called = tokio::task::spawn_blocking(move || view.call(&asked));
            match called.await.map_err(CallError::failed)? {
                Ok(result) => Ok(Ok(result)),
                Err(ChainError::Revert(revert)) => Ok(Err(revert.to_string())),
                Err(error) => Err(CallError::failed(error)),
            }
        };
        let result = call.get_or_try_init(run).await?.clone();
        if result
            .as_ref()
            .map_or_else(String::len, |bytes| bytes.len())
            > MAX_BYTES
        {
            self.forget(&request);
        }
        result.map_err(CallError::Revert)
    }

    async fn balance(&self, address: Address) -> Result<U256, CallError> {
        Ok(self.chain.balance(address))
    }

    async fn nonce(&self, address: Address) -> Result<u64, CallError> {
        Ok(self.chain.nonce(address))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use alloy_primitives::hex;

    use super::*;

    const CONTRACT: Address = Address::repeat_byte(7);
    /// Returns the first slot of the storage, and zeros after it: as many bytes as the input has.
    const FIRST_SLOT: [u8; 7] = hex!("5f545f52365ff3");
    /// Reverts.
    const REVERT: [u8; 3] = hex!("5f5ffd");

    fn reader(code: &[u8]) -> LocalChain {
        let chain = Chain::builder().build();
        chain.set_code(CONTRACT, Bytes::copy_from_slice(code));
        LocalChain::new(chain)
    }

    async fn read(reader: &LocalChain, bytes: usize) -> Result<Bytes, CallError> {
        let request = TransactionRequest::default().to(CONTRACT);
        reader.call(request.input(vec![0; bytes].into())).await
    }

    fn remembered(reader: &LocalChain) -> usize {
        lock(&reader.latest).calls.len()
    }

    #[tokio::test]
    async fn a_change_of_the_chain_is_seen_at_once() {
        let reader = reader(&FIRST_SLOT);
        for value in 0..3 {
            let value = U256::from(value);
            reader.chain.set_storage(CONTRACT, U256::ZERO, value);
            for _ in 0..2 {
                let found = read(&reader, 32).await.unwrap();
                assert_eq!(U256::from_be_slice(&found), value);
            }
        }
        reader.chain.set_code(CONTRACT, Bytes::from_static(&REVERT));
        for _ in 0..2 {
            assert!(matches!(read(&reader, 32).await, Err(CallError::Revert(_))));
        }
    }

    #[tokio::test]
    async fn few_and_small_calls_are_remembered() {
        let reader = reader(&FIRST_SLOT);
        assert_eq!(read(&reader, MAX_BYTES).await.unwrap().len(), MAX_BYTES);
        assert_eq!(remembered(&reader), 1);
        assert_eq!(
            read(&reader, MAX_BYTES + 1).await.unwrap().len(),
            MAX_BYTES + 1
        );
        assert_eq!(remembered(&reader), 1);
        for bytes in 0..=MAX_CALLS {
            assert_eq!(read(&reader, bytes).await.unwrap().len(), bytes);
            assert!(remembered(&reader) <= MAX_CALLS);
        }
    }
}

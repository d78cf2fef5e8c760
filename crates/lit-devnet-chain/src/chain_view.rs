use alloy_primitives::Bytes;
use alloy_rpc_types_eth::TransactionRequest;

use crate::{
    ChainError,
    state::{Identity, View},
};

/// One state of a chain at one time. Later transactions do not change it.
///
/// Do not keep it: while it exists, the next change of the chain copies the whole state.
///
/// ```
/// use alloy_primitives::Address;
/// use alloy_rpc_types_eth::TransactionRequest;
/// use lit_devnet_chain::Chain;
///
/// let chain = Chain::builder().build();
/// let now = chain.view();
/// let request = TransactionRequest::default().to(Address::ZERO);
/// assert_eq!(now.call(&request)?, chain.call_as_requested(&request)?);
/// # Ok::<(), lit_devnet_chain::ChainError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ChainView(pub(crate) View);

/// Identifies a [`ChainView`]. The same call has the same result in views with equal ids.
///
/// An id may be kept: it holds no state.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainViewId(Identity);

impl ChainView {
    /// Calls a contract as requested (`eth_call`).
    ///
    /// # Errors
    /// As [`Chain::call`](crate::Chain::call).
    pub fn call(&self, request: &TransactionRequest) -> Result<Bytes, ChainError> {
        self.0.clone().call(request, None)
    }

    /// The id of this state and time.
    #[must_use]
    pub fn id(&self) -> ChainViewId {
        ChainViewId(self.0.identity())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use std::time::Duration;

    use alloy_primitives::{Address, U256};
    use lit_test_fakes::FakeClock;

    use crate::Chain;

    #[test]
    fn an_id_changes_with_the_state_and_with_the_time() {
        let chain = Chain::builder().with_clock(FakeClock::at_unix(0)).build();
        let mut ids = vec![chain.view().id()];
        assert_eq!(ids, [chain.view().id()]);
        let changes: [fn(&Chain); 4] = [
            |chain| chain.set_balance(Address::ZERO, U256::from(1)),
            |chain| chain.increase_time(Duration::from_secs(1)),
            Chain::mine,
            |chain| chain.set_storage(Address::ZERO, U256::ZERO, U256::from(1)),
        ];
        for change in changes {
            change(&chain);
            let id = chain.view().id();
            assert!(!ids.contains(&id));
            ids.push(id);
        }
    }

    #[test]
    fn a_view_keeps_its_state() {
        let chain = Chain::builder().build();
        let view = chain.view();
        let before = view.0.account(Address::ZERO).balance;
        chain.set_balance(Address::ZERO, before + U256::from(1));
        assert_eq!(view.0.account(Address::ZERO).balance, before);
        assert_eq!(chain.balance(Address::ZERO), before + U256::from(1));
    }
}

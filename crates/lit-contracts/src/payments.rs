use alloy_primitives::{Address, U256};
use alloy_provider::Provider;
use alloy_sol_types::SolCall;

use crate::{
    Confirmation, Contract, ContractError, bindings::PaymentDelegation as abi, chain::Chain,
};

/// Payment delegation: payers and their users. Without an unexpired capacity credit of the payer, it has no effect.
#[derive(Debug, Clone)]
pub struct Payments<P>(pub(crate) Chain<P>);

/// The limit that a payer sets for each of its users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentRestriction {
    /// The number of requests in a period.
    pub requests_per_period: U256,
    /// The length of a period in seconds. The contract reads 0 as 86 400.
    pub period_seconds: U256,
}

/// A payer of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Payer {
    /// The address.
    pub address: Address,
    /// The limit.
    pub restriction: PaymentRestriction,
}

impl<P: Provider> Payments<P> {
    /// Makes the sender pay for users. The first call sets the limit to 10^9 requests a day.
    ///
    /// # Errors
    /// [`ContractError::Empty`] for an empty list, and those of any transaction.
    #[doc(alias("delegatePayments", "delegatePaymentsBatch"))]
    pub async fn delegate(&self, users: &[Address]) -> Result<Confirmation, ContractError> {
        let users = not_empty(users)?;
        self.write(abi::delegatePaymentsBatchCall { users }).await
    }

    /// Stops paying for users.
    ///
    /// # Errors
    /// [`ContractError::Reverted`] with [`RevertKind::NotThePayer`](crate::RevertKind::NotThePayer) if the sender does not pay
    /// for one of them, [`ContractError::Empty`] for an empty list, and those of any transaction.
    #[doc(alias("undelegatePayments", "undelegatePaymentsBatch"))]
    pub async fn undelegate(&self, users: &[Address]) -> Result<Confirmation, ContractError> {
        let users = not_empty(users)?;
        self.write(abi::undelegatePaymentsBatchCall { users }).await
    }

    /// Sets the sender's limit for each of its users.
    ///
    /// # Errors
    /// Those of any transaction.
    #[doc(alias = "setRestriction")]
    pub async fn set_restriction(
        &self,
        restriction: PaymentRestriction,
    ) -> Result<Confirmation, ContractError> {
        let r = abi::Restriction {
            requestsPerPeriod: restriction.requests_per_period,
            periodSeconds: restriction.period_seconds,
        };
        self.write(abi::setRestrictionCall { r }).await
    }

    /// The limit of a payer for each of its users.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "getRestriction")]
    pub async fn restriction(&self, payer: Address) -> Result<PaymentRestriction, ContractError> {
        let call = abi::getRestrictionCall { payer };
        let restriction = self.0.read(Contract::PaymentDelegation, call).await?;
        Ok(restriction.into())
    }

    /// The users of a payer.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "getUsers")]
    pub async fn users(&self, payer: Address) -> Result<Vec<Address>, ContractError> {
        let call = abi::getUsersCall { payer };
        self.0.read(Contract::PaymentDelegation, call).await
    }

    /// The payers of a user.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "getPayers")]
    pub async fn payers(&self, user: Address) -> Result<Vec<Address>, ContractError> {
        let call = abi::getPayersCall { user };
        self.0.read(Contract::PaymentDelegation, call).await
    }

    /// The payers of every user with their limits, in the order of the users.
    ///
    /// # Errors
    /// [`ContractError::BadAnswer`] for an answer of another length than the question, and those of any call.
    #[doc(alias = "getPayersAndRestrictions")]
    pub async fn payers_and_restrictions(
        &self,
        users: &[Address],
    ) -> Result<Vec<Vec<Payer>>, ContractError> {
        let call = abi::getPayersAndRestrictionsCall {
            users: users.to_vec(),
        };
        let answer = self
            .0
            .read_nested(Contract::PaymentDelegation, call)
            .await?;
        let (payers, restrictions) = (answer._0, answer._1);
        let lengths = |row: (&Vec<Address>, &Vec<_>)| row.0.len() == row.1.len();
        if payers.len() != users.len()
            || restrictions.len() != users.len()
            || !payers.iter().zip(&restrictions).all(lengths)
        {
            return Err(ContractError::BadAnswer {
                call: abi::getPayersAndRestrictionsCall::SIGNATURE,
                problem: "lists of other lengths",
            });
        }
        let rows = payers.into_iter().zip(restrictions);
        Ok(rows
            .map(|(payers, restrictions)| {
                let row = payers.into_iter().zip(restrictions);
                row.map(|(address, restriction)| Payer {
                    address,
                    restriction: restriction.into(),
                })
                .collect()
            })
            .collect())
    }

    async fn write<C: SolCall>(&self, call: C) -> Result<Confirmation, ContractError> {
        let mined = self
            .0
            .send(Contract::PaymentDelegation, call, U256::ZERO)
            .await?;
        Ok(mined.confirmation())
    }
}

impl From<abi::Restriction> for PaymentRestriction {
    fn from(restriction: abi::Restriction) -> Self {
        Self {
            requests_per_period: restriction.requestsPerPeriod,
            period_seconds: restriction.periodSeconds,
        }
    }
}

fn not_empty(users: &[Address]) -> Result<Vec<Address>, ContractError> {
    if users.is_empty() {
        return Err(ContractError::Empty("the list of users"));
    }
    Ok(users.to_vec())
}

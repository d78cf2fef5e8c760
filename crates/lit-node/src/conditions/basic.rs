//! Conditions by standards. An unknown standard or method is not met, as on Lit's nodes.

use alloy_primitives::{Address, Bytes, U256};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_sol_types::{SolCall, sol};
use lit_contracts::bindings::PKPPermissions;
use lit_types::access_control::{Comparator, EvmBasicCondition};

use super::{Asker, ConditionError, ConditionReader, ForeignCondition, compare};
use crate::ChainReader;

sol! {
    interface Standards {
        function balanceOf(address owner) external view returns (uint256);
        function ownerOf(uint256 token) external view returns (address);
        function balanceOfBatch(address[] owners, uint256[] tokens) external view returns (uint256[]);
        function isRegistered(address user) external view returns (bool);
        function subscribers(address user) external view returns (uint8);
        function members(address user) external view returns (
            address delegateKey, uint256 shares, uint256 loot, bool exists, uint256 highestIndexYesVote, uint256 jailed
        );
        function getActiveSubscriptionCount(address consumer, address provider, uint32 plan) external view returns (uint256);
    }
    interface MultiToken {
        function balanceOf(address owner, uint256 token) external view returns (uint256);
    }
}

/// One evaluation of a basic condition.
struct Basic<'a> {
    condition: &'a EvmBasicCondition,
    asker: &'a Asker<'a>,
    chain: &'a dyn ChainReader,
}

impl ConditionReader {
    pub(super) async fn evm_basic(
        &self,
        condition: &EvmBasicCondition,
        asker: &Asker<'_>,
    ) -> Result<bool, ConditionError> {
        let foreign = || ForeignCondition::EvmBasic(condition.clone());
        let Some(chain) = self.chain(&condition.chain) else {
            let unknown = ConditionError::Chain(condition.chain.clone());
            return self.foreign(&foreign(), asker, Err(unknown)).await;
        };
        let basic = Basic {
            condition,
            asker,
            chain,
        };
        let standard = condition.standard_contract_type.as_str();
        match (standard, condition.method.as_str()) {
            ("", "") => basic.parameter(),
            ("", "eth_getBalance") => basic.balance().await,
            ("timestamp", _) => basic.is_number(U256::from(self.now())),
            ("SIWE", _) => basic.siwe(),
            ("POAP", "tokenURI" | "eventId") => match &self.poap {
                Some(poap) => poap.is_met(condition, asker).await,
                None => {
                    let unknown = Err(ConditionError::NoPoap);
                    self.foreign(&foreign(), asker, unknown).await
                }
            },
            ("LitAction", _) => self.lit_action(condition, asker).await,
            ("ERC20" | "ERC721", "balanceOf") => basic.token_balance().await,
            ("ERC721", "ownerOf") => basic.token_owner().await,
            ("ERC1155", "balanceOf") => basic.multi_token_balance().await,
            ("ERC1155", "balanceOfBatch") => basic.multi_token_balances().await,
            ("MolochDAOv2.1", "members") => basic.is_member().await,
            ("CASK", "getActiveSubscriptionCount") => basic.subscriptions().await,
            ("Creaton", "subscribers") => basic.is_subscriber().await,
            ("ProofOfHumanity", "isRegistered") => basic.is_registered().await,
            ("PKPPermissions", "isPermittedAction") => basic.is_permitted_action().await,
            ("PKPPermissions", "isPermittedAddress") => basic.is_permitted_address().await,
            _ => self.foreign(&foreign(), asker, Ok(false)).await,
        }
    }
}

impl Basic<'_> {
    /// A parameter, from 0.
    fn text(&self, place: usize) -> Result<&str, ConditionError> {
        let parameter = self.condition.parameters.get(place);
        let missing = || ConditionError::MissingParameter(place + 1);
        parameter.map(String::as_str).ok_or_else(missing)
    }

    fn address(&self, place: usize) -> Result<Address, ConditionError> {
        compare::address(&self.asker.filled(self.text(place)?)?)
    }

    /// A token id: hex with `0x`, or decimal.
    fn token(&self, place: usize) -> Result<U256, ConditionError> {
        token_id(self.text(place)?)
    }

    fn is_number(&self, answer: U256) -> Result<bool, ConditionError> {
        let test = &self.condition.return_value_test;
        let value = compare::number(&test.value)?;
        Ok(compare::values(test.comparator, &answer, &value))
    }

    /// Addresses have no `!=` here.
    fn is_address(&self, answer: Address) -> Result<bool, ConditionError> {
        let test = &self.condition.return_value_test;
        let value = compare::address(&self.asker.filled(&test.value)?)?;
        let is_known = test.comparator != Comparator::NotEqual;
        Ok(is_known && compare::values(test.comparator, &answer, &value))
    }

    fn is_flag(&self, answer: bool) -> bool {
        let test = &self.condition.return_value_test;
        let value = test.value.eq_ignore_ascii_case("true");
        compare::values(test.comparator, &answer, &value)
    }

    fn is_text(&self, answer: &str) -> bool {
        let test = &self.condition.return_value_test;
        compare::texts(test.comparator, answer, &test.value)
    }

    /// The first parameter itself: the asker as an address, and everything else as a text.
    fn parameter(&self) -> Result<bool, ConditionError> {
        let text = self.text(0)?;
        if text == lit_types::access_control::USER_ADDRESS {
            return self.is_address(self.asker.evm()?);
        }
        Ok(self.is_text(&self.asker.filled(text)?))
    }

    fn siwe(&self) -> Result<bool, ConditionError> {
        let message = self.asker.siwe()?;
        let test = &self.condition.return_value_test;
        Ok(match self.text(0)? {
            ":domain" => self.is_text(message.domain()),
            ":resources" => {
                let contains = message.resources().any(|resource| resource == test.value);
                match test.comparator {
                    Comparator::Contains => contains,
                    Comparator::NotContains => !contains,
                    _ => false,
                }
            }
            _ => false,
        })
    }

    async fn balance(&self) -> Result<bool, ConditionError> {
        let balance = self.chain.balance(self.address(0)?).await?;
        self.is_number(balance)
    }

    async fn token_balance(&self) -> Result<bool, ConditionError> {
        let owner = self.address(0)?;
        let call = Standards::balanceOfCall { owner };
        self.is_number(self.read(&call).await?)
    }

    async fn token_owner(&self) -> Result<bool, ConditionError> {
        let text = self.text(0)?;
        let token = compare::number(text).map_err(|_| ConditionError::Token(text.to_owned()))?;
        self.is_address(self.read(&Standards::ownerOfCall { token }).await?)
    }

    async fn multi_token_balance(&self) -> Result<bool, ConditionError> {
        let call = MultiToken::balanceOfCall {
            owner: self.address(0)?,
            token: self.token(1)?,
        };
        self.is_number(self.read(&call).await?)
    }

    /// Lists are separated by commas. One balance that passes is enough.
    async fn multi_token_balances(&self) -> Result<bool, ConditionError> {
        let owner = |text| compare::address(&self.asker.filled(text)?);
        let owners: Vec<Address> = self
            .text(0)?
            .split(',')
            .map(owner)
            .collect::<Result<_, _>>()?;
        let token =
            |text| compare::number(text).map_err(|_| ConditionError::Token(text.to_owned()));
        let tokens: Vec<U256> = self
            .text(1)?
            .split(',')
            .map(token)
            .collect::<Result<_, _>>()?;
        if owners.len() != tokens.len() {
            return Ok(false);
        }
        let call = Standards::balanceOfBatchCall { owners, tokens };
        let mut balances = self.read(&call).await?.into_iter();
        Ok(balances.any(|balance| self.is_number(balance).unwrap_or(false)))
    }

    /// Whether the user is a member who is not jailed. Like the next two, it ignores the condition's value.
    async fn is_member(&self) -> Result<bool, ConditionError> {
        let user = self.address(0)?;
        let member = self.read(&Standards::membersCall { user }).await?;
        Ok(member.exists && member.jailed.is_zero())
    }

    async fn is_subscriber(&self) -> Result<bool, ConditionError> {
        let user = self.address(0)?;
        Ok(self.read(&Standards::subscribersCall { user }).await? == 1)
    }

    async fn is_registered(&self) -> Result<bool, ConditionError> {
        let user = self.address(0)?;
        self.read(&Standards::isRegisteredCall { user }).await
    }

    async fn subscriptions(&self) -> Result<bool, ConditionError> {
        let plan = self.text(2)?;
        let bad = |_| ConditionError::Plan(plan.to_owned());
        let call = Standards::getActiveSubscriptionCountCall {
            consumer: self.address(0)?,
            provider: self.address(1)?,
            plan: plan.parse().map_err(bad)?,
        };
        self.is_number(self.read(&call).await?)
    }

    /// The action is the hash of its CID, in hex.
    async fn is_permitted_action(&self) -> Result<bool, ConditionError> {
        let token = self.token(0)?;
        let cid = self.text(1)?;
        let bytes = compare::bytes(cid).ok_or_else(|| ConditionError::Cid(cid.to_owned()))?;
        let call = PKPPermissions::isPermittedActionCall {
            tokenId: token,
            ipfsCID: Bytes::from(bytes),
        };
        Ok(self.is_flag(self.read(&call).await?))
    }

    /// Always about the asker, whatever the second parameter is.
    async fn is_permitted_address(&self) -> Result<bool, ConditionError> {
        let call = PKPPermissions::isPermittedAddressCall {
            tokenId: self.token(0)?,
            user: self.asker.evm()?,
        };
        Ok(self.is_flag(self.read(&call).await?))
    }

    async fn read<C: SolCall>(&self, call: &C) -> Result<C::Return, ConditionError> {
        let contract = compare::address(&self.condition.contract_address)?;
        let request = TransactionRequest::default()
            .to(contract)
            .input(call.abi_encode().into());
        let output = self.chain.call(request).await?;
        C::abi_decode_returns(&output).map_err(|error| ConditionError::Output(error.to_string()))
    }
}

fn token_id(text: &str) -> Result<U256, ConditionError> {
    let bad = || ConditionError::Token(text.to_owned());
    match text.strip_prefix("0x") {
        // `U256` would also parse underscores.
        Some(hex) if hex.contains('_') => Err(bad()),
        Some(hex) => U256::from_str_radix(hex, 16).map_err(|_| bad()),
        None => compare::number(text).map_err(|_| bad()),
    }
}

//! Conditions of Solana.

mod metadata;
mod pda;
mod rpc;

use lit_types::{
    SolanaAddress,
    access_control::{AnySolRpcCondition, Comparator, KeyedReturnValueTest, SolPda},
};
use serde_json::{Value, json};

use super::{Asker, ConditionError, ConditionReader, ForeignCondition, compare, json_answer::part};

pub use rpc::SolanaRpc;

/// The program that owns the accounts of tokens.
const TOKEN_PROGRAM: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

/// Whether this is the name of a Solana chain.
pub(crate) fn is_solana(chain: &str) -> bool {
    matches!(chain, "solana" | "solanaDevnet" | "solanaTestnet")
}

/// A condition in either form.
struct Condition<'a> {
    method: &'a str,
    pda: Option<&'a SolPda>,
    test: &'a KeyedReturnValueTest,
    /// The parameters, filled in.
    params: Vec<String>,
    asker: &'a Asker<'a>,
}

impl ConditionReader {
    pub(super) async fn sol_rpc(
        &self,
        any: &AnySolRpcCondition,
        asker: &Asker<'_>,
    ) -> Result<bool, ConditionError> {
        let (method, params, chain, test, pda) = match any {
            AnySolRpcCondition::V1(one) => {
                let test = &one.return_value_test;
                (&one.method, &one.params, &one.chain, test, None)
            }
            AnySolRpcCondition::V2(one) => {
                let test = &one.return_value_test;
                (&one.method, &one.params, &one.chain, test, Some(&one.pda))
            }
        };
        let foreign = || ForeignCondition::Solana(any.clone());
        let Some(wallet) = asker.address.solana() else {
            let otherwise = Err(ConditionError::OtherWallet("Solana"));
            return self.foreign(&foreign(), asker, otherwise).await;
        };
        let condition = Condition {
            method,
            pda: pda.filter(|pda| !pda.params.is_empty()),
            test,
            params: asker.filled_in(params)?,
            asker,
        };
        if let ("", [text]) = (method.as_str(), condition.params.as_slice()) {
            return condition.is_text(text);
        }
        match &self.solana {
            Some(_) if !is_solana(chain) => Err(ConditionError::Chain(chain.clone())),
            Some(rpc) => condition.ask(rpc, wallet).await,
            None => {
                let otherwise = Err(ConditionError::NoSolanaRpc);
                self.foreign(&foreign(), asker, otherwise).await
            }
        }
    }
}

impl Condition<'_> {
    /// Asks the chain. The order is that of Lit's nodes.
    async fn ask(&self, rpc: &SolanaRpc, wallet: SolanaAddress) -> Result<bool, ConditionError> {
        let mut params: Value = self.params.clone().into();
        let mut derived = String::new();
        let mut method = self.method;
        if let Some(pda) = self.pda {
            let account = pda::of(pda)?;
            derived = account.to_string();
            method = method.split('(').next().unwrap_or_default();
            let key = pda::field(pda, &rpc.account(&account).await?)?;
            params = json!([key.to_string()]);
        }
        match self.method {
            "balanceOfMetaplexCollection" => {
                let count = metadata::count(rpc, &wallet, self.address(0)?).await?;
                return self.is_number(count);
            }
            "balanceOfToken" => return self.token_balance(rpc, wallet).await,
            "getPDA" => return self.is_text(&derived),
            _ => {}
        }
        if !rpc::METHODS.contains(&method) {
            return Err(ConditionError::SolanaMethod(method.to_owned()));
        }
        let answer = rpc.call(method, params).await?;
        self.is_value(&answer["value"])
    }

    async fn token_balance(
        &self,
        rpc: &SolanaRpc,
        wallet: SolanaAddress,
    ) -> Result<bool, ConditionError> {
        let account = pda::token_account(&wallet, &self.address(0)?)?;
        match rpc.token_balance(&account).await? {
            Some(balance) => self.is_value(&balance),
            None => Ok(false),
        }
    }

    fn address(&self, place: usize) -> Result<SolanaAddress, ConditionError> {
        let text = self.params.get(place);
        let text = text.ok_or(ConditionError::MissingParameter(place + 1))?;
        let bad = |_| ConditionError::Solana("a parameter is not an address in base58");
        text.parse().map_err(bad)
    }

    /// Tests a part of an answer: a number or a text.
    fn is_value(&self, answer: &Value) -> Result<bool, ConditionError> {
        match part(answer, &self.test.key)? {
            Some(Value::Number(number)) => {
                let bad = || ConditionError::Test(format!("{number} is not a number below 2^64"));
                self.is_number(number.as_u64().ok_or_else(bad)?)
            }
            Some(Value::String(text)) => self.is_text(text),
            _ => Ok(false),
        }
    }

    fn is_number(&self, answer: u64) -> Result<bool, ConditionError> {
        let KeyedReturnValueTest {
            comparator, value, ..
        } = self.test;
        let bad = |_| ConditionError::Test(format!("{value:?} is not a number below 2^64"));
        let value: u64 = serde_json::from_str(value).map_err(bad)?;
        Ok(compare::values(*comparator, &answer, &value))
    }

    /// Texts are compared by their order; nodes do not look for parts of them here.
    fn is_text(&self, answer: &str) -> Result<bool, ConditionError> {
        let KeyedReturnValueTest {
            comparator, value, ..
        } = self.test;
        let value = self.asker.filled(value)?;
        let is_about_parts = matches!(comparator, Comparator::Contains | Comparator::NotContains);
        Ok(!is_about_parts && compare::texts(*comparator, answer, &value))
    }
}

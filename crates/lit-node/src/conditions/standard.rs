use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, U256};
use lit_types::access_control::EvmBasicCondition;

use crate::ChainReader;

use super::{
    Answer, ConditionError, ConditionReader,
    call::{Call, read},
};

/// A method of a standard, with its parameter and return types in Solidity.
struct Method {
    standard: &'static str,
    name: &'static str,
    inputs: &'static [&'static str],
    output: &'static str,
}

const METHODS: &[Method] = &[
    method("ERC20", "balanceOf", &["address"], "uint256"),
    method("ERC721", "balanceOf", &["address"], "uint256"),
    method("ERC721", "ownerOf", &["uint256"], "address"),
    method("ERC1155", "balanceOf", &["address", "uint256"], "uint256"),
    method(
        "ERC1155",
        "balanceOfBatch",
        &["address[]", "uint256[]"],
        "uint256[]",
    ),
    method("ProofOfHumanity", "isRegistered", &["address"], "bool"),
    method(
        "PKPPermissions",
        "getPermittedAddresses",
        &["uint256"],
        "address[]",
    ),
    method(
        "PKPPermissions",
        "isPermittedAddress",
        &["uint256", "address"],
        "bool",
    ),
];

const fn method(
    standard: &'static str,
    name: &'static str,
    inputs: &'static [&'static str],
    output: &'static str,
) -> Method {
    Method {
        standard,
        name,
        inputs,
        output,
    }
}

impl ConditionReader {
    /// Calls a standard's method; `None` if the method is unknown.
    pub(super) async fn standard_answer(
        &self,
        chain: &dyn ChainReader,
        condition: &EvmBasicCondition,
        parameters: &[String],
    ) -> Option<Result<Answer, ConditionError>> {
        let standard = condition.standard_contract_type.as_str();
        match (standard, condition.method.as_str()) {
            ("", "") => Some(first(parameters).map(|text| Answer::One(text.to_owned()))),
            ("", "eth_getBalance") => Some(balance(chain, parameters).await),
            ("timestamp", "eth_getBlockByNumber") => Some(Ok(U256::from(self.now()).into())),
            (standard, name) => {
                let mut methods = METHODS.iter();
                let method =
                    methods.find(|known| known.standard == standard && known.name == name)?;
                let contract = &condition.contract_address;
                Some(method_answer(chain, method, contract, parameters).await)
            }
        }
    }
}

async fn balance(chain: &dyn ChainReader, parameters: &[String]) -> Result<Answer, ConditionError> {
    let text = first(parameters)?;
    let address: Address = text
        .parse()
        .map_err(|_| ConditionError::Parameters(format!("invalid address {text:?}")))?;
    Ok(chain.balance(address).await?.into())
}

async fn method_answer(
    chain: &dyn ChainReader,
    method: &Method,
    contract: &str,
    parameters: &[String],
) -> Result<Answer, ConditionError> {
    let list = |(kind, text): (&&str, &String)| {
        // Conditions write lists without brackets.
        let is_bare = kind.ends_with("[]") && !text.trim_start().starts_with('[');
        if is_bare {
            format!("[{text}]")
        } else {
            text.clone()
        }
    };
    let written: Vec<String> = if method.inputs.len() == parameters.len() {
        method.inputs.iter().zip(parameters).map(list).collect()
    } else {
        parameters.to_vec()
    };
    let call = Call {
        contract,
        function: method.name,
        inputs: method.inputs.to_vec(),
        outputs: vec![method.output],
        parameters: &written,
    };
    let mut outputs = read(chain, &call).await?;
    let output = outputs.pop().unwrap_or(DynSolValue::Tuple(Vec::new()));
    Ok(match (Answer::from(output), method.name) {
        (Answer::Many(balances), "balanceOfBatch") => Answer::Any(balances),
        (answer, _) => answer,
    })
}

fn first(parameters: &[String]) -> Result<&str, ConditionError> {
    let first = parameters.first().map(String::as_str);
    first.ok_or_else(|| ConditionError::Parameters("expected at least one".to_owned()))
}

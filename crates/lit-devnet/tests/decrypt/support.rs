//! A client that asks for shares, and conditions.

use alloy_primitives::Address;
use lit_session_crypto::{SessionTemplate, data_hash};
use lit_types::{LitAbility, LitResource, Right, access_control::ConditionsKind, wire::Endpoint};
use serde_json::{Value, json};

use crate::common::{Setup, code};

pub(crate) const SECRET: &[u8] = b"hello world";

/// The member of the request that has conditions of this kind.
pub(crate) fn body(kind: ConditionsKind, conditions: &Value) -> Value {
    let mut body = json!({ "dataToEncryptHash": hex::encode(data_hash(SECRET)), "chain": "ethereum", "epoch": 0 });
    body[kind.member()] = conditions.clone();
    body
}

pub(crate) fn decryption(of: LitResource) -> [Right; 1] {
    let ability = LitAbility::AccessControlConditionDecryption;
    [Right::new(of, ability).unwrap()]
}

pub(crate) fn any_conditions() -> [Right; 1] {
    decryption(LitResource::any_access_control_condition())
}

pub(crate) fn basic(
    method: &str,
    parameters: Value,
    comparator: &str,
    value: impl ToString,
) -> Value {
    standard("", "", method, parameters, comparator, value)
}

pub(crate) fn standard(
    contract: &str,
    standard: &str,
    method: &str,
    parameters: Value,
    comparator: &str,
    value: impl ToString,
) -> Value {
    json!({
        "contractAddress": contract, "chain": "ethereum", "standardContractType": standard, "method": method,
        "parameters": parameters, "returnValueTest": { "comparator": comparator, "value": value.to_string() },
    })
}

pub(crate) fn wallet_is(address: impl ToString) -> Value {
    basic("", json!([":userAddress"]), "=", address)
}

pub(crate) fn or() -> Value {
    json!({ "operator": "or" })
}

pub(crate) fn and() -> Value {
    json!({ "operator": "and" })
}

pub(crate) struct Asker {
    pub(crate) setup: Setup,
    pub(crate) session: SessionTemplate,
}

impl Asker {
    pub(crate) async fn new() -> Self {
        Self::of(Setup::new().await).await
    }

    /// The owner of the PKP, with a session for all conditions.
    pub(crate) async fn of(setup: Setup) -> Self {
        let session = setup.wallet_session(&setup.owner, &any_conditions()).await;
        Self { setup, session }
    }

    pub(crate) fn address(&self) -> Address {
        self.setup.owner.address()
    }

    pub(crate) async fn ask(&self, node: usize, body: &Value) -> (u16, Value) {
        let endpoint = Endpoint::EncryptionSign;
        let answer = self
            .setup
            .ask_as(&self.session, node, endpoint, "lit_1", body);
        answer.await.unwrap()
    }

    /// Whether a node finds the conditions met.
    pub(crate) async fn meets(&self, kind: ConditionsKind, conditions: &Value) -> bool {
        let (status, answer) = self.ask(0, &body(kind, conditions)).await;
        if status == 401 {
            assert_eq!(
                code(&answer),
                "NodeAccessControlConditionsReturnedNotAuthorized"
            );
            let text = "The access control condition check returned that you are not permitted to access this content.";
            assert!(
                answer["message"].as_str().unwrap().starts_with(text),
                "{answer}"
            );
            return false;
        }
        assert_eq!(status, 200, "{conditions}: {answer}");
        true
    }

    pub(crate) async fn meets_basic(&self, conditions: Value) -> bool {
        self.meets(ConditionsKind::EvmBasic, &conditions).await
    }

    pub(crate) async fn refused(&self, body: &Value, expected: (u16, &str)) {
        let (status, answer) = self.ask(0, body).await;
        assert_eq!((status, code(&answer)), expected, "{body}: {answer}");
        assert!(answer.get("signatureShare").is_none());
    }
}

//! Runs actions as the owner of a PKP.

use lit_session_crypto::{EcdsaError, EcdsaShareJson, EcdsaSignature, SessionTemplate};
use lit_types::wire::Endpoint;
use serde_json::{Value, json};

use crate::common::{Setup, base64};

pub(crate) const DIGEST: [u8; 32] = [0x90; 32];

pub(crate) const SIGN: &str = "(async () => {
    await Lit.Actions.signEcdsa({ toSign, publicKey, sigName: 'sig1' });
    Lit.Actions.setResponse({ response: 'signed' });
})()";

pub(crate) struct Runner {
    pub(crate) setup: Setup,
    pub(crate) session: SessionTemplate,
}

impl Runner {
    pub(crate) async fn new() -> Self {
        Self::of(Setup::new().await).await
    }

    /// Of the PKP's owner.
    pub(crate) async fn of(setup: Setup) -> Self {
        let session = setup.owner_session().await;
        Self { setup, session }
    }

    /// The answers of these nodes.
    pub(crate) async fn run_on(
        &self,
        nodes: impl IntoIterator<Item = usize>,
        id: &str,
        source: &str,
        extra: Value,
    ) -> Vec<(u16, Value)> {
        let mut params = json!({ "toSign": DIGEST.to_vec(), "publicKey": self.setup.pkp });
        for (name, value) in extra.as_object().unwrap() {
            params[name] = value.clone();
        }
        let body = json!({ "code": base64(source), "jsParams": params, "epoch": 0 });
        let answers = self
            .setup
            .ask_all_as(&self.session, nodes, Endpoint::Execute, id, &body);
        answers.await
    }

    /// The answers of all nodes, which succeed.
    pub(crate) async fn run(&self, id: &str, source: &str, extra: Value) -> Vec<Value> {
        let nodes = 0..self.setup.network.node_urls().len();
        let answers = self.run_on(nodes, id, source, extra).await;
        let answers = answers.into_iter().map(|(status, answer)| {
            assert_eq!(status, 200, "{answer}");
            answer
        });
        answers.collect()
    }

    /// What all nodes respond.
    pub(crate) async fn responses(&self, id: &str, expression: &str, extra: Value) -> Vec<String> {
        let source = format!(
            "(async () => Lit.Actions.setResponse({{ response: String(await {expression}) }}))()"
        );
        let answers = self.run(id, &source, extra).await;
        let response = |answer: Value| answer["response"].as_str().unwrap().to_owned();
        answers.into_iter().map(response).collect()
    }

    /// The error with which an expression fails on all nodes.
    pub(crate) async fn error(&self, expression: &str, extra: Value) -> String {
        let caught = format!("{expression}.then(() => 'no error', (error) => `${{error}}`)");
        let mut errors = self.responses("lit_error", &caught, extra).await;
        errors.dedup();
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors.remove(0)
    }

    pub(crate) fn signature(
        &self,
        answers: &[Value],
        name: &str,
        digest: [u8; 32],
    ) -> Result<EcdsaSignature, EcdsaError> {
        let mut shares = Vec::new();
        for answer in answers {
            let share: EcdsaShareJson =
                serde_json::from_value(answer["signedData"][name].clone()).unwrap();
            shares.extend(share.parse().unwrap());
        }
        EcdsaSignature::combine_for(
            &self.setup.pkp,
            &digest,
            &shares,
            self.setup.network.threshold(),
        )
    }
}

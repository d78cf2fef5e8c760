//! The functions of `Lit.Actions` that reach outside, on one node.

use std::sync::{Arc, atomic::AtomicUsize};

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{
    Task,
    arguments::Arguments,
    lock,
    meetings::{MeetingId, Part},
};
use crate::actions::{
    ActionError, ActionHost, ActionRequest, HostError, HostResult, execution::count, run_in,
};

/// All functions that the real nodes have, but for those that every engine has of its own.
const FUNCTIONS: &[&str] = &[
    "broadcastAndCollect",
    "call",
    "callContract",
    "checkConditions",
    "claimKey",
    "decryptAndCombine",
    "decryptToSingleNode",
    "encrypt",
    "ethPersonalSignMessageEcdsa",
    "getLatestNonce",
    "getPermittedActions",
    "getPermittedAddresses",
    "getPermittedAuthMethodScopes",
    "getPermittedAuthMethods",
    "getRpcUrl",
    "isPermittedAction",
    "isPermittedAddress",
    "isPermittedAuthMethod",
    "runOnce",
    "signAndCombineEcdsa",
    "signEcdsa",
];

/// How long the name of a point where nodes meet may be, in bytes: the network remembers it after the action has ended.
pub(super) const MAX_NAME: usize = 1024;

/// The host of one action: the one that was asked for, or one that it called.
#[derive(Debug)]
pub(super) struct NodeHost {
    pub(super) task: Arc<Task>,
    pub(super) cid: String,
    /// The actions that called this one, the outermost first.
    callers: Vec<String>,
    /// The same on all nodes, and of no other action of the task.
    pub(super) path: String,
    /// Children run one at a time: on the place of their parent, and with the same output on all nodes.
    turn: tokio::sync::Mutex<()>,
}

impl NodeHost {
    /// The host of the action that a request names.
    pub(super) fn of_root(task: Arc<Task>, cid: String) -> Self {
        Self {
            task,
            path: cid.clone(),
            cid,
            callers: Vec::new(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// Runs the action.
    pub(super) async fn run(
        self,
        code: String,
        js_params: Map<String, Value>,
    ) -> Result<(), ActionError> {
        let request = ActionRequest {
            js_params,
            auth: self.auth(),
            headers: self.task.headers.clone(),
            limits: self.task.limits.clone(),
            environment: Arc::clone(&self.task.network.environment),
            ..ActionRequest::new(code)
        };
        let execution = Arc::clone(&self.task.execution);
        run_in(request, Arc::new(self), execution).await
    }

    /// `Lit.Auth`: what the request brought, with this action on top.
    fn auth(&self) -> Value {
        let mut auth = self.task.auth.clone();
        if let Value::Object(members) = &mut auth {
            let session = members.remove("actionIpfsIdStack").unwrap_or_default();
            let mut stack = session.as_array().cloned().unwrap_or_default();
            stack.extend(self.callers.iter().map(|cid| json!(cid)));
            stack.push(json!(self.cid));
            members.insert("actionIpfsIdStack".to_owned(), Value::Array(stack));
            members.insert("actionIpfsIds".to_owned(), json!([self.cid]));
        }
        auth
    }

    /// `round` is the number of the call among those of this action.
    async fn call_child(&self, mut arguments: Arguments) -> HostResult {
        let limit = self.task.limits.call_depth;
        if self.callers.len() >= limit {
            return Err(HostError::new(format_args!(
                "actions may call one another {limit} levels deep, not deeper"
            )));
        }
        let cid = arguments.text("ipfsId")?.to_owned();
        let code =
            self.task.network.ipfs.get(&cid).ok_or_else(|| {
                HostError::new(format_args!("call: there is no content for {cid}"))
            })?;
        let js_params = arguments.members("params")?;
        let round = arguments.small("round", 0, u64::MAX)?;
        let mut callers = self.callers.clone();
        callers.push(self.cid.clone());
        let child = Self {
            task: Arc::clone(&self.task),
            path: format!("{}/{round}:{cid}", self.path),
            cid,
            callers,
            turn: tokio::sync::Mutex::default(),
        };
        let _turn = self.turn.lock().await;
        // Boxed, because a child may have children.
        Box::pin(child.run(code, js_params))
            .await
            .map_err(HostError::new)?;
        Ok(self.task.execution.response().into())
    }

    /// In three steps, as the function itself runs in the engine: `lead` asks whether to run it, `announce` says what came
    /// out, `follow` waits for that.
    async fn run_once(&self, arguments: Arguments) -> HostResult {
        let point = self.point("run", &arguments)?;
        match arguments.text("step")? {
            "lead" => {
                self.count_network_operation()?;
                let Some(id) = self.meeting(&point) else {
                    return Ok(true.into());
                };
                match self.task.network.meetings.join(id) {
                    Part::Leader(leading) => {
                        lock(&self.task.leading).insert(point, leading);
                        Ok(true.into())
                    }
                    Part::Follower(_) => Ok(false.into()),
                }
            }
            "announce" => {
                let value = arguments.short("value", self.task.limits.response_size)?;
                if let Some(leading) = lock(&self.task.leading).remove(&point) {
                    leading.announce(value.to_owned());
                }
                Ok(Value::Null)
            }
            _ => match self
                .meeting(&point)
                .map(|id| self.task.network.meetings.join(id))
            {
                Some(Part::Follower(following)) => Ok(following.result().await?.into()),
                _ => Err("runOnce: nobody ran the function".into()),
            },
        }
    }

    async fn broadcast_and_collect(&self, arguments: Arguments) -> HostResult {
        arguments.text("name")?;
        let limit = self.task.limits.response_size;
        let value = arguments.short("value", limit)?.to_owned();
        self.count_network_operation()?;
        let point = self.point("broadcast", &arguments)?;
        Ok(self.collect(&point, Some(value)).await?.into())
    }

    /// The values of a quorum of nodes that come to the same point.
    pub(super) async fn collect(
        &self,
        point: &str,
        value: Option<String>,
    ) -> Result<Vec<String>, HostError> {
        let id = self.required_meeting(point)?;
        let Task { network, node, .. } = &*self.task;
        let values = network.meetings.collect(id, node, value, network.threshold);
        values.await
    }

    /// Leaves a value for the nodes that collect, and does not wait.
    pub(super) fn contribute(&self, point: &str, value: String) -> Result<(), HostError> {
        let id = self.required_meeting(point)?;
        let Task { network, node, .. } = &*self.task;
        network
            .meetings
            .contribute(id, node, Some(value), network.threshold);
        Ok(())
    }

    /// Where in the task this is, told by a name and how often it was used before.
    fn point(&self, kind: &str, arguments: &Arguments) -> Result<String, HostError> {
        self.point_named(kind, arguments, arguments.short("name", MAX_NAME)?)
    }

    pub(super) fn point_named(
        &self,
        kind: &str,
        arguments: &Arguments,
        name: &str,
    ) -> Result<String, HostError> {
        let round = arguments.small("round", 0, u64::MAX)?;
        Ok(format!("{}/{kind}/{round}/{name}", self.path))
    }

    fn required_meeting(&self, point: &str) -> Result<MeetingId, HostError> {
        self.meeting(point)
            .ok_or_else(|| HostError::new("the request has no id by which other nodes know it"))
    }

    pub(super) fn meeting(&self, point: &str) -> Option<MeetingId> {
        let operation = self.task.operation.clone()?;
        let point = point.to_owned();
        Some(MeetingId { operation, point })
    }

    pub(super) fn count_signature(&self) -> Result<(), HostError> {
        limited(
            &self.task.signatures,
            self.task.limits.signatures,
            "signatures",
        )
    }

    pub(super) fn count_network_operation(&self) -> Result<(), HostError> {
        let limit = self.task.limits.network_operations;
        limited(&self.task.network_operations, limit, "network operations")
    }
}

#[async_trait]
impl ActionHost for NodeHost {
    fn functions(&self) -> &[&str] {
        FUNCTIONS
    }

    async fn call(&self, function: &str, parameters: Value) -> HostResult {
        let arguments = Arguments::new(parameters)?;
        let network = &self.task.network;
        match function {
            "broadcastAndCollect" => self.broadcast_and_collect(arguments).await,
            "call" => self.call_child(arguments).await,
            "callContract" => {
                let limit = self.task.limits.contract_calls;
                limited(&self.task.contract_calls, limit, "contract calls")?;
                network.call_contract(&arguments).await
            }
            "checkConditions" => self.check_conditions(&arguments).await,
            "claimKey" => self.claim_key(&arguments),
            "decryptAndCombine" => self.decrypt_and_combine(&arguments).await,
            "decryptToSingleNode" => self.decrypt_to_single_node(&arguments).await,
            "encrypt" => self.encrypt(&arguments).await,
            "ethPersonalSignMessageEcdsa" => self.sign_personal_message(&arguments).await,
            "getLatestNonce" => network.latest_nonce(&arguments),
            "getPermittedActions" => network.permitted_actions(&arguments),
            "getPermittedAddresses" => network.permitted_addresses(&arguments),
            "getPermittedAuthMethodScopes" => network.permitted_scopes(&arguments),
            "getPermittedAuthMethods" => network.permitted_auth_methods(&arguments),
            "getRpcUrl" => network.rpc_url(&arguments),
            "isPermittedAction" => network.is_permitted_action(&arguments),
            "isPermittedAddress" => network.is_permitted_address(&arguments),
            "isPermittedAuthMethod" => network.is_permitted_auth_method(&arguments),
            "runOnce" => self.run_once(arguments).await,
            "signAndCombineEcdsa" => self.sign_and_combine(&arguments).await,
            "signEcdsa" => self.sign_ecdsa(&arguments).await,
            _ => Err(HostError::new(format_args!(
                "Lit.Actions.{function} is not available on this network"
            ))),
        }
    }
}

/// Counts a use of something that may be used `limit` times.
fn limited(counter: &AtomicUsize, limit: usize, what: &str) -> Result<(), HostError> {
    if count(counter, limit) {
        return Ok(());
    }
    Err(HostError::new(format_args!(
        "an action may make {limit} {what}, not more"
    )))
}

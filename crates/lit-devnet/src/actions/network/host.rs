//! The host functions of `Lit.Actions` on one node.

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

/// The functions of real nodes, without those that every engine provides.
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

/// The longest name of a meeting point, in bytes. The network keeps names after the action has ended.
pub(super) const MAX_NAME: usize = 1024;

/// The host of one action: the requested one, or one that it called.
#[derive(Debug)]
pub(super) struct NodeHost {
    pub(super) task: Arc<Task>,
    pub(super) cid: String,
    /// The calling actions, outermost first.
    callers: Vec<String>,
    /// Identifies the action within its task. The same on all nodes.
    pub(super) path: String,
    /// Serializes called actions: they run on the engine slot of their caller, and their output has the same order on all nodes.
    turn: tokio::sync::Mutex<()>,
}

impl NodeHost {
    /// The host of the requested action.
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

    /// `Lit.Auth`: the auth context of the request, with this action on top of the stack.
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

    /// `round` counts the calls of this action.
    async fn call_child(&self, mut arguments: Arguments) -> HostResult {
        let limit = self.task.limits.call_depth;
        if self.callers.len() >= limit {
            return Err(HostError::new(format_args!(
                "call: depth limit of {limit} exceeded"
            )));
        }
        let cid = arguments.text("ipfsId")?.to_owned();
        let code = self
            .task
            .network
            .ipfs
            .get(&cid)
            .ok_or_else(|| HostError::new(format_args!("call: unknown CID {cid}")))?;
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
        // Boxed, because calls nest.
        Box::pin(child.run(code, js_params))
            .await
            .map_err(HostError::new)?;
        Ok(self.task.execution.response().into())
    }

    /// `runOnce` in three steps, because the function runs in the engine: `lead` decides which node runs it, `announce` publishes the
    /// result, `follow` waits for it.
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
                _ => Err("runOnce: no node ran the function".into()),
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

    /// Exchanges values with a threshold of nodes at the same point.
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

    /// Contributes a value for the nodes that collect, without waiting.
    pub(super) fn contribute(&self, point: &str, value: String) -> Result<(), HostError> {
        let id = self.required_meeting(point)?;
        let Task { network, node, .. } = &*self.task;
        network
            .meetings
            .contribute(id, node, Some(value), network.threshold);
        Ok(())
    }

    /// A point in the task, identified by a name and the number of earlier uses of the name.
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
        self.meeting(point).ok_or_else(|| {
            HostError::new("missing header X-Request-Id, by which nodes find each other")
        })
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

/// Counts one use, and fails if `limit` is exceeded.
fn limited(counter: &AtomicUsize, limit: usize, what: &str) -> Result<(), HostError> {
    if count(counter, limit) {
        return Ok(());
    }
    Err(HostError::new(format_args!(
        "an action may make {limit} {what}, not more"
    )))
}

//! The host functions of `Lit.Actions` on one node.

use std::sync::Arc;

use async_trait::async_trait;
use lit_actions::{ActionError, ActionHost, ActionRequest, HostError, HostResult, run_in};
use serde_json::{Map, Value, json};

use super::{arguments::Arguments, task::Task};
use crate::{Meeting, Role, causes::with_causes};

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

/// The functions of `Lit.Actions` that a node adds to those of every engine.
#[must_use]
pub const fn action_functions() -> &'static [&'static str] {
    FUNCTIONS
}

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
        let request = ActionRequest::new(code)
            .with_params(js_params)
            .with_auth(self.auth())
            .with_headers(self.task.headers.clone())
            .with_limits(self.task.limits.clone())
            .with_environment(Arc::clone(&self.task.runner.parts.settings.environment));
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
        let code = self.task.runner.parts.code.code(&cid).await;
        let code = code.map_err(|error| HostError::new(with_causes(&error)))?;
        let code = code.ok_or_else(|| HostError::new(format_args!("call: unknown CID {cid}")))?;
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
                self.task.count_network_operation()?;
                let Some(meeting) = self.meeting(&point) else {
                    return Ok(true.into());
                };
                match self.task.runner.parts.peers.join(meeting).await {
                    Role::Leader(leading) => {
                        self.task.lead(point, leading);
                        Ok(true.into())
                    }
                    Role::Follower(_) => Ok(false.into()),
                }
            }
            "announce" => {
                let value = arguments.short("value", self.task.limits.response_size)?;
                self.task.announce(&point, value.to_owned());
                Ok(Value::Null)
            }
            _ => {
                let alone = || HostError::new("runOnce: no node ran the function");
                let meeting = self.meeting(&point).ok_or_else(alone)?;
                match self.task.runner.parts.peers.join(meeting).await {
                    Role::Follower(following) => {
                        let result = following.result().await;
                        Ok(result.map_err(HostError::new)?.into())
                    }
                    Role::Leader(_) => Err(alone()),
                }
            }
        }
    }

    async fn broadcast_and_collect(&self, arguments: Arguments) -> HostResult {
        arguments.text("name")?;
        let limit = self.task.limits.response_size;
        let value = arguments.short("value", limit)?.to_owned();
        self.task.count_network_operation()?;
        let point = self.point("broadcast", &arguments)?;
        Ok(self.collect(&point, Some(value)).await?.into())
    }

    /// Exchanges values with a threshold of nodes at the same point.
    pub(super) async fn collect(
        &self,
        point: &str,
        value: Option<String>,
    ) -> Result<Vec<String>, HostError> {
        let meeting = self.required_meeting(point)?;
        let parts = &self.task.runner.parts;
        let values = parts
            .peers
            .collect(meeting, value, parts.settings.threshold.into());
        values.await.map_err(HostError::new)
    }

    /// Contributes a value for the nodes that collect, without waiting.
    pub(super) async fn contribute(&self, point: &str, value: String) -> Result<(), HostError> {
        let meeting = self.required_meeting(point)?;
        let parts = &self.task.runner.parts;
        let enough = parts.settings.threshold;
        parts.peers.contribute(meeting, value, enough.into()).await;
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

    fn required_meeting(&self, point: &str) -> Result<Meeting, HostError> {
        self.meeting(point).ok_or_else(|| {
            HostError::new("missing header X-Request-Id, by which nodes find each other")
        })
    }

    pub(super) fn meeting(&self, point: &str) -> Option<Meeting> {
        let request = self.task.request.clone()?;
        let point = point.to_owned();
        Some(Meeting { request, point })
    }
}

#[async_trait]
impl ActionHost for NodeHost {
    fn functions(&self) -> &[&str] {
        FUNCTIONS
    }

    async fn call(&self, function: &str, parameters: Value) -> HostResult {
        let arguments = Arguments::new(parameters)?;
        let node = &self.task.runner;
        match function {
            "broadcastAndCollect" => self.broadcast_and_collect(arguments).await,
            "call" => self.call_child(arguments).await,
            "callContract" => {
                self.task.count_contract_call()?;
                node.call_contract(&arguments).await
            }
            "checkConditions" => self.check_conditions(&arguments).await,
            "claimKey" => self.claim_key(&arguments),
            "decryptAndCombine" => self.decrypt_and_combine(&arguments).await,
            "decryptToSingleNode" => self.decrypt_to_single_node(&arguments).await,
            "encrypt" => self.encrypt(&arguments).await,
            "ethPersonalSignMessageEcdsa" => self.sign_personal_message(&arguments).await,
            "getLatestNonce" => node.latest_nonce(&arguments).await,
            "getPermittedActions" => node.permitted_actions(&arguments).await,
            "getPermittedAddresses" => node.permitted_addresses(&arguments).await,
            "getPermittedAuthMethodScopes" => node.permitted_scopes(&arguments).await,
            "getPermittedAuthMethods" => node.permitted_auth_methods(&arguments).await,
            "getRpcUrl" => node.rpc_url(&arguments),
            "isPermittedAction" => node.is_permitted_action(&arguments).await,
            "isPermittedAddress" => node.is_permitted_address(&arguments).await,
            "isPermittedAuthMethod" => node.is_permitted_auth_method(&arguments).await,
            "runOnce" => self.run_once(arguments).await,
            "signAndCombineEcdsa" => self.sign_and_combine(&arguments).await,
            "signEcdsa" => self.sign_ecdsa(&arguments).await,
            _ => Err(HostError::new(format_args!(
                "Lit.Actions.{function} is not available on this network"
            ))),
        }
    }
}

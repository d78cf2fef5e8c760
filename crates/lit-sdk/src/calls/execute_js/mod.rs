mod answer;
mod call;
mod response;

pub use call::{ExecuteJs, ResponseFilter, ResponseStrategy};
pub use response::{ActionResponse, NodeAnswer};

use lit_node_transport::{Quorum, QuorumCall, QuorumPolicy, RequestId, datil};
use lit_types::{
    NodeUrl, Right,
    wire::{Endpoint, ExecuteRequest},
};
use tokio::time::Instant;

use self::answer::{Combiner, Judged};
use crate::{
    Error, LitNodeClient,
    calls::{
        ActionSource, SessionAuth,
        action_error::action_error,
        collect::{CollectError, CollectFailure, Collected, Collector, Step},
        session_auth::{signed_bodies, unsigned},
        signers::Choice,
    },
    client::random::random_below,
    observe::Operation,
};

impl LitNodeClient {
    /// Runs a Lit Action on every node. It succeeds once a threshold of nodes return the same response, the same claims, and
    /// signatures with the same names.
    ///
    /// If the action signs, the call waits for the nodes of the signing set, and verifies every signature: under the key that
    /// [`ExecuteJs::with_signer`] names, or under the key that the nodes agree on. With [`ExecuteJs::with_digest`] it avoids
    /// nodes that were slow or gave wrong shares before.
    ///
    /// ```no_run
    /// # use lit_sdk::{Error, ExecuteJs, LitNodeClient, Session};
    /// # async fn run(client: LitNodeClient, session: Session) -> Result<(), Error> {
    /// let call = ExecuteJs::code("Lit.Actions.setResponse({ response: `hello ${name}` })").with_param("name", "Lit");
    /// let answer = client.execute_js(&session, &call).await?;
    /// println!("{}\n{}", answer.response, answer.logs);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Action`] when the action throws, [`Error::Nodes`] when too few nodes agree, [`Error::Shares`] when their shares
    /// do not combine: the report names the nodes that gave them, or the node that is known to give wrong ones. The action
    /// does not run again, unless [`ExecuteJs::with_attempts`] allows it. Before any node is asked [`Error::NotReady`],
    /// [`Error::RightMissing`], [`Error::Session`], [`Error::SessionSigs`] or [`Error::MissingNode`].
    #[doc(alias = "executeJs")]
    pub async fn execute_js(
        &self,
        auth: impl Into<SessionAuth<'_>>,
        call: &ExecuteJs,
    ) -> Result<ActionResponse, Error> {
        let auth = auth.into();
        self.operate(Operation::ExecuteJs, |client| async move {
            client.run_until_signed(&auth, call).await
        })
        .await
    }

    /// Runs the action again while its shares do not combine, and other nodes may sign.
    async fn run_until_signed(
        &self,
        auth: &SessionAuth<'_>,
        call: &ExecuteJs,
    ) -> Result<ActionResponse, Error> {
        let (signers, before) = (self.signers(), self.signers().spoiled());
        let started = Instant::now();
        let mut attempt = 1;
        let mut choice = self.choose(auth, call, before)?;
        loop {
            let (id, elected) = match choice {
                Some(Choice { id, set }) => (id, set),
                None => (new_request_id()?, Vec::new()),
            };
            let error = match self.run_action(auth, call, id, &elected).await {
                Err(Error::Shares(error)) => error,
                done => return done,
            };
            let has_hope = attempt < call.attempts
                && !self.deadline().has_passed()
                && started.elapsed() < self.node_timeout().saturating_mul(2)
                && !signers.are_too_few(&self.nodes(), self.threshold());
            if !has_hope {
                return Err(Error::Shares(error));
            }
            choice = self.choose(auth, call, before)?;
            if choice.is_none() && call.digest.is_some() {
                return Err(Error::Shares(error));
            }
            attempt += 1;
            tracing::debug!(%error, attempt, "running the action again");
        }
    }

    /// Runs the action once. If it is known what it signs, these nodes are elected.
    async fn run_action(
        &self,
        auth: &SessionAuth<'_>,
        call: &ExecuteJs,
        request_id: RequestId,
        elected: &[NodeUrl],
    ) -> Result<ActionResponse, Error> {
        self.check_ready()?;
        let mut sigs = match call.action.source.cid() {
            Some(cid) => self.sigs_with_right(auth, &Right::run_action(cid))?,
            // Nodes say what is wrong with such a CID.
            None => self.sigs_for_call(auth)?,
        };
        let mut needed = self.threshold();
        if call.single_node {
            let at = random_below(sigs.len())?;
            sigs = vec![sigs.swap_remove(at)];
            needed = 1;
        }
        let (code, ipfs_id) = match &call.action.source {
            ActionSource::Code(source) => (Some(datil::encode_code(source)), None),
            ActionSource::IpfsId(cid) => (None, Some(cid.clone())),
        };
        let body = ExecuteRequest {
            code,
            ipfs_id,
            js_params: Some(call.action.js_params.clone()),
            auth_sig: unsigned(),
            epoch: self.epoch(),
        };
        let quorum = Quorum {
            endpoint: Endpoint::Execute,
            request_id,
            bodies: signed_bodies(sigs, body, |body, sig| body.auth_sig = sig),
        };
        let policy = QuorumPolicy::new(needed)
            .with_node_timeout(self.node_timeout())
            .with_wait(answer::wait(call));
        let policy = self.deadline().bound(policy);
        let judge = |_: &NodeUrl, body: &[u8]| Judged::new(call, body);
        let deed = |judged: &Judged| judged.deed(call);
        let run = QuorumCall::start(self.transport(), quorum, &policy, judge, deed)
            .map_err(action_error)?;
        let signers = self.signers();
        let combiner = Combiner {
            needed,
            deadline: self.deadline(),
        };
        let mut shares = Collector::new(run, combiner, signers.patience());
        let (mut was_late, mut is_spoiled) = (false, false);
        loop {
            match shares.next().await? {
                Step::Combined(Collected { value, answer, .. }) => {
                    let set = answer::signers(&answer.agreed);
                    if set.len() == needed && value.len() == 1 {
                        signers.note_honest(&set);
                    }
                    // Nodes that were waited for are late, although they answered.
                    if !was_late {
                        signers.note(&answer.outcomes, false);
                    }
                    return Ok(ActionResponse::new(call, answer, value));
                }
                Step::Late(rest) => {
                    signers.note(&rest.outcomes(), true);
                    was_late = true;
                    shares = rest;
                }
                Step::Spoiled(rest, nodes) => {
                    signers.note_spoiled(nodes);
                    is_spoiled = true;
                    shares = rest.blaming(|node| signers.is_known_to_lie(node));
                }
                Step::Failed(CollectError {
                    cause,
                    error,
                    outcomes,
                }) => {
                    if cause == CollectFailure::Incomplete && !is_spoiled {
                        // A liar gave a share of another nonce, or kept it back.
                        signers.note(&outcomes, false);
                        signers.note_failed(elected);
                    }
                    return Err(match cause {
                        CollectFailure::NoAgreement => action_error(error),
                        CollectFailure::Incomplete | CollectFailure::Spoiled => {
                            Error::Shares(Box::new(error))
                        }
                    });
                }
            }
        }
    }

    /// A request id that elects nodes that signed well before; `None` if nobody knows what is signed, or every set has a liar.
    fn choose(
        &self,
        auth: &SessionAuth<'_>,
        call: &ExecuteJs,
        before: u64,
    ) -> Result<Option<Choice>, Error> {
        let Some(digest) = call.digest else {
            return Ok(None);
        };
        let (nodes, threshold) = (self.nodes(), self.threshold());
        let is_asked = |node: &NodeUrl| auth.is_for(node);
        (self.signers()).request_id(&nodes, threshold, digest.as_slice(), before, is_asked)
    }
}

fn new_request_id() -> Result<RequestId, Error> {
    RequestId::generate().map_err(|error| Error::RandomnessUnavailable(error.into()))
}

//! The native functions of the JavaScript prelude that have effects.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use rquickjs::{Ctx, Exception, Function, Object, Promise};
use tokio::task::{AbortHandle, JoinSet};

use crate::{
    ActionEnvironment, ActionHost, ActionLimits, Execution, HostError,
    bytes::bytes_of,
    deadline::Deadline,
    ethers,
    fetch::FetchRequest,
    input::{Answer, Event, Run},
    natives,
    platform::{self, Platform},
    script::script,
    timers::Timers,
    uncaught::Uncaught,
};

/// The limits of the parameters of one call, as JSON, and of pending calls. Parameters passed to a host are outside of the engine's
/// memory limit.
const MAX_PARAMETERS: usize = 1024 * 1024;
const MAX_UNANSWERED: usize = 64;

/// The state of one run on the Rust side of the prelude.
pub(crate) struct HostState {
    host: Arc<dyn ActionHost>,
    execution: Arc<Execution>,
    limits: ActionLimits,
    uncaught: Uncaught,
    deadline: Deadline,
    platform: Platform,
    sender: mpsc::Sender<Event>,
    tokio: tokio::runtime::Handle,
    /// Dropping the set aborts calls in flight.
    calls: RefCell<JoinSet<()>>,
    unanswered: Cell<usize>,
    under_way: RefCell<HashMap<u32, AbortHandle>>,
    environment: Arc<ActionEnvironment>,
    timers: RefCell<Timers>,
}

impl HostState {
    pub(crate) fn new(
        run: &Run,
        uncaught: Uncaught,
        deadline: Deadline,
        platform: Platform,
    ) -> Rc<Self> {
        Rc::new(Self {
            host: Arc::clone(&run.host),
            execution: Arc::clone(&run.execution),
            limits: run.request.limits.clone(),
            uncaught,
            deadline,
            platform,
            sender: run.sender.clone(),
            tokio: run.tokio.clone(),
            calls: RefCell::default(),
            unanswered: Cell::default(),
            under_way: RefCell::default(),
            environment: Arc::clone(&run.request.environment),
            timers: RefCell::default(),
        })
    }

    /// The object that the prelude calls `host`.
    pub(crate) fn object<'js>(self: &Rc<Self>, ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        let object = Object::new(ctx.clone())?;
        let this = Rc::clone(self);
        object.set(
            "log",
            Function::new(ctx.clone(), move |ctx, text: String| this.log(&ctx, &text))?,
        )?;
        let this = Rc::clone(self);
        object.set(
            "setResponse",
            Function::new(ctx.clone(), move |ctx, text| this.set_response(&ctx, text))?,
        )?;
        let this = Rc::clone(self);
        object.set(
            "startTimer",
            Function::new(ctx.clone(), move |id, delay| this.start_timer(id, delay))?,
        )?;
        let this = Rc::clone(self);
        object.set(
            "stopTimer",
            Function::new(ctx.clone(), move |id| this.timers.borrow_mut().stop(id))?,
        )?;
        let this = Rc::clone(self);
        object.set(
            "reportError",
            Function::new(ctx.clone(), move |ctx, error| {
                this.uncaught.report(&ctx, error);
            })?,
        )?;
        let this = Rc::clone(self);
        object.set(
            "call",
            Function::new(ctx.clone(), move |ctx, id, name, parameters: String| {
                this.call(&ctx, id, name, &parameters)
            })?,
        )?;
        let this = Rc::clone(self);
        object.set(
            "fetch",
            Function::new(ctx.clone(), move |ctx, id, head: String, body| {
                this.fetch(&ctx, id, &head, body)
            })?,
        )?;
        let this = Rc::clone(self);
        object.set(
            "stopCall",
            Function::new(ctx.clone(), move |id| this.stop_call(id))?,
        )?;
        let this = Rc::clone(self);
        object.set(
            "importEthers",
            Function::new(ctx.clone(), move |ctx: Ctx<'js>| this.import_ethers(&ctx))?,
        )?;
        let this = Rc::clone(self);
        object.set(
            "runEthers",
            Function::new(ctx.clone(), move |ctx| this.run_ethers(&ctx))?,
        )?;
        object.set(
            "warn",
            Function::new(ctx.clone(), |text: String| tracing::warn!("{text}"))?,
        )?;
        let this = Rc::clone(self);
        object.set(
            "ethersNatives",
            Function::new(ctx.clone(), move |ctx: Ctx<'js>| {
                ethers::functions(&ctx, &this.deadline, this.limits.memory)
            })?,
        )?;
        natives::install(&object, self.deadline.clone())?;
        Ok(object)
    }

    /// Names of the host's functions.
    pub(crate) fn functions(&self) -> &[&str] {
        self.host.functions()
    }

    /// Whether a pending call or timer will call into JavaScript.
    pub(crate) fn is_waiting(&self) -> bool {
        self.unanswered.get() > 0 || self.next_timer().is_some()
    }

    /// When the next timer fires.
    pub(crate) fn next_timer(&self) -> Option<Instant> {
        self.timers.borrow().next_due()
    }

    /// Removes the first timer that is due.
    pub(crate) fn pop_due_timer(&self) -> Option<u32> {
        self.timers.borrow_mut().pop_due(Instant::now())
    }

    /// Removes an answered call from the pending ones.
    pub(crate) fn answered(&self, call: u32) {
        self.under_way.borrow_mut().remove(&call);
        self.unanswered.set(self.unanswered.get() - 1);
        while self.calls.borrow_mut().try_join_next().is_some() {}
    }

    fn log(&self, ctx: &Ctx<'_>, text: &str) -> rquickjs::Result<()> {
        let limit = self.limits.log_size;
        if self.execution.append_log(text, limit) {
            return Ok(());
        }
        Err(Exception::throw_message(
            ctx,
            &format!("The console output exceeds the limit of {limit} bytes"),
        ))
    }

    fn set_response(&self, ctx: &Ctx<'_>, text: String) -> rquickjs::Result<()> {
        let limit = self.limits.response_size;
        if text.len() > limit {
            let message = format!(
                "The response has {} bytes, more than the limit of {limit}",
                text.len()
            );
            return Err(Exception::throw_message(ctx, &message));
        }
        self.execution.set_response(text);
        Ok(())
    }

    fn start_timer(&self, id: u32, milliseconds: u32) {
        let due = Instant::now() + Duration::from_millis(milliseconds.into());
        self.timers.borrow_mut().start(id, due);
    }

    fn call(&self, ctx: &Ctx<'_>, id: u32, name: String, parameters: &str) -> rquickjs::Result<()> {
        if parameters.len() > MAX_PARAMETERS {
            let message = format!("{name}: the parameters are longer than {MAX_PARAMETERS} bytes");
            return Err(Exception::throw_range(ctx, &message));
        }
        if self.unanswered.get() >= MAX_UNANSWERED {
            let message = format!("{name}: {MAX_UNANSWERED} calls are under way already");
            return Err(Exception::throw_range(ctx, &message));
        }
        let parameters = serde_json::from_str(parameters)
            .map_err(|error| Exception::throw_type(ctx, &format!("{name}: {error}")))?;
        let host = Arc::clone(&self.host);
        self.begin(id, async move {
            host.call(&name, parameters).await.map(Answer::from)
        });
        Ok(())
    }

    /// `head` is the request in JSON, `body` has one character per byte.
    fn fetch(
        &self,
        ctx: &Ctx<'_>,
        id: u32,
        head: &str,
        body: Option<String>,
    ) -> rquickjs::Result<()> {
        let limit = self.limits.fetches;
        if !self.execution.count_fetch(limit) {
            let message = format!("fetch: limit of {limit} calls exceeded");
            return Err(Exception::throw_message(ctx, &message));
        }
        let mut request: FetchRequest = serde_json::from_str(head)
            .map_err(|error| Exception::throw_type(ctx, &format!("fetch: {error}")))?;
        request.body = bytes_of(&body.unwrap_or_default()).into();
        let environment = Arc::clone(&self.environment);
        self.begin(id, async move {
            let (answer, body) = environment.fetch(request).await?;
            let bytes = Some(body);
            Ok(Answer {
                bytes,
                ..answer.into()
            })
        });
        Ok(())
    }

    /// Starts an outside call, as a task of the tokio runtime.
    fn begin(
        &self,
        id: u32,
        answer: impl Future<Output = Result<Answer, HostError>> + Send + 'static,
    ) {
        let reply = Reply {
            call: id,
            sender: self.sender.clone(),
            answer: None,
        };
        let task = async move { reply.send(answer.await) };
        let handle = self.calls.borrow_mut().spawn_on(task, &self.tokio);
        self.under_way.borrow_mut().insert(id, handle);
        self.unanswered.set(self.unanswered.get() + 1);
    }

    /// A stopped call counts as answered once its task is gone.
    fn stop_call(&self, id: u32) {
        if let Some(call) = self.under_way.borrow_mut().remove(&id) {
            call.abort();
        }
    }

    /// Runs the file of `ethers` as a module, if it is one.
    fn import_ethers<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Option<Promise<'js>>> {
        self.platform.import_ethers(ctx, &self.ethers(ctx)?)
    }

    /// Runs the file of `ethers` as a script.
    fn run_ethers(&self, ctx: &Ctx<'_>) -> rquickjs::Result<()> {
        ctx.eval_with_options::<(), _>(&*self.ethers(ctx)?, script(platform::ETHERS))
    }

    fn ethers(&self, ctx: &Ctx<'_>) -> rquickjs::Result<Arc<str>> {
        let source = self.environment.ethers();
        source.map_err(|message| Exception::throw_message(ctx, &message))
    }
}

/// Sends the answer of a call when it is dropped, so that a call that panics is answered too.
struct Reply {
    call: u32,
    sender: mpsc::Sender<Event>,
    answer: Option<Result<Answer, HostError>>,
}

impl Reply {
    fn send(mut self, answer: Result<Answer, HostError>) {
        self.answer = Some(answer);
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        let answer = self
            .answer
            .take()
            .unwrap_or_else(|| Err("the call ended without an answer".into()));
        // The receiver is gone if the run has ended.
        let _ = self.sender.send(Event::Settled {
            call: self.call,
            answer,
        });
    }
}

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
    answers::Answers,
    bytes::{Text, bytes_of},
    deadline::Deadline,
    ethers,
    fetch::FetchRequest,
    input::{Answer, CallError, Event, Run},
    json_size::parsed_size,
    memory::{Holder, Memory, Tally},
    natives,
    platform::{self, Platform},
    script::script,
    timers::Timers,
    uncaught::Uncaught,
};

/// The limits of the parameters of one call, as JSON, and of pending calls.
const MAX_PARAMETERS: usize = 1024 * 1024;
const MAX_UNANSWERED: usize = 64;
/// How many times a request of `fetch` is copied: as URL, request and, for `data:`, answer.
const COPIES: usize = 12;

/// The state of one run on the Rust side of the prelude.
pub(crate) struct HostState {
    host: Arc<dyn ActionHost>,
    execution: Arc<Execution>,
    limits: ActionLimits,
    uncaught: Uncaught,
    deadline: Deadline,
    platform: Platform,
    memory: Memory,
    /// Room for answers of the host, and for those of `fetch`. Apart, because a body of unknown length takes room before it is read.
    host_answers: Answers,
    fetch_answers: Answers,
    sender: mpsc::Sender<Event>,
    tokio: tokio::runtime::Handle,
    /// Dropping the set aborts calls in flight.
    calls: RefCell<JoinSet<()>>,
    unanswered: Cell<usize>,
    under_way: RefCell<HashMap<u32, AbortHandle>>,
    environment: Arc<ActionEnvironment>,
    timers: RefCell<Timers>,
    timers_memory: Tally,
}

impl HostState {
    pub(crate) fn new(
        run: &Run,
        uncaught: Uncaught,
        deadline: Deadline,
        platform: Platform,
        memory: Memory,
    ) -> Rc<Self> {
        let timers_memory = Tally::new(memory.clone(), Holder::Timers, Timers::SIZE);
        Rc::new(Self {
            host: Arc::clone(&run.host),
            execution: Arc::clone(&run.execution),
            limits: run.request.limits.clone(),
            uncaught,
            deadline,
            platform,
            memory,
            host_answers: Answers::new(run.request.limits.host_answers()),
            fetch_answers: Answers::new(run.request.limits.fetch_answers()),
            sender: run.sender.clone(),
            tokio: run.tokio.clone(),
            calls: RefCell::default(),
            unanswered: Cell::default(),
            under_way: RefCell::default(),
            environment: Arc::clone(&run.request.environment),
            timers: RefCell::default(),
            timers_memory,
        })
    }

    /// The object that the prelude calls `host`.
    pub(crate) fn object<'js>(self: &Rc<Self>, ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        let object = Object::new(ctx.clone())?;
        let this = Rc::clone(self);
        object.set(
            "log",
            Function::new(ctx.clone(), move |ctx: Ctx<'js>, text: Text<'js>| {
                this.log(&ctx, &text)
            })?,
        )?;
        let this = Rc::clone(self);
        object.set(
            "setResponse",
            Function::new(ctx.clone(), move |ctx: Ctx<'js>, text: Text<'js>| {
                this.set_response(&ctx, &text)
            })?,
        )?;
        let this = Rc::clone(self);
        object.set(
            "startTimer",
            Function::new(ctx.clone(), move |ctx: Ctx<'js>, id, delay| {
                this.start_timer(&ctx, id, delay)
            })?,
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
            Function::new(
                ctx.clone(),
                move |ctx: Ctx<'js>, id, name: Text<'js>, parameters: Text<'js>| {
                    this.call(&ctx, id, &name, &parameters)
                },
            )?,
        )?;
        let this = Rc::clone(self);
        object.set(
            "fetch",
            Function::new(
                ctx.clone(),
                move |ctx: Ctx<'js>, id, head: Text<'js>, body: Option<Text<'js>>| {
                    this.fetch(&ctx, id, &head, body.as_deref().unwrap_or_default())
                },
            )?,
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
            Function::new(ctx.clone(), |text: Text<'js>| tracing::warn!("{}", &*text))?,
        )?;
        let this = Rc::clone(self);
        object.set(
            "ethersNatives",
            Function::new(ctx.clone(), move |ctx: Ctx<'js>| {
                ethers::functions(&ctx, &this.deadline, &this.memory)
            })?,
        )?;
        let this = Rc::clone(self);
        object.set(
            "part",
            Function::new(ctx.clone(), move |ctx: Ctx<'js>, name: Text<'js>| {
                this.platform.part(&ctx, &name)
            })?,
        )?;
        natives::install(&object, self.deadline.clone(), &self.memory)?;
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
        self.memory.release(Holder::Call(call));
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

    fn set_response(&self, ctx: &Ctx<'_>, text: &str) -> rquickjs::Result<()> {
        let limit = self.limits.response_size;
        if text.len() > limit {
            let message = format!(
                "The response has {} bytes, more than the limit of {limit}",
                text.len()
            );
            return Err(Exception::throw_message(ctx, &message));
        }
        self.execution.set_response(text.to_owned());
        Ok(())
    }

    fn start_timer(&self, ctx: &Ctx<'_>, id: u32, milliseconds: u32) -> rquickjs::Result<()> {
        let due = Instant::now() + Duration::from_millis(milliseconds.into());
        let mut timers = self.timers.borrow_mut();
        // First the room: an action may catch the error of a full heap, and go on.
        self.timers_memory.set(ctx, timers.len() + 1)?;
        timers.start(id, due);
        Ok(())
    }

    fn call(&self, ctx: &Ctx<'_>, id: u32, name: &str, parameters: &str) -> rquickjs::Result<()> {
        if parameters.len() > MAX_PARAMETERS {
            let message = format!("{name}: the parameters are longer than {MAX_PARAMETERS} bytes");
            return Err(Exception::throw_range(ctx, &message));
        }
        self.check_unanswered(ctx, name)?;
        // The host may copy them once.
        let size = parsed_size(parameters) + parameters.len();
        self.memory.hold(ctx, Holder::Call(id), size)?;
        let parameters = serde_json::from_str(parameters).map_err(|error| {
            self.memory.release(Holder::Call(id));
            Exception::throw_type(ctx, &format!("{name}: {error}"))
        })?;
        let host = Arc::clone(&self.host);
        let answers = self.host_answers.clone();
        let name = name.to_owned();
        self.begin(id, async move {
            let json = host.call(&name, parameters).await?.to_string();
            let room = answers.take(json.len()).ok_or(CallError::OutOfMemory)?;
            Ok(Answer {
                json,
                bytes: None,
                room: Some(room),
            })
        });
        Ok(())
    }

    /// `head` is the request in JSON, `body` has one character per byte.
    fn fetch(&self, ctx: &Ctx<'_>, id: u32, head: &str, body: &str) -> rquickjs::Result<()> {
        let limit = self.limits.fetches;
        if !self.execution.count_fetch(limit) {
            let message = format!("fetch: limit of {limit} calls exceeded");
            return Err(Exception::throw_message(ctx, &message));
        }
        self.check_unanswered(ctx, "fetch")?;
        let length = body.chars().count();
        let size = parsed_size(head) + head.len().saturating_mul(COPIES) + length;
        self.memory.hold(ctx, Holder::Call(id), size)?;
        let request = serde_json::from_str::<FetchRequest>(head)
            .map_err(|error| error.to_string())
            .and_then(|request| {
                if request.is_for_data() || head.len() <= MAX_PARAMETERS {
                    return Ok(request);
                }
                Err(format!(
                    "the URL and the headers are longer than {MAX_PARAMETERS} bytes"
                ))
            });
        let mut request = request.map_err(|error| {
            self.memory.release(Holder::Call(id));
            Exception::throw_type(ctx, &format!("fetch: {error}"))
        })?;
        if request.is_for_data() {
            let answer = request.data().map_err(CallError::from);
            // Reaches nothing outside: the room of the call is that of the answer.
            self.expect(id).send(answer);
            return Ok(());
        }
        request.body = bytes_of(body, length).into();
        let environment = Arc::clone(&self.environment);
        let answers = self.fetch_answers.clone();
        self.begin(
            id,
            async move { environment.fetch(request, &answers).await },
        );
        Ok(())
    }

    fn check_unanswered(&self, ctx: &Ctx<'_>, name: &str) -> rquickjs::Result<()> {
        if self.unanswered.get() < MAX_UNANSWERED {
            return Ok(());
        }
        let message = format!("{name}: {MAX_UNANSWERED} calls are under way already");
        Err(Exception::throw_range(ctx, &message))
    }

    /// Starts an outside call, as a task of the tokio runtime.
    fn begin(
        &self,
        id: u32,
        answer: impl Future<Output = Result<Answer, CallError>> + Send + 'static,
    ) {
        let reply = self.expect(id);
        let task = async move { reply.send(answer.await) };
        let handle = self.calls.borrow_mut().spawn_on(task, &self.tokio);
        self.under_way.borrow_mut().insert(id, handle);
    }

    /// Counts a call that will be answered.
    fn expect(&self, id: u32) -> Reply {
        self.unanswered.set(self.unanswered.get() + 1);
        Reply {
            call: id,
            sender: self.sender.clone(),
            answer: None,
        }
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
    answer: Option<Result<Answer, CallError>>,
}

impl Reply {
    fn send(mut self, answer: Result<Answer, CallError>) {
        self.answer = Some(answer);
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        let ended = || Err(HostError::new("the call ended without an answer").into());
        let answer = self.answer.take().unwrap_or_else(ended);
        // The receiver is gone if the run has ended.
        let _ = self.sender.send(Event::Settled {
            call: self.call,
            answer,
        });
    }
}

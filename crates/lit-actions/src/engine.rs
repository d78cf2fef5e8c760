//! One run: a QuickJS engine, the action and its event loop.

use std::{
    mem,
    rc::Rc,
    sync::{Arc, mpsc},
    time::Instant,
};

use rquickjs::{
    Context, Ctx, Error, FromJs, Function, Object, Runtime, TypedArray, Value,
    promise::PromiseState,
};
use serde_json::json;

use crate::{
    ActionError, ActionLimits, HostError,
    bytes::Text,
    deadline::Deadline,
    host::HostState,
    input::{Answer, CallError, Event, Run},
    memory::Memory,
    platform::{self, Platform},
    script::script,
    uncaught::Uncaught,
};

/// The script name of actions on real nodes, as it appears in stack traces.
const SCRIPT_NAME: &str = "<user_provided_script>";
/// The length of the description of an uncaught exception, in bytes.
const MAX_DESCRIPTION: usize = 1024 * 1024;

/// Runs an action to its end on the current thread.
pub(crate) fn execute(run: &mut Run) -> Result<(), ActionError> {
    let started = Instant::now();
    let script = Script {
        code: mem::take(&mut run.request.code),
        params: json!(mem::take(&mut run.request.js_params)).to_string(),
    };
    let result = attempt(run, script)
        .map_err(|failure| failure.into_error(&run.request.limits, run.execution.logs()));
    tracing::debug!(elapsed = ?started.elapsed(), succeeded = result.is_ok(), "Lit Action ended");
    result
}

/// What a run needs only at its start.
struct Script {
    code: String,
    /// The parameters of the request, in JSON.
    params: String,
}

/// Why a run has no response.
enum Failure {
    /// An uncaught exception, described.
    Thrown(String),
    /// As `Thrown`, but it may also mean that the heap is full.
    Unclear(String),
    OutOfMemory,
    /// The deadline has passed, or the run was cancelled.
    Stopped,
    Engine(String),
}

impl Failure {
    fn into_error(self, limits: &ActionLimits, logs: String) -> ActionError {
        match self {
            Self::Thrown(message) | Self::Unclear(message) => {
                ActionError::Exception { message, logs }
            }
            Self::OutOfMemory => ActionError::MemoryLimit {
                limit: limits.memory,
                logs,
            },
            Self::Stopped => ActionError::Timeout {
                limit: limits.run_time,
                logs,
            },
            Self::Engine(message) => ActionError::Engine(message),
        }
    }
}

/// For errors that are not exceptions of the action.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Allocation => Self::OutOfMemory,
            error => Self::Engine(error.to_string()),
        }
    }
}

fn attempt(run: &Run, script: Script) -> Result<(), Failure> {
    let limits = &run.request.limits;
    let deadline = Deadline::new(limits.run_time, Arc::clone(&run.cancelled));
    let runtime = Runtime::new()?;
    runtime.set_memory_limit(limits.engine_memory());
    runtime.set_max_stack_size(limits.engine_stack());
    let interrupt = deadline.clone();
    runtime.set_interrupt_handler(Some(Box::new(move || interrupt.has_passed())));
    let memory = Memory::new(limits.engine_memory());
    let uncaught = Uncaught::new(memory.clone());
    uncaught.track(&runtime);
    let files = Platform::offer(&runtime);
    let context = Context::full(&runtime)?;
    // Dropped after the heap is measured.
    let mut counting = None;
    let result = context.with(|ctx| {
        counting = Some(memory.open(&ctx)?);
        Engine::start(&ctx, run, &files, uncaught, deadline, &memory)?.run(script)
    });
    let result = match result {
        Err(Failure::Unclear(_)) if heap_is_full(&runtime, limits.engine_memory()) => {
            Err(Failure::OutOfMemory)
        }
        result => result,
    };
    drop(counting);
    result
}

/// Whether the engine has too little memory left to report that it is out of memory.
fn heap_is_full(runtime: &Runtime, limit: usize) -> bool {
    let used = usize::try_from(runtime.memory_usage().malloc_size).unwrap_or_default();
    used >= limit - limit / 16
}

/// A started engine.
struct Engine<'a, 'js> {
    ctx: &'a Ctx<'js>,
    host: Rc<HostState>,
    uncaught: Uncaught,
    deadline: Deadline,
    events: &'a mpsc::Receiver<Event>,
    // Functions of the prelude.
    describe: Function<'js>,
    fire_timer: Function<'js>,
    settle_call: Function<'js>,
    define_globals: Function<'js>,
}

impl<'a, 'js> Engine<'a, 'js> {
    fn start(
        ctx: &'a Ctx<'js>,
        run: &'a Run,
        files: &Platform,
        uncaught: Uncaught,
        deadline: Deadline,
        memory: &Memory,
    ) -> Result<Self, Failure> {
        let host = HostState::new(
            run,
            uncaught.clone(),
            deadline.clone(),
            files.clone(),
            memory.clone(),
        );
        let request = &run.request;
        let config = json!({
            "auth": request.auth,
            "headers": request.headers,
            "functions": host.functions(),
        });
        let install = || {
            let object = host.object(ctx)?;
            let config = ctx.json_parse(config.to_string())?;
            let prelude = files.part(ctx, platform::PRELUDE)?;
            let prelude: Object<'js> = prelude.call((object.clone(), config.clone()))?;
            let shared: Object<'js> = prelude.get("platform")?;
            let lit = files.part(ctx, platform::LIT)?;
            let lit: Object<'js> = lit.call((object, config, shared))?;
            Ok((prelude, lit))
        };
        match install() {
            Ok((prelude, lit)) => Ok(Self {
                ctx,
                host,
                uncaught,
                deadline,
                events: &run.events,
                describe: prelude.get("describe")?,
                fire_timer: prelude.get("fireTimer")?,
                settle_call: prelude.get("settleCall")?,
                define_globals: lit.get("defineGlobals")?,
            }),
            Err(_) if deadline.has_passed() => Err(Failure::Stopped),
            Err(Error::Exception) => {
                let thrown = ctx.catch();
                Err(if is_out_of_memory(&thrown) || thrown.is_null() {
                    Failure::OutOfMemory
                } else {
                    Failure::Engine(format!(
                        "prelude: {}",
                        rquickjs::CaughtError::from_error(ctx, ctx.throw(thrown))
                    ))
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Runs the script and everything it starts.
    fn run(&self, Script { code, params }: Script) -> Result<(), Failure> {
        let params = self.ctx.json_parse(params);
        let refused = self.define_globals.call((self.check(params)?,));
        if let Some(message) = self.check::<Option<String>>(refused)? {
            return Err(Failure::Thrown(message));
        }
        let value: Value<'js> = match self.ctx.eval_with_options(code, script(SCRIPT_NAME)) {
            // QuickJS reads the source as a C string.
            Err(Error::InvalidString(_)) => {
                return Err(Failure::Thrown(
                    "Uncaught SyntaxError: Invalid or unexpected token".to_owned(),
                ));
            }
            result => self.check(result)?,
        };
        self.drain_jobs()?;
        while self.host.is_waiting() {
            self.wait()?;
        }
        if value
            .as_promise()
            .is_some_and(|promise| promise.state() == PromiseState::Pending)
        {
            return Err(Failure::Unclear(
                "Promise resolution is still pending but the event loop has already resolved"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// Waits for the next timer or answer, and resumes the action.
    fn wait(&self) -> Result<(), Failure> {
        let wake = self
            .host
            .next_timer()
            .into_iter()
            .chain(self.deadline.at())
            .min();
        let event = match wake {
            Some(at) => self
                .events
                .recv_timeout(at.saturating_duration_since(Instant::now())),
            None => self.events.recv().map_err(mpsc::RecvTimeoutError::from),
        };
        if self.deadline.has_passed() {
            return Err(Failure::Stopped);
        }
        match event {
            Ok(Event::Settled { call, answer }) => {
                self.host.answered(call);
                let (error, text, bytes, room) = match answer {
                    Ok(Answer { json, bytes, room }) => (None, json, bytes, room),
                    Err(CallError::Host(HostError { class, message })) => {
                        (Some(class.name()), message, None, None)
                    }
                    Err(CallError::OutOfMemory) => return Err(Failure::OutOfMemory),
                };
                let copy = |bytes| TypedArray::<u8>::new_copy(self.ctx.clone(), bytes);
                let copied = self.check(bytes.map(copy).transpose())?;
                drop(room);
                self.call(&self.settle_call, (call, error, text, copied))?;
            }
            Ok(Event::Cancelled) | Err(mpsc::RecvTimeoutError::Disconnected) => {
                return Err(Failure::Stopped);
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        if let Some(id) = self.host.pop_due_timer() {
            self.call(&self.fire_timer, (id,))?;
        }
        Ok(())
    }

    /// Calls a function of the prelude as a task: jobs that it enqueues run before the next task.
    fn call<A: rquickjs::function::IntoArgs<'js>>(
        &self,
        function: &Function<'js>,
        args: A,
    ) -> Result<(), Failure> {
        let result = function.call(args);
        self.check::<()>(result)?;
        self.drain_jobs()
    }

    /// Runs all promise jobs, then checks for unhandled rejections.
    fn drain_jobs(&self) -> Result<(), Failure> {
        // The interrupt handler ends only the current job.
        while !self.deadline.has_passed() {
            let has_run = self.ctx.execute_pending_job();
            if self.uncaught.is_full() {
                return Err(Failure::OutOfMemory);
            }
            if has_run {
                continue;
            }
            return match self.uncaught.take(self.ctx)? {
                Some((thrown, in_promise)) => Err(self.failure(&thrown, in_promise)),
                None => Ok(()),
            };
        }
        Err(Failure::Stopped)
    }

    /// Converts the pending exception of a failed result into a failure.
    fn check<T: FromJs<'js>>(&self, result: rquickjs::Result<T>) -> Result<T, Failure> {
        result.map_err(|error| match error {
            Error::Exception => self.failure(&self.ctx.catch(), false),
            error => error.into(),
        })
    }

    fn failure(&self, thrown: &Value<'js>, in_promise: bool) -> Failure {
        if self.deadline.has_passed() {
            return Failure::Stopped;
        }
        if is_out_of_memory(thrown) {
            return Failure::OutOfMemory;
        }
        // The action's own getters may run here.
        let described = self
            .describe
            .call::<_, Text<'js>>((thrown.clone(), in_promise));
        match described.map(|text| beginning(&text).to_owned()) {
            // The engine throws this if it has no memory for an error object.
            Ok(text) if thrown.is_null() => Failure::Unclear(text),
            Ok(text) => Failure::Thrown(text),
            Err(_) if self.deadline.has_passed() => Failure::Stopped,
            Err(_) if is_out_of_memory(&self.ctx.catch()) => Failure::OutOfMemory,
            Err(_) => {
                Failure::Unclear("Uncaught exception that cannot be converted to text".to_owned())
            }
        }
    }
}

/// The part of a description that is kept.
fn beginning(text: &str) -> &str {
    let is_end = |at: &usize| text.is_char_boundary(*at);
    let end = (0..=MAX_DESCRIPTION.min(text.len())).rev().find(is_end);
    &text[..end.unwrap_or_default()]
}

/// Whether `thrown` is the engine's own error for a full heap.
fn is_out_of_memory(thrown: &Value<'_>) -> bool {
    thrown.as_exception().is_some_and(|error| {
        error
            .message()
            .is_some_and(|message| message.starts_with("out of memory"))
            && error
                .as_object()
                .get::<_, String>("name")
                .is_ok_and(|name| name == "InternalError")
    })
}

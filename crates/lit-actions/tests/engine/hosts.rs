//! Functions of the host, threads, cancellation.

use crate::*;

/// A network for tests.
struct TestHost {
    meeting: Arc<Barrier>,
    /// Notified when a call of `hang` has begun.
    hanging: Arc<Notify>,
    /// Notified when nobody holds the host any more.
    released: Arc<Notify>,
}

impl TestHost {
    fn new(participants: usize) -> Arc<Self> {
        Arc::new(Self {
            meeting: Arc::new(Barrier::new(participants)),
            hanging: Arc::default(),
            released: Arc::default(),
        })
    }
}

impl Drop for TestHost {
    fn drop(&mut self) {
        self.released.notify_one();
    }
}

#[async_trait]
impl ActionHost for TestHost {
    fn functions(&self) -> &[&str] {
        &["echo", "fail", "panic", "meet", "hang"]
    }

    async fn call(&self, function: &str, parameters: Value) -> HostResult {
        match function {
            "echo" => Ok(parameters),
            "fail" => Err("no such key".into()),
            "meet" => {
                self.meeting.wait().await;
                Ok(Value::Null)
            }
            "hang" => {
                self.hanging.notify_one();
                std::future::pending().await
            }
            other => panic!("{other}"),
        }
    }
}

/// Waits until nobody holds the host any more, which means that the runs are over.
async fn released(host: Arc<TestHost>) {
    let released = host.released.clone();
    drop(host);
    tokio::time::timeout(Duration::from_secs(10), released.notified())
        .await
        .expect("the run should have stopped");
}

#[tokio::test]
async fn host_functions_answer_with_promises() {
    let code = "(async () => {
        const [a, b] = await Promise.all([
            Lit.Actions.echo({ buffer: Uint8Array.of(2).buffer, none: undefined, text: 'é\\ud800', toSign: Uint8Array.of(1, 255) }),
            LitActions.echo(),
        ]);
        console.log(a, b);
        try { await Lit.Actions.fail({}) } catch (error) { console.log(error instanceof Error, error.message) }
        try { await Lit.Actions.panic({}) } catch (error) { console.log(error.message) }
        const cycle = {}; cycle.cycle = cycle;
        try { await Lit.Actions.echo(cycle) } catch (error) { console.log(error.name) }
    })().then(() => setTimeout(() => Lit.Actions.echo({}).then(() => console.log('late')), 30)); 1";
    let host = TestHost::new(1);
    let outcome = run_with_host(request(code), host.clone()).await.unwrap();
    let expected = "{ buffer: [ 2 ], text: \"é\u{fffd}\", toSign: [ 1, 255 ] } null\n\
         true no such key\nthe call ended without an answer\nTypeError\nlate\n";
    assert_eq!(outcome.logs, expected);
    assert!(
        headline("Lit.Actions.echo({})")
            .await
            .starts_with("Uncaught TypeError"),
        "only that host has it"
    );
}

#[tokio::test]
async fn a_panic_on_the_engine_s_thread_ends_only_that_run() {
    struct Broken;
    #[async_trait]
    impl ActionHost for Broken {
        fn functions(&self) -> &[&str] {
            panic!("broken")
        }

        async fn call(&self, _: &str, _: Value) -> HostResult {
            Ok(Value::Null)
        }
    }
    let error = run_with_host(request("1"), Arc::new(Broken)).await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "Lit Actions engine: the engine panicked"
    );
    assert_eq!(value("1").await, json!(1));
}

#[tokio::test]
async fn what_hosts_are_given_is_bounded() {
    let caught = |call: &str| {
        format!(
            "(async () => {{ try {{ {call} }} catch (error) {{ Lit.Actions.setResponse({{ response: `${{error}}` }}) }} }})()"
        )
    };
    let long = caught("await Lit.Actions.echo({ text: 'x'.repeat(2 ** 20) })");
    let outcome = run_with_host(request(&long), TestHost::new(1))
        .await
        .unwrap();
    assert_eq!(
        outcome.response,
        "RangeError: echo: the parameters are longer than 1048576 bytes"
    );

    let many = caught(
        "const echo = () => Lit.Actions.echo({}); await Promise.all(Array.from({ length: 65 }, echo))",
    );
    let outcome = run_with_host(request(&many), TestHost::new(1))
        .await
        .unwrap();
    assert_eq!(
        outcome.response,
        "RangeError: echo: 64 calls are under way already"
    );
    let one_by_one = caught("for (let i = 0; i < 65; i++) await Lit.Actions.echo({})");
    let outcome = run_with_host(request(&one_by_one), TestHost::new(1))
        .await
        .unwrap();
    assert_eq!(outcome.response, "");
}

#[tokio::test]
async fn a_call_without_an_answer_times_out() {
    let host = TestHost::new(1);
    let error = run_with_host(request_with("Lit.Actions.hang()", short(20)), host.clone())
        .await
        .unwrap_err();
    assert!(matches!(error, ActionError::Timeout { .. }), "{error:?}");
    released(host).await;
}

#[tokio::test]
async fn dropping_the_future_stops_the_run() {
    for tail in [
        "while (true) {}",
        "setTimeout(() => {}, 1e9)",
        "(async () => { while (true) await 0 })()",
        "1",
    ] {
        let host = TestHost::new(1);
        let run = tokio::spawn(run_with_host(
            request(&format!("Lit.Actions.hang(); {tail}")),
            host.clone(),
        ));
        host.hanging.notified().await;
        run.abort();
        assert!(run.await.unwrap_err().is_cancelled());
        released(host).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_busy_runs_leave_the_async_workers_free() {
    const RUNS: usize = 30;
    let host = TestHost::new(RUNS + 1);
    // Each run waits for all the others, then spins: neither would work if runs occupied the two workers.
    let code = "(async () => { await Lit.Actions.meet(); while (true) {} })()";
    let runs: Vec<_> = (0..RUNS)
        .map(|_| tokio::spawn(run_with_host(request(code), host.clone())))
        .collect();
    host.meeting.wait().await;
    tokio::spawn(tokio::task::yield_now()).await.unwrap();
    assert_eq!(
        outcome("Lit.Actions.setResponse({ response: 'ok' })")
            .await
            .response,
        "ok"
    );
    for run in &runs {
        assert!(!run.is_finished());
        run.abort();
    }
    released(host).await;
}

//! An action's run from start to end. The floor is a bare QuickJS engine: made, the same script run, freed.

use std::hint::black_box;

use criterion::Criterion;
use lit_actions::{ActionRequest, run};

use crate::setup;

const SCRIPT: &str = "globalThis.response = `${40 + 2}`";

pub(crate) fn benches(c: &mut Criterion) {
    let runtime = setup::runtime();
    let mut group = c.benchmark_group("Lit Action, trivial");
    group.bench_function("floor", |b| {
        b.iter(|| {
            let engine = rquickjs::Runtime::new().unwrap();
            let context = rquickjs::Context::full(&engine).unwrap();
            context.with(|ctx| ctx.eval::<(), _>(black_box(SCRIPT)).unwrap());
        });
    });
    group.bench_function("ours", |b| {
        b.to_async(&runtime)
            .iter(|| async { run(ActionRequest::new(SCRIPT)).await.unwrap() });
    });
    group.finish();
}

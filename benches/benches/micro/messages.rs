//! SIWE messages and ReCaps. The floor of reading a message is the parser of the `siwe` crate.

use std::hint::black_box;

use criterion::Criterion;
use lit_sdk::{
    LitAbility,
    recap::{NodeGrants, ReCap, SiweMessage},
};

use crate::setup;

pub(crate) fn benches(c: &mut Criterion) {
    let rights = setup::rights();
    let message = setup::message(&rights);
    let text = message.as_str();
    let cid = setup::cid().to_string();
    let grants = NodeGrants::of(&message).unwrap();
    let recap = ReCap::extract(&message).unwrap();

    let mut group = c.benchmark_group("SIWE message");
    group.bench_function("floor", |b| {
        b.iter(|| black_box(text).parse::<siwe::Message>().unwrap());
    });
    group.bench_function("parse", |b| {
        b.iter(|| black_box(text).parse::<SiweMessage>().unwrap());
    });
    group.bench_function("build", |b| b.iter(|| setup::message(black_box(&rights))));
    group.finish();

    let mut group = c.benchmark_group("ReCap");
    group.bench_function("read the grants of a message", |b| {
        b.iter(|| NodeGrants::of(black_box(&message)).unwrap());
    });
    group.bench_function("a node's check of one operation", |b| {
        b.iter(|| grants.check(LitAbility::LitActionExecution, black_box(&cid)));
    });
    group.bench_function("a client's check of two rights", |b| {
        b.iter(|| {
            let mut rights = black_box(&rights).iter();
            rights.all(|right| recap.covers(right.resource(), right.ability()))
        });
    });
    group.finish();
}

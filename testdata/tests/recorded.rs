//! The vectors that are made of recordings of real nodes. They are not part of the project: they are read from the folder named
//! by `LIT_RECORDED`, or from `../shared/data/recorded` beside the checkout, and where there are none the test says so.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

use std::{env, fs, path::PathBuf};

use lit_testdata::{FileResult, run_text};

#[test]
fn recorded_cases_pass() {
    let folder = env::var_os("LIT_RECORDED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/recorded"),
        PathBuf::from,
    );
    for name in ["bls-combine", "bls-session-sig", "bls-verify"] {
        let path = folder.join(format!("vectors-{name}.json"));
        let Ok(text) = fs::read_to_string(&path) else {
            println!("skipped: {name} of the recordings; set LIT_RECORDED to their folder");
            continue;
        };
        let file = run_text(name, &text);
        assert_eq!(file.failed(), 0, "{file}");
        assert!(
            matches!(&file.result, FileResult::Judged(cases) if !cases.is_empty()),
            "{file}"
        );
        // The runner can fail on them too.
        let corrupt = text
            .replace("\"message\": \"", "\"message\": \"00")
            .replace(" PKP session ", " PKP Session ");
        assert!(run_text(name, &corrupt).failed() > 0, "{name}");
    }
}

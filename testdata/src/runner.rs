use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use crate::{
    CaseResult, FileReport, FileResult, Report, Verdict,
    case::{Case, Official, parse_file},
    compare::{Outcome, difference_to_error, difference_to_value},
    judges::{self, Judge},
    refusal::Refusal,
    rules::{self, Ours},
};

/// Judges every `*.json` file of a folder, in the order of their names.
///
/// # Errors
/// When the folder cannot be read. A file that cannot be is a failure in the report.
pub fn run_dir(dir: &Path) -> io::Result<Report> {
    let mut paths = fs::read_dir(dir)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    let file = |path: &Path| {
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match fs::read_to_string(path) {
            Ok(text) => run_text(&name, &text),
            Err(error) => FileReport {
                name,
                result: FileResult::Unreadable(error.to_string()),
            },
        }
    };
    Ok(Report {
        files: paths.iter().map(|path| file(path)).collect(),
    })
}

/// Judges the text of a vector file, `name` being the file without its extension.
#[must_use]
pub fn run_text(name: &str, text: &str) -> FileReport {
    let result = match (parse_file(text), judges::find(name)) {
        (Err(problem), _) => FileResult::Unreadable(problem),
        (Ok(cases), Err(reason)) => FileResult::Skipped {
            reason,
            cases: cases.len(),
        },
        (Ok(cases), Ok(judge)) => {
            FileResult::Judged(cases.iter().map(|case| run_case(judge, case)).collect())
        }
    };
    FileReport {
        name: name.to_owned(),
        result,
    }
}

fn run_case(judge: &Judge, case: &Case) -> CaseResult {
    let verdict = catch_unwind(AssertUnwindSafe(|| match (judge.run)(case) {
        Err(refusal @ Refusal::Malformed(_)) => Err(refusal),
        outcome => verdict(judge, case, &outcome),
    }));
    let verdict = match verdict {
        Ok(verdict) => verdict.unwrap_or_else(|problem| Verdict::Failed(problem.to_string())),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(ToString::to_string);
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            Verdict::Failed(format!("panicked: {}", text.unwrap_or_default()))
        }
    };
    CaseResult {
        id: case.id.clone(),
        description: case.description.clone(),
        verdict,
    }
}

fn verdict(judge: &Judge, case: &Case, outcome: &Outcome) -> Result<Verdict, Refusal> {
    let official = case.official_value(judge.verbatim)?;
    let difference = match (&official, &case.official) {
        (Some(value), _) => difference_to_value(value, outcome, judge),
        (None, Official::Error(error)) => difference_to_error(error, outcome),
        (None, Official::Value(_)) => Some("the official value is missing".to_owned()),
    };
    let Some(difference) = difference else {
        return Ok(Verdict::Passed);
    };

    // What several rules change adds up; a refusal stands alone.
    let (mut expected, mut used, mut declared) = (official, Vec::new(), Vec::new());
    for rule in rules::for_case(judge.file, case) {
        declared.push(rule.name);
        match rule.ours {
            Ours::Refuses(with) => {
                if outcome.as_ref().is_err_and(with) {
                    return Ok(Verdict::ByDesign(vec![rule.name]));
                }
            }
            Ours::Gives(change) => {
                let changed = change(case, expected.clone());
                if changed != expected {
                    expected = changed;
                    used.push(rule.name);
                }
            }
        }
    }
    let by_rules = expected
        .as_ref()
        .map(|expected| difference_to_value(expected, outcome, judge));
    Ok(match by_rules {
        Some(None) if !used.is_empty() => Verdict::ByDesign(used),
        Some(Some(difference)) if !used.is_empty() => Verdict::Failed(format!(
            "not as the rules {} say: {difference}",
            used.join(", ")
        )),
        _ if declared.is_empty() => Verdict::Failed(difference),
        _ => Verdict::Failed(format!(
            "{difference} (not as {} says either)",
            declared.join(", ")
        )),
    })
}

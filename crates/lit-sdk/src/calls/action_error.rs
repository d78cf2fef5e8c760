use lit_node_transport::{NodeOutcome, Outcome, QuorumError, most_common};
use lit_types::{strict_json, wire::ActionFailure};

use crate::Error;

/// The exception that so many nodes report that the others cannot outvote them. One that fewer nodes report may be invented.
pub(crate) fn action_error(error: QuorumError) -> Error {
    let failure = |outcome: &NodeOutcome| match &outcome.outcome {
        Outcome::Refused {
            body: Some(body), ..
        } => strict_json::from_slice::<ActionFailure>(body).ok(),
        _ => None,
    };
    let failures: Vec<ActionFailure> = error.outcomes.iter().filter_map(failure).collect();
    let most = most_common(failures.iter().map(|failure| failure.error.as_str()));
    let alike = failures
        .iter()
        .filter(|failure| Some(failure.error.as_str()) == most);
    let conclusive = alike.clone().count() + error.needed > error.outcomes.len();
    match alike.into_iter().next().filter(|_| conclusive) {
        Some(ActionFailure {
            error: exception,
            logs,
            ..
        }) => Error::Action {
            error: exception.clone(),
            logs: logs.clone(),
            nodes: Box::new(error),
        },
        None => Error::Nodes(Box::new(error)),
    }
}

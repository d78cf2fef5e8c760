use std::time::Duration;

use lit_types::NodeUrl;

use crate::{
    MAX_REFUSAL_BYTES, NodeResponse, Outcome, Rejection, TransportError, datil, observe::Observed,
};

/// A request that has come to its end.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) index: usize,
    pub(crate) node: NodeUrl,
    pub(crate) result: Result<NodeResponse, TransportError>,
    pub(crate) elapsed: Duration,
    pub(crate) observed: Observed,
}

/// The valid answer in a response, or the outcome it is otherwise.
pub(crate) fn judge_response<T>(
    node: &NodeUrl,
    result: Result<NodeResponse, TransportError>,
    judge: &impl Fn(&NodeUrl, &[u8]) -> Result<T, Rejection>,
) -> Result<T, Outcome> {
    let NodeResponse { status, body } = result.map_err(Outcome::Failed)?;
    if !(200..300).contains(&status) {
        let error = Box::new(datil::parse_refusal(&body));
        let body = (body.len() <= MAX_REFUSAL_BYTES).then_some(body);
        return Err(Outcome::Refused {
            status,
            error,
            body,
        });
    }
    judge(node, &body).map_err(Outcome::from)
}

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::task::JoinSet;

use crate::{Failure, rounds::millis};

/// Users that make calls at the same time, each one call after another.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Load {
    /// The milliseconds of each call.
    times: Vec<f64>,
    /// Until the last call ended.
    seconds: f64,
}

impl Load {
    /// Lets each user make calls for this time. A call that has begun ends. A call gives the user back.
    ///
    /// # Errors
    /// Those of the calls.
    pub async fn run<U, C>(
        users: impl IntoIterator<Item = U>,
        time: Duration,
        call: impl Fn(U) -> C + Clone + Send + 'static,
    ) -> Result<Self, Failure>
    where
        U: Send + 'static,
        C: Future<Output = Result<U, Failure>> + Send,
    {
        let start = Instant::now();
        let mut running = JoinSet::new();
        for mut user in users {
            let call = call.clone();
            running.spawn(async move {
                let mut times = Vec::new();
                while start.elapsed() < time {
                    let started = Instant::now();
                    user = call(user).await?;
                    times.push(millis(started.elapsed()));
                }
                Ok::<_, Failure>(times)
            });
        }
        let mut times = Vec::new();
        while let Some(of_user) = running.join_next().await {
            times.extend(of_user??);
        }
        let seconds = start.elapsed().as_secs_f64();
        Ok(Self { times, seconds })
    }
}

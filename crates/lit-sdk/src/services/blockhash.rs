use std::{fmt, sync::Arc, time::Duration};

use alloy_primitives::B256;
use lit_node_transport::{HttpClient, HttpRequest, HttpUrl, HttpUrlError, TransportError};
use lit_types::{Clock, JsonProblem, SdkErrorCode, constants::CLOCK_TOLERANCE, strict_json};
use serde::Deserialize;
use time::OffsetDateTime;
use tokio::{sync::Mutex, time::Instant};

use crate::SystemClock;

/// A recent block of Ethereum. Its hash is the nonce of a SIWE message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecentBlock {
    /// The hash.
    pub hash: B256,
    /// The timestamp.
    pub time: OffsetDateTime,
}

impl RecentBlock {
    /// The age at which a block is stale.
    pub const MAX_AGE: Duration = Duration::from_secs(30);

    /// Whether the block is younger than [`RecentBlock::MAX_AGE`]. A block from the future is stale, beyond the clock tolerance.
    #[must_use]
    pub fn is_fresh(&self, now: OffsetDateTime) -> bool {
        let age = now - self.time;
        age < Self::MAX_AGE && !(age + CLOCK_TOLERANCE).is_negative()
    }
}

/// Gets recent Ethereum block hashes from a block indexer.
///
/// The indexer answers `GET <url>/get_most_recent_valid_block` with `{"blockhash":"0x…","timestamp":"<Unix seconds>"}`, as
/// Lit's does. A block is cached for 30 s. If the indexer fails after that, the stale block is returned, since nodes accept some
/// older ones. Concurrent callers share one request. After a failure the indexer is not asked for 5 s.
///
/// ```
/// use std::sync::Arc;
///
/// use lit_sdk::{services::{BlockhashError, BlockhashSource, RecentBlock}, transport::{HttpClient, HttpUrlError}};
///
/// fn source(http: Arc<dyn HttpClient>) -> Result<BlockhashSource, HttpUrlError> {
///     BlockhashSource::new(http, BlockhashSource::DEFAULT_URL)
/// }
///
/// async fn latest(source: &BlockhashSource) -> Result<RecentBlock, BlockhashError> {
///     source.latest().await
/// }
/// ```
#[doc(alias = "getLatestBlockhash")]
pub struct BlockhashSource {
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    url: HttpUrl,
    timeout: Duration,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    latest: Option<RecentBlock>,
    failure: Option<(Instant, BlockhashError)>,
}

impl BlockhashSource {
    /// The URL of Lit's block indexer.
    pub const DEFAULT_URL: &str = "https://block-indexer.litgateway.com";

    /// A source for the indexer at this URL, such as [`BlockhashSource::DEFAULT_URL`].
    ///
    /// # Errors
    /// [`HttpUrlError`] for a malformed URL.
    pub fn new(http: Arc<dyn HttpClient>, url: &str) -> Result<Self, HttpUrlError> {
        let base: HttpUrl = url.parse()?;
        Ok(Self {
            http,
            clock: Arc::new(SystemClock),
            url: base.join("/get_most_recent_valid_block")?,
            timeout: Duration::from_secs(3),
            known: Mutex::default(),
        })
    }

    /// Sets the clock. Default: the operating system's.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the timeout of a request. Default: 3 s.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets an initial block, such as that of the handshakes. Default: none.
    #[must_use]
    pub fn with_block(mut self, block: RecentBlock) -> Self {
        self.known.get_mut().latest = Some(block);
        self
    }

    /// Returns the latest block, from the cache while it is fresh.
    ///
    /// # Errors
    /// [`BlockhashError`] if the indexer fails and the cache is empty.
    pub async fn latest(&self) -> Result<RecentBlock, BlockhashError> {
        // Held during the request, so that concurrent callers wait for its result.
        let mut known = self.known.lock().await;
        if let Some(block) = known.latest
            && block.is_fresh(self.clock.now())
        {
            return Ok(block);
        }
        let error = match &known.failure {
            Some((at, error)) if at.elapsed() < RETRY_AFTER => error.clone(),
            _ => match self.ask().await {
                Ok(block) => return Ok(*known.latest.insert(block)),
                Err(error) => {
                    let cause: &(dyn std::error::Error + 'static) = &error;
                    tracing::warn!(url = ?self.url, error = cause, "no new block hash");
                    known.failure = Some((Instant::now(), error.clone()));
                    error
                }
            },
        };
        known.latest.ok_or(error)
    }

    async fn ask(&self) -> Result<RecentBlock, BlockhashError> {
        let request = HttpRequest::get(self.url.clone()).with_header("accept", "application/json");
        let answer = tokio::time::timeout(self.timeout, self.http.request(request))
            .await
            .map_err(|_| TransportError::Timeout(self.timeout))??;
        if !(200..300).contains(&answer.status) {
            return Err(BlockhashError::Status(answer.status));
        }
        if answer.body.len() > MAX_ANSWER_BYTES {
            let limit = MAX_ANSWER_BYTES;
            return Err(TransportError::TooLarge { limit }.into());
        }
        let answer: Answer = strict_json::from_slice(&answer.body)
            .map_err(|error| BlockhashError::MalformedAnswer(error.into()))?;
        let seconds = match answer.timestamp {
            Seconds::Number(seconds) => Some(seconds),
            Seconds::Text(text) => text.parse().ok(),
        };
        let time = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
        Ok(RecentBlock {
            hash: answer.blockhash,
            time: time.ok_or(BlockhashError::InvalidTimestamp)?,
        })
    }
}

impl fmt::Debug for BlockhashSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockhashSource")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// How long a failed indexer is not asked.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// An answer has a few hundred bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

#[derive(Deserialize)]
struct Answer {
    blockhash: B256,
    timestamp: Seconds,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(i64),
    Text(String),
}

/// A failure of the block indexer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockhashError {
    /// The indexer did not answer.
    #[error("no answer from the block indexer")]
    Transport(#[from] TransportError),
    /// The indexer answered with an error.
    #[error("the block indexer answered with status {0}")]
    Status(u16),
    /// The answer is malformed.
    #[error("malformed answer of the block indexer")]
    MalformedAnswer(#[source] JsonProblem),
    /// The timestamp of the block is not a time in Unix seconds.
    #[error("invalid timestamp in the answer of the block indexer")]
    InvalidTimestamp,
}

impl BlockhashError {
    /// The error of the official client for the same situation.
    #[must_use]
    pub const fn sdk_code(&self) -> SdkErrorCode {
        SdkErrorCode::InvalidEthBlockhash
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Transport(error) => error.is_retryable(),
            Self::Status(status) => *status >= 500 || *status == 429,
            Self::MalformedAnswer(_) | Self::InvalidTimestamp => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use lit_test_fakes::{FakeClock, FakeHttp, Reply};

    use super::*;

    const HASH: &str = "0x7de32ed23e0bc23bcdf29185a368135dee3a018d3762b95ece9a03b155a7f407";

    /// An indexer that refuses connections at first, and takes a second for everything.
    fn setup() -> (Arc<FakeHttp>, Arc<FakeClock>, BlockhashSource) {
        let indexer = FakeHttp::in_order([Reply::refused().after(SECOND)]);
        let clock = FakeClock::at_unix(1000);
        let source = BlockhashSource::new(indexer.clone(), BlockhashSource::DEFAULT_URL)
            .unwrap()
            .with_clock(clock.clone());
        (indexer, clock, source)
    }

    const SECOND: Duration = Duration::from_secs(1);

    fn answers(indexer: &FakeHttp, status: u16, body: &str) {
        indexer.reply(Reply::status(status, body.to_owned()).after(SECOND));
    }

    fn block(seconds: i64) -> String {
        format!(r#"{{"blockhash":"{HASH}","timestamp":{seconds},"blockNumber":1}}"#)
    }

    #[tokio::test(start_paused = true)]
    async fn callers_share_a_request_and_keep_the_block() {
        let (indexer, clock, source) = setup();
        answers(&indexer, 200, &block(990));
        let (a, b) = tokio::join!(source.latest(), source.latest());
        assert_eq!(a.unwrap(), b.unwrap());
        clock.set_unix(1019);
        source.latest().await.unwrap();
        assert_eq!(indexer.requests().len(), 1);
        clock.set_unix(1020);
        source.latest().await.unwrap();
        assert_eq!(indexer.requests().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_block_from_the_future_is_asked_for_again() {
        let (indexer, _, source) = setup();
        answers(&indexer, 200, &block(i64::from(u32::MAX)));
        source.latest().await.unwrap();
        source.latest().await.unwrap();
        assert_eq!(indexer.requests().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_typed_and_lose_nothing() {
        let (indexer, _, source) = setup();
        let ask = async || {
            tokio::time::advance(RETRY_AFTER).await;
            source.latest().await
        };
        let error = ask().await.unwrap_err();
        assert!(
            matches!(error, BlockhashError::Transport(_)) && error.is_retryable(),
            "{error}"
        );
        answers(&indexer, 404, "SECRET");
        assert_eq!(ask().await.unwrap_err(), BlockhashError::Status(404));
        for bad in ["", "[]", r#"{"blockhash":"0x00","timestamp":1}"#, "SECRET"] {
            answers(&indexer, 200, bad);
            let error = ask().await.unwrap_err();
            assert!(
                matches!(error, BlockhashError::MalformedAnswer(_)),
                "{bad}: {error}"
            );
        }
        answers(&indexer, 200, &" ".repeat(MAX_ANSWER_BYTES + 1));
        assert!(matches!(
            ask().await.unwrap_err(),
            BlockhashError::Transport(TransportError::TooLarge { .. })
        ));
        answers(&indexer, 200, &block(i64::MAX));
        assert_eq!(ask().await.unwrap_err(), BlockhashError::InvalidTimestamp);
        answers(&indexer, 200, &block(1));
        assert_eq!(ask().await.unwrap().hash.to_string(), HASH);
        answers(&indexer, 500, "");
        assert_eq!(ask().await.unwrap().hash.to_string(), HASH);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_indexer_is_not_asked_for_a_while() {
        let (indexer, _, source) = setup();
        let (a, b) = tokio::join!(source.latest(), source.latest());
        assert_eq!(a.unwrap_err(), b.unwrap_err());
        assert_eq!(indexer.requests().len(), 1);
        answers(&indexer, 200, &block(990));
        source.latest().await.unwrap_err();
        tokio::time::advance(RETRY_AFTER).await;
        source.latest().await.unwrap();
        assert_eq!(indexer.requests().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_indexer_times_out() {
        let (indexer, _, source) = setup();
        answers(&indexer, 200, &block(990));
        let source = source.with_timeout(Duration::from_millis(500));
        let limit = Duration::from_millis(500);
        assert_eq!(
            source.latest().await.unwrap_err(),
            BlockhashError::Transport(TransportError::Timeout(limit))
        );
    }
}

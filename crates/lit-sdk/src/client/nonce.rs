use lit_recap::Nonce;

use crate::{Error, LitNodeClient, TimedStep, services::RecentBlock};

impl LitNodeClient {
    /// The block hash that a new message takes as its nonce.
    ///
    /// That is the hash of the handshake for 30 s, then the hash of the [`BlockhashSource`](crate::services::BlockhashSource), if
    /// there is one and it answers. If fewer nodes than the threshold gave the hash of the handshake, they may have invented it,
    /// and the source is asked from the start.
    pub(crate) async fn nonce(&self) -> Result<Nonce, Error> {
        let state = self.state();
        let greeted_at = state.greeted_at();
        let is_agreed = state.is_blockhash_agreed();
        if let Some(source) = self.blockhash_source()
            && (!is_agreed || self.now() - greeted_at >= RecentBlock::MAX_AGE)
        {
            let latest = source.latest();
            match (self.deadline().limit(TimedStep::Blockhash, latest)).await? {
                Ok(block) if !is_agreed || block.time > greeted_at => {
                    return Ok(block.hash.to_string().parse()?);
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "going on with the block hash of the handshake"
                    );
                }
            }
        }
        Ok(state.latest_blockhash().parse()?)
    }
}

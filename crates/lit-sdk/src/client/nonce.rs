use lit_recap::Nonce;

use crate::{Error, LitNodeClient, services::RecentBlock};

impl LitNodeClient {
    /// The block hash that a new message takes as its nonce: that of the handshake for 30 s, counted from when it came, then
    /// that of the [`BlockhashSource`](crate::services::BlockhashSource), if there is one (wire protocol specification, section 1.10).
    /// While that does not answer, the newest hash that is known. Where fewer nodes than the threshold gave the hash of the
    /// handshake, which they may have made up, the source is asked from the beginning.
    pub(crate) async fn nonce(&self) -> Result<Nonce, Error> {
        let state = self.state();
        let greeted_at = state.greeted_at();
        let is_agreed = state.is_blockhash_agreed();
        if let Some(source) = self.blockhash_source()
            && (!is_agreed || self.now() - greeted_at >= RecentBlock::MAX_AGE)
        {
            match source.latest().await {
                Ok(block) if !is_agreed || block.time > greeted_at => {
                    return Ok(block.hash.to_string().parse()?);
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "going on with the block hash of the handshake");
                }
            }
        }
        Ok(state.latest_blockhash().parse()?)
    }
}

use lit_recap::Nonce;

use crate::{Error, LitNodeClient, RecentBlock};

impl LitNodeClient {
    /// The block hash that a new message takes as its nonce: that of the handshake for 30 s, counted from when it came, then
    /// that of the [`BlockhashSource`](crate::BlockhashSource), if there is one (wire protocol specification, section 1.10).
    /// While that does not answer, the newest hash that is known.
    pub(crate) async fn nonce(&self) -> Result<Nonce, Error> {
        let state = self.state();
        let greeted_at = state.greeted_at();
        if let Some(source) = self.blockhash_source()
            && self.now() - greeted_at >= RecentBlock::MAX_AGE
        {
            match source.latest().await {
                Ok(block) if block.time > greeted_at => {
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

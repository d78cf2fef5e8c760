use base64::{Engine, prelude::BASE64_STANDARD};
use lit_types::{ActionCid, NodeErrorCode, NodeErrorKind};

use crate::{Node, refusal::Refusal};

impl Node {
    /// The source code of an action and its CID. `code` is base64 and takes precedence over `ipfs_id`.
    pub(super) async fn code_and_cid(
        &self,
        code: Option<&str>,
        ipfs_id: Option<&str>,
    ) -> Result<(String, String), Refusal> {
        if let Some(encoded) = code {
            let conversion = |error: &dyn std::fmt::Display| {
                Refusal::uncoded(500, NodeErrorKind::Conversion, error)
            };
            let bytes = BASE64_STANDARD
                .decode(encoded)
                .map_err(|error| conversion(&error))?;
            let cid = ActionCid::of_code(&bytes).to_string();
            let code = String::from_utf8(bytes).map_err(|error| conversion(&error))?;
            return Ok((code, cid));
        }
        let Some(cid) = ipfs_id.filter(|cid| !cid.is_empty()) else {
            return Err(Refusal::coded(
                NodeErrorCode::NodeInvalidIPFSID,
                "missing code or ipfsId",
            ));
        };
        let found = self.parts.code.code(cid).await;
        let found =
            found.map_err(|error| Refusal::caused(NodeErrorCode::NodeSystemFault, &error))?;
        match found {
            Some(code) => Ok((code, cid.to_owned())),
            None => Err(Refusal::coded(
                NodeErrorCode::NodeInvalidIPFSID,
                format_args!("unknown CID {cid}: upload the code to the network's IPFS first"),
            )),
        }
    }
}

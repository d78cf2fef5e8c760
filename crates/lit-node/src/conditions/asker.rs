use std::borrow::Cow;

use alloy_primitives::Address;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lit_recap::SiweMessage;
use lit_types::{AuthSig, WalletAddress, access_control::USER_ADDRESS};
use serde::Deserialize;

use super::ConditionError;
use crate::actions::AskingAction;

/// The placeholder for the CID of the running action.
const CURRENT_ACTION: &str = ":currentActionIpfsId";
/// The start of placeholders for values in the resources of the asker's SIWE message.
const LIT_PARAM: &str = ":litParam";

/// The party for which conditions are evaluated.
#[derive(Debug)]
pub(crate) struct Asker<'a> {
    pub(crate) address: WalletAddress,
    pub(crate) signed: SignedText<'a>,
    /// The chain that the request names.
    pub(crate) chain: &'a str,
    /// The running action, if an action asks.
    pub(crate) action: Option<AskingAction<'a>>,
}

/// The text that the asker's wallet signed.
#[derive(Debug)]
pub(crate) enum SignedText<'a> {
    /// A login.
    Siwe(Box<SiweMessage>),
    /// The capability of a session at this position.
    Capability(&'a AuthSig, usize),
    /// Another text, which says nothing to nodes.
    Other,
}

impl Asker<'_> {
    /// The address on EVM chains.
    pub(super) fn evm(&self) -> Result<Address, ConditionError> {
        let address = self.address.evm();
        address.ok_or_else(|| ConditionError::Address(self.address.to_string()))
    }

    pub(super) fn filled_in(&self, texts: &[String]) -> Result<Vec<String>, ConditionError> {
        texts.iter().map(|text| self.filled(text)).collect()
    }

    /// Replaces a text that is a placeholder. A placeholder inside a text stays, as on Lit's nodes.
    pub(super) fn filled(&self, text: &str) -> Result<String, ConditionError> {
        match text {
            USER_ADDRESS => Ok(self.address.to_string()),
            CURRENT_ACTION => Ok(self.action.map_or_else(String::new, |it| it.cid.to_owned())),
            _ if text.starts_with(LIT_PARAM) => {
                let value = self.lit_param(&text[1..])?;
                Ok(value.unwrap_or_else(|| text.to_owned()))
            }
            _ => Ok(text.to_owned()),
        }
    }

    /// The value of the first resource with this name, such as `litParam:token`.
    fn lit_param(&self, name: &str) -> Result<Option<String>, ConditionError> {
        for resource in self.siwe()?.resources() {
            let mut parts = resource.match_indices(':').skip(1);
            let (end, _) = parts.next().ok_or(ConditionError::Resource)?;
            if resource[..end] != *name {
                continue;
            }
            let value = BASE64_URL_SAFE_NO_PAD.decode(&resource[end + 1..]).ok();
            let value = value.and_then(|value| String::from_utf8(value).ok());
            let bad = || ConditionError::LitParam(name.to_owned());
            return value.map(Some).ok_or_else(bad);
        }
        Ok(None)
    }

    /// The SIWE message of the wallet, or of the session's authorization.
    pub(super) fn siwe(&self) -> Result<Cow<'_, SiweMessage>, ConditionError> {
        #[derive(Deserialize)]
        struct Template {
            capabilities: Vec<AuthSig>,
        }
        match &self.signed {
            SignedText::Siwe(message) => Ok(Cow::Borrowed(message)),
            SignedText::Capability(session, place) => {
                let template = serde_json::from_str(&session.signed_message);
                let Template { capabilities } = template.map_err(|_| ConditionError::NoSiwe)?;
                let capability = capabilities.get(*place).ok_or(ConditionError::NoSiwe)?;
                let message = capability.signed_message.parse();
                Ok(Cow::Owned(message.map_err(|_| ConditionError::NoSiwe)?))
            }
            SignedText::Other => Err(ConditionError::NoSiwe),
        }
    }
}

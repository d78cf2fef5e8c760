use alloy_signer::Signer;
use lit_recap::SiweMessage;
use lit_types::AuthSig;

/// Signs a text with a wallet (EIP-191) and wraps the signature as an AuthSig with the signer's address.
///
/// # Errors
/// [`WalletAuthSigError::Signer`] if the signer refuses or fails.
#[doc(alias = "generateAuthSig")]
pub async fn sign_auth_sig<S>(signer: &S, text: &str) -> Result<AuthSig, WalletAuthSigError>
where
    S: Signer + Sync + ?Sized,
{
    let signature = signer.sign_message(text.as_bytes()).await?;
    Ok(AuthSig::wallet(
        // r, s, and v as 27 or 28.
        format!("0x{}", hex::encode(signature.as_bytes())),
        text.to_owned(),
        signer.address().to_checksum(None),
    ))
}

/// Signs a SIWE message with the wallet it names.
///
/// # Errors
/// [`WalletAuthSigError::OtherAddress`] if the message names another address, [`WalletAuthSigError::Signer`] if the signer
/// refuses or fails.
pub async fn sign_siwe<S>(signer: &S, message: &SiweMessage) -> Result<AuthSig, WalletAuthSigError>
where
    S: Signer + Sync + ?Sized,
{
    if signer.address() != message.address() {
        return Err(WalletAuthSigError::OtherAddress);
    }
    sign_auth_sig(signer, message.as_str()).await
}

/// Why a wallet did not make an AuthSig.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalletAuthSigError {
    /// The message names another address, so nodes would refuse the signature.
    #[error("the message and the signer have different addresses")]
    OtherAddress,
    /// The signer refused or failed.
    #[error("the wallet did not sign")]
    Signer(#[from] alloy_signer::Error),
}

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use alloy_primitives::Address;
use alloy_signer_local::PrivateKeySigner;
use async_trait::async_trait;
use lit_sdk::{
    AuthRequest, Authorization, AuthorizeError, Right, Session, SessionAuthorizer, SessionManager,
    WalletAuth, session::SessionManagerError,
};

use crate::common::any_action;

/// A wallet that counts how often it is asked, answers when it is let, and can refuse.
pub(crate) struct Prompts {
    pub(crate) wallet: PrivateKeySigner,
    pub(crate) asked: AtomicUsize,
    pub(crate) refuses: AtomicBool,
    pub(crate) known: bool,
    /// Held by a test that wants the wallet's answer to wait.
    pub(crate) answer: tokio::sync::Mutex<()>,
}

impl Prompts {
    pub(crate) fn new(wallet: &PrivateKeySigner) -> Arc<Self> {
        Arc::new(Self {
            wallet: wallet.clone(),
            asked: AtomicUsize::new(0),
            refuses: AtomicBool::new(false),
            known: true,
            answer: tokio::sync::Mutex::new(()),
        })
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl SessionAuthorizer for Prompts {
    async fn authorize(&self, request: &AuthRequest) -> Result<Authorization, AuthorizeError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let _answer = self.answer.lock().await;
        // Lets all callers arrive before there is an answer.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        if self.refuses.load(Ordering::SeqCst) {
            return Err(AuthorizeError::signer("not now"));
        }
        WalletAuth::new(self.wallet.clone())
            .authorize(request)
            .await
    }

    fn address(&self) -> Option<Address> {
        self.known.then(|| self.wallet.address())
    }
}

/// A thousand callers of the same session.
pub(crate) async fn thousand(
    manager: &Arc<SessionManager>,
    prompts: &Arc<Prompts>,
) -> Vec<Result<Arc<Session>, SessionManagerError>> {
    let callers: Vec<_> = (0..1000)
        .map(|_| {
            let (manager, prompts) = (Arc::clone(manager), Arc::clone(prompts));
            tokio::spawn(async move { manager.session(&any_action(), &*prompts).await })
        })
        .collect();
    let mut results = Vec::new();
    for caller in callers {
        results.push(caller.await.unwrap());
    }
    results
}

pub(crate) fn action(id: &str) -> Right {
    Right::run_action(lit_sdk::ActionCid::of_code(id))
}

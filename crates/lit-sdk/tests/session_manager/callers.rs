//! Many callers, one question.

use std::sync::{Arc, atomic::Ordering};

use lit_sdk::{Error, ExecuteJs, SessionManager, session::SessionManagerError};

use crate::{
    common::{HELLO, Setup, any_action},
    prompts::{Prompts, thousand},
};

#[tokio::test]
async fn a_thousand_callers_cause_one_prompt() {
    let setup = Setup::new(3).await;
    let manager = Arc::new(SessionManager::new(setup.client.clone()));
    let prompts = Prompts::new(&setup.wallet);
    let sessions = thousand(&manager, &prompts).await;
    let key = sessions[0].as_ref().unwrap().public_key();
    assert!(
        sessions
            .iter()
            .all(|session| session.as_ref().unwrap().public_key() == key)
    );
    assert_eq!(prompts.asked(), 1);

    let call = ExecuteJs::code(HELLO).with_param("name", "you");
    let session = sessions[0].as_ref().unwrap();
    let answer = setup.client.execute_js(&**session, &call).await.unwrap();
    assert_eq!(answer.response, "hello you");
}

#[tokio::test]
async fn a_refusal_is_that_of_all_who_waited() {
    let setup = Setup::new(3).await;
    let manager = Arc::new(SessionManager::new(setup.client.clone()));
    let prompts = Prompts::new(&setup.wallet);
    prompts.refuses.store(true, Ordering::SeqCst);
    let refused = thousand(&manager, &prompts).await;
    for result in refused {
        assert!(matches!(
            &result,
            Err(SessionManagerError::Client(error)) if matches!(**error, Error::Authorize(_))
        ));
    }
    assert_eq!(prompts.asked(), 1);
    // Who asks later is another attempt.
    prompts.refuses.store(false, Ordering::SeqCst);
    manager.session(&any_action(), &*prompts).await.unwrap();
    assert_eq!(prompts.asked(), 2);
}

#[tokio::test]
async fn a_caller_that_gives_up_lets_the_next_one_ask() {
    let setup = Setup::new(3).await;
    let manager = Arc::new(SessionManager::new(setup.client.clone()));
    let prompts = Prompts::new(&setup.wallet);
    let waiting = prompts.answer.lock().await;
    let gone = tokio::spawn({
        let (manager, prompts) = (Arc::clone(&manager), Arc::clone(&prompts));
        async move { manager.session(&any_action(), &*prompts).await }
    });
    while prompts.asked() == 0 {
        tokio::task::yield_now().await;
    }
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    drop(waiting);
    manager.session(&any_action(), &*prompts).await.unwrap();
    assert_eq!(prompts.asked(), 2);
}

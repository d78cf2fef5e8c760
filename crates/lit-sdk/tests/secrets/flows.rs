//! The flows of users: sessions, calls, logins, minting.

use std::time::Duration;

use alloy_primitives::{Address, B256};
use alloy_signer_local::PrivateKeySigner;
use lit_devnet::{Devnet, Fault, JwtClaims, JwtProvider};
use lit_sdk::{
    AuthMethod, ExecuteJs, LitAction, LitActionLogin, LitNodeClient, PkpLogin, PkpSign, Right,
    Session, SessionRequest, WalletAuth,
    calls::ClaimKeyId,
    contracts::{ActionCid, Scopes},
    login::EthWalletProvider,
    recap::CapacityDelegation,
    services::{LitRelay, MintRequest},
    session::DelegationRequest,
    types::{
        NodeErrorCode,
        access_control::{AccessControlConditions, ConditionExpression, EvmBasicCondition},
        constants::{AuthMethodScope, AuthMethodType},
    },
};

use super::{
    Seen,
    common::owned::{contracts, request},
};

const ACTION: &str = "Lit.Actions.setResponse({ response: String(password.length > 20) })";

pub(crate) async fn run(network: &Devnet, client: &LitNodeClient, seen: &mut Seen) {
    let owner: PrivateKeySigner = network.funded_keys()[0].parse().unwrap();
    seen.secrets.add("wallet key", owner.to_bytes());
    let session = wallet(client, &owner, seen).await;
    calls(network, client, &owner, &session, seen).await;
    encryption(client, &owner, seen).await;
    logins(network, client, seen).await;
    delegation(client, &owner, seen).await;
    faults(network, client, &session, &owner, seen).await;
}

/// A wallet authorizes a session.
async fn wallet(client: &LitNodeClient, owner: &PrivateKeySigner, seen: &mut Seen) -> Session {
    let auth = WalletAuth::new(owner.clone());
    seen.show(&auth);
    let session = client.session(&request(), &auth).await.unwrap();
    seen.session("the wallet", &session);
    let sigs = client.session_sigs(&session).unwrap();
    seen.sigs("the wallet", &sigs);
    let sigs = client.get_session_sigs(&request(), &auth).await.unwrap();
    seen.sigs("another session of the wallet", &sigs);
    session
}

/// A PKP signs, an action runs, and both authorize sessions.
async fn calls(
    network: &Devnet,
    client: &LitNodeClient,
    owner: &PrivateKeySigner,
    session: &Session,
    seen: &mut Seen,
) {
    let contracts = contracts(network, owner);
    let pkp = contracts.pkp().mint().await.unwrap();
    let password = "correct horse battery staple";
    seen.secrets.add("parameter of an action", password);

    let call = ExecuteJs::code(ACTION).with_param("password", password);
    seen.show(&call);
    let answer = client.execute_js(session, &call).await.unwrap();
    assert_eq!(answer.response, "true");
    seen.show(&answer);
    let call = ExecuteJs::code("throw new Error('no')").with_param("password", password);
    seen.fail(&client.execute_js(session, &call).await.unwrap_err());

    let call = PkpSign::digest(pkp.public_key, B256::repeat_byte(7));
    seen.show(&client.pkp_sign(session, &call).await.unwrap());

    let method = EthWalletProvider::authenticate(client, owner)
        .await
        .unwrap();
    seen.secrets
        .add_hex("AuthSig of a login", signature_in(&method));
    seen.show(&method);
    let login = PkpLogin::new(pkp.public_key).with_auth_method(method);
    seen.show(&login);
    let of_pkp = client.session(&request(), &login).await.unwrap();
    seen.session("the PKP", &of_pkp);
    let sigs = client
        .get_pkp_session_sigs(&request(), &login)
        .await
        .unwrap();
    seen.sigs("the PKP", &sigs);
    client
        .execute_js(&of_pkp, &ExecuteJs::code("1"))
        .await
        .unwrap();
    // A stranger is not permitted.
    let stranger = lit_test_fakes::wallet();
    let method = EthWalletProvider::authenticate(client, &stranger)
        .await
        .unwrap();
    seen.secrets
        .add_hex("AuthSig of a stranger", signature_in(&method));
    let login = PkpLogin::new(pkp.public_key).with_auth_method(method);
    seen.fail(&client.session(&request(), &login).await.unwrap_err());

    let code = "Lit.Actions.setResponse({ response: String(password.length > 20) })";
    let cid = ActionCid::of_code(code.as_bytes());
    let permissions = contracts.permissions();
    let permitted = permissions.add_action(pkp.token_id, &cid, Scopes::SIGN_ANYTHING);
    permitted.await.unwrap();
    let action = |code: &str| LitAction::code(code).with_param("password", password);
    let login = LitActionLogin::new(pkp.public_key, action(code));
    seen.show(&login);
    let of_action = client.session(&request(), &login).await.unwrap();
    seen.session("the action", &of_action);
    let sigs = client.get_lit_action_session_sigs(&request(), &login).await;
    seen.sigs("the action", &sigs.unwrap());
    let login = LitActionLogin::new(pkp.public_key, action("throw new Error('no')"));
    seen.fail(&client.session(&request(), &login).await.unwrap_err());
}

/// The signature in the access token of a wallet.
fn signature_in(method: &AuthMethod) -> &str {
    method.access_token.split(r#""sig":""#).nth(1).unwrap()[..134].trim_end()
}

async fn encryption(client: &LitNodeClient, owner: &PrivateKeySigner, seen: &mut Seen) {
    let secret = "the plaintext that nobody else reads";
    seen.secrets.add("plaintext", secret);
    let owned = EvmBasicCondition::wallet_is("ethereum", owner.address().to_string());
    let conditions = AccessControlConditions::EvmBasic(ConditionExpression::new(owned));
    let encrypted = client.encrypt_text(secret, &conditions).await.unwrap();
    seen.show(&encrypted);
    let request = SessionRequest::to_decrypt(&encrypted);
    let wallet = WalletAuth::new(owner.clone());
    let session = client.session(&request, &wallet).await.unwrap();
    seen.session("who decrypts", &session);
    let text = client.decrypt_text(&session, &encrypted).await.unwrap();
    assert_eq!(*text, secret);
    let stranger = WalletAuth::new(lit_test_fakes::wallet());
    let session = client.session(&request, &stranger).await.unwrap();
    seen.session("who may not decrypt", &session);
    seen.fail(&client.decrypt(&session, &encrypted).await.unwrap_err());
}

/// Somebody logs in with a token, claims a key, and gets a PKP from the relayer.
async fn logins(network: &Devnet, client: &LitNodeClient, seen: &mut Seen) {
    let claims = JwtClaims::new("somebody", "app");
    let token = network.issue_jwt(JwtProvider::Google, &claims);
    seen.secrets
        .add("signature of a token", token.rsplit('.').next().unwrap());
    let method = AuthMethod::new(AuthMethodType::GoogleJwt, token.clone());
    seen.show(&method);
    let relay = LitRelay::new(network.relay_url().unwrap(), network.relay_api_key()).unwrap();
    seen.show(&relay);
    let mint = MintRequest::for_auth_method(&method).owned_by_pkp();
    let mint = mint.with_scopes([AuthMethodScope::SignAnything]);
    seen.show(&mint);
    let pkp = relay.mint(&mint).await.unwrap();
    seen.show(&pkp);
    let login = PkpLogin::new(pkp.public_key().unwrap()).with_auth_method(method.clone());
    let session = client.session(&request(), &login).await.unwrap();
    seen.session("who logged in", &session);

    let claim = ClaimKeyId::new(method.clone());
    seen.show(&claim);
    let claimed = client.claim_key_id(&claim).await.unwrap();
    seen.show(&claimed);
    let key = client.derived_public_key(&claimed.derived_key_id).unwrap();
    match relay.claim_key(&claimed, &method, &key).await {
        Ok(id) => seen.show(&id),
        // It can be claimed once.
        Err(error) => seen.fail(&error),
    }

    // A token that somebody else signed, and one that has expired.
    let forged = format!("{}{}", &token[..token.len() - 100], "A".repeat(100));
    let expired = network.issue_jwt(JwtProvider::Google, &claims.with_lifetime(Duration::ZERO));
    seen.secrets.add(
        "signature of an expired token",
        expired.rsplit('.').next().unwrap(),
    );
    network.clock().advance(Duration::from_secs(3600));
    for token in [forged, expired, "not a token".to_owned()] {
        let method = AuthMethod::new(AuthMethodType::GoogleJwt, token);
        let login = PkpLogin::new(pkp.public_key().unwrap()).with_auth_method(method.clone());
        seen.fail(&client.session(&request(), &login).await.unwrap_err());
        seen.fail(
            &client
                .claim_key_id(&ClaimKeyId::new(method))
                .await
                .unwrap_err(),
        );
    }

    let payer = relay.register_payer().await.unwrap();
    seen.secrets
        .add("secret of a payer", payer.secret_key.expose_secret());
    seen.show(&payer);
    let users = [Address::repeat_byte(1)];
    relay.add_users(&payer.secret_key, &users).await.unwrap();
    let guessed = "a secret that somebody guessed";
    seen.secrets.add("guessed API key", guessed);
    let other = LitRelay::new(network.relay_url().unwrap(), guessed).unwrap();
    seen.show(&other);
    if let Err(error) = other.add_users(&payer.secret_key, &users).await {
        seen.fail(&error);
    }
}

async fn delegation(client: &LitNodeClient, owner: &PrivateKeySigner, seen: &mut Seen) {
    let delegation = DelegationRequest::new(CapacityDelegation::to(owner.address()));
    seen.show(&delegation);
    let proof = client.create_capacity_delegation_auth_sig(owner, &delegation);
    let proof = proof.await.unwrap();
    seen.auth_sig("delegation", &proof);
    let request = SessionRequest::new([Right::run_any_action()]).with_proofs([proof]);
    seen.show(&request);
    let wallet = WalletAuth::new(owner.clone());
    let session = client.session(&request, &wallet).await.unwrap();
    seen.session("who got a delegation", &session);
    let sigs = client.session_sigs(&session).unwrap();
    seen.sigs("who got a delegation", &sigs);
    let done = client.execute_js(&session, &ExecuteJs::code("1")).await;
    if let Err(error) = done {
        seen.fail(&error);
    }
}

/// Nodes that fail: the errors of all of them are shown, whatever they say.
async fn faults(
    network: &Devnet,
    client: &LitNodeClient,
    session: &Session,
    owner: &PrivateKeySigner,
    seen: &mut Seen,
) {
    let wallet = WalletAuth::new(owner.clone());
    for fault in [
        Fault::Stopped,
        Fault::Garbage,
        Fault::Error(NodeErrorCode::NodeSystemFault),
    ] {
        for node in 0..3 {
            network.node(node).fail(fault);
        }
        let call = ExecuteJs::code("1");
        seen.fail(&client.execute_js(session, &call).await.unwrap_err());
        if let Err(error) = client.session(&request(), &wallet).await {
            seen.fail(&error);
        }
        for node in 0..3 {
            network.node(node).recover();
        }
    }
    // A session that has ended.
    let short = request().lasting(Duration::from_secs(60));
    let session = client.session(&short, &wallet).await.unwrap();
    seen.session("a short session", &session);
    network.clock().advance(Duration::from_secs(120));
    let call = ExecuteJs::code("1");
    seen.fail(&client.execute_js(&session, &call).await.unwrap_err());
}

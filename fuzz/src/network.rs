//! The embedded network: requests to its nodes, and the answers of nodes to a client.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use lit_devnet::Devnet;
use lit_node_transport::{NodeRequest, NodeResponse, NodeTransport, TransportError};
use lit_sdk::{
    AuthMethod, Encrypted, ExecuteJs, LitNodeClient, PkpLogin, PkpPublicKey, PkpSign, Session,
    SessionRequest, WalletAuth, calls::ClaimKeyId,
};
use lit_types::{
    NodeUrl, SessionSigs,
    access_control::{AccessControlConditions, ConditionExpression, EvmBasicCondition},
    constants::AuthMethodType,
    wire::Endpoint,
};
use serde_json::{Value, json};

use crate::{accounts, selected, text};

/// In a request, the session signature for the node.
pub(crate) const SESSION: &str = "@SESSION@";

/// The response of the action that is run.
const HELLO: &str = "hello";

static NETWORK: LazyLock<Network> = LazyLock::new(Network::start);

/// A network in memory, and a client of it.
struct Network {
    devnet: Devnet,
    nodes: Arc<Liars>,
    client: LitNodeClient,
    session: Session,
    encrypted: Encrypted,
    sigs: SessionSigs,
}

impl Network {
    fn start() -> Self {
        accounts::runtime().block_on(async {
            let devnet = Devnet::start(3).await.expect("the network starts");
            let nodes = Arc::new(Liars::new(&devnet));
            let builder = LitNodeClient::builder(&devnet).with_transport(nodes.clone());
            let client = builder.connect().await.expect("the nodes are honest");
            let owner =
                EvmBasicCondition::wallet_is("ethereum", accounts::wallet().address().to_string());
            let conditions = AccessControlConditions::EvmBasic(ConditionExpression::new(owner));
            let encrypted = client
                .encrypt(HELLO, &conditions)
                .await
                .expect("a short text");
            let request =
                SessionRequest::new(accounts::rights().into_iter().chain([encrypted.right()]));
            let wallet = WalletAuth::new(accounts::wallet());
            let session = client
                .session(&request, &wallet)
                .await
                .expect("a wallet signs");
            let sigs = client
                .get_session_sigs(&request, &wallet)
                .await
                .expect("a wallet signs");
            Self {
                devnet,
                nodes,
                client,
                session,
                encrypted,
                sigs,
            }
        })
    }

    /// Sends a body to the first node. The answer is JSON, and is no failure of the node.
    fn ask(&self, endpoint: Endpoint, body: Vec<u8>) {
        let request = NodeRequest::new(
            self.devnet.node_urls()[0].clone(),
            endpoint,
            vec![
                ("content-type", "application/json".to_owned()),
                ("x-request-id", "lit_abc".to_owned()),
            ],
            body,
        );
        let answer = accounts::runtime().block_on(self.devnet.transport().send(request));
        let answer = answer.expect("the node answers");
        let parsed: Value = serde_json::from_slice(&answer.body).expect("the answer is JSON");
        assert!((200..=599).contains(&answer.status), "{parsed}");
    }
}

/// Nodes, all or the first of which answer as they are told.
struct Liars {
    nodes: Arc<dyn NodeTransport>,
    first: NodeUrl,
    lie: Mutex<Option<Lie>>,
}

#[derive(Clone)]
struct Lie {
    by_all: bool,
    /// Or of everything else.
    of_handshakes: bool,
    answer: NodeResponse,
}

impl Liars {
    fn new(devnet: &Devnet) -> Self {
        Self {
            nodes: devnet.transport(),
            first: devnet.node_urls()[0].clone(),
            lie: Mutex::default(),
        }
    }

    fn tell(&self, lie: Option<Lie>) {
        *self.lie.lock().unwrap_or_else(PoisonError::into_inner) = lie;
    }
}

#[async_trait]
impl NodeTransport for Liars {
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
        let lie = self
            .lie
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match lie {
            Some(lie)
                if lie.of_handshakes == (request.endpoint == Endpoint::Handshake)
                    && (lie.by_all || request.node == self.first) =>
            {
                Ok(lie.answer)
            }
            _ => self.nodes.send(request).await,
        }
    }
}

/// The statuses of lies.
const STATUSES: [u16; 4] = [200, 400, 202, 502];

fn lie(mode: usize, of_handshakes: bool, body: &[u8]) -> Lie {
    Lie {
        by_all: mode & 1 == 0,
        of_handshakes,
        answer: NodeResponse {
            status: STATUSES[mode >> 1 & 3],
            body: Bytes::copy_from_slice(body),
        },
    }
}

/// A client that connects to nodes that answer so.
pub(crate) fn handshake(data: &[u8]) {
    let (mode, body) = selected(data);
    let network = &*NETWORK;
    let lie = lie(mode, true, body);
    let honest = !lie.by_all;
    network.nodes.tell(Some(lie));
    let builder = LitNodeClient::builder(&network.devnet).with_transport(network.nodes.clone());
    let connected = accounts::runtime().block_on(builder.connect());
    network.nodes.tell(None);
    if honest {
        let keys = connected.expect("two of three nodes are honest").keys();
        assert_eq!(keys, network.client.keys());
    }
}

/// Calls to nodes that answer so.
pub(crate) fn answer(data: &[u8]) {
    let (mode, body) = selected(data);
    let network = &*NETWORK;
    let (client, session) = (&network.client, &network.session);
    network.nodes.tell(Some(lie(mode, false, body)));
    accounts::runtime().block_on(async {
        match (mode >> 3) % 5 {
            0 => {
                let call = ExecuteJs::code(format!(
                    "Lit.Actions.setResponse({{ response: '{HELLO}' }})"
                ));
                let result = client.execute_js(session, &call).await;
                if mode & 1 == 1 {
                    assert_eq!(
                        result.expect("two of three nodes are honest").response,
                        HELLO
                    );
                }
            }
            1 => {
                let result = client.decrypt(session, &network.encrypted).await;
                if mode & 1 == 1 {
                    assert_eq!(
                        *result.expect("two of three nodes are honest"),
                        HELLO.as_bytes()
                    );
                }
            }
            2 => {
                let call = PkpSign::digest(pkp(), [1; 32]).with_attempts(3);
                assert!(
                    client.pkp_sign(session, &call).await.is_err(),
                    "the PKP is unknown"
                );
            }
            3 => {
                let method = AuthMethod::new(AuthMethodType::EthWallet, "{}".to_owned());
                let _ = client.claim_key_id(&ClaimKeyId::new(method)).await;
            }
            _ => {
                let request = SessionRequest::new(accounts::rights());
                let session = client.session(&request, &PkpLogin::new(pkp())).await;
                assert!(session.is_err(), "the PKP is unknown");
            }
        }
    });
    network.nodes.tell(None);
}

/// A public key that is no PKP.
fn pkp() -> PkpPublicKey {
    let key = accounts::wallet()
        .credential()
        .verifying_key()
        .to_encoded_point(false);
    PkpPublicKey::from_sec1(key.as_bytes()).expect("a public key")
}

/// A body for one of the endpoints.
pub(crate) fn request(data: &[u8]) {
    let (mode, body) = selected(data);
    let endpoint = Endpoint::ALL[mode % Endpoint::ALL.len()];
    let network = &*NETWORK;
    let body = match text(body) {
        Some(text) if text.contains(SESSION) => {
            let (_, sig) = network.sigs.iter().next().expect("there are three");
            text.replace(SESSION, &json!(sig).to_string()).into_bytes()
        }
        _ => body.to_vec(),
    };
    network.ask(endpoint, body);
}

/// A token of an issuer of JWTs.
pub(crate) fn jwt(data: &[u8]) {
    const KINDS: [AuthMethodType; 4] = [
        AuthMethodType::GoogleJwt,
        AuthMethodType::AppleJwt,
        AuthMethodType::StytchOtp,
        AuthMethodType::StytchEmailFactorOtp,
    ];
    let (kind, token) = selected(data);
    let Some(token) = text(token) else { return };
    claim(KINDS[kind % KINDS.len()], token);
}

/// An assertion of an authenticator.
pub(crate) fn webauthn(data: &[u8]) {
    let Some(token) = text(data) else { return };
    claim(AuthMethodType::WebAuthn, token);
    let method = AuthMethod::new(AuthMethodType::WebAuthn, token.to_owned());
    let _ = lit_sdk::login::WebAuthnProvider::public_key(&method);
}

fn claim(kind: AuthMethodType, token: &str) {
    let method = AuthMethod::new(kind, token.to_owned());
    let body = json!({ "authMethod": method }).to_string();
    NETWORK.ask(Endpoint::PkpClaim, body.into_bytes());
}

/// A token of the network's own issuer.
pub(crate) fn issued_jwt() -> String {
    let claims = lit_devnet::JwtClaims::new("user", "app").with_email("user@example.com");
    NETWORK
        .devnet
        .issue_jwt(lit_devnet::JwtProvider::Google, &claims)
}

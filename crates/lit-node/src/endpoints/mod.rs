//! What a node does at each endpoint.

mod action_powers;
mod asker;
mod claim;
mod code;
mod decrypt;
mod execute;
mod handshake;
mod pkp_sign;
mod route;
mod session;
mod session_message;
mod share;
mod sign_session_key;

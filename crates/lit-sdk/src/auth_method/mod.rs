//! Ids and keys of auth methods, by which a PKP permits them.

mod id;
mod webauthn_key;

pub use self::{
    id::{
        AuthMethodIdError, DISCORD_CLIENT_ID, JwtIdentity, action_auth_method_id, auth_method_id,
        discord_auth_method_id, unverified_jwt_identity,
    },
    webauthn_key::{WebAuthnError, webauthn_public_key},
};

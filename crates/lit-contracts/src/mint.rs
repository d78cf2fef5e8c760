use alloy_primitives::{Address, Bytes, U256};
use lit_types::constants::AuthMethodScope;

use crate::{
    ActionCid, ContractError, PermittedAuthMethod, Scopes,
    bindings::{PKPHelper, PKPHelperV2},
    pkp::KEY_TYPE,
};

/// Who gets the NFT of a new PKP. The owner may use the PKP without further permission, and alone may change permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PkpOwner {
    /// Who sends the transaction.
    Sender,
    /// The PKP itself: its permissions are changed by transactions that the nodes sign for it.
    #[doc(alias = "sendPkpToItself")]
    Itself,
    /// Another account, not zero.
    #[doc(alias = "sendToAddressAfterMinting")]
    Address(Address),
    /// Nobody, for ever: the permissions given here can never change. Nodes refuse to sign for it, whatever the
    /// permissions say, where they ask for the owner first, as the official ones do.
    #[doc(alias = "burnPkp")]
    Nobody,
}

/// A PKP to be minted together with its permissions, in one transaction.
///
/// ```
/// use lit_contracts::{PermittedAuthMethod, MintRequest, PkpOwner, Scopes};
/// use lit_types::constants::AuthMethodType;
///
/// let google = PermittedAuthMethod::new(AuthMethodType::GoogleJwt, [0x11; 32]);
/// let request = MintRequest::new(PkpOwner::Itself).permit(google, Scopes::SIGN_ANYTHING);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[doc(alias("mintWithAuth", "AuthMethodData", "NewPKPParams"))]
pub struct MintRequest {
    owner: PkpOwner,
    actions: Vec<(ActionCid, Scopes)>,
    addresses: Vec<(Address, Scopes)>,
    methods: Vec<(PermittedAuthMethod, Scopes)>,
    own_address: Option<Scopes>,
}

/// The function that makes the PKP.
pub(crate) enum MintCall {
    V1(PKPHelper::mintNextAndAddAuthMethodsCall),
    V1WithTypes(PKPHelper::mintNextAndAddAuthMethodsWithTypesCall),
    V2(PKPHelperV2::mintNextAndAddAuthMethodsCall),
}

impl MintRequest {
    /// Without permissions.
    #[must_use]
    pub const fn new(owner: PkpOwner) -> Self {
        Self {
            owner,
            actions: Vec::new(),
            addresses: Vec::new(),
            methods: Vec::new(),
            own_address: None,
        }
    }

    /// Permits an auth method. Default: none.
    #[must_use]
    pub fn permit(mut self, method: PermittedAuthMethod, scopes: Scopes) -> Self {
        self.methods.push((method, scopes));
        self
    }

    /// Permits a Lit Action. Default: none.
    #[must_use]
    pub fn permit_action(mut self, cid: ActionCid, scopes: Scopes) -> Self {
        self.actions.push((cid, scopes));
        self
    }

    /// Permits a wallet. Default: none.
    #[must_use]
    pub fn permit_address(mut self, address: Address, scopes: Scopes) -> Self {
        self.addresses.push((address, scopes));
        self
    }

    /// Permits the address of the PKP itself. Default: it is not (the official client lists it, without any scope, which
    /// authorises nothing).
    #[doc(alias("addPkpEthAddressAsPermittedAddress", "pkpEthAddressScopes"))]
    #[must_use]
    pub const fn permit_own_address(mut self, scopes: Scopes) -> Self {
        self.own_address = Some(scopes);
        self
    }

    /// The function of the first helper where it can do what is asked, else that of the second one.
    ///
    /// # Errors
    /// [`ContractError::UnusablePkp`].
    pub(crate) fn into_call(self) -> Result<MintCall, ContractError> {
        let usable = match self.owner {
            PkpOwner::Sender => true,
            // The contract would take zero for nobody in particular, and give the PKP to the sender.
            PkpOwner::Address(owner) => !owner.is_zero(),
            PkpOwner::Itself | PkpOwner::Nobody => self.somebody_may_sign(),
        };
        if !usable {
            return Err(ContractError::UnusablePkp);
        }
        let first_helper = matches!(self.owner, PkpOwner::Sender | PkpOwner::Itself)
            && self.own_address.is_none_or(|scopes| scopes == Scopes::NONE);
        let itself = self.owner == PkpOwner::Itself;
        let own_address = self.own_address.is_some();
        let typed = !self.actions.is_empty() || !self.addresses.is_empty();
        Ok(match (first_helper, typed) {
            (true, false) => {
                let methods = MethodLists::new(self.methods);
                MintCall::V1(PKPHelper::mintNextAndAddAuthMethodsCall {
                    keyType: KEY_TYPE,
                    permittedAuthMethodTypes: methods.kinds,
                    permittedAuthMethodIds: methods.ids,
                    permittedAuthMethodPubkeys: methods.public_keys,
                    permittedAuthMethodScopes: methods.scopes,
                    addPkpEthAddressAsPermittedAddress: own_address,
                    sendPkpToItself: itself,
                })
            }
            (true, true) => {
                let methods = MethodLists::new(self.methods);
                let (cids, cid_scopes) = lists(self.actions, Bytes::from);
                let (addresses, address_scopes) = lists(self.addresses, |address| address);
                MintCall::V1WithTypes(PKPHelper::mintNextAndAddAuthMethodsWithTypesCall {
                    keyType: KEY_TYPE,
                    permittedIpfsCIDs: cids,
                    permittedIpfsCIDScopes: cid_scopes,
                    permittedAddresses: addresses,
                    permittedAddressScopes: address_scopes,
                    permittedAuthMethodTypes: methods.kinds,
                    permittedAuthMethodIds: methods.ids,
                    permittedAuthMethodPubkeys: methods.public_keys,
                    permittedAuthMethodScopes: methods.scopes,
                    addPkpEthAddressAsPermittedAddress: own_address,
                    sendPkpToItself: itself,
                })
            }
            (false, _) => MintCall::V2(self.into_second_helper()),
        })
    }

    /// The PKP's own address does not count: only who may use the PKP can sign for it.
    fn somebody_may_sign(&self) -> bool {
        let actions = self.actions.iter().map(|(_, scopes)| scopes);
        let addresses = self.addresses.iter().map(|(_, scopes)| scopes);
        let methods = self.methods.iter().map(|(_, scopes)| scopes);
        actions.chain(addresses).chain(methods).any(|scopes| {
            scopes.contains(AuthMethodScope::SignAnything)
                || scopes.contains(AuthMethodScope::PersonalSign)
        })
    }

    /// The second helper knows methods only: actions and addresses are methods of their kinds, in the same order.
    fn into_second_helper(self) -> PKPHelperV2::mintNextAndAddAuthMethodsCall {
        let actions = self.actions.iter();
        let addresses = self.addresses.iter();
        let methods = MethodLists::new(
            actions
                .map(|(cid, scopes)| (PermittedAuthMethod::action(cid), *scopes))
                .chain(
                    addresses
                        .map(|(address, scopes)| (PermittedAuthMethod::address(*address), *scopes)),
                )
                .chain(self.methods)
                .collect(),
        );
        PKPHelperV2::mintNextAndAddAuthMethodsCall {
            params: PKPHelperV2::NewPKPParams {
                keyType: KEY_TYPE,
                permittedAuthMethodTypes: methods.kinds,
                permittedAuthMethodIds: methods.ids,
                permittedAuthMethodPubkeys: methods.public_keys,
                permittedAuthMethodScopes: methods.scopes,
                addPkpEthAddressAsPermittedAddress: self.own_address.is_some(),
                pkpEthAddressScopes: self.own_address.unwrap_or_default().to_list(),
                sendPkpToItself: self.owner == PkpOwner::Itself,
                burnPkp: self.owner == PkpOwner::Nobody,
                sendToAddressAfterMinting: match self.owner {
                    PkpOwner::Address(address) => address,
                    _ => Address::ZERO,
                },
            },
        }
    }
}

/// Auth methods as the contracts take them: one list for each member.
pub(crate) struct MethodLists {
    pub(crate) kinds: Vec<U256>,
    pub(crate) ids: Vec<Bytes>,
    pub(crate) public_keys: Vec<Bytes>,
    pub(crate) scopes: Vec<Vec<U256>>,
}

impl MethodLists {
    pub(crate) fn new(methods: Vec<(PermittedAuthMethod, Scopes)>) -> Self {
        let (methods, scopes) = lists(methods, |method| method);
        Self {
            kinds: methods
                .iter()
                .map(|method| method.kind().number())
                .collect(),
            ids: methods.iter().map(|method| method.id().clone()).collect(),
            public_keys: methods
                .iter()
                .map(|method| method.user_public_key().clone())
                .collect(),
            scopes,
        }
    }
}

fn lists<T, U>(permitted: Vec<(T, Scopes)>, value: impl Fn(T) -> U) -> (Vec<U>, Vec<Vec<U256>>) {
    permitted
        .into_iter()
        .map(|(permitted, scopes)| (value(permitted), scopes.to_list()))
        .unzip()
}

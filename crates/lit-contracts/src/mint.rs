use alloy_primitives::{Address, Bytes, U256};
use lit_types::constants::AuthMethodScope;

use crate::{
    ActionCid, ContractError, PermittedAuthMethod, Scopes,
    bindings::{PKPHelper, PKPHelperV2},
};

/// The key type of every PKP: secp256k1.
pub(crate) const KEY_TYPE: U256 = U256::from_limbs([2, 0, 0, 0]);

/// The owner of a new PKP's NFT. The owner may use the PKP without a permission, and alone may change permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Owner {
    Sender,
    Pkp,
    Address(Address),
    Nobody,
}

/// A PKP to mint together with its permissions, in one transaction.
///
/// ```
/// use lit_contracts::{NewPkp, PermittedAuthMethod, Scopes};
/// use lit_types::constants::AuthMethodType;
///
/// let google = PermittedAuthMethod::new(AuthMethodType::GoogleJwt, [0x11; 32]);
/// let request = NewPkp::owned_by_pkp().with_auth_method(google, Scopes::SIGN_ANYTHING);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
#[doc(alias("mintWithAuth", "AuthMethodData", "NewPKPParams"))]
pub struct NewPkp {
    owner: Owner,
    actions: Vec<(ActionCid, Scopes)>,
    addresses: Vec<(Address, Scopes)>,
    methods: Vec<(PermittedAuthMethod, Scopes)>,
    own_address: Option<Scopes>,
}

/// The call that mints the PKP.
pub(crate) enum MintCall {
    V1(PKPHelper::mintNextAndAddAuthMethodsCall),
    V1WithTypes(PKPHelper::mintNextAndAddAuthMethodsWithTypesCall),
    V2(PKPHelperV2::mintNextAndAddAuthMethodsCall),
}

impl NewPkp {
    /// A PKP that the sender of the transaction owns.
    pub const fn owned_by_sender() -> Self {
        Self::owned(Owner::Sender)
    }

    /// A PKP that owns itself: its permissions are changed by transactions that the nodes sign for it.
    #[doc(alias = "sendPkpToItself")]
    pub const fn owned_by_pkp() -> Self {
        Self::owned(Owner::Pkp)
    }

    /// A PKP that this account owns. The zero address gives [`ContractError::UnusablePkp`].
    #[doc(alias = "sendToAddressAfterMinting")]
    pub const fn owned_by(owner: Address) -> Self {
        Self::owned(Owner::Address(owner))
    }

    /// A PKP that nobody owns: its permissions can never change. Nodes that ask for the owner first, as the official ones do,
    /// refuse to sign for it, whatever the permissions say.
    #[doc(alias = "burnPkp")]
    pub const fn owned_by_nobody() -> Self {
        Self::owned(Owner::Nobody)
    }

    const fn owned(owner: Owner) -> Self {
        Self {
            owner,
            actions: Vec::new(),
            addresses: Vec::new(),
            methods: Vec::new(),
            own_address: None,
        }
    }

    /// Permits an auth method. Default: none.
    pub fn with_auth_method(mut self, method: PermittedAuthMethod, scopes: Scopes) -> Self {
        self.methods.push((method, scopes));
        self
    }

    /// Permits a Lit Action. Default: none.
    pub fn with_action(mut self, cid: ActionCid, scopes: Scopes) -> Self {
        self.actions.push((cid, scopes));
        self
    }

    /// Permits a wallet. Default: none.
    pub fn with_address(mut self, address: Address, scopes: Scopes) -> Self {
        self.addresses.push((address, scopes));
        self
    }

    /// Permits the PKP's own address. Default: not permitted. The official client lists it without scopes, which permits
    /// nothing.
    #[doc(alias("addPkpEthAddressAsPermittedAddress", "pkpEthAddressScopes"))]
    pub const fn with_own_address(mut self, scopes: Scopes) -> Self {
        self.own_address = Some(scopes);
        self
    }

    /// A call of the first helper contract if that suffices, else of the second.
    ///
    /// # Errors
    /// [`ContractError::UnusablePkp`].
    pub(crate) fn into_call(self) -> Result<MintCall, ContractError> {
        let usable = match self.owner {
            Owner::Sender => true,
            // The contract gives a PKP for the zero address to the sender.
            Owner::Address(owner) => !owner.is_zero(),
            Owner::Pkp | Owner::Nobody => self.somebody_may_sign(),
        };
        if !usable {
            return Err(ContractError::UnusablePkp);
        }
        let first_helper = matches!(self.owner, Owner::Sender | Owner::Pkp)
            && self.own_address.is_none_or(|scopes| scopes == Scopes::NONE);
        let itself = self.owner == Owner::Pkp;
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

    /// The PKP's own address does not count: somebody else must be able to use the PKP first.
    fn somebody_may_sign(&self) -> bool {
        let actions = self.actions.iter().map(|(_, scopes)| scopes);
        let addresses = self.addresses.iter().map(|(_, scopes)| scopes);
        let methods = self.methods.iter().map(|(_, scopes)| scopes);
        actions.chain(addresses).chain(methods).any(|scopes| {
            scopes.contains(AuthMethodScope::SignAnything)
                || scopes.contains(AuthMethodScope::PersonalSign)
        })
    }

    /// The second helper takes actions and addresses as auth methods of their kinds, in the same order.
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
                sendPkpToItself: self.owner == Owner::Pkp,
                burnPkp: self.owner == Owner::Nobody,
                sendToAddressAfterMinting: match self.owner {
                    Owner::Address(address) => address,
                    _ => Address::ZERO,
                },
            },
        }
    }
}

/// Auth methods as the contracts take them: one list per member.
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

alloy_sol_types::sol! {
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    interface PKPHelper {
        struct Signature {
            bytes32 r;
            bytes32 s;
            uint8 v;
        }

        struct ClaimMaterial {
            uint256 keyType;
            bytes32 derivedKeyId;
            Signature[] signatures;
        }

        struct ClaimMaterialV2 {
            uint256 keyType;
            bytes32 derivedKeyId;
            Signature[] signatures;
            address stakingContractAddress;
        }

        struct AuthMethodData {
            uint256 keyType;
            bytes[] permittedIpfsCIDs;
            uint256[][] permittedIpfsCIDScopes;
            address[] permittedAddresses;
            uint256[][] permittedAddressScopes;
            uint256[] permittedAuthMethodTypes;
            bytes[] permittedAuthMethodIds;
            bytes[] permittedAuthMethodPubkeys;
            uint256[][] permittedAuthMethodScopes;
            bool addPkpEthAddressAsPermittedAddress;
            bool sendPkpToItself;
        }

        function claimAndMintNextAndAddAuthMethods(
            ClaimMaterial claimMaterial,
            AuthMethodData authMethodData
        ) external payable returns (uint256);
        function claimAndMintNextAndAddAuthMethodsWithTypes(
            ClaimMaterial claimMaterial,
            AuthMethodData authMethodData
        ) external payable returns (uint256);
        function claimAndMintNextAndAddAuthMethodsWithTypesV2(
            ClaimMaterialV2 claimMaterial,
            AuthMethodData authMethodData
        ) external payable returns (uint256);
        function mintNextAndAddAuthMethods(
            uint256 keyType,
            uint256[] permittedAuthMethodTypes,
            bytes[] permittedAuthMethodIds,
            bytes[] permittedAuthMethodPubkeys,
            uint256[][] permittedAuthMethodScopes,
            bool addPkpEthAddressAsPermittedAddress,
            bool sendPkpToItself
        ) external payable returns (uint256);
        function mintNextAndAddAuthMethodsWithTypes(
            uint256 keyType,
            bytes[] permittedIpfsCIDs,
            uint256[][] permittedIpfsCIDScopes,
            address[] permittedAddresses,
            uint256[][] permittedAddressScopes,
            uint256[] permittedAuthMethodTypes,
            bytes[] permittedAuthMethodIds,
            bytes[] permittedAuthMethodPubkeys,
            uint256[][] permittedAuthMethodScopes,
            bool addPkpEthAddressAsPermittedAddress,
            bool sendPkpToItself
        ) external payable returns (uint256);
    }
}

alloy_sol_types::sol! {
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    interface PKPHelperV2 {
        struct NewPKPParams {
            uint256 keyType;
            uint256[] permittedAuthMethodTypes;
            bytes[] permittedAuthMethodIds;
            bytes[] permittedAuthMethodPubkeys;
            uint256[][] permittedAuthMethodScopes;
            bool addPkpEthAddressAsPermittedAddress;
            uint256[] pkpEthAddressScopes;
            bool sendPkpToItself;
            bool burnPkp;
            address sendToAddressAfterMinting;
        }

        function mintNextAndAddAuthMethods(NewPKPParams params) external payable returns (uint256);
    }
}

alloy_sol_types::sol! {
    /// Every custom error of the contracts.
    #[derive(Debug, PartialEq, Eq)]
    interface LitErrors {
        error ActiveValidatorsCannotLeave();
        error AdminRoleRequired();
        error AliasNotOwnedBySender(address,address);
        error CallerNotOwner();
        error CallerNotOwnerOrDevopsAdmin();
        error CannotAddFunctionToDiamondThatAlreadyExists(bytes4);
        error CannotAddSelectorsToZeroAddress(bytes4[]);
        error CannotKickBelowCurrentValidatorThreshold();
        error CannotRejoinUntilNextEpochBecauseKicked(address);
        error CannotRemoveAliasOfActiveValidator(address);
        error CannotRemoveFunctionThatDoesNotExist(bytes4);
        error CannotRemoveImmutableFunction(bytes4);
        error CannotReplaceFunctionThatDoesNotExists(bytes4);
        error CannotReplaceFunctionWithTheSameFunctionFromTheSameFacet(bytes4);
        error CannotReplaceFunctionsFromFacetWithZeroAddress(bytes4[]);
        error CannotReplaceImmutableFunction(bytes4);
        error CannotReuseCommsKeys(uint256,uint256);
        error CannotStakeZero();
        error CannotVoteTwice(address);
        error CannotWithdrawZero();
        error CouldNotMapNodeAddressToStakerAddress(address);
        error FunctionNotFound(bytes4);
        error IncorrectFacetCutAction(uint8);
        error InitializationFunctionReverted(address,bytes);
        error InvalidShortString();
        error MaxAliasCountReached(uint256);
        error MustBeInActiveOrUnlockedOrPausedState(uint8);
        error MustBeInActiveOrUnlockedState(uint8);
        error MustBeInNextValidatorSetLockedOrReadyForNextEpochOrRestoreState(uint8);
        error MustBeInNextValidatorSetLockedOrReadyForNextEpochState(uint8);
        error MustBeInNextValidatorSetLockedState(uint8);
        error MustBeInReadyForNextEpochState(uint8);
        error MustBeValidatorInNextEpochToKick(address);
        error NoBytecodeAtAddress(address,string);
        error NoSelectorsProvidedForFacetForCut(address);
        error NotContractOwner(address,address);
        error NotEnoughTimeElapsedForTimeoutSinceLastEpoch(uint256,uint256,uint256);
        error NotEnoughTimeElapsedSinceLastEpoch(uint256,uint256);
        error NotEnoughValidatorsInNextEpoch(uint256,uint256);
        error NotEnoughValidatorsReadyForNextEpoch(uint256,uint256,uint256);
        error OnlyStakingContract(address);
        error RemoveFacetAddressMustBeZeroAddress(address);
        error SignaledReadyForWrongEpochNumber(uint256,uint256);
        error StakeMustBeGreaterThanMinimumStake(uint256,uint256);
        error StakeMustBeLessThanMaximumStake(uint256,uint256);
        error StakerNotPermitted(address);
        error StringTooLong(string);
        error TryingToWithdrawMoreThanStaked(uint256,uint256);
        error ValidatorIsNotInNextEpoch(address,address[]);
    }
}

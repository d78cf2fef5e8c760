// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.37;

/// @notice A set of words that can be listed. Removal moves the last element into the gap, so it changes the order;
/// the order is visible in what the contracts list, and the deployed contracts behave the same way.
library EnumerableSet {
    struct Set {
        uint256[] elements;
        // Position in `elements` plus one; zero is absence.
        mapping(uint256 => uint256) positions;
    }

    /// @return Whether the set grew.
    function add(Set storage set, uint256 element) internal returns (bool) {
        if (contains(set, element)) return false;
        set.elements.push(element);
        set.positions[element] = set.elements.length;
        return true;
    }

    /// @return Whether the set shrank.
    function remove(Set storage set, uint256 element) internal returns (bool) {
        uint256 position = set.positions[element];
        if (position == 0) return false;

        uint256 last = set.elements[set.elements.length - 1];
        set.elements[position - 1] = last;
        set.positions[last] = position;
        set.elements.pop();
        delete set.positions[element];
        return true;
    }

    function add(Set storage set, address element) internal returns (bool) {
        return add(set, uint160(element));
    }

    function remove(Set storage set, address element) internal returns (bool) {
        return remove(set, uint160(element));
    }

    /// @notice Removes every element.
    function clear(Set storage set) internal {
        for (uint256 i = 0; i < set.elements.length; i++) {
            delete set.positions[set.elements[i]];
        }
        delete set.elements;
    }

    function contains(Set storage set, uint256 element) internal view returns (bool) {
        return set.positions[element] != 0;
    }

    function contains(Set storage set, address element) internal view returns (bool) {
        return contains(set, uint160(element));
    }

    function length(Set storage set) internal view returns (uint256) {
        return set.elements.length;
    }

    function elementAt(Set storage set, uint256 index) internal view returns (uint256) {
        return set.elements[index];
    }

    /// @notice All elements, of a set that holds addresses.
    function addresses(Set storage set) internal view returns (address[] memory all) {
        all = new address[](set.elements.length);
        for (uint256 i = 0; i < all.length; i++) {
            all[i] = address(uint160(set.elements[i]));
        }
    }
}

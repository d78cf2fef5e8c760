//! Who signs together, as the reference node has it.

use lit_node_transport::elect_signers;
use proptest::prelude::*;

/// What `StdRng` of rand 0.8 makes of the hash by the standard library, which is what the reference node uses. Should either
/// change, nodes of that version still choose so.
#[test]
fn signers_are_those_of_the_reference_node() {
    let id = "lit_0f3e9c0326207";
    let invented = "LD-1b4e28ba-2fa1-11d2-883f-0016d3cca427";
    let known: [(u8, &str, usize, &[usize]); 7] = [
        (0x90, "lit_1", 10, &[0, 2, 4, 5, 6, 9]),
        (0x90, "lit_2", 10, &[3, 4, 6, 7, 8, 9]),
        (0x00, id, 3, &[0, 1]),
        (0xff, id, 5, &[1, 3, 4]),
        (0x02, invented, 7, &[1, 4, 5, 6]),
        (
            0x07,
            "lit_00112233445566778899aabbccddeeff",
            30,
            &[
                0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16, 18, 19, 20, 22, 24, 26,
            ],
        ),
        (
            0x01,
            "",
            100,
            &[
                0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 22, 23, 25, 26, 27,
                30, 31, 32, 33, 34, 35, 37, 39, 40, 41, 42, 43, 48, 49, 52, 54, 55, 56, 57, 58, 59,
                62, 63, 65, 67, 69, 70, 71, 75, 78, 79, 80, 83, 87, 89, 91, 92, 94, 95, 96, 97, 98,
                99,
            ],
        ),
    ];
    for (fill, id, nodes, signers) in known {
        let elected = elect_signers(&[fill; 32], id, nodes, signers.len());
        assert_eq!(elected, signers, "{id} among {nodes}");
    }
}

proptest! {
    #[test]
    fn as_many_sign_as_have_to(
        message in prop::collection::vec(any::<u8>(), 0..64),
        id in ".*",
        nodes in 0_usize..256,
        threshold in 0_usize..256,
    ) {
        let elected = elect_signers(&message, &id, nodes, threshold);
        prop_assert_eq!(elected.len(), threshold.min(nodes));
        prop_assert!(elected.is_sorted_by(|one, next| one < next));
        prop_assert!(elected.iter().all(|place| *place < nodes));
    }
}

/// Everybody signs equally often, whoever they sign with.
#[test]
fn no_node_is_preferred() {
    let mut signed = [0_u32; 10];
    for request in 0..2000 {
        for place in elect_signers(&[1; 32], &format!("lit_{request}"), 10, 6) {
            signed[place] += 1;
        }
    }
    // 1200 each, give or take 22.
    assert!(
        signed.iter().all(|count| (1090..1310).contains(count)),
        "{signed:?}"
    );
}

use crate::choices::choices;

/// Sets of at most `spare` of `count` places to be left out in turn, such that soon one of them holds all places that are
/// bad.
///
/// For one bad place it is enough to leave out blocks of `spare`, for two all pairs of blocks half as large, and so on: for
/// `e` bad places all choices of `e` blocks of `spare / e`, of which there are few however many places there are.
pub(super) fn exclusions(count: usize, spare: usize) -> impl Iterator<Item = Vec<usize>> {
    (1..=spare).flat_map(move |bad| {
        let size = spare / bad;
        choices(count.div_ceil(size), bad).map(move |blocks| {
            let places = blocks
                .iter()
                .flat_map(|block| block * size..(block + 1) * size);
            places.filter(|place| *place < count).collect()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any bad places are left out together before there are more than a thousand tries.
    #[test]
    fn bad_places_are_found_soon() {
        for (count, spare, bad) in [
            (3, 1, 1),
            (12, 4, 4),
            (17, 3, 3),
            (44, 2, 2),
            (30, 10, 3),
            (100, 34, 4),
            (255, 85, 4),
        ] {
            let sets: Vec<Vec<usize>> = exclusions(count, spare).take(1000).collect();
            assert!(sets.iter().all(|set| set.len() <= spare));
            // Some of the choices, of places all over.
            for places in choices(count.min(40), bad).step_by(7).take(5000) {
                let places: Vec<usize> = places
                    .iter()
                    .map(|place| place * (count - 1) / (count.min(40) - 1))
                    .collect();
                let found = sets
                    .iter()
                    .any(|set| places.iter().all(|place| set.contains(place)));
                assert!(found, "{count} {spare} {places:?}");
            }
        }
    }
}

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

/// All choices of `k` of the numbers below `n`, in lexical order.
fn choices(n: usize, k: usize) -> impl Iterator<Item = Vec<usize>> {
    let first: Option<Vec<usize>> = (k <= n).then(|| (0..k).collect());
    std::iter::successors(first, move |last| {
        // The last number that can be raised; those after it follow closely.
        let at = (0..k).rev().find(|at| last[*at] < n - k + at)?;
        let mut next = last.clone();
        next[at] += 1;
        for follower in at + 1..k {
            next[follower] = next[follower - 1] + 1;
        }
        Some(next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_all_choices() {
        assert_eq!(
            choices(4, 2).collect::<Vec<_>>(),
            [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
        );
        assert_eq!(choices(3, 3).count(), 1);
        assert_eq!(choices(2, 3).count(), 0);
        assert_eq!(choices(13, 4).count(), 715);
    }

    /// Any bad places are left out together before there are more than a thousand tries.
    #[test]
    fn bad_places_are_found_soon() {
        for (count, spare, bad) in [
            (3, 1, 1),
            (12, 4, 4),
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

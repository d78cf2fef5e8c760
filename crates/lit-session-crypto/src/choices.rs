/// All choices of `k` numbers below `n`, in lexical order.
pub(crate) fn choices(n: usize, k: usize) -> impl Iterator<Item = Vec<usize>> {
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
}

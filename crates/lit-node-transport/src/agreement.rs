use std::{collections::HashMap, hash::Hash};

/// The value that more have given than any other; none when there are no values or several are tied.
///
/// The official client lets the last of the tied values win, which makes the answer depend on the order of arrival.
#[doc(alias = "mostCommonString")]
pub fn most_common<T: Hash + Eq>(values: impl IntoIterator<Item = T>) -> Option<T> {
    let mut counts: HashMap<T, usize> = HashMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let most = *counts.values().max()?;
    let mut winners = counts.into_iter().filter(|(_, count)| *count == most);
    let (winner, _) = winners.next()?;
    winners.next().is_none().then_some(winner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn majority_or_nothing() {
        assert_eq!(most_common(["a", "b", "a"]), Some("a"));
        assert_eq!(most_common(["x"]), Some("x"));
        assert_eq!(most_common(["a", "b"]), None);
        assert_eq!(most_common(["a", "b", "b", "a", "c"]), None);
        assert_eq!(most_common::<&str>([]), None);
    }
}

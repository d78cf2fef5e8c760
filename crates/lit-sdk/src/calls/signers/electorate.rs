/// How many guesses about who lies are compared. They are all for ten nodes, and those of up to three liars for thirty.
const MAX_GUESSES: usize = 8192;

/// The risk of a node that is back, but has not signed since it was late. It matters only if all else is equal.
const OF_A_RETURN: f64 = 1.0 / 1024.0;

/// How much less likely each further liar is.
const RARITY: f64 = 1.0 / 8.0;

/// Nodes by position: a network has at most 255.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Mask([u128; 2]);

impl Mask {
    pub(super) fn of(places: impl IntoIterator<Item = usize>) -> Self {
        let mut mask = Self::default();
        for place in places {
            mask.insert(place);
        }
        mask
    }

    fn insert(&mut self, place: usize) {
        if let Some(half) = self.0.get_mut(place / 128) {
            *half |= 1 << (place % 128);
        }
    }

    pub(super) fn contains(self, place: usize) -> bool {
        let half = self.0.get(place / 128);
        half.is_some_and(|half| half >> (place % 128) & 1 == 1)
    }

    fn and(self, other: Self) -> Self {
        Self([self.0[0] & other.0[0], self.0[1] & other.0[1]])
    }

    fn meets(self, other: Self) -> bool {
        self.and(other) != Self::default()
    }

    fn len(self) -> u32 {
        self.0[0].count_ones() + self.0[1].count_ones()
    }
}

/// The nodes that may be elected, by position, and the doubts about them.
#[derive(Debug)]
pub(super) struct Electorate {
    size: usize,
    absent: Mask,
    back: Mask,
    doubts: Vec<Mask>,
    /// The groups of liars that explain all doubts, with how likely they are.
    guesses: Vec<(Mask, f64)>,
    /// Whether those are all.
    are_all: bool,
}

impl Electorate {
    /// `proven` nodes are taken for honest. Each of the doubts has a liar.
    pub(super) fn new(size: usize, threshold: usize, proven: Mask, doubts: Vec<Mask>) -> Self {
        let mut electorate = Self {
            size,
            absent: Mask::default(),
            back: Mask::default(),
            guesses: Vec::new(),
            are_all: true,
            // A doubt about nodes that are not there explains nothing.
            doubts: doubts
                .into_iter()
                .filter(|doubt| *doubt != Mask::default())
                .collect(),
        };
        if !electorate.doubts.is_empty() {
            electorate.guess(size.saturating_sub(threshold), proven);
        }
        electorate
    }

    /// Sets the nodes that do not answer, and those that have answered again, but not signed.
    pub(super) const fn with_absent(mut self, absent: Mask, back: Mask) -> Self {
        self.absent = absent;
        self.back = back;
        self
    }

    /// Lists the groups of at most this many liars, if they are few enough.
    fn guess(&mut self, liars: usize, proven: Mask) {
        let suspects: Vec<usize> = (0..self.size).filter(|at| !proven.contains(*at)).collect();
        // Each with the first of the suspects that may join it, so that it is listed once.
        let mut groups = vec![(Mask::default(), 0)];
        let mut likely = 1.0;
        for _ in 0..liars.min(suspects.len()) {
            likely *= RARITY;
            let larger = |(group, next): &(Mask, usize)| {
                let (group, next) = (*group, *next);
                let suspects = &suspects;
                (next..suspects.len()).map(move |at| {
                    let mut larger = group;
                    larger.insert(suspects[at]);
                    (larger, at + 1)
                })
            };
            groups = groups
                .iter()
                .flat_map(larger)
                .take(MAX_GUESSES + 1)
                .collect();
            if groups.len() > MAX_GUESSES {
                self.are_all = false;
                return;
            }
            let explains = |group: Mask| self.doubts.iter().all(|doubt| doubt.meets(group));
            let explaining = groups.iter().filter(|(group, _)| explains(*group));
            let weighed: Vec<_> = explaining.map(|(group, _)| (*group, likely)).collect();
            self.guesses.extend(weighed);
        }
    }

    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// Whether no group of liars leaves a signing set without one.
    pub(super) fn is_hopeless(&self) -> bool {
        !self.doubts.is_empty() && self.are_all && self.guesses.is_empty()
    }

    /// Risk score of a signing set; 0 means no known problems. Each absent node adds 1, and a liar its likelihood.
    pub(super) fn risk(&self, set: Mask) -> f64 {
        let absent = f64::from(self.absent.and(set).len())
            + f64::from(self.back.and(set).len()) * OF_A_RETURN;
        if self.doubts.is_empty() {
            return absent;
        }
        let all: f64 = self.guesses.iter().map(|(_, likely)| likely).sum();
        if all == 0.0 {
            return absent + self.spoiled_risk(set);
        }
        let spoil = self.guesses.iter().filter(|(group, _)| group.meets(set));
        absent + spoil.map(|(_, likely)| likely).sum::<f64>() / all
    }

    /// The risk if nobody can guess who lies: a spoiled signature adds less, the more of its signers are not elected.
    fn spoiled_risk(&self, set: Mask) -> f64 {
        let met = self.doubts.iter().filter(|doubt| doubt.meets(set));
        let risk = |doubt: &Mask| {
            let left_out = doubt.len() - doubt.and(set).len();
            (0..left_out).fold(1.0, |risk, _| risk / 4.0)
        };
        met.map(risk).sum()
    }
}

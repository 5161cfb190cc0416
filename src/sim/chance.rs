//! Chance that is the same every time: numbers drawn by hashing what they are about, so that no state is kept.

/// What a number is drawn for, so that two questions about one thing get unrelated answers.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) enum Topic {
    Name = 1,
    Base,
    Pace,
    Gain,
    Level,
    Life,
    Networth,
    Status,
    Until,
    Active,
    Mover,
    Move,
    Joined,
    Faction,
    Chain,
    Enlist,
    Fate,
    Start,
    Length,
    Score,
    Target,
    Reward,
    Swap,
    Terrain,
    Home,
    Rival,
    Hold,
    Phase,
    Event,
    Result,
    Racket,
    RacketLevel,
    Fault,
}

/// The source of every draw in one world.
#[derive(Clone, Copy, Debug)]
pub(in crate::sim) struct Chance {
    seed: u64,
}

impl Chance {
    /// Chance that depends on nothing but `seed`.
    pub(in crate::sim) fn new(seed: u64) -> Self {
        Self { seed: mix(seed) }
    }

    /// A number from 0 to `sides` - 1 for a topic, a thing and an occasion.
    pub(in crate::sim) fn roll(self, topic: Topic, thing: i64, occasion: i64, sides: i64) -> i64 {
        let topic = (topic as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let hash = mix(self.seed ^ topic ^ thing.cast_unsigned().rotate_left(32));
        let hash = mix(hash.wrapping_add(occasion.cast_unsigned()));
        (hash >> 1).cast_signed() % sides.max(1)
    }

    /// Whether something that happens in `percent` of all cases happens in this one.
    pub(in crate::sim) fn happens(
        self,
        topic: Topic,
        thing: i64,
        occasion: i64,
        percent: i64,
    ) -> bool {
        self.roll(topic, thing, occasion, 100) < percent
    }

    /// One of the words in a list that is not empty.
    pub(in crate::sim) fn pick(
        self,
        topic: Topic,
        thing: i64,
        occasion: i64,
        words: &[&'static str],
    ) -> &'static str {
        let sides = i64::try_from(words.len()).unwrap_or(1);
        entry(words, self.roll(topic, thing, occasion, sides)).unwrap_or_default()
    }
}

/// The entry of a list at a signed index, or `None` outside it.
pub(in crate::sim) fn entry<T: Copy>(list: &[T], index: i64) -> Option<T> {
    list.get(usize::try_from(index).ok()?).copied()
}

/// The finalizer of SplitMix64: every bit of the input moves about half of the output.
fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

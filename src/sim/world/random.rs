//! Stateless random numbers: each is a hash of the seed and of its arguments, so the order of calls does not matter.

/// The purpose of a random number. Numbers for one subject and different topics are unrelated.
///
/// The discriminants are part of the hash: a new topic goes to the end, or every generated world changes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Topic {
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
    Outcome,
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

/// A source of random numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Random {
    seed: u64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed: mix(seed) }
    }

    /// A number from 0 to `bound` - 1.
    ///
    /// `subject` is usually an index or an id, and `draw` distinguishes the draws for one subject and topic.
    pub(crate) fn below(self, topic: Topic, subject: i64, draw: i64, bound: i64) -> i64 {
        let topic = (topic as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let hash = mix(self.seed ^ topic ^ subject.cast_unsigned().rotate_left(32));
        let hash = mix(hash.wrapping_add(draw.cast_unsigned()));
        (hash >> 1).cast_signed() % bound.max(1)
    }

    /// True with a probability of `percent` in 100.
    pub(crate) fn happens(self, topic: Topic, subject: i64, draw: i64, percent: i64) -> bool {
        self.below(topic, subject, draw, 100) < percent
    }

    /// One of the words of a list; an empty text when the list is empty.
    pub(crate) fn pick(
        self,
        topic: Topic,
        subject: i64,
        draw: i64,
        words: &[&'static str],
    ) -> &'static str {
        let bound = i64::try_from(words.len()).unwrap_or(1);
        item_at(words, self.below(topic, subject, draw, bound)).unwrap_or_default()
    }
}

/// The item of a list at a signed index; `None` when the index is outside.
pub(crate) fn item_at<T: Copy>(list: &[T], index: i64) -> Option<T> {
    list.get(usize::try_from(index).ok()?).copied()
}

/// The finalizer of SplitMix64: each bit of the input changes about half of the bits of the output.
fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

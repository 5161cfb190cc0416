//! Tells whether the rows of a month have changed.

use sha2::{Digest, Sha256};

use crate::model::rows::{Row, Value};

/// A hash over rows that does not depend on their order, and what their ids tell.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Fingerprint {
    pub(crate) rows: u64,
    /// The sum of the hashes of the rows.
    sum: u128,
}

impl Fingerprint {
    /// Adds the first `columns` values of a row.
    pub(crate) fn add(&mut self, row: &impl Row, columns: usize) {
        self.sum = self
            .sum
            .wrapping_add(u128::from_le_bytes(hash_of(row, columns)));
        self.rows += 1;
    }

    /// The fingerprint as text.
    pub(crate) fn text(&self) -> String {
        format!("{}-{:032x}", self.rows, self.sum)
    }
}

/// A hash over the first `columns` values of a row.
pub(crate) fn row_hash(row: &impl Row, columns: usize) -> i64 {
    let mut half = [0; 8];
    half.copy_from_slice(&hash_of(row, columns)[..8]);
    i64::from_le_bytes(half)
}

fn hash_of(row: &impl Row, columns: usize) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for column in 0..columns {
        match row.value(column) {
            Value::Null => hasher.update([0]),
            Value::Integer(number) => {
                hasher.update([1]);
                hasher.update(number.to_le_bytes());
            }
            Value::Real(number) => {
                hasher.update([2]);
                hasher.update(number.to_bits().to_le_bytes());
            }
            Value::Text(text) => add_bytes(&mut hasher, 3, text),
            Value::Blob(bytes) => add_bytes(&mut hasher, 4, bytes),
        }
    }
    let hash = hasher.finalize();
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

/// The length is hashed too, so that two texts differ from two others that are the same when joined.
fn add_bytes(hasher: &mut Sha256, kind: u8, bytes: &[u8]) {
    hasher.update([kind]);
    hasher.update((bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Texts<'a>(&'a [&'a str]);

    impl Row for Texts<'_> {
        fn value(&self, column: usize) -> Value<'_> {
            Value::Text(self.0[column].as_bytes())
        }
    }

    fn fingerprint(rows: &[&[&str]]) -> String {
        let mut fingerprint = Fingerprint::default();
        for row in rows {
            fingerprint.add(&Texts(row), row.len());
        }
        fingerprint.text()
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter_and_each_value_does() {
        let (first, second): (&[&str], &[&str]) = (&["ab", "c"], &["d", ""]);

        let both = fingerprint(&[first, second]);

        assert_eq!(both, fingerprint(&[second, first]));
        assert_ne!(both, fingerprint(&[first, first]));
        assert_ne!(fingerprint(&[first]), fingerprint(&[&["a", "bc"]]));
    }
}

//! A gzip file made by hand: a small reply that inflates to a huge one.

/// The bytes that a copy in deflate's format stands for at most.
const LONGEST_COPY: usize = 258;

/// A gzip file that inflates to `{"pad":"xxx…"}` of about `length` bytes.
pub(in crate::sim) fn bomb(length: usize) -> Vec<u8> {
    let copies = length / LONGEST_COPY;
    let mut bits = Bits::default();
    bits.put(0b1, 1); // The last block,
    bits.put(0b01, 2); // with the fixed codes.
    for &byte in b"{\"pad\":\"x" {
        bits.literal(byte);
    }
    for _ in 0..copies {
        bits.code(0b1100_0101, 8); // A copy of 258 bytes,
        bits.code(0, 5); // from one byte back.
    }
    for &byte in b"\"}" {
        bits.literal(byte);
    }
    bits.code(0, 7); // The end.

    let checksum = Crc::run(b"{\"pad\":\"x")
        .then(Crc::byte(b'x').times(copies * LONGEST_COPY))
        .then(Crc::run(b"\"}"))
        .checksum();
    let size = u32::try_from((copies * LONGEST_COPY + 11) & 0xffff_ffff).unwrap_or(0);
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    file.extend(bits.bytes);
    file.extend(checksum.to_le_bytes());
    file.extend(size.to_le_bytes());
    file
}

/// A stream of bits, least significant first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn put(&mut self, value: u16, count: u32) {
        for bit in 0..count {
            if self.used == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut()
                && value >> bit & 1 == 1
            {
                *last |= 1 << self.used;
            }
            self.used = (self.used + 1) % 8;
        }
    }

    /// Codes, unlike numbers, go most significant bit first.
    fn code(&mut self, code: u16, count: u32) {
        self.put(code.reverse_bits() >> (16 - count), count);
    }

    fn literal(&mut self, byte: u8) {
        self.code(0x30 + u16::from(byte), 8); // True of bytes below 144, and there are no others.
    }
}

/// What some bytes do to a CRC-32, as a map over its 32 bits; maps of long runs are made by squaring.
#[derive(Clone, Copy)]
struct Crc {
    columns: [u32; 32],
    constant: u32,
}

impl Crc {
    fn nothing() -> Self {
        let mut columns = [0; 32];
        let mut bit = 1;
        for column in &mut columns {
            *column = bit;
            bit <<= 1;
        }
        Self {
            columns,
            constant: 0,
        }
    }

    fn byte(byte: u8) -> Self {
        let step = |mut state: u32| {
            for _ in 0..8 {
                state = if state & 1 == 1 {
                    state >> 1 ^ 0xedb8_8320
                } else {
                    state >> 1
                };
            }
            state
        };
        let mut map = Self::nothing();
        for column in &mut map.columns {
            *column = step(*column);
        }
        map.constant = step(u32::from(byte));
        map
    }

    fn run(bytes: &[u8]) -> Self {
        bytes.iter().fold(Self::nothing(), |before, &byte| {
            before.then(Self::byte(byte))
        })
    }

    fn linear(&self, state: u32) -> u32 {
        let bits = self.columns.iter().enumerate();
        bits.filter(|(bit, _)| state >> bit & 1 == 1)
            .fold(0, |sum, (_, column)| sum ^ column)
    }

    fn then(self, next: Self) -> Self {
        Self {
            columns: self.columns.map(|column| next.linear(column)),
            constant: next.linear(self.constant) ^ next.constant,
        }
    }

    fn times(self, mut count: usize) -> Self {
        let (mut result, mut power) = (Self::nothing(), self);
        while count > 0 {
            if count & 1 == 1 {
                result = result.then(power);
            }
            power = power.then(power);
            count >>= 1;
        }
        result
    }

    fn checksum(&self) -> u32 {
        !(self.linear(!0) ^ self.constant)
    }
}

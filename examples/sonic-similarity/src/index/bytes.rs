//! Reading and writing the plain values that entries consist of, and their checksum.

/// Appends values to a byte vector; numbers are little endian, texts carry their length in front.
#[derive(Default)]
pub struct ByteWriter(pub Vec<u8>);

impl ByteWriter {
    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    /// Four bytes.
    pub fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    /// Eight bytes.
    pub fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    /// A text; what exceeds 65,535 bytes is cut off at a character.
    pub fn text(&mut self, value: &str) {
        let mut end = value.len().min(usize::from(u16::MAX));
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        self.0.extend((end as u16).to_le_bytes());
        self.0.extend(&value.as_bytes()[..end]);
    }
}

/// Takes values from bytes; every read fails softly at the end.
#[derive(Clone, Copy)]
pub struct ByteReader<'a>(pub &'a [u8]);

impl<'a> ByteReader<'a> {
    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(head)
    }

    /// One byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|b| b[0])
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(|b| u32::from_le_bytes(*b))
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(|b| u64::from_le_bytes(*b))
    }

    /// A text.
    pub fn text(&mut self) -> Option<&'a str> {
        let len = usize::from(u16::from_le_bytes(*self.array()?));
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        std::str::from_utf8(head).ok()
    }
}

/// CRC-32 as in zip files, four bytes at a time.
pub fn crc32(bytes: &[u8]) -> u32 {
    const TABLES: [[u32; 256]; 4] = tables();
    let mut crc = !0u32;
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        let mixed = (crc ^ u32::from_le_bytes([word[0], word[1], word[2], word[3]])).to_le_bytes();
        crc = TABLES[3][usize::from(mixed[0])]
            ^ TABLES[2][usize::from(mixed[1])]
            ^ TABLES[1][usize::from(mixed[2])]
            ^ TABLES[0][usize::from(mixed[3])];
    }
    for &byte in words.remainder() {
        crc = (crc >> 8) ^ TABLES[0][usize::from(crc as u8 ^ byte)];
    }
    !crc
}

const fn tables() -> [[u32; 256]; 4] {
    let mut tables = [[0u32; 256]; 4];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
            bit += 1;
        }
        tables[0][i] = crc;
        i += 1;
    }
    let mut table = 1;
    while table < 4 {
        let mut i = 0;
        while i < 256 {
            let before = tables[table - 1][i];
            tables[table][i] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            i += 1;
        }
        table += 1;
    }
    tables
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn crc32_gives_the_standard_check_value() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn values_come_back_and_the_end_is_noticed() {
        let mut writer = ByteWriter::default();
        writer.u8(7);
        writer.text("Motörhead");
        writer.u32(70_000);
        writer.u64(1 << 40);
        let mut reader = ByteReader(&writer.0);
        assert_eq!(reader.u8(), Some(7));
        assert_eq!(reader.text(), Some("Motörhead"));
        assert_eq!(reader.u32(), Some(70_000));
        assert_eq!(reader.u64(), Some(1 << 40));
        assert_eq!(reader.u8(), None);
        assert_eq!(ByteReader(&[9, 0, b'a']).text(), None);
    }

    #[test]
    fn an_oversized_text_is_cut_at_a_character() {
        let mut writer = ByteWriter::default();
        writer.text(&"é".repeat(40_000));
        let text = ByteReader(&writer.0).text().unwrap();
        assert_eq!(text.len(), 65_534);
    }
}

//! A cursor over untrusted bytes: every read is bounds-checked, nothing is copied.

use super::error::Defect;

/// The longest encoding of a 32-bit integer, seven bits a byte.
const LONGEST_INTEGER: usize = 5;

/// See the module.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// Bytes read so far.
    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.offset..).unwrap_or_default()
    }

    pub(super) fn byte(&mut self) -> Result<u8, Defect> {
        let &byte = self.rest().first().ok_or(Defect::Truncated)?;
        self.offset += 1;
        Ok(byte)
    }

    /// `length` bytes; no more is looked at or allocated than the document has.
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Defect> {
        let taken = self.rest().get(..length).ok_or(Defect::Truncated)?;
        self.offset += length;
        Ok(taken)
    }

    /// The bytes before the next NUL, which is read, too.
    pub(super) fn until_nul(&mut self) -> Result<&'a [u8], Defect> {
        let rest = self.rest();
        let length = rest.iter().position(|&byte| byte == 0).ok_or(Defect::Truncated)?;
        self.offset += length + 1;
        Ok(&rest[..length])
    }

    /// A multi-byte integer. WAP-192-WBXML, "Multi-byte Integers".
    pub(super) fn integer(&mut self) -> Result<u32, Defect> {
        let mut value: u32 = 0;
        for _ in 0..LONGEST_INTEGER {
            let byte = self.byte()?;
            let shifted = value.checked_mul(0x80).ok_or(Defect::IntegerOverflow)?;
            value = shifted | u32::from(byte & 0x7F);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Defect::IntegerOverflow)
    }

    /// A multi-byte integer that counts bytes.
    pub(super) fn length(&mut self) -> Result<usize, Defect> {
        // What does not fit a usize (on a 16-bit target) is longer than any document.
        Ok(usize::try_from(self.integer()?).unwrap_or(usize::MAX))
    }
}

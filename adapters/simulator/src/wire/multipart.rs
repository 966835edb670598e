//! The multipart answer of `ItemOperations`. MS-ASCMD, "`MultiPartResponse`".

use bytes::Bytes;

/// All numbers are 32 bit, little-endian: the count, then offset and length of each part, then the parts.
///
/// `Err` says what is wrong. Parts may overlap or repeat; each is a view of the same bytes and costs nothing.
pub(crate) fn parts(body: &Bytes) -> Result<Vec<Bytes>, &'static str> {
    let count = number(body, 0).ok_or("the multipart answer has no count")?;
    if count > body.len() / 8 {
        return Err("the multipart answer counts more parts than it can hold");
    }
    (0..count)
        .map(|part| {
            let at = 4 + 8 * part;
            let (start, length) =
                number(body, at).zip(number(body, at + 4)).ok_or("the table of parts is cut")?;
            let end = start.checked_add(length).filter(|end| *end <= body.len());
            end.map(|end| body.slice(start..end)).ok_or("a part lies outside the multipart answer")
        })
        .collect()
}

fn number(body: &[u8], at: usize) -> Option<usize> {
    let bytes = body.get(at..)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*bytes)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_cut_by_the_table() {
        let mut body = Vec::new();
        for number in [2_u32, 20, 3, 23, 2] {
            body.extend(number.to_le_bytes());
        }
        body.extend(b"abcde");
        let parts = parts(&body.into()).unwrap();
        assert_eq!(parts, [Bytes::from("abc"), Bytes::from("de")]);
    }

    #[test]
    fn tables_that_lie_are_refused() {
        let lies: [&[u32]; 5] = [&[], &[1], &[u32::MAX, 0, 0], &[1, 12, 1], &[1, u32::MAX, u32::MAX]];
        for table in lies {
            let body: Vec<u8> = table.iter().flat_map(|number| number.to_le_bytes()).collect();
            assert!(parts(&body.into()).is_err(), "{table:?}");
        }
    }
}

//! gzip of requests and answers. RFC 1952.

use std::io::{self, Read as _, Write as _};

use bytes::Bytes;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};

pub(crate) fn compress(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing into a vector cannot fail; if it did, nothing would be sent and the server would say so.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default().into()
}

/// `Ok(None)` if the content is more than `limit` bytes.
pub(crate) fn decompress(bytes: &[u8], limit: usize) -> io::Result<Option<Bytes>> {
    let mut content = Vec::new();
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    GzDecoder::new(bytes).take(bound).read_to_end(&mut content)?;
    Ok((content.len() <= limit).then(|| content.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_comes_back_up_to_the_limit_and_no_further() {
        let content = vec![7; 100_000];
        let small = compress(&content);
        assert!(small.len() < 1000);
        assert_eq!(decompress(&small, 100_000).unwrap().as_deref(), Some(content.as_slice()));
        assert_eq!(decompress(&small, 99_999).unwrap(), None);
        assert!(decompress(b"not gzip", 100).is_err());
    }
}

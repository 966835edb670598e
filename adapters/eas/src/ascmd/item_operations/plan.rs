//! The rules of the operations, without IO.

use syncledger_domain::{folders::FolderMap, ids::FolderId, ports::mailbox::MailboxError};

use super::status::OperationStatus;

/// Bytes of a file, the first and the last, counted from zero (MS-ASCMD, "Range (ItemOperations)").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ByteRange {
    pub(super) first: usize,
    pub(super) last: usize,
}

impl ByteRange {
    /// Reads `m-n`, m ≤ n.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.trim().split_once('-')?;
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            // A number beyond all files asks for everything up to the end.
            digits.then(|| text.parse().unwrap_or(usize::MAX))
        };
        let range = Self { first: number(first)?, last: number(last)? };
        (range.first <= range.last).then_some(range)
    }

    /// What there is of the range in a file of this size; `None` when it begins behind the end.
    pub(super) fn within(self, size: usize) -> Option<Self> {
        (self.first < size).then(|| Self { last: self.last.min(size - 1), ..self })
    }
}

/// The bytes that are sent, and the range they are, if one was asked for.
pub(super) fn cut(size: usize, range: Option<ByteRange>) -> Result<ByteRange, OperationStatus> {
    match range {
        _ if size == 0 => Err(OperationStatus::EmptyFile),
        None => Ok(ByteRange { first: 0, last: size - 1 }),
        Some(range) => range.within(size).ok_or(OperationStatus::InvalidRange),
    }
}

/// How emptying a folder ended, of which `done` of `all` items could be deleted, the others for `error`.
pub(super) fn emptied(done: usize, all: usize, error: Option<&MailboxError>) -> OperationStatus {
    match error {
        None => OperationStatus::Success,
        Some(_) if done > 0 && done < all => OperationStatus::Partial,
        Some(MailboxError::Denied(_)) => OperationStatus::AccessDenied,
        Some(_) => OperationStatus::ServerError,
    }
}

/// Whether there are folders inside a folder.
pub(super) fn has_subfolders(map: &FolderMap, folder: FolderId) -> bool {
    map.iter().any(|other| other.parent == Some(folder))
}

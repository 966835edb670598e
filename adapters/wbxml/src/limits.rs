//! How much a document may ask for.

/// Bounds on an untrusted document. Reaching one is fine, exceeding it is an error.
///
/// The decoder's memory is bounded by the document's size plus some 200 bytes per node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nesting of elements; the root has depth 1. Default 64: real documents stay below 16. Values above
    /// [`Limits::DEEPEST`] count as that.
    pub max_depth: usize,
    /// Bytes of the whole document. Default 64 MiB: a message of 45 MiB in base64, and some. The transport
    /// should refuse earlier.
    pub max_document: usize,
    /// Bytes of one OPAQUE. Default 64 MiB, so that only the document's limit counts.
    pub max_opaque: usize,
    /// Nodes of the tree: elements, and runs of text or opaque data. Default 250 000: a response with 512 large
    /// items has some 50 000.
    pub max_elements: usize,
}

impl Limits {
    /// The depth no document may exceed, whatever `max_depth` says: dropping, cloning and comparing a tree recurse,
    /// and this keeps them far from the end of a 2 MiB stack.
    pub const DEEPEST: usize = 512;

    /// `max_depth`, or [`Limits::DEEPEST`] if that is less.
    pub(crate) fn depth(&self) -> usize {
        self.max_depth.min(Self::DEEPEST)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_depth: 64, max_document: 64 << 20, max_opaque: 64 << 20, max_elements: 250_000 }
    }
}

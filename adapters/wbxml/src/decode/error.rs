//! Why a document was refused, and where.

use std::fmt;

/// A document that is no WBXML of the EAS kind, or too much of it. The client's fault.
///
/// In 14.x and later the answer is Status 102 (MS-ASCMD, "Common Status Codes"), before that HTTP 400;
/// [`Defect::is_limit`] tells "too much" from "malformed" for those who answer them differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub struct DecodeError {
    /// What is wrong.
    #[source]
    pub defect: Defect,
    /// Where, in bytes from the start of the document: the first byte of the offending construct.
    pub offset: usize,
    /// The code page in force there.
    pub page: u8,
    /// The byte found there; `None` at the end of the document.
    pub token: Option<u8>,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}, code page {}", self.defect, self.offset, self.page)?;
        self.token.map_or(Ok(()), |token| write!(f, ", token 0x{token:02X}"))
    }
}

/// What is wrong with a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Defect {
    /// The document ends within something.
    #[error("the document is cut short")]
    Truncated,
    /// The first byte is none of WBXML 1.1, 1.2, 1.3.
    #[error("not a known WBXML version")]
    Version,
    /// The charset is neither UTF-8 nor US-ASCII nor unknown (0).
    #[error("charset {0} is not UTF-8")]
    Charset(u32),
    /// A multi-byte integer has more than five bytes or exceeds 32 bits.
    #[error("a multi-byte integer is too long")]
    IntegerOverflow,
    /// A construct of WBXML that EAS does not use.
    #[error("{0} are not used by ActiveSync")]
    Unsupported(Construct),
    /// Text, bytes or END before the root element.
    #[error("content outside the root element")]
    OutsideRoot,
    /// Something after the root element.
    #[error("bytes after the root element")]
    Trailing,
    /// More than [`Limits::max_document`](crate::Limits::max_document) bytes.
    #[error("the document exceeds {0} bytes")]
    DocumentTooLarge(usize),
    /// An OPAQUE of more than [`Limits::max_opaque`](crate::Limits::max_opaque) bytes.
    #[error("opaque data exceeds {0} bytes")]
    OpaqueTooLarge(usize),
    /// Nesting beyond [`Limits::max_depth`](crate::Limits::max_depth).
    #[error("elements nest deeper than {0}")]
    TooDeep(usize),
    /// More nodes than [`Limits::max_elements`](crate::Limits::max_elements).
    #[error("more than {0} elements")]
    TooManyElements(usize),
}

impl Defect {
    /// Whether the document may be well-formed and is only more than the limits allow.
    pub fn is_limit(self) -> bool {
        match self {
            Self::DocumentTooLarge(_)
            | Self::OpaqueTooLarge(_)
            | Self::TooDeep(_)
            | Self::TooManyElements(_) => true,
            Self::Truncated
            | Self::Version
            | Self::Charset(_)
            | Self::IntegerOverflow
            | Self::Unsupported(_)
            | Self::OutsideRoot
            | Self::Trailing => false,
        }
    }
}

/// Constructs of WBXML that EAS does not use. WAP-192-WBXML, "Global Tokens".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Construct {
    /// A tag with attributes.
    Attributes,
    /// ENTITY.
    Entities,
    /// LITERAL, `LITERAL_A`, `LITERAL_C`, `LITERAL_AC`.
    Literals,
    /// PI.
    ProcessingInstructions,
    /// `STR_T`.
    StringTableReferences,
    /// `EXT_0`, `EXT_I_0`, `EXT_T_0` and their like.
    Extensions,
}

impl fmt::Display for Construct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attributes => "attributes",
            Self::Entities => "entities",
            Self::Literals => "literals",
            Self::ProcessingInstructions => "processing instructions",
            Self::StringTableReferences => "string table references",
            Self::Extensions => "extension tokens",
        })
    }
}

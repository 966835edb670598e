//! Why an XML document is no element tree.

/// A text that [`from_xml`](super::from_xml) cannot read. Offsets are bytes from the start.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum XmlError {
    /// No well-formed XML.
    #[error("not well-formed at byte {offset}: {message}")]
    Malformed {
        /// About where.
        offset: u64,
        /// In the words of the XML parser.
        message: String,
    },
    /// No row of the tables has this name.
    #[error("no element {name} in namespace {namespace:?}")]
    UnknownElement {
        /// The namespace as written.
        namespace: String,
        /// The local name as written.
        name: String,
    },
    /// WBXML of ActiveSync has no attributes.
    #[error("attribute on element {0}")]
    Attribute(String),
    /// A byte array is not written as base64.
    #[error("the content of {0} is not base64")]
    NotBase64(String),
    /// There is no root element, or something beside it.
    #[error("not exactly one root element")]
    NotOneRoot,
    /// Elements nest deeper than [`Limits::DEEPEST`](crate::Limits::DEEPEST).
    #[error("elements nest too deep")]
    TooDeep,
}

//! A tree in document order without recursion, for the encoder and the XML writer.

use crate::element::{Element, Node};

/// One step through a tree.
pub(crate) enum Step<'a> {
    /// The start of an element; its children follow, then its `Close`.
    Open(&'a Element),
    /// Text within the element opened last.
    Text(&'a str),
    /// Bytes within the element opened last.
    Opaque(&'a [u8]),
    /// The end of an element.
    Close(&'a Element),
}

/// All steps of `root`, its own `Open` and `Close` included.
pub(crate) fn walk(root: &Element) -> Walk<'_> {
    Walk { root: Some(root), open: Vec::new() }
}

/// See [`walk`].
pub(crate) struct Walk<'a> {
    root: Option<&'a Element>,
    open: Vec<(&'a Element, std::slice::Iter<'a, Node>)>,
}

impl<'a> Walk<'a> {
    fn enter(&mut self, element: &'a Element) -> Step<'a> {
        self.open.push((element, element.children.iter()));
        Step::Open(element)
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        if let Some(root) = self.root.take() {
            return Some(self.enter(root));
        }
        let (element, children) = self.open.last_mut()?;
        let element = *element;
        Some(match children.next() {
            Some(Node::Element(child)) => self.enter(child),
            Some(Node::Text(text)) => Step::Text(text),
            Some(Node::Opaque(bytes)) => Step::Opaque(bytes),
            None => {
                self.open.pop();
                Step::Close(element)
            }
        })
    }
}

//! What a document is about, in a few numbers: items, folders, and statuses that are not success.

use std::collections::BTreeSet;

use syncledger_wbxml::Element;

/// Most folders and statuses remembered of a request.
const MOST: usize = 32;
/// Longest id or status remembered, in bytes.
const LONGEST: usize = 64;

/// What was counted in the documents of a request.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counts {
    /// Items and changes of items in it.
    pub(crate) items: usize,
    /// Ids of folders it names.
    pub(crate) folders: BTreeSet<String>,
    /// Statuses that tell of something else than success, as `Sync 3`.
    pub(crate) odd: BTreeSet<String>,
}

impl Counts {
    /// Of a document.
    pub(crate) fn of(root: &Element) -> Self {
        let mut counts = Self::default();
        let mut waiting = vec![root];
        while let Some(element) = waiting.pop() {
            counts.take(root, element);
            waiting.extend(element.elements());
        }
        counts
    }

    fn take(&mut self, root: &Element, element: &Element) {
        let (Some(page), Some(name)) = (element.tag.page_name(), element.tag.name()) else { return };
        match (page, name) {
            ("AirSync", "Add" | "Change" | "Delete" | "SoftDelete" | "Fetch")
            | ("FolderHierarchy", "Add" | "Update" | "Delete")
            | ("ItemOperations", "Fetch" | "Move" | "EmptyFolderContents")
            | ("Move", "Move" | "Response") => self.items += 1,
            ("AirSync" | "GetItemEstimate" | "Search", "CollectionId")
            | ("Ping", "Id" | "Folder")
            | ("Move", "SrcFldId" | "DstFldId") => keep(&mut self.folders, own_text(element)),
            (_, "Status") => {
                let status = own_text(element);
                let usual = match page {
                    "Ping" => ["1", "2"].as_slice(),
                    "Move" => &["3"],
                    _ => &["1"],
                };
                if status.as_deref().is_some_and(|status| !usual.contains(&status)) {
                    let of = root.tag.name().unwrap_or("?");
                    keep(&mut self.odd, status.map(|status| format!("{of} {status}")));
                }
            }
            _ => {}
        }
    }

    /// Whether something is told that is not success.
    pub(crate) fn is_odd(&self) -> bool {
        !self.odd.is_empty()
    }
}

/// Its text, where it holds nothing else.
fn own_text(element: &Element) -> Option<String> {
    element.text_content().filter(|text| !text.is_empty() && text.len() <= LONGEST).map(Into::into)
}

fn keep(set: &mut BTreeSet<String>, text: Option<String>) {
    if set.len() < MOST {
        set.extend(text);
    }
}

#[cfg(test)]
mod tests {
    use syncledger_wbxml::from_xml;

    use super::*;

    #[test]
    fn items_folders_and_odd_statuses_are_counted() {
        for (xml, items, folders, odd) in [
            (
                "<Sync xmlns=\"AirSync\"><Collections><Collection><SyncKey>1</SyncKey><CollectionId>5</CollectionId>\
                 <Status>1</Status><Commands><Add/><Add/><Delete/></Commands></Collection><Collection>\
                 <CollectionId>7</CollectionId><Status>3</Status></Collection></Collections></Sync>",
                3,
                vec!["5", "7"],
                vec!["Sync 3"],
            ),
            (
                "<Ping xmlns=\"Ping\"><Status>2</Status><Folders><Folder>5</Folder></Folders></Ping>",
                0,
                vec!["5"],
                vec![],
            ),
            (
                "<Ping xmlns=\"Ping\"><Folders><Folder><Id>5</Id></Folder></Folders></Ping>",
                0,
                vec!["5"],
                vec![],
            ),
            (
                "<MoveItems xmlns=\"Move\"><Response><Status>3</Status></Response></MoveItems>",
                1,
                vec![],
                vec![],
            ),
            (
                "<FolderSync xmlns=\"FolderHierarchy\"><Status>9</Status></FolderSync>",
                0,
                vec![],
                vec!["FolderSync 9"],
            ),
        ] {
            let counts = Counts::of(&from_xml(xml).unwrap());
            let words = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
            assert_eq!(
                (counts.items, words(&counts.folders)),
                (items, folders.iter().map(|id| (*id).to_owned()).collect()),
                "{xml}"
            );
            assert_eq!(words(&counts.odd), odd, "{xml}");
        }
    }

    #[test]
    fn a_document_of_nothing_but_names_fills_no_memory() {
        let id = |n: u32| format!("<Folder><Id>{n}</Id></Folder>");
        let xml = format!(
            "<Ping xmlns=\"Ping\"><Folders>{}</Folders></Ping>",
            (0..1000).map(id).collect::<String>()
        );
        assert_eq!(Counts::of(&from_xml(&xml).unwrap()).folders.len(), MOST);
    }
}

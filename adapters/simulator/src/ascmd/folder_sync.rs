//! `FolderSync`: the tree of folders. MS-ASCMD, "FolderSync".

use syncledger_wbxml::{Element, pages::folder_hierarchy as fh};

use crate::{
    Phone,
    error::Error,
    store::{Anomaly, Folder, FolderChanges, HierarchyChange, KEY_ZERO},
    tree,
    wire::{Command, Params},
};

/// The key is unknown to the server.
const INVALID_KEY: u32 = 9;

impl Phone {
    /// Brings the tree up to date. A refused key starts from zero, which is counted
    /// (`hierarchy_resyncs`); folders that are still there keep their items.
    ///
    /// # Errors
    /// Any; [`Error::Status`] for other statuses than 1 and 9.
    pub async fn folder_sync(&mut self) -> Result<FolderChanges, Error> {
        match self.folder_sync_once().await {
            Err(error) if error.status() == Some(INVALID_KEY) && self.state.folder_key != KEY_ZERO => {
                self.state.hierarchy_resyncs += 1;
                KEY_ZERO.clone_into(&mut self.state.folder_key);
                let changes = self.folder_sync_once().await?;
                Ok(FolderChanges { from_zero: true, ..changes })
            }
            outcome => outcome,
        }
    }

    /// The whole tree again, as some clients do at every refresh. Items stay.
    ///
    /// # Errors
    /// As [`Phone::folder_sync`].
    pub async fn folder_sync_from_zero(&mut self) -> Result<FolderChanges, Error> {
        KEY_ZERO.clone_into(&mut self.state.folder_key);
        self.folder_sync_once().await
    }

    async fn folder_sync_once(&mut self) -> Result<FolderChanges, Error> {
        let asked = self.state.folder_key.clone();
        let request = Element::new(fh::FOLDER_SYNC).with(Element::text(fh::SYNC_KEY, &asked));
        let exchange = self.call(Command::FolderSync, Some(request), Params::default()).await?;
        let root = exchange.body.ok_or_else(|| odd("the answer is empty"))?;
        if root.tag != fh::FOLDER_SYNC {
            return Err(odd("the answer is no FolderSync"));
        }
        match tree::root_status(&root) {
            Some(1) => {}
            Some(status) => return Err(Error::Status { command: Command::FolderSync, status }),
            None => return Err(odd("the answer has no Status")),
        }
        let key = tree::text(&root, fh::SYNC_KEY)
            .filter(|key| !key.is_empty() && key != KEY_ZERO)
            .ok_or_else(|| odd("the answer has no usable SyncKey"))?;
        let changes = root.child(fh::CHANGES);
        let count = changes.and_then(|changes| tree::number(changes, fh::COUNT));
        let entries = changes.map(|changes| self.entries(changes)).unwrap_or_default();
        Ok(self.state.apply_hierarchy(&asked, key, count, entries))
    }

    fn entries(&mut self, changes: &Element) -> Vec<HierarchyChange> {
        let mut entries = Vec::new();
        for change in changes.elements().filter(|change| change.tag != fh::COUNT) {
            match entry(change) {
                Ok(entry) => entries.push(entry),
                Err(what) => self.state.note(Anomaly::FolderLacks { what: what.to_owned() }),
            }
        }
        entries
    }
}

/// `Err` names what is missing.
fn entry(change: &Element) -> Result<HierarchyChange, &'static str> {
    let id = tree::text(change, fh::SERVER_ID).filter(|id| !id.is_empty()).ok_or("ServerId")?;
    if change.tag == fh::DELETE {
        return Ok(HierarchyChange::Delete(id));
    }
    let folder = Folder {
        id,
        parent: tree::text(change, fh::PARENT_ID).ok_or("ParentId")?,
        name: tree::text(change, fh::DISPLAY_NAME).filter(|name| !name.is_empty()).ok_or("DisplayName")?,
        kind: tree::number(change, fh::TYPE).ok_or("Type")?,
    };
    match change.tag {
        fh::ADD => Ok(HierarchyChange::Add(folder)),
        fh::UPDATE => Ok(HierarchyChange::Update(folder)),
        _ => Err("a known kind of change"),
    }
}

fn odd(what: &str) -> Error {
    Error::protocol(Command::FolderSync, what)
}

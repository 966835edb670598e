//! `folder list|hide|show`: which folders of an account its devices may know of.

#[cfg(test)]
mod tests;

use clap::Subcommand;
use syncledger_commands::set_folder_sync;
use syncledger_domain::{
    event::StreamId,
    folders::FolderMap,
    ids::{AccountId, FolderId},
    ports::mailbox::{FolderClass, FolderRole},
};

use super::account;
use crate::{config::Config, node::Node, output};

/// List the folders of an account as its devices have seen them, and keep folders from them.
#[derive(Debug, Subcommand)]
pub(crate) enum Folder {
    /// List the folders; those of an account no device has synchronised yet are not known.
    List {
        /// Address or id of the account.
        account: String,
    },
    /// Keep a folder, and all that is inside it, from the devices of the account.
    Hide(Named),
    /// Show a folder that was hidden to the devices again.
    Show(Named),
}

/// A folder of an account.
#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// Address or id of the account.
    account: String,
    /// The folder's id; `syncledger folder list` shows it.
    #[arg(allow_negative_numbers = true)]
    folder: FolderId,
}

impl Folder {
    pub(crate) async fn run(self, config: &Config, json: bool) -> anyhow::Result<()> {
        let node = Node::open(config).await?;
        node.catch_up().await?;
        match self {
            Self::List { account } => list(&node, &account, json).await,
            Self::Hide(named) => named.set(&node, false, json).await,
            Self::Show(named) => named.set(&node, true, json).await,
        }
    }
}

impl Named {
    async fn set(&self, node: &Node, shown: bool, json: bool) -> anyhow::Result<()> {
        let account = account::find(node, &self.account).await?;
        let folder = self.folder;
        let done = set_folder_sync::run(&node.repository, &node.admin(), account, folder, shown).await?;
        let name = done.state.present(folder).map_or_else(String::new, |folder| folder.name.clone());
        let changed = done.appended.is_some();
        let what = match (changed, shown) {
            (true, true) => "is shown to",
            (true, false) => "is hidden from",
            (false, true) => "was not hidden from",
            (false, false) => "was hidden before from",
        };
        output::done(
            json,
            &format!("folder {folder} '{name}' {what} the devices of {}", self.account),
            serde_json::json!({
                "account": account.to_string(),
                "folder": folder.0,
                "name": name,
                "hidden": !shown,
                "changed": changed,
            }),
        )
    }
}

async fn list(node: &Node, account: &str, json: bool) -> anyhow::Result<()> {
    let id = account::find(node, account).await?;
    let rows = rows(node, id).await?;
    output::rows(json, ["ID", "PARENT", "NAME", "CLASS", "ROLE", "HIDDEN"], &rows, |row| {
        ["id", "parent", "name", "class", "role", "hidden"].map(|name| match &row[name] {
            serde_json::Value::Null => "-".to_owned(),
            serde_json::Value::Bool(false) if row["shown"] == false => "by the folder around it".to_owned(),
            serde_json::Value::Bool(hidden) => if *hidden { "yes" } else { "no" }.to_owned(),
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    })
}

async fn rows(node: &Node, account: AccountId) -> anyhow::Result<Vec<serde_json::Value>> {
    let map = node.repository.load::<FolderMap>(&StreamId::folders(account)).await?.state;
    let row = |folder: &syncledger_domain::folders::FolderSeen| {
        serde_json::json!({
            "id": folder.id.0,
            "parent": folder.parent.map(|parent| parent.0),
            "name": folder.name,
            "class": class(folder.class),
            "role": folder.role.map(role),
            "hidden": map.disabled.contains(&folder.id),
            "shown": map.is_shown(folder.id),
        })
    };
    Ok(map.iter().map(row).collect())
}

/// The word for what a folder holds.
pub(crate) fn class(class: FolderClass) -> &'static str {
    match class {
        FolderClass::Mail => "mail",
        FolderClass::Calendar => "calendar",
        FolderClass::Contacts => "contacts",
        FolderClass::Tasks => "tasks",
        FolderClass::Notes => "notes",
    }
}

fn role(role: FolderRole) -> &'static str {
    match role {
        FolderRole::Inbox => "inbox",
        FolderRole::Drafts => "drafts",
        FolderRole::Trash => "trash",
        FolderRole::Sent => "sent",
        FolderRole::Junk => "junk",
        FolderRole::Default => "default",
        FolderRole::Archive => "archive",
    }
}

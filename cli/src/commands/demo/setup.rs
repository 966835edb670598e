//! The data directory of the demo: made once, served again as it is.

use std::{collections::HashMap, fs, path::Path};

use anyhow::{Context as _, bail};
use syncledger_domain::{
    ids::{Address, ClientId, DeviceId},
    ports::mailbox::{BackendKey, MailboxUser, Mailboxes as _, NewItem, Origin, Secret},
};
use syncledger_mailbox_files::FilesMailboxes;

use super::mail;
use crate::{
    commands::account,
    config::Config,
    node::{self, Node},
    progress,
};

/// The accounts.
pub(super) const ALICE: &str = "alice@example.com";
pub(super) const BOB: &str = "bob@example.com";
/// Password of both.
pub(super) const PASSWORD: &str = "demo";
/// Bob's mailbox is for what Alice sends him; a few messages make it look lived in.
const BOBS_MESSAGES: u32 = 8;
/// Stands in the directory while it is being made: whoever finds it goes on where the work was interrupted.
const UNFINISHED: &str = "demo.unfinished";

/// What was found, and what is to be done about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Directory {
    /// It does not exist and is made.
    Created,
    /// It was made in part, and the rest is made.
    Completed,
    /// It exists and is left as it is.
    Found,
}

/// Makes what is missing and opens the node.
pub(super) async fn prepare(
    directory: Directory,
    config: &Config,
    messages: u32,
    quiet: bool,
) -> anyhow::Result<Node> {
    if directory == Directory::Found {
        return Node::open_to_serve(config).await;
    }
    node::make_private(&config.dir)?;
    let marker = config.dir.join(UNFINISHED);
    fs::write(&marker, "").with_context(|| format!("cannot write into {}", config.dir.display()))?;
    let node = Node::open_to_serve(config).await?;
    fill(&node, config, messages, quiet).await?;
    fs::remove_file(&marker).with_context(|| format!("cannot remove {}", marker.display()))?;
    Ok(node)
}

/// Looks what there is. A directory with other things in it is nobody's data directory.
pub(super) fn look(config: &Config) -> anyhow::Result<Directory> {
    let dir = &config.dir;
    if dir.join(UNFINISHED).exists() {
        return Ok(Directory::Completed);
    }
    if config.ledger().exists() {
        return Ok(Directory::Found);
    }
    let mut entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Directory::Created),
        Err(error) => return Err(error).with_context(|| format!("cannot use {}", dir.display())),
    };
    if entries.next().is_some() {
        bail!(
            "{} holds other files and no ledger.db: name by --dir a directory that is empty, does not exist, or was made by an earlier demo",
            dir.display()
        );
    }
    Ok(Directory::Created)
}

/// Accounts and mail. What is there already stays: every message has an origin that is found again.
async fn fill(node: &Node, config: &Config, messages: u32, quiet: bool) -> anyhow::Result<()> {
    for address in [ALICE, BOB] {
        account(node, &address.parse()?).await?;
    }
    node::make_private(&config.mail())?;
    let mailboxes = FilesMailboxes::new(config.mail());
    let bobs = messages.min(BOBS_MESSAGES);
    let bar = progress::bar(quiet, "messages");
    bar.set_length(u64::from(messages) + u64::from(bobs));
    let now = node.repository.clock().now();
    for (me, peer, count) in [(ALICE, BOB, messages), (BOB, ALICE, bobs)] {
        let user = MailboxUser { address: me.parse()? };
        let folders = folders(&mailboxes, &user, if me == ALICE { &mail::FOLDERS } else { &[] }).await?;
        let mailbox = mailboxes.open(&user, &Secret(Vec::new())).await?;
        for number in 0..count {
            let mail::Sample { folder, content, flags, date } = mail::sample(number, count, me, peer, now);
            // Bob has no folders of his own.
            let folder = folders
                .get(&owned(folder))
                .or_else(|| folders.get(&owned(&["Inbox"])))
                .context("there is no Inbox")?;
            let client_id = ClientId::new(&format!("sample-{number}"))?;
            let origin = Origin { device: DeviceId::new("demo")?, client_id };
            mailbox.create(folder, NewItem { origin, content: content.into(), flags, date }).await?;
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|&name| name.to_owned()).collect()
}

/// Makes these folders; keys of all folders by path.
async fn folders(
    mailboxes: &FilesMailboxes,
    user: &MailboxUser,
    wanted: &[mail::FolderPath],
) -> anyhow::Result<HashMap<Vec<String>, BackendKey>> {
    let mut keys = HashMap::new();
    for folder in mailboxes.open(user, &Secret(Vec::new())).await?.folders().await? {
        if folder.parent.is_none() {
            keys.insert(vec![folder.name], folder.key);
        }
    }
    for path in wanted {
        keys.insert(owned(path), mailboxes.add_folder(user, path).await?);
    }
    Ok(keys)
}

async fn account(node: &Node, address: &Address) -> anyhow::Result<()> {
    match account::create(node, address, None, Some(PASSWORD)).await {
        Ok(_) => Ok(()),
        // Of an interrupted demo. Its password may not have been set yet.
        Err(_) if account::find(node, address.as_str()).await.is_ok() => {
            let id = account::find(node, address.as_str()).await?;
            let hash = crate::password::hash(PASSWORD)?;
            syncledger_commands::set_password::run(&node.repository, &node.admin(), id, &hash).await?;
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Where the mail of an account lies.
pub(super) fn maildir(dir: &Path, address: &str) -> std::path::PathBuf {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    dir.join("mail").join(domain).join(local).join("Maildir")
}

//! The listing of folders (RFC 3501, "LIST Command"; RFC 5258; RFC 5819).

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use syncledger_domain::ports::mailbox::{BackendKey, Folder, FolderClass};

use super::roles;
use crate::{
    failure::Failure,
    session::Session,
    wire::{
        command::Command,
        response::{ListRow, Response, StatusRow},
        utf7,
        value::Value,
    },
};

/// A folder and what LIST says of it.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    key: BackendKey,
    delimiter: Option<char>,
    attributes: Vec<String>,
    pub(super) selectable: bool,
    identity: Option<String>,
}

impl Listed {
    pub(super) fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|has| has == attribute)
    }
}

/// What a server says of its folders.
pub(super) struct Listing {
    pub(super) folders: Vec<Folder>,
    /// What the names of the user's own folders begin with, the delimiter included.
    pub(super) prefix: Option<String>,
}

/// All folders, those included that only hold others.
pub(super) async fn list(session: &mut Session) -> Result<Listing, Failure> {
    let (rows, status) = ask(session).await?;
    let prefix = personal_prefix(session).await?;
    let mut listed = collect(rows, &status);
    let unidentified = session.capabilities().has("OBJECTID") && status.is_empty();
    if unidentified {
        identify(session, &mut listed).await?;
    }
    Ok(Listing { folders: build(listed, prefix.as_deref()), prefix })
}

/// A digest of the listing: another one means that folders have come, gone or changed their name.
pub(crate) fn signature(rows: &[ListRow]) -> u64 {
    let mut lines: Vec<Vec<u8>> = rows
        .iter()
        .map(|row| {
            // Marks of new mail (`\Marked`) come and go.
            let fixed = row.attributes.iter().filter(|attribute| !attribute.ends_with("marked"));
            let attributes: Vec<&str> = fixed.map(String::as_str).collect();
            [&row.name[..], b"\0", attributes.join(" ").as_bytes()].concat()
        })
        .collect();
    lines.sort_unstable();
    let digest = blake3::hash(&lines.join(&b"\n"[..]));
    digest.as_bytes().first_chunk().copied().map_or(0, u64::from_le_bytes)
}

/// Whether a folder cannot be selected.
fn is_container(attributes: &[String]) -> bool {
    attributes.iter().any(|attribute| attribute == "\\noselect" || attribute == "\\nonexistent")
}

/// What a name stands for.
pub(super) enum Standing {
    /// A folder that can be selected.
    Folder,
    /// A level of the hierarchy that only has others below it.
    Container,
    Nothing,
}

/// Looks a name up in the listing.
pub(super) async fn standing(session: &mut Session, folder: &BackendKey) -> Result<Standing, Failure> {
    let below = format!("{}{}", folder.0, delimiter(session).await?);
    let mut own = None;
    let mut has_children = false;
    // The name may have wildcards in it: only what is the same, or really below, counts.
    let note = |response| {
        if let Response::List(row) = response {
            if row.name == folder.0.as_bytes() {
                own = Some(is_container(&row.attributes));
            }
            has_children |= row.name.starts_with(below.as_bytes());
        }
    };
    let list = |pattern: &str| Command::new("LIST \"\" ").string(pattern.as_bytes());
    session.run_with(vec![list(&folder.0), list(&format!("{below}*"))], note).await?;
    Ok(match (own, has_children) {
        (Some(false), _) => Standing::Folder,
        (Some(true), _) | (None, true) => Standing::Container,
        (None, false) => Standing::Nothing,
    })
}

/// The hierarchy delimiter, `/` where there is none.
async fn delimiter(session: &mut Session) -> Result<char, Failure> {
    let mut delimiter = None;
    let note = |response| {
        if let Response::List(row) = response {
            delimiter = row.delimiter;
        }
    };
    session.run_with(vec![Command::new("LIST \"\" \"\"")], note).await?;
    Ok(delimiter.unwrap_or('/'))
}

async fn ask(session: &mut Session) -> Result<(Vec<ListRow>, Vec<StatusRow>), Failure> {
    let capabilities = session.capabilities();
    let mut returns = Vec::new();
    if capabilities.has("SPECIAL-USE") {
        returns.push("SPECIAL-USE");
    }
    if capabilities.has("LIST-STATUS") && capabilities.has("OBJECTID") {
        returns.push("STATUS (MAILBOXID)");
    }
    let mut command = Command::new("LIST \"\" \"*\"");
    if capabilities.has("LIST-EXTENDED") && !returns.is_empty() {
        command = command.text(format!(" RETURN ({})", returns.join(" ")));
    }
    let (mut rows, mut status) = (Vec::new(), Vec::new());
    let note = |response| match response {
        Response::List(row) => rows.push(row),
        Response::Status(row) => status.push(row),
        _ => {}
    };
    session.run_with(vec![command], note).await?;
    Ok((rows, status))
}

/// The prefix of the user's own folders where it is not empty (RFC 2342): Courier keeps all under `INBOX.`.
async fn personal_prefix(session: &mut Session) -> Result<Option<String>, Failure> {
    if !session.capabilities().has("NAMESPACE") {
        return Ok(None);
    }
    let mut prefix = None;
    let note = |response| {
        if let Response::Namespace(values) = response {
            prefix = own_prefix(&values);
        }
    };
    match session.run_with(vec![Command::new("NAMESPACE")], note).await {
        Ok(_) => Ok(prefix.filter(|prefix| !prefix.is_empty())),
        Err(lost @ Failure::Lost(_)) => Err(lost),
        Err(Failure::Refused(_)) => Ok(None),
    }
}

/// Prefix and delimiter of the first personal namespace, as what a name begins with.
fn own_prefix(values: &[Value]) -> Option<String> {
    let space = values.first().and_then(Value::list).and_then(|spaces| spaces.first()?.list())?;
    let text = |value: &Value| value.bytes().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    let mut prefix = space.first().and_then(text)?;
    // Some servers leave the delimiter out.
    if let Some(delimiter) = space.get(1).and_then(text)
        && !prefix.is_empty()
        && !prefix.ends_with(&delimiter)
    {
        prefix.push_str(&delimiter);
    }
    Some(prefix)
}

/// Asks each folder for its identity (RFC 8474, "MAILBOXID"), all in one go.
async fn identify(session: &mut Session, listed: &mut [Listed]) -> Result<(), Failure> {
    let ask = |folder: &&mut Listed| folder.selectable;
    let commands: Vec<Command> = listed
        .iter_mut()
        .filter(ask)
        .map(|folder| Command::new("STATUS ").string(folder.key.0.as_bytes()).text(" (MAILBOXID)"))
        .collect();
    let mut pending = session.send(commands).await?;
    let mut found: HashMap<Bytes, String> = HashMap::new();
    while let Some(response) = session.next(&mut pending).await? {
        if let Response::Status(row) = response
            && let Some(identity) = mailbox_id(&row)
        {
            found.insert(row.name, identity);
        }
    }
    // A folder that is gone meanwhile has answered NO: it has no identity then.
    for folder in listed {
        folder.identity = found.remove(folder.key.0.as_bytes());
    }
    Ok(())
}

fn mailbox_id(row: &StatusRow) -> Option<String> {
    let id = row.item("MAILBOXID")?.list()?.first()?.bytes()?;
    String::from_utf8(id.to_vec()).ok()
}

fn collect(rows: Vec<ListRow>, status: &[StatusRow]) -> Vec<Listed> {
    let identities: HashMap<&Bytes, String> =
        status.iter().filter_map(|row| Some((&row.name, mailbox_id(row)?))).collect();
    let mut folders: BTreeMap<String, Listed> = BTreeMap::new();
    for row in rows {
        let Ok(name) = String::from_utf8(row.name.to_vec()) else {
            tracing::warn!("a folder whose name is neither modified UTF-7 nor UTF-8 is left out");
            continue;
        };
        let key = normal(name);
        let identity = identities.get(&row.name).cloned();
        let selectable = !is_container(&row.attributes);
        let listed = Listed {
            key: BackendKey(key.clone()),
            delimiter: row.delimiter,
            attributes: row.attributes,
            selectable,
            identity,
        };
        folders.entry(key).or_insert(listed);
    }
    folders.into_values().filter(|folder| !folder.key.0.is_empty()).collect()
}

/// `INBOX` is written in any case (RFC 3501, "Mailbox Naming").
pub(crate) fn normal(name: String) -> String {
    if name.eq_ignore_ascii_case("INBOX") { "INBOX".to_owned() } else { name }
}

fn build(mut listed: Vec<Listed>, prefix: Option<&str>) -> Vec<Folder> {
    add_missing_parents(&mut listed, prefix);
    let mut folders: Vec<Folder> = listed
        .iter()
        .map(|folder| {
            let (parent, name) = split(&folder.key.0, folder.delimiter, prefix);
            let decoded = utf7::decode(name.as_bytes());
            let shown = match folder.key.0.as_str() {
                // The protocol's word; people know the folder by this one.
                "INBOX" => "Inbox".to_owned(),
                whole if decoded.is_empty() => whole.to_owned(),
                _ => decoded,
            };
            Folder {
                key: folder.key.clone(),
                parent: parent.map(|parent| BackendKey(parent.to_owned())),
                name: shown,
                class: FolderClass::Mail,
                role: None,
                identity: folder.identity.clone(),
            }
        })
        .collect();
    roles::assign(&mut folders, &listed);
    folders
}

/// Parent and own name, by the delimiter; folders right under the personal prefix are at the top.
fn split<'a>(key: &'a str, delimiter: Option<char>, prefix: Option<&str>) -> (Option<&'a str>, &'a str) {
    let Some(delimiter) = delimiter else { return (None, key) };
    // A delimiter at the end belongs to no level.
    let trimmed = key.strip_suffix(delimiter).unwrap_or(key);
    match trimmed.rsplit_once(delimiter) {
        Some((parent, name)) if !parent.is_empty() && !name.is_empty() => {
            let at_top = prefix.is_some_and(|prefix| prefix.strip_suffix(delimiter) == Some(parent));
            (Some(parent).filter(|_| !at_top), name)
        }
        _ => (None, trimmed),
    }
}

/// Some servers do not list a parent that does not exist; its children are to be reachable all the same.
fn add_missing_parents(listed: &mut Vec<Listed>, prefix: Option<&str>) {
    let mut known: std::collections::HashSet<String> = listed.iter().map(|f| f.key.0.clone()).collect();
    let mut at = 0;
    while let Some(folder) = listed.get(at) {
        at += 1;
        let delimiter = folder.delimiter;
        let Some(parent) = split(&folder.key.0, delimiter, prefix).0.map(str::to_owned) else { continue };
        if known.insert(parent.clone()) {
            listed.push(Listed {
                key: BackendKey(parent),
                delimiter,
                attributes: Vec::new(),
                selectable: false,
                identity: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use syncledger_domain::ports::mailbox::FolderRole;

    use super::*;

    fn folders(rows: &[(&str, &str)], delimiter: char, prefix: Option<&str>) -> Vec<Folder> {
        let row = |(name, attributes): &(&str, &str)| ListRow {
            attributes: attributes.split_whitespace().map(str::to_owned).collect(),
            delimiter: Some(delimiter),
            name: Bytes::copy_from_slice(name.as_bytes()),
        };
        build(collect(rows.iter().map(row).collect(), &[]), prefix)
    }

    fn role(folders: &[Folder], role: FolderRole) -> Vec<&str> {
        folders
            .iter()
            .filter(|folder| folder.role == Some(role))
            .map(|folder| folder.key.0.as_str())
            .collect()
    }

    #[test]
    fn attributes_beat_names_and_one_folder_has_a_role() {
        let all = folders(
            &[
                ("inbox", ""),
                ("Sent", ""),
                ("Outgoing", "\\sent"),
                ("Spam", ""),
                ("Junk", ""),
                ("x/Trash", ""),
            ],
            '/',
            None,
        );
        assert_eq!(role(&all, FolderRole::Inbox), ["INBOX"]);
        assert_eq!(role(&all, FolderRole::Sent), ["Outgoing"]);
        assert_eq!(role(&all, FolderRole::Junk), ["Junk"]);
        assert_eq!(role(&all, FolderRole::Trash), [""; 0]);
        let two = folders(&[("Sent Messages", "\\sent"), ("Sent", "\\sent")], '/', None);
        assert_eq!(role(&two, FolderRole::Sent), ["Sent"]);
    }

    #[test]
    fn a_name_in_another_language_serves_where_no_attribute_does() {
        let all = folders(&[("Entw&APw-rfe", ""), ("Gesendet", ""), ("Papierkorb", "")], '/', None);
        assert_eq!(role(&all, FolderRole::Drafts), ["Entw&APw-rfe"]);
        assert_eq!(role(&all, FolderRole::Sent), ["Gesendet"]);
        assert_eq!(role(&all, FolderRole::Trash), ["Papierkorb"]);
    }

    #[test]
    fn parents_are_always_there() {
        let all = folders(&[("a.b.c", ""), ("a", "\\noselect")], '.', None);
        for folder in &all {
            assert!(
                folder.parent.iter().all(|parent| all.iter().any(|other| other.key == *parent)),
                "{folder:?}"
            );
        }
        let names: Vec<(&str, &str)> = all.iter().map(|f| (f.key.0.as_str(), f.name.as_str())).collect();
        assert_eq!(names, [("a", "a"), ("a.b.c", "c"), ("a.b", "b")]);
    }

    #[test]
    fn a_personal_prefix_is_no_level_of_its_own() {
        let all = folders(&[("INBOX", ""), ("INBOX.Sent", ""), ("INBOX.a.b", "")], '.', Some("INBOX."));
        let parent = |key: &str| all.iter().find(|f| f.key.0 == key).unwrap().parent.clone().map(|p| p.0);
        assert_eq!(parent("INBOX.Sent"), None);
        assert_eq!(parent("INBOX.a.b"), Some("INBOX.a".to_owned()));
        assert_eq!(role(&all, FolderRole::Sent), ["INBOX.Sent"]);
    }

    #[test]
    fn odd_names_have_some_name_and_no_loops() {
        for name in ["/", "//", "/a", "a/", "a//b", "&", "INBOX/", ""] {
            for folder in folders(&[(name, "")], '/', None) {
                assert!(!folder.name.is_empty(), "{name:?}");
                assert_ne!(folder.parent.as_ref(), Some(&folder.key), "{name:?}");
            }
        }
    }
}

//! Which folder is for drafts, sent mail and so on.
//!
//! The server's attributes decide (RFC 6154). Where it gives none for a role, the name does: the names of this table
//! are those that mail programs have given such folders over the years, in the languages seen most.

use syncledger_domain::ports::mailbox::{Folder, FolderRole};

use super::folders::Listed;

const ATTRIBUTES: [(&str, FolderRole); 5] = [
    ("\\drafts", FolderRole::Drafts),
    ("\\trash", FolderRole::Trash),
    ("\\sent", FolderRole::Sent),
    ("\\junk", FolderRole::Junk),
    ("\\archive", FolderRole::Archive),
];

/// Lower case; the more usual first.
const NAMES: [(FolderRole, &[&str]); 5] = [
    (
        FolderRole::Drafts,
        &[
            "drafts",
            "draft",
            "entwürfe",
            "brouillons",
            "borradores",
            "bozze",
            "concepten",
            "rascunhos",
            "черновики",
        ],
    ),
    (
        FolderRole::Trash,
        &[
            "trash",
            "deleted items",
            "deleted messages",
            "deleted",
            "papierkorb",
            "gelöschte elemente",
            "gelöschte objekte",
            "corbeille",
            "papelera",
            "cestino",
            "prullenbak",
            "lixeira",
            "корзина",
        ],
    ),
    (
        FolderRole::Sent,
        &[
            "sent",
            "sent items",
            "sent messages",
            "sent mail",
            "sent-mail",
            "gesendet",
            "gesendete elemente",
            "gesendete objekte",
            "envoyés",
            "éléments envoyés",
            "enviados",
            "inviati",
            "posta inviata",
            "verzonden",
            "отправленные",
        ],
    ),
    (
        FolderRole::Junk,
        &[
            "junk",
            "spam",
            "junk e-mail",
            "junk mail",
            "bulk mail",
            "unerwünscht",
            "spamverdacht",
            "indésirables",
        ],
    ),
    (FolderRole::Archive, &["archive", "archives", "archiv"]),
];

/// Gives each role to at most one folder.
pub(super) fn assign(folders: &mut [Folder], listed: &[Listed]) {
    for folder in folders.iter_mut().filter(|folder| folder.key.0 == "INBOX") {
        folder.role = Some(FolderRole::Inbox);
    }
    for (attribute, role) in ATTRIBUTES {
        let marked =
            |at: &usize| folders[*at].role.is_none() && listed[*at].selectable && listed[*at].has(attribute);
        // Several may carry the same attribute (Dovecot's example has two for sent mail): the well-known name wins.
        let candidates: Vec<usize> = (0..folders.len()).filter(marked).collect();
        let best = candidates.iter().min_by_key(|at| rank(role, &folders[**at].name)).copied();
        let best = best.or_else(|| by_name(folders, listed, role));
        if let Some(at) = best {
            folders[at].role = Some(role);
        }
    }
}

fn by_name(folders: &[Folder], listed: &[Listed], role: FolderRole) -> Option<usize> {
    // Only where it is at the top, or right under the Inbox as some servers keep all: `Projects/Sent` is not it.
    let prominent = |folder: &Folder| folder.parent.as_ref().is_none_or(|parent| parent.0 == "INBOX");
    let fits = |at: &usize| {
        folders[*at].role.is_none()
            && listed[*at].selectable
            && prominent(&folders[*at])
            && !ATTRIBUTES.iter().any(|(attribute, _)| listed[*at].has(attribute))
            && rank(role, &folders[*at].name) < usize::MAX
    };
    (0..folders.len())
        .filter(fits)
        .min_by_key(|at| (rank(role, &folders[*at].name), folders[*at].parent.is_some()))
}

fn rank(role: FolderRole, name: &str) -> usize {
    let name = name.to_lowercase();
    let names = NAMES.iter().find(|(of, _)| *of == role).map_or(&[][..], |(_, names)| names);
    names.iter().position(|known| *known == name).unwrap_or(usize::MAX)
}

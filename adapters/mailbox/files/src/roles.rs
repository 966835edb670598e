//! Special uses by name: a Maildir has no other mark of them.

use syncledger_domain::ports::mailbox::FolderRole;

/// Names mail programs give to the folders of each role, in lower case; the first that exists has the role. English
/// first, because a server makes those by itself.
const NAMES: [(FolderRole, &[&str]); 5] = [
    (
        FolderRole::Sent,
        &[
            "sent",
            "sent items",
            "sent messages",
            "sent mail",
            "gesendet",
            "gesendete elemente",
            "gesendete objekte",
            "envoyés",
            "éléments envoyés",
            "messages envoyés",
            "enviados",
            "elementos enviados",
            "itens enviados",
            "posta inviata",
            "inviata",
            "verzonden",
            "verzonden items",
            "wysłane",
            "elementy wysłane",
            "отправленные",
            "skickat",
            "sendt",
            "odeslané",
            "已发送",
            "已發送",
            "送信済み",
        ],
    ),
    (
        FolderRole::Trash,
        &[
            "trash",
            "deleted items",
            "deleted messages",
            "deleted",
            "bin",
            "papierkorb",
            "gelöscht",
            "gelöschte elemente",
            "gelöschte objekte",
            "corbeille",
            "éléments supprimés",
            "papelera",
            "elementos eliminados",
            "lixeira",
            "itens excluídos",
            "cestino",
            "posta eliminata",
            "prullenbak",
            "verwijderde items",
            "kosz",
            "elementy usunięte",
            "корзина",
            "удаленные",
            "papperskorg",
            "papirkurv",
            "koš",
            "已删除",
            "ゴミ箱",
        ],
    ),
    (
        FolderRole::Drafts,
        &[
            "drafts",
            "draft",
            "entwürfe",
            "brouillons",
            "borradores",
            "rascunhos",
            "bozze",
            "concepten",
            "szkice",
            "wersje robocze",
            "черновики",
            "utkast",
            "kladder",
            "koncepty",
            "草稿",
            "下書き",
        ],
    ),
    (
        FolderRole::Junk,
        &[
            "junk",
            "spam",
            "junk e-mail",
            "junk email",
            "junk mail",
            "bulk mail",
            "junk-e-mail",
            "unerwünscht",
            "courrier indésirable",
            "indésirables",
            "correo no deseado",
            "lixo eletrônico",
            "posta indesiderata",
            "ongewenste e-mail",
            "wiadomości-śmieci",
            "спам",
            "нежелательная почта",
            "skräppost",
            "垃圾邮件",
            "迷惑メール",
        ],
    ),
    (
        FolderRole::Archive,
        &[
            "archive",
            "archives",
            "archiv",
            "archivo",
            "archivio",
            "archief",
            "archiwum",
            "архив",
            "arkiv",
            "存档",
        ],
    ),
];

/// The role each of these names has, in their order. Each role is given once at most.
pub(crate) fn assign(names: &[&str]) -> Vec<Option<FolderRole>> {
    let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let mut roles = vec![None; names.len()];
    for (role, known) in NAMES {
        // Two folders may differ in case alone; the first in byte order is taken, at every call the same.
        let best = known.iter().find_map(|known| {
            let spelled = lower.iter().enumerate().filter(|(_, name)| name == known).map(|(at, _)| at);
            spelled.min_by_key(|&at| names[at])
        });
        if let Some(at) = best {
            roles[at] = Some(role);
        }
    }
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_is_given_once_and_the_usual_name_wins() {
        let roles = assign(&["Sent Items", "sent", "Sent", "Gelöschte Objekte", "Spam", "Junk", "Projects"]);
        let (sent, trash, junk) = (Some(FolderRole::Sent), Some(FolderRole::Trash), Some(FolderRole::Junk));
        assert_eq!(roles, [None, None, sent, trash, None, junk, None]);
    }

    #[test]
    fn no_name_stands_for_two_roles() {
        let mut all: Vec<&str> = NAMES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(all.iter().all(|name| name.to_lowercase() == **name));
    }
}

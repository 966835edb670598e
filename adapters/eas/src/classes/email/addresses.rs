//! Address fields as the class wants them: `"Name" <a@b>`, joined by comma, within 32768 characters.

use syncledger_domain::ids::Address;

use crate::classes::mime::{Fields, Mailbox, address_list};

/// Longest value of To, Cc, Bcc and From. MS-ASEMAIL, "To".
const MAX: usize = 32_768;

/// All mailboxes of all fields of a name.
pub(super) fn all(fields: &Fields<'_>, name: &str) -> Vec<Mailbox> {
    fields.all(name).flat_map(|field| address_list(field.value)).collect()
}

/// A list with a separator, cut before the address that would go beyond the limit.
pub(super) fn joined(list: &[Mailbox], separator: &str) -> String {
    join(list.iter().filter(|mailbox| !mailbox.address.is_empty()).map(one), separator)
}

/// Names alone, the address where there is no name. MS-ASEMAIL, "`DisplayTo`".
pub(super) fn names(list: &[Mailbox]) -> String {
    let name = |mailbox: &Mailbox| {
        let name = if mailbox.name.is_empty() { &mailbox.address } else { &mailbox.name };
        name.replace(';', ",")
    };
    join(list.iter().map(name).filter(|name| !name.is_empty()), "; ")
}

fn join(items: impl Iterator<Item = String>, separator: &str) -> String {
    let mut out = String::new();
    let mut length = 0;
    for item in items {
        let more = item.chars().count() + if out.is_empty() { 0 } else { separator.chars().count() };
        if length + more > MAX {
            break;
        }
        if !out.is_empty() {
            out.push_str(separator);
        }
        out.push_str(&item);
        length += more;
    }
    out
}

/// One mailbox.
pub(super) fn one(mailbox: &Mailbox) -> String {
    if mailbox.name.is_empty() {
        return mailbox.address.clone();
    }
    let name = mailbox.name.replace('\\', "\\\\").replace('"', "\\\"");
    if mailbox.address.is_empty() {
        format!("\"{name}\"")
    } else {
        format!("\"{name}\" <{}>", mailbox.address)
    }
}

/// Whether one of the addresses is in the list.
pub(super) fn any_own(list: &[Mailbox], own: &[Address]) -> bool {
    list.iter().any(|mailbox| own.iter().any(|address| address.as_str() == mailbox.address.to_lowercase()))
}

//! What a request asks for, as far as the query tells: a command this server speaks, one it knows but does not speak,
//! or something else.

use std::fmt;

use syncledger_wbxml::{
    Tag,
    pages::{
        compose_mail, find, folder_hierarchy, meeting_response, resolve_recipients, search, validate_cert,
    },
};

use crate::ascmd::EasCommand;

/// A command, served or not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verb {
    /// Leads to a room.
    Served(EasCommand),
    /// Of the protocol, but without a room here: 137, or HTTP 501 (iOS calls Find even where nobody offered it).
    Unserved(&'static Unserved),
    /// Not of the protocol, by name or number, cut to 32 characters.
    Unknown(String),
}

/// A command of the protocol without a room.
#[derive(PartialEq, Eq, Debug)]
pub struct Unserved {
    code: u8,
    name: &'static str,
    /// Root of its answer; `None` for those that never answer with a document.
    root: Option<Tag>,
}

const fn unserved(code: u8, name: &'static str, root: Tag) -> Unserved {
    Unserved { code, name, root: Some(root) }
}

const fn without_document(code: u8, name: &'static str) -> Unserved {
    Unserved { code, name, root: None }
}

/// MS-ASHTTP, "Command Codes", without those of [`EasCommand`].
static UNSERVED: [Unserved; 15] = [
    unserved(2, "SmartForward", compose_mail::SMART_FORWARD),
    unserved(3, "SmartReply", compose_mail::SMART_REPLY),
    without_document(4, "GetAttachment"),
    without_document(5, "GetHierarchy"),
    without_document(6, "CreateCollection"),
    without_document(7, "DeleteCollection"),
    without_document(8, "MoveCollection"),
    unserved(10, "FolderCreate", folder_hierarchy::FOLDER_CREATE),
    unserved(11, "FolderDelete", folder_hierarchy::FOLDER_DELETE),
    unserved(12, "FolderUpdate", folder_hierarchy::FOLDER_UPDATE),
    unserved(15, "MeetingResponse", meeting_response::MEETING_RESPONSE),
    unserved(16, "Search", search::SEARCH),
    unserved(21, "ResolveRecipients", resolve_recipients::RESOLVE_RECIPIENTS),
    unserved(22, "ValidateCert", validate_cert::VALIDATE_CERT),
    unserved(23, "Find", find::FIND),
];

impl Verb {
    /// From the plain query.
    pub fn by_name(name: &str) -> Self {
        let known = || UNSERVED.iter().find(|verb| verb.name.eq_ignore_ascii_case(name)).map(Self::Unserved);
        let served = EasCommand::by_name(name).map(Self::Served);
        served
            .or_else(known)
            .unwrap_or_else(|| Self::Unknown(name.chars().filter(|c| !c.is_control()).take(32).collect()))
    }

    /// From the base64 query.
    pub fn by_code(code: u8) -> Self {
        let known = || UNSERVED.iter().find(|verb| verb.code == code).map(Self::Unserved);
        let served = EasCommand::by_code(code).map(Self::Served);
        served.or_else(known).unwrap_or_else(|| Self::Unknown(code.to_string()))
    }

    /// The root element of its answer, if its answers have one.
    pub fn root(&self) -> Option<Tag> {
        match self {
            Self::Served(command) => Some(command.root()),
            Self::Unserved(verb) => verb.root,
            Self::Unknown(_) => None,
        }
    }
}

/// The name as the document spells it.
impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Served(command) => command.name(),
            Self::Unserved(verb) => verb.name,
            Self::Unknown(name) => name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_from_0_to_23_has_the_same_verb_by_name() {
        for code in 0..=23 {
            let verb = Verb::by_code(code);
            assert!(!matches!(verb, Verb::Unknown(_)), "code {code}");
            assert_eq!(Verb::by_name(&verb.to_string().to_uppercase()), verb);
        }
        assert_eq!(Verb::by_code(24), Verb::Unknown("24".into()));
        assert_eq!(Verb::by_name("Dance\r\n"), Verb::Unknown("Dance".into()));
    }

    #[test]
    fn a_command_with_a_room_is_served_even_if_it_is_still_listed_without_one() {
        for command in EasCommand::ALL {
            assert_eq!(Verb::by_code(command.code()), Verb::Served(*command));
            assert_eq!(Verb::by_name(command.name()), Verb::Served(*command));
        }
    }
}

//! Messages for tests, and the places they lie in: directories of Maildirs, and what other programs do there.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// A message to be written.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Subject, any characters.
    pub subject: String,
    /// Plain text, lines ended by `\n`.
    pub text: String,
    /// HTML beside it.
    pub html: Option<String>,
    /// Name and bytes of an attachment.
    pub attachment: Option<(String, Vec<u8>)>,
    /// Sender; `carol@example.org` if empty.
    pub from: String,
    /// Recipient; `alice@example.com` if empty.
    pub to: String,
}

impl Message {
    /// A short plain one.
    pub fn new(subject: impl Into<String>) -> Self {
        let subject = subject.into();
        Self { text: format!("The body of {subject}.\n"), subject, ..Self::default() }
    }

    /// As it is written (RFC 5322, RFC 2045), lines ended by `\n` as delivery agents keep them.
    pub fn bytes(&self) -> Vec<u8> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("{}.{}", std::process::id(), NEXT.fetch_add(1, Relaxed));
        let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
        let mut raw = format!(
            "From: {}\nTo: {}\nSubject: {}\nDate: Sun, 01 Nov 2026 10:00:00 +0000\n\
             Message-ID: <{unique}@tests.example.org>\nMIME-Version: 1.0\n",
            or(&self.from, "carol@example.org"),
            or(&self.to, "alice@example.com"),
            encoded(&self.subject)
        );
        let text = part("text/plain; charset=utf-8", self.text.as_bytes());
        let content = match &self.html {
            None => text,
            Some(html) => {
                multipart("alternative", &[text, part("text/html; charset=utf-8", html.as_bytes())])
            }
        };
        let content = match &self.attachment {
            None => content,
            Some((name, bytes)) => {
                let headers = format!(
                    "application/octet-stream; name=\"{name}\"\nContent-Disposition: attachment; filename=\"{name}\""
                );
                multipart("mixed", &[content, part(&headers, bytes)])
            }
        };
        raw.push_str(&content);
        raw.into_bytes()
    }
}

/// A header's text as an encoded word where it needs to be (RFC 2047).
fn encoded(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { format!("=?utf-8?B?{}?=", BASE64_STANDARD.encode(text)) }
}

fn part(content_type: &str, bytes: &[u8]) -> String {
    let mut part = format!("Content-Type: {content_type}\n");
    let plain = std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii() && !text.contains('\r'));
    if let Some(text) = plain {
        let _ = write!(part, "Content-Transfer-Encoding: 7bit\n\n{text}");
    } else {
        part.push_str("Content-Transfer-Encoding: base64\n\n");
        let lines = BASE64_STANDARD.encode(bytes);
        for line in lines.as_bytes().chunks(76) {
            let _ = writeln!(part, "{}", String::from_utf8_lossy(line));
        }
    }
    part
}

fn multipart(kind: &str, parts: &[String]) -> String {
    let boundary = format!("=-{kind}");
    let mut whole = format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"\n\n");
    for part in parts {
        let _ = write!(whole, "--{boundary}\n{part}\n");
    }
    let _ = writeln!(whole, "--{boundary}--");
    whole
}

/// A message as it lies in a mailbox.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Stored {
    /// Path of the folder's names as a phone shows it: `Inbox`, `Projects/Old`.
    pub folder: String,
    /// Subject, decoded.
    pub subject: String,
    /// Whether it is read.
    pub read: bool,
    /// Whether it is flagged.
    pub flagged: bool,
}

/// A mailbox as programs other than ours see it.
pub trait Mail: Send + Sync {
    /// Delivers a message.
    fn deliver(&self, folder: &str, message: &[u8]);
    /// Everything there is, sorted.
    fn stored(&self) -> Vec<Stored>;
    /// The messages with a subject, as bytes.
    fn content(&self, folder: &str, subject: &str) -> Vec<Vec<u8>>;
    /// Sets the flags of all messages with a subject.
    fn set_flags(&self, folder: &str, subject: &str, read: bool, flagged: bool);
    /// Removes all messages with a subject, for good.
    fn remove(&self, folder: &str, subject: &str);
    /// Makes a folder.
    fn make_folder(&self, name: &str);
}

/// The subject of a message, decoded.
pub fn subject(raw: &[u8]) -> String {
    let parsed = mail_parser::MessageParser::default().parse_headers(raw);
    parsed.and_then(|message| message.subject().map(str::to_owned)).unwrap_or_default()
}

/// A Maildir with its folders (Maildir++), worked on as delivery agents and mail programs do.
#[derive(Clone, Debug)]
pub struct Maildir {
    path: PathBuf,
}

impl Maildir {
    /// Folders of a new one, beside the Inbox.
    const FOLDERS: [&'static str; 4] = ["Drafts", "Junk", "Sent", "Trash"];

    /// Opens one, and makes it if it is not there.
    pub fn open(path: &Path) -> Self {
        let maildir = Self { path: path.to_owned() };
        if !path.join("cur").is_dir() {
            for folder in Self::FOLDERS {
                maildir.make_folder(folder);
            }
            maildir.complete("Inbox");
        }
        maildir
    }

    /// Directory of a folder.
    pub fn directory(&self, folder: &str) -> PathBuf {
        if folder == "Inbox" {
            self.path.clone()
        } else {
            self.path.join(format!(".{}", folder.replace('/', ".")))
        }
    }

    fn complete(&self, folder: &str) {
        for part in ["tmp", "new", "cur"] {
            fs::create_dir_all(self.directory(folder).join(part)).expect("own directory");
        }
    }

    /// Puts a message into `cur` with flags, as a mail program does.
    pub fn store(&self, folder: &str, message: &[u8], flags: &str) {
        self.put(folder, message, &|name| format!("cur/{name}:2,{flags}"));
    }

    fn put(&self, folder: &str, message: &[u8], place: &dyn Fn(&str) -> String) {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("1793527200.M{}P{}.tests", NEXT.fetch_add(1, Relaxed), std::process::id());
        let directory = self.directory(folder);
        let tmp = directory.join("tmp").join(&name);
        fs::write(&tmp, message).expect("own directory");
        fs::rename(tmp, directory.join(place(&name))).expect("own directory");
    }

    /// Files of the messages in a folder, with what they hold.
    fn files(&self, folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = BTreeMap::new();
        for part in ["new", "cur"] {
            for entry in fs::read_dir(self.directory(folder).join(part)).into_iter().flatten().flatten() {
                // A file renamed meanwhile is seen by its new name or in the next look.
                if let Ok(content) = fs::read(entry.path()) {
                    files.insert(entry.path(), content);
                }
            }
        }
        files.into_iter().collect()
    }

    fn with_subject(&self, folder: &str, wanted: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = self.files(folder);
        files.retain(|(_, content)| subject(content) == wanted);
        files
    }

    fn folders(&self) -> Vec<String> {
        let mut folders = vec!["Inbox".to_owned()];
        for entry in fs::read_dir(&self.path).expect("the Maildir is there").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(folder) = name.strip_prefix('.')
                && entry.path().join("cur").is_dir()
            {
                folders.push(folder.replace('.', "/"));
            }
        }
        folders
    }

    /// Names of the files of a folder, without the flags: what identifies its messages.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let name = |(path, _): (PathBuf, Vec<u8>)| {
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        };
        let names = self.files(folder).into_iter().map(name);
        names.map(|name| name.split(":2,").next().unwrap_or_default().to_owned()).collect()
    }
}

fn flags(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.split_once(":2,").map(|(_, flags)| flags.to_owned()).unwrap_or_default()
}

impl Mail for Maildir {
    fn deliver(&self, folder: &str, message: &[u8]) {
        self.put(folder, message, &|name| format!("new/{name}"));
    }

    fn stored(&self) -> Vec<Stored> {
        let mut stored = Vec::new();
        for folder in self.folders() {
            stored.extend(self.files(&folder).iter().map(|(path, content)| Stored {
                folder: folder.clone(),
                subject: subject(content),
                read: flags(path).contains('S'),
                flagged: flags(path).contains('F'),
            }));
        }
        stored.sort();
        stored
    }

    fn content(&self, folder: &str, subject: &str) -> Vec<Vec<u8>> {
        self.with_subject(folder, subject).into_iter().map(|(_, content)| content).collect()
    }

    fn set_flags(&self, folder: &str, subject: &str, read: bool, flagged: bool) {
        for (path, _) in self.with_subject(folder, subject) {
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            let base = name.split(":2,").next().unwrap_or_default();
            let flags =
                [(flagged, "F"), (read, "S")].map(|(set, letter)| if set { letter } else { "" }).concat();
            let renamed = self.directory(folder).join("cur").join(format!("{base}:2,{flags}"));
            // Somebody else may have been faster.
            let _ = fs::rename(path, renamed);
        }
    }

    fn remove(&self, folder: &str, subject: &str) {
        for (path, _) in self.with_subject(folder, subject) {
            let _ = fs::remove_file(path);
        }
    }

    fn make_folder(&self, name: &str) {
        self.complete(name);
        fs::write(self.directory(name).join("maildirfolder"), "").expect("own directory");
    }
}

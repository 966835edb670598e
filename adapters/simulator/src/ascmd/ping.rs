//! Ping: wait for news. MS-ASCMD, "Ping".

use std::time::Duration;

use syncledger_wbxml::{Element, pages::ping};

use crate::{
    Phone,
    error::Error,
    store::{Anomaly, Folder},
    tree,
    wire::{Command, Params},
};

/// How often the phone lets a server correct its parameters in one Ping.
const CORRECTIONS: u32 = 5;
/// How long an empty Ping waits if the phone does not know what the server remembers.
const UNKNOWN_HEARTBEAT_SECS: u32 = 3540;

/// How a Ping ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum News {
    /// The heartbeat is over.
    Nothing,
    /// These folders have news.
    Folders(Vec<String>),
    /// Folders were added, removed or renamed: a `FolderSync` is due.
    Hierarchy,
}

/// The answer to a single Ping.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PingAnswer {
    /// 1 nothing, 2 news, 3 parameters missing, 4 syntax, 5 heartbeat, 6 too many folders, 7 hierarchy, 8 failure.
    pub status: u32,
    /// Changed folders, with 2.
    pub folders: Vec<String>,
    /// An acceptable heartbeat in seconds, with 5.
    pub heartbeat_secs: Option<u32>,
    /// An acceptable number of folders, with 6.
    pub max_folders: Option<u32>,
}

impl Phone {
    /// Waits up to `heartbeat` for news in these folders. Parameters the server corrects (5, 6) are corrected; the
    /// corrected heartbeat is kept for [`Phone::ping_again`].
    ///
    /// # Errors
    /// Any; [`Error::Status`] for 4 and 8.
    pub async fn ping(&mut self, heartbeat: Duration, folders: &[&str]) -> Result<News, Error> {
        let secs = u32::try_from(heartbeat.as_secs()).unwrap_or(u32::MAX);
        let folders = folders.iter().map(|folder| (*folder).to_owned()).collect();
        self.ping_in_full(secs, folders).await
    }

    /// The same Ping once more, with an empty body as long as the server remembers (3: in full again).
    ///
    /// # Errors
    /// As [`Phone::ping`].
    pub async fn ping_again(&mut self) -> Result<News, Error> {
        let (secs, folders) = (self.state.heartbeat_secs, self.state.pinged.clone());
        if !self.state.ping_cached {
            return self.ping_in_full(secs, folders).await;
        }
        let answer = self.ping_once(None).await?;
        match self.judge(answer)? {
            Verdict::Done(news) => Ok(news),
            Verdict::Correct { secs: new, folders: max } => {
                self.ping_in_full(new.unwrap_or(secs), cut(folders, max)).await
            }
        }
    }

    /// One Ping as it is: with these parameters, or with an empty body.
    ///
    /// # Errors
    /// Any but for the command's own statuses, which are in the answer.
    pub async fn ping_once(&mut self, parameters: Option<(u32, &[String])>) -> Result<PingAnswer, Error> {
        let secs = match parameters {
            Some((secs, _)) => secs,
            None if self.state.heartbeat_secs > 0 => self.state.heartbeat_secs,
            None => UNKNOWN_HEARTBEAT_SECS,
        };
        let body = parameters.map(|(secs, folders)| self.ping_request(secs, folders));
        let params = Params::waiting(Duration::from_secs(secs.into()), self.config.timeouts.grace);
        let exchange = self.call(Command::Ping, body, params).await?;
        let root = exchange
            .body
            .ok_or_else(|| Error::protocol(Command::Ping, "the answer to a Ping is never empty"))?;
        parse(&root).ok_or_else(|| Error::protocol(Command::Ping, "the answer has no Status"))
    }

    async fn ping_in_full(&mut self, mut secs: u32, mut folders: Vec<String>) -> Result<News, Error> {
        for _ in 0..CORRECTIONS {
            self.state.heartbeat_secs = secs;
            self.state.pinged.clone_from(&folders);
            self.state.ping_cached = false;
            let answer = self.ping_once(Some((secs, &folders))).await?;
            match self.judge(answer)? {
                Verdict::Done(news) => return Ok(news),
                Verdict::Correct { secs: new, folders: max } => {
                    secs = new.unwrap_or(secs);
                    folders = cut(folders, max);
                }
            }
        }
        Err(Error::NoEnd { command: Command::Ping, rounds: CORRECTIONS })
    }

    fn judge(&mut self, answer: PingAnswer) -> Result<Verdict, Error> {
        self.state.ping_cached = matches!(answer.status, 1 | 2 | 7);
        match answer.status {
            1 => Ok(Verdict::Done(News::Nothing)),
            2 => Ok(Verdict::Done(News::Folders(self.note_news(answer.folders)))),
            7 => Ok(Verdict::Done(News::Hierarchy)),
            3 | 5 | 6 => Ok(Verdict::Correct { secs: answer.heartbeat_secs, folders: answer.max_folders }),
            status => Err(Error::Status { command: Command::Ping, status }),
        }
    }

    /// Remembers what was promised, so that a Sync which does not deliver it is noticed.
    fn note_news(&mut self, folders: Vec<String>) -> Vec<String> {
        for folder in &folders {
            if !self.state.pinged.contains(folder) {
                self.state.note(Anomaly::UnaskedPingFolder { folder: folder.clone() });
            }
            if let Some(collection) = self.state.collections.get_mut(folder) {
                collection.pinged = true;
            }
        }
        folders
    }

    fn ping_request(&self, secs: u32, folders: &[String]) -> Element {
        let list = folders.iter().map(|id| {
            let class = self.state.folders.get(id).and_then(Folder::class);
            Element::new(ping::FOLDER)
                .with(Element::text(ping::ID, id))
                .with(Element::text(ping::CLASS, class.map_or("Email", |class| class.as_str())))
        });
        Element::new(ping::PING)
            .with(Element::text(ping::HEARTBEAT_INTERVAL, secs.to_string()))
            .with(Element::new(ping::FOLDERS).with_all(list))
    }
}

enum Verdict {
    Done(News),
    Correct { secs: Option<u32>, folders: Option<u32> },
}

fn cut(mut folders: Vec<String>, max: Option<u32>) -> Vec<String> {
    if let Some(max) = max.and_then(|max| usize::try_from(max).ok()) {
        folders.truncate(max.max(1));
    }
    folders
}

fn parse(root: &Element) -> Option<PingAnswer> {
    let folders =
        root.child(ping::FOLDERS).into_iter().flat_map(|folders| folders.children_with(ping::FOLDER));
    Some(PingAnswer {
        status: tree::root_status(root)?,
        folders: folders.map(|folder| folder.text_lossy().into_owned()).collect(),
        heartbeat_secs: tree::number(root, ping::HEARTBEAT_INTERVAL),
        max_folders: tree::number(root, ping::MAX_FOLDERS),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        PhoneConfig,
        tests::{golden, golden_tree},
    };

    #[test]
    fn the_request_is_as_published() {
        let mut phone =
            Phone::new(PhoneConfig::new("http://127.0.0.1:1", "alice@example.com", "demo")).unwrap();
        for (id, kind) in [("2", 2), ("7", 8)] {
            let folder = Folder { id: id.to_owned(), parent: "0".to_owned(), name: id.to_owned(), kind };
            phone.state.folders.insert(id.to_owned(), folder);
        }
        let request = phone.ping_request(480, &["2".to_owned(), "7".to_owned()]);
        assert_eq!(syncledger_wbxml::encode(&request), golden("17-ping", "first request", 0));
    }

    #[test]
    fn published_answers_read() {
        let answer = |label| parse(&golden_tree("17-ping", label, 0)).unwrap();
        assert_eq!(answer("answer: time over"), PingAnswer { status: 1, ..PingAnswer::default() });
        let news = answer("answer: news in the Inbox");
        assert_eq!((news.status, news.folders), (2, vec!["2".to_owned()]));
        assert_eq!(answer("answer: parameters not cached").status, 3);
        let long = answer("answer: interval too long");
        assert_eq!((long.status, long.heartbeat_secs), (5, Some(1800)));
        let many = answer("answer: too many folders");
        assert_eq!(many.status, 6);
        assert!(many.max_folders.is_some());
        assert_eq!(answer("answer: FolderSync needed").status, 7);
    }
}

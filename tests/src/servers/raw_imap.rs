//! A second, independent IMAP session for tests: lines out, lines in, no library.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpStream},
};

use super::PATIENCE;

/// A plain session on 127.0.0.1.
pub struct RawImap {
    stream: BufReader<TcpStream>,
    counter: u32,
}

impl RawImap {
    /// Connects and logs in.
    ///
    /// # Panics
    /// When the server does not let us in.
    pub fn login(port: u16, user: &str, password: &str) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server answers");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
        let mut session = Self { stream: BufReader::new(stream), counter: 0 };
        session.line();
        session.ok(&format!("LOGIN \"{user}\" \"{password}\""));
        session
    }

    /// Runs a command; the untagged answers, then the tagged one without its tag.
    ///
    /// # Panics
    /// When the connection breaks.
    pub fn run(&mut self, command: &str) -> (Vec<String>, String) {
        self.counter += 1;
        let tag = format!("t{} ", self.counter);
        self.write(format!("{tag}{command}\r\n").as_bytes());
        self.answer(&tag)
    }

    /// Runs a command that must succeed; the untagged answers, then the tagged one.
    ///
    /// # Panics
    /// When the answer is not `OK`.
    pub fn ok(&mut self, command: &str) -> Vec<String> {
        let (mut lines, done) = self.run(command);
        assert!(done.starts_with("OK"), "{command}: {done}");
        lines.push(done);
        lines
    }

    /// Appends a message, delivered now, and returns the tagged answer.
    ///
    /// # Panics
    /// When the answer is not `OK`.
    pub fn append(&mut self, folder: &str, flags: &str, message: &[u8]) -> String {
        self.append_with(&format!("\"{folder}\" ({flags})"), message)
    }

    /// Appends a message, delivered so many seconds after 1970, and returns the tagged answer.
    ///
    /// # Panics
    /// When the answer is not `OK`.
    pub fn append_at(&mut self, folder: &str, flags: &str, date: i64, message: &[u8]) -> String {
        let date = jiff::Timestamp::from_second(date).expect("a date of this era");
        let date = date.strftime("%d-%b-%Y %H:%M:%S +0000");
        self.append_with(&format!("\"{folder}\" ({flags}) \"{date}\""), message)
    }

    fn append_with(&mut self, arguments: &str, message: &[u8]) -> String {
        self.counter += 1;
        let tag = format!("t{} ", self.counter);
        let start = format!("{tag}APPEND {arguments} {{{}+}}\r\n", message.len());
        self.write(&[start.as_bytes(), message, b"\r\n"].concat());
        let (_, done) = self.answer(&tag);
        assert!(done.starts_with("OK"), "APPEND: {done}");
        done
    }

    /// UIDs for which a search holds, in the selected folder.
    ///
    /// # Panics
    /// When the search fails.
    pub fn uids(&mut self, search: &str) -> Vec<u32> {
        let lines = self.ok(&format!("UID SEARCH {search}"));
        let found = lines.iter().find_map(|l| l.strip_prefix("* SEARCH")).unwrap_or_default();
        found.split_whitespace().map(|uid| uid.parse().expect("a number")).collect()
    }

    fn answer(&mut self, tag: &str) -> (Vec<String>, String) {
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            match line.strip_prefix(tag) {
                Some(done) => return (lines, done.to_owned()),
                None => lines.push(line),
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).expect("the connection holds");
    }

    /// One logical line, literals included.
    fn line(&mut self) -> String {
        let mut whole = Vec::new();
        loop {
            let mut line = Vec::new();
            self.stream.read_until(b'\n', &mut line).expect("the connection holds");
            assert!(!line.is_empty(), "the server hung up after {:?}", String::from_utf8_lossy(&whole));
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            whole.extend_from_slice(text.as_bytes());
            let literal =
                text.strip_suffix('}').and_then(|t| t.rsplit_once('{')).and_then(|(_, n)| n.parse().ok());
            let Some(length) = literal else { return String::from_utf8_lossy(&whole).into_owned() };
            let mut content = vec![0; length];
            self.stream.read_exact(&mut content).expect("the connection holds");
            whole.extend_from_slice(&content);
        }
    }
}

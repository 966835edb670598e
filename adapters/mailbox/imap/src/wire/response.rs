//! The responses a gateway needs, understood; all others are [`Response::Other`].

use bytes::Bytes;

use super::{
    WireError, date,
    uids::UidSet,
    value::{Reader, Value},
};

/// `OK`, `NO` or `BAD`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Status {
    Ok,
    No,
    Bad,
}

/// The code in brackets of a status response (RFC 3501, "Server Responses - Status Responses"; RFC 5530).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Code(Bytes);

impl Code {
    /// Its first word, in upper case.
    pub(crate) fn name(&self) -> String {
        let end = self.0.iter().position(|byte| *byte == b' ').unwrap_or(self.0.len());
        String::from_utf8_lossy(&self.0[..end]).to_ascii_uppercase()
    }

    /// What stands behind the first word.
    pub(crate) fn arguments(&self) -> Vec<Value> {
        let mut reader = Reader::new(self.0.clone());
        reader.word();
        reader.values().unwrap_or_default()
    }

    /// Its only argument as a number.
    pub(crate) fn number<N: std::str::FromStr>(&self) -> Option<N> {
        self.arguments().first()?.number()
    }
}

/// A status response's content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Outcome {
    pub(crate) status: Status,
    pub(crate) code: Option<Code>,
    /// For people; the first 200 characters.
    pub(crate) text: String,
}

/// A line of LIST.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ListRow {
    /// Lower case, with the backslash.
    pub(crate) attributes: Vec<String>,
    pub(crate) delimiter: Option<char>,
    /// As on the wire.
    pub(crate) name: Bytes,
}

/// A line of FETCH, as far as it goes: servers also send single attributes unasked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct FetchRow {
    pub(crate) uid: Option<u32>,
    pub(crate) flags: Option<Vec<Bytes>>,
    pub(crate) date: Option<i64>,
    pub(crate) size: Option<u32>,
    pub(crate) modseq: Option<u64>,
    /// `BODY[…]`, whatever section was asked for.
    pub(crate) body: Option<Bytes>,
}

/// A line of STATUS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct StatusRow {
    /// As on the wire.
    pub(crate) name: Bytes,
    /// Item and value by turns.
    pub(crate) items: Vec<Value>,
}

impl StatusRow {
    /// The value of an item.
    pub(crate) fn item(&self, name: &str) -> Option<&Value> {
        let (pairs, _) = self.items.as_chunks::<2>();
        pairs.iter().find(|[item, _]| item.is_atom(name)).map(|[_, value]| value)
    }
}

/// A response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Response {
    /// The server waits for more.
    Continue(Bytes),
    /// The end of a command.
    Tagged {
        tag: Bytes,
        outcome: Outcome,
    },
    /// A remark, or the greeting.
    Untagged(Outcome),
    /// The greeting of a server that knows us already.
    Preauth(Outcome),
    /// The server is about to close the connection.
    Bye(Outcome),
    Capability(Vec<String>),
    Enabled(Vec<String>),
    List(ListRow),
    Namespace(Vec<Value>),
    Status(StatusRow),
    Search(UidSet),
    Exists(u32),
    Expunge,
    Vanished {
        earlier: bool,
        uids: UidSet,
    },
    Fetch(FetchRow),
    /// A FETCH that cannot be read.
    Garbled,
    /// Nothing we need.
    Other,
}

impl Response {
    /// Understands a whole response.
    pub(crate) fn parse(whole: Bytes) -> Result<Self, WireError> {
        let mut reader = Reader::new(whole);
        let tag = reader.word();
        match &*tag {
            b"+" => Ok(Self::Continue(reader.rest())),
            b"*" => untagged(reader),
            b"" => Err(WireError::Malformed("an empty line")),
            _ => {
                let status = status(&reader.word()).ok_or(WireError::Malformed("a tag without a status"))?;
                Ok(Self::Tagged { tag, outcome: outcome(status, reader) })
            }
        }
    }
}

fn untagged(mut reader: Reader) -> Result<Response, WireError> {
    let word = reader.word();
    if let Some(number) = std::str::from_utf8(&word).ok().and_then(|word| word.parse::<u32>().ok()) {
        return Ok(numbered(number, reader));
    }
    if let Some(status) = status(&word) {
        return Ok(Response::Untagged(outcome(status, reader)));
    }
    Ok(match &*word.to_ascii_uppercase() {
        b"PREAUTH" => Response::Preauth(outcome(Status::Ok, reader)),
        b"BYE" => Response::Bye(outcome(Status::No, reader)),
        b"CAPABILITY" => Response::Capability(words(&reader.values()?)),
        b"ENABLED" => Response::Enabled(words(&reader.values()?)),
        b"LIST" => list(&reader.values()?)?,
        b"NAMESPACE" => Response::Namespace(reader.values()?),
        b"STATUS" => status_row(reader.values()?)?,
        b"SEARCH" => search(&reader.values()?)?,
        b"ESEARCH" => extended_search(&reader.values()?)?,
        b"VANISHED" => vanished(&reader.values()?)?,
        _ => Response::Other,
    })
}

fn numbered(number: u32, mut reader: Reader) -> Response {
    match &*reader.word().to_ascii_uppercase() {
        b"EXISTS" => Response::Exists(number),
        b"EXPUNGE" => Response::Expunge,
        b"FETCH" => match reader.values().as_deref() {
            Ok([Value::List(pairs)]) => Response::Fetch(fetch(pairs)),
            _ => Response::Garbled,
        },
        _ => Response::Other,
    }
}

fn status(word: &[u8]) -> Option<Status> {
    match &*word.to_ascii_uppercase() {
        b"OK" => Some(Status::Ok),
        b"NO" => Some(Status::No),
        b"BAD" => Some(Status::Bad),
        _ => None,
    }
}

fn outcome(status: Status, mut reader: Reader) -> Outcome {
    let code = reader.code().map(Code);
    let text = String::from_utf8_lossy(&reader.rest()).chars().take(200).collect();
    Outcome { status, code, text }
}

/// The words of `CAPABILITY` or its response code, in upper case.
pub(crate) fn words(values: &[Value]) -> Vec<String> {
    let words = values.iter().filter_map(Value::bytes);
    words.map(|word| String::from_utf8_lossy(word).to_ascii_uppercase()).collect()
}

fn list(values: &[Value]) -> Result<Response, WireError> {
    let [Value::List(attributes), delimiter, name, ..] = values else {
        return Err(WireError::Malformed("LIST"));
    };
    let delimiter = delimiter.bytes().and_then(|d| std::str::from_utf8(d).ok()?.chars().next());
    let attributes = attributes.iter().filter_map(Value::bytes);
    Ok(Response::List(ListRow {
        attributes: attributes.map(|a| String::from_utf8_lossy(a).to_ascii_lowercase()).collect(),
        delimiter,
        name: name.name().ok_or(WireError::Malformed("LIST"))?.clone(),
    }))
}

fn status_row(mut values: Vec<Value>) -> Result<Response, WireError> {
    // Some servers put a space behind the list; nothing else may follow.
    match (values.pop(), values.pop()) {
        (Some(Value::List(items)), Some(name)) if values.is_empty() => {
            let name = name.name().ok_or(WireError::Malformed("STATUS"))?.clone();
            Ok(Response::Status(StatusRow { name, items }))
        }
        _ => Err(WireError::Malformed("STATUS")),
    }
}

fn search(values: &[Value]) -> Result<Response, WireError> {
    // With CONDSTORE a list `(MODSEQ n)` may come last.
    let numbers = values.iter().filter(|value| value.list().is_none());
    let uids: Option<Vec<u32>> = numbers.map(Value::number).collect();
    Ok(Response::Search(UidSet::from_uids(uids.ok_or(WireError::Malformed("SEARCH"))?)))
}

/// `ESEARCH (TAG "a") UID ALL 4,7:9` (RFC 4731).
fn extended_search(values: &[Value]) -> Result<Response, WireError> {
    let all = values.iter().position(|value| value.is_atom("ALL"));
    let Some(set) = all.and_then(|at| values.get(at + 1)) else {
        return Ok(Response::Search(UidSet::default()));
    };
    let set = set.bytes().and_then(|bytes| UidSet::parse(bytes));
    set.map(Response::Search).ok_or(WireError::Malformed("ESEARCH"))
}

/// `VANISHED (EARLIER) 4,7:9` (RFC 7162).
fn vanished(values: &[Value]) -> Result<Response, WireError> {
    let earlier = matches!(values, [Value::List(_), _]);
    let set = values.last().and_then(Value::bytes).and_then(|bytes| UidSet::parse(bytes));
    Ok(Response::Vanished { earlier, uids: set.ok_or(WireError::Malformed("VANISHED"))? })
}

fn fetch(values: &[Value]) -> FetchRow {
    let mut row = FetchRow::default();
    let (pairs, _) = values.as_chunks::<2>();
    for [name, value] in pairs {
        let Some(name) = name.bytes().map(|name| name.to_ascii_uppercase()) else { continue };
        match &*name {
            b"UID" => row.uid = value.number().filter(|uid| *uid > 0),
            b"FLAGS" => {
                row.flags =
                    value.list().map(|flags| flags.iter().filter_map(Value::bytes).cloned().collect());
            }
            b"INTERNALDATE" => row.date = value.bytes().and_then(|text| date::parse(text)),
            // A size beyond 4 GB saturates; nobody can fetch such a message.
            b"RFC822.SIZE" => {
                row.size = value.number::<u64>().map(|size| u32::try_from(size).unwrap_or(u32::MAX));
            }
            b"MODSEQ" => row.modseq = value.list().and_then(|list| list.first()?.number()),
            name if name.starts_with(b"BODY[") => row.body = value.bytes().cloned(),
            _ => {}
        }
    }
    row
}

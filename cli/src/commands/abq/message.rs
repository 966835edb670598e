//! `abq message set|get|delete|duplicate|init`: what devices show that may not sync.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use syncledger_commands::{
    CommandError, abq_delete_message, abq_duplicate_message, abq_init_messages, abq_set_message,
};
use syncledger_domain::{
    abq_messages::{Fields, LANGUAGES, MessageKind, MessageLocale, MessageScope, Messages, Refusal},
    codes,
    event::StreamId,
};

use super::{
    modes::Modes,
    resolved::{FIELDS, Shelf},
    targets,
    words::{printable, word},
};
use crate::{
    input_file,
    node::Node,
    output::{self, say},
    refusal::Refused,
};

/// Most bytes of a file with a body. How long a body may be the domain says; this only bounds the reading.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// How many messages [`Message::Init`] writes: of both types, in each language and as default.
const BUILT_IN: u64 = 2 * (LANGUAGES.len() as u64 + 1);

/// The messages devices show that may not sync.
#[derive(Debug, Subcommand)]
pub(crate) enum Message {
    /// Set parts of a message; an empty text forgets one.
    ///
    /// Subject and bodies may hold `{device_id}`, `{device_type}`, `{user_agent}`, `{account}`, `{status}`, `{date}` and
    /// `{support}`.
    Set(Box<Set>),
    /// Show messages as devices get them, with where each part is from.
    Get {
        /// blocked or quarantined
        #[arg(value_name = "TYPE")]
        kind: String,
        /// default, a language (fr, `fr_CA`), or all.
        locale: String,
        /// Of this domain; else the global ones.
        #[arg(long)]
        domain: Option<String>,
        /// Also where nobody set one: what is shown then.
        #[arg(long)]
        resolve: bool,
    },
    /// Delete a message.
    Delete {
        /// blocked or quarantined
        #[arg(value_name = "TYPE")]
        kind: String,
        /// default or a language.
        locale: String,
        /// Of this domain; else the global one.
        #[arg(long)]
        domain: Option<String>,
    },
    /// Copy a message to another language, whatever that has.
    Duplicate {
        /// blocked or quarantined
        #[arg(value_name = "TYPE")]
        kind: String,
        /// default or a language.
        from: String,
        /// default or a language.
        to: String,
        /// Of this domain; else the global ones.
        #[arg(long)]
        domain: Option<String>,
    },
    /// Write the built-in messages out at global scope, to be changed.
    Init {
        /// Also where there is a message already: its texts are lost.
        #[arg(long)]
        force: bool,
    },
}

/// `abq message set`
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// blocked or quarantined
    #[arg(value_name = "TYPE")]
    kind: String,
    /// default or a language.
    locale: String,
    /// For this domain; else global.
    #[arg(long)]
    domain: Option<String>,
    /// Sender: an address, or a name and an address.
    #[arg(long)]
    from: Option<String>,
    /// Where answers go: likewise.
    #[arg(long)]
    reply_to: Option<String>,
    /// Subject.
    #[arg(long)]
    subject: Option<String>,
    /// Plain text.
    #[arg(long)]
    body_plain: Option<String>,
    /// Plain text, from a file.
    #[arg(long, value_name = "FILE", value_parser = input_file::path())]
    body_plain_file: Option<PathBuf>,
    /// HTML.
    #[arg(long)]
    body_html: Option<String>,
    /// HTML, from a file.
    #[arg(long, value_name = "FILE", value_parser = input_file::path())]
    body_html_file: Option<PathBuf>,
}

fn refused(refusal: impl Into<Refusal>) -> anyhow::Error {
    CommandError::Refused(refusal.into()).into()
}

fn locale(text: &str) -> anyhow::Result<MessageLocale> {
    text.parse().map_err(|invalid: syncledger_domain::abq_messages::InvalidLocale| refused(invalid))
}

async fn scope(node: &Node, domain: Option<&str>) -> anyhow::Result<MessageScope> {
    Ok(match domain {
        Some(text) => MessageScope::Domain(targets::domain(node, text).await?),
        None => MessageScope::Global,
    })
}

impl Message {
    pub(super) async fn run(self, node: &Node, json: bool) -> anyhow::Result<()> {
        match self {
            Self::Set(set) => set.run(node, json).await,
            Self::Get { kind, locale, domain, resolve } => {
                let shown = get(node, &kind, &locale, domain.as_deref(), resolve).await?;
                tell(&shown, json)
            }
            Self::Delete { kind, locale: of, domain } => {
                let (kind, of) = (word(&kind)?, locale(&of)?);
                let scope = scope(node, domain.as_deref()).await?;
                abq_delete_message::run(&node.repository, &node.admin(), &scope, kind, &of).await?;
                output::done(
                    json,
                    &format!("the {scope} message of type {kind} in {of} is deleted"),
                    json!({ "scope": scope.to_string(), "type": kind.to_string(), "locale": of.to_string() }),
                )
            }
            Self::Duplicate { kind, from, to, domain } => {
                duplicate(node, &kind, (&from, &to), domain.as_deref(), json).await
            }
            Self::Init { force } => init(node, force, json).await,
        }
    }
}

impl Set {
    async fn run(self, node: &Node, json: bool) -> anyhow::Result<()> {
        let (kind, of) = (word(&self.kind)?, locale(&self.locale)?);
        let fields = self.fields()?;
        let scope = scope(node, self.domain.as_deref()).await?;
        let done =
            abq_set_message::run(&node.repository, &node.admin(), &scope, (kind, &of), &fields).await?;
        let changed = done.appended.is_some();
        let shown = Shelf::new(done.state, scope, &Modes::load(node).await?)?.shown(kind, &of);
        if json {
            return output::done(true, "", json!({ "changed": changed, "message": shown }));
        }
        say!("{}", if changed { "set:" } else { "it is so already:" });
        tell(&[shown], false)
    }

    fn fields(&self) -> anyhow::Result<Fields> {
        Ok(Fields {
            from: self.from.clone(),
            reply_to: self.reply_to.clone(),
            subject: self.subject.clone(),
            body_plain: body("body-plain", self.body_plain.as_deref(), self.body_plain_file.as_deref())?,
            body_html: body("body-html", self.body_html.as_deref(), self.body_html_file.as_deref())?,
        })
    }
}

/// A body, from the command line or from a file.
fn body(option: &str, inline: Option<&str>, file: Option<&Path>) -> Result<Option<String>, Refused> {
    match (inline, file) {
        (Some(_), Some(_)) => Err(Refused::new(
            codes::CONFLICTING_PARAMETERS,
            format!("--{option} and --{option}-file exclude each other: allowed is one of them"),
        )),
        (Some(text), None) => Ok(Some(text.to_owned())),
        (None, Some(file)) => input_file::read_text(file, MAX_FILE_BYTES).map(Some),
        (None, None) => Ok(None),
    }
}

/// The messages asked for, as devices get them.
///
/// # Errors
/// `NO_SUCH_MESSAGE` for one nobody set, unless it is to be resolved.
pub(super) async fn get(
    node: &Node,
    kind: &str,
    wanted: &str,
    domain: Option<&str>,
    resolve: bool,
) -> anyhow::Result<Vec<Value>> {
    let kind: MessageKind = word(kind)?;
    let one = if wanted.eq_ignore_ascii_case("all") { None } else { Some(locale(wanted)?) };
    let scope = scope(node, domain).await?;
    let messages = node.repository.load::<Messages>(&StreamId::abq_messages()).await?.state;
    let shelf = Shelf::new(messages, scope.clone(), &Modes::load(node).await?)?;
    let locales = match one {
        None => shelf.locales(kind),
        Some(locale) if resolve || shelf.has(kind, &locale) => vec![locale],
        Some(locale) => return Err(refused(Refusal::NoSuchMessage { scope, kind, locale })),
    };
    Ok(locales.iter().map(|locale| shelf.shown(kind, locale)).collect())
}

async fn duplicate(
    node: &Node,
    kind: &str,
    (from, to): (&str, &str),
    domain: Option<&str>,
    json: bool,
) -> anyhow::Result<()> {
    let (kind, from, to) = (word(kind)?, locale(from)?, locale(to)?);
    let scope = scope(node, domain).await?;
    let done =
        abq_duplicate_message::run(&node.repository, &node.admin(), &scope, kind, (&from, &to)).await?;
    output::done(
        json,
        &format!("the {scope} message of type {kind} in {to} is that in {from}"),
        json!({
            "scope": scope.to_string(),
            "type": kind.to_string(),
            "from": from.to_string(),
            "to": to.to_string(),
            "changed": done.appended.is_some(),
        }),
    )
}

async fn init(node: &Node, force: bool, json: bool) -> anyhow::Result<()> {
    let (_, initialised) = abq_init_messages::run(&node.repository, &node.admin(), force).await?;
    // Nothing is recorded when all of them were there.
    let (written, kept) =
        initialised.map_or((0, BUILT_IN), |counts| (u64::from(counts.written), u64::from(counts.kept)));
    output::done(
        json,
        &format!("{written} messages written; {kept} were there and stay"),
        json!({ "written": written, "kept": kept }),
    )
}

fn tell(shown: &[Value], json: bool) -> anyhow::Result<()> {
    if json {
        return output::value(shown);
    }
    if shown.is_empty() {
        say!("none: the wider or built-in messages are shown");
    }
    for message in shown {
        let text = |name: &str| message[name].as_str().unwrap_or("-");
        say!(
            "{} {} {} (resolved from {})",
            text("scope"),
            text("type"),
            text("locale"),
            text("resolved_from")
        );
        for field in FIELDS {
            let source = message["sources"][field].as_str().unwrap_or_default();
            say!("  {field} ({source})");
            for line in text(field).lines() {
                say!("    {}", printable(line));
            }
        }
    }
    Ok(())
}

//! Passwords as they may be shown: everything but the secret and its hash.

use std::collections::BTreeMap;

use syncledger_domain::{
    Aggregate as _, Event,
    directory::{Account, AccountEvent, CredentialId, MobilePassword, Refusal},
    event::{Revision, StreamId, Timestamp},
    ids::AccountId,
    ports::event_log::EventLog as _,
};

use crate::{node::Node, output};

/// Events read at a time.
const PAGE: usize = 500;

/// The account's passwords in the order they were added.
///
/// # Errors
/// [`Refusal::NoSuchAccount`], or when the log cannot be read.
pub(super) async fn all(node: &Node, id: AccountId) -> anyhow::Result<Vec<serde_json::Value>> {
    let (account, added) = read(node, id).await?;
    let mut sorted: Vec<_> = account.mobile_passwords.iter().collect();
    sorted.sort_by_key(|(id, _)| (added.get(*id), *id));
    Ok(sorted.into_iter().map(|(id, password)| as_json(id, password, added.get(id))).collect())
}

/// One of them.
///
/// # Errors
/// As [`all`]; [`Refusal::NoSuchMobilePassword`].
pub(super) async fn one(node: &Node, of: AccountId, id: &CredentialId) -> anyhow::Result<serde_json::Value> {
    let (account, added) = read(node, of).await?;
    let known = account.mobile_passwords.get(id);
    let password = known.ok_or_else(|| Refusal::NoSuchMobilePassword(id.clone()))?;
    Ok(as_json(id, password, added.get(id)))
}

/// The account's primary address.
///
/// # Errors
/// As [`all`].
pub(super) async fn address(node: &Node, id: AccountId) -> anyhow::Result<String> {
    let (account, _) = read(node, id).await?;
    Ok(account.address.map(|address| address.to_string()).unwrap_or_default())
}

/// Prints them as a table or as JSON.
pub(super) fn print(records: &[serde_json::Value], json: bool) -> anyhow::Result<()> {
    let headings = ["ID", "LABEL", "SERVICES", "CREATED", "ENABLED", "GENERATED", "ALGORITHM"];
    output::rows(json, headings, records, |row| {
        ["id", "label", "services", "created", "enabled", "generated", "algorithm"].map(|name| {
            match &row[name] {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Array(words) => {
                    words.iter().filter_map(|word| word.as_str()).collect::<Vec<_>>().join(",")
                }
                other => other.to_string(),
            }
        })
    })
}

/// The account with the time each of its passwords was added.
async fn read(node: &Node, id: AccountId) -> anyhow::Result<(Account, BTreeMap<CredentialId, Timestamp>)> {
    let stream = StreamId::account(id);
    let (mut account, mut added) = (Account::default(), BTreeMap::new());
    let mut from = Revision(0);
    loop {
        let page = node.log.read_stream(&stream, from, PAGE).await?;
        for recorded in &page {
            if let Event::Account(event) = Event::decode(recorded)? {
                account.evolve(&event);
                if let AccountEvent::MobilePasswordAdded(new) = event {
                    added.insert(new.id, recorded.recorded_at);
                }
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE => from = Revision(last.revision.0 + 1),
            _ => break,
        }
    }
    if !account.exists() {
        return Err(Refusal::NoSuchAccount.into());
    }
    Ok((account, added))
}

fn as_json(id: &CredentialId, password: &MobilePassword, added: Option<&Timestamp>) -> serde_json::Value {
    let services: Vec<&str> = password.services.iter().map(|service| service.as_str()).collect();
    serde_json::json!({
        "id": id.as_str(),
        "label": password.label,
        "services": services,
        "created": added.map(ToString::to_string),
        "enabled": password.enabled,
        "generated": password.generated,
        "algorithm": if password.generated { "BLAKE3" } else { "argon2id" },
    })
}

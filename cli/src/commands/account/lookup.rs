//! Which account is meant by a word of the command line.

use syncledger_domain::{
    codes,
    ids::{AccountId, Address, InvalidId},
};
use syncledger_projections::directory::{self, AccountRow};

use crate::{node::Node, refusal::Refused};

/// The id of an account that is there, by its address or id.
///
/// # Errors
/// [`Refused`] under `NO_SUCH_ACCOUNT`, also for the id of one that was removed; or a failure of the views.
pub(crate) async fn find(node: &Node, text: &str) -> anyhow::Result<AccountId> {
    Ok(find_row(node, text).await?.id)
}

/// As [`find`], with all that is known about the account.
pub(crate) async fn find_row(node: &Node, text: &str) -> anyhow::Result<AccountRow> {
    let row = find_ever(node, text).await?;
    match row.removed_at {
        Some(at) => Err(unknown(format!(
            "account '{}' was removed at {at}; `syncledger account create` makes a new one",
            cut(text)
        ))
        .into()),
        None => Ok(row),
    }
}

/// As [`find_row`], and one that was removed by its id: for who asks what has been, and for what is left to be removed.
pub(crate) async fn find_ever(node: &Node, text: &str) -> anyhow::Result<AccountRow> {
    node.catch_up().await?;
    let views = node.view_store();
    let row = if let Ok(id) = text.parse::<AccountId>() {
        directory::account(&*views, id).await?
    } else {
        let address: Address = text.parse().map_err(|wrong: InvalidId| {
            let text = cut(text);
            unknown(format!("account '{text}': allowed are an address ({}) or an id", wrong.allowed))
        })?;
        directory::account_by_address(&*views, &address).await?
    };
    row.ok_or_else(|| {
        let text = cut(text);
        unknown(format!("account '{text}' does not exist; `syncledger account list` shows those that do"))
            .into()
    })
}

/// At most 80 characters, for messages.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

fn unknown(message: String) -> Refused {
    Refused::new(codes::NO_SUCH_ACCOUNT, message)
}

#[cfg(test)]
mod tests {
    use syncledger_commands::remove_account;

    use crate::commands::workbench::{ALICE, Workbench};

    #[tokio::test]
    async fn who_was_removed_is_nobody_by_address_and_by_id() {
        let bench = Workbench::new().await;
        bench.device(bench.alice, "phone", "Phone/1", "16.1", 1).await;
        bench.told(&["abq", "list", "--account", ALICE]).await;
        remove_account::run(&bench.node.repository, &bench.node.admin(), bench.alice).await.unwrap();
        let id = bench.alice.to_string();
        for call in [
            &["device", "list", "WHO"][..],
            &["device", "info", "WHO", "phone"],
            &["device", "remove", "WHO", "phone"],
            &["device", "reset", "WHO", "phone"],
            &["device", "suspend", "WHO", "phone"],
            &["device", "resume", "WHO"],
            &["device", "wipe", "WHO", "phone", "--confirm"],
            &["device", "cancel-wipe", "WHO", "phone"],
            &["device", "simulate", "WHO", "phone"],
            &["jail", "release", "WHO", "phone"],
            &["folder", "list", "WHO"],
            &["folder", "hide", "WHO", "2"],
            &["folder", "show", "WHO", "2"],
            &["logger", "add", "WHO", "info", "alice.log"],
            &["credential", "list", "WHO"],
            &["credential", "add", "WHO"],
            &["credential", "delete", "WHO", "aaaaa"],
            &["policy", "get", "account", "WHO"],
            &["policy", "set", "account", "WHO", "DevicePasswordEnabled", "true"],
            &["config", "info", "WHO"],
            &["account", "set", "WHO", "--enable"],
            &["filter", "explain", "WHO"],
            &["abq", "list", "--account", "WHO"],
            &["abq", "set", "phone", "Blocked", "--account", "WHO"],
            &["abq", "explain", "WHO", "phone"],
        ] {
            let by = |who: &str| call.iter().map(|word| word.replace("WHO", who)).collect::<Vec<_>>();
            for words in [by(&id), by(ALICE), by("00000000-0000-0000-0000-000000000000")] {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                bench.refused(&words, "NO_SUCH_ACCOUNT").await;
            }
            let words = by(&id);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let said = bench.refused(&words, "NO_SUCH_ACCOUNT").await;
            assert!(said.contains("was removed at"), "{said}");
        }
        // What has been can still be asked about.
        let told = bench.call(&["audit", "timeline", &id]).await.unwrap();
        assert!(!told.is_empty());
        bench.told(&["audit", "explain", &id, "phone"]).await;
        bench.told(&["account", "remove", &id]).await;
    }
}

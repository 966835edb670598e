//! Messages of devices that may not sync.

use serde_json::Value;

use super::*;

async fn get(world: &World, kind: &str, locale: &str, domain: Option<&str>, resolve: bool) -> Vec<Value> {
    message::get(&world.node, kind, locale, domain, resolve).await.unwrap()
}

#[tokio::test]
async fn a_message_is_set_by_parts_and_shown_with_their_sources() {
    let world = World::new().await;
    let html = world.file("body.html", "\u{feff}<p>Ask {support}</p>\n");
    let html = html.to_str().unwrap();
    world
        .run(&["message", "set", "Blocked", "default", "--subject", "No", "--body-html-file", html])
        .await
        .unwrap();
    world
        .run(&["message", "set", "blocked", "FR-ca", "--subject", "Non", "--reply-to", "aide@example.com"])
        .await
        .unwrap();
    let shown = get(&world, "blocked", "fr_CA", None, false).await.remove(0);
    assert_eq!(shown["resolved_from"], "global fr_CA");
    assert_eq!((&shown["subject"], &shown["sources"]["subject"]), (&"Non".into(), &"global fr_CA".into()));
    assert_eq!(shown["body_html"], "<p>Ask {support}</p>\n", "as written, without a byte order mark");
    assert_eq!(shown["sources"]["body_html"], "global default");
    assert_eq!(shown["sources"]["body_plain"], "built-in fr");
    assert_eq!(
        (&shown["reply_to"], &shown["sources"]["from"]),
        (&"aide@example.com".into(), &"administrator".into())
    );
    world.show(&["message", "get", "blocked", "all"]).await;
    world.run(&["message", "set", "blocked", "fr_CA", "--subject", ""]).await.unwrap();
    assert_eq!(get(&world, "blocked", "fr_CA", None, false).await[0]["subject"], "No", "forgotten");
    let before = world.head().await;
    world.show(&["message", "set", "blocked", "default", "--subject", "No"]).await;
    assert_eq!(world.head().await, before, "it is so already");
}

#[tokio::test]
async fn a_domain_has_its_own_and_falls_back_on_the_global_ones() {
    let world = World::new().await;
    let domain = Some("example.com");
    let resolved = async |locale: &str, domain: Option<&str>| {
        get(&world, "quarantined", locale, domain, true).await[0]["resolved_from"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(resolved("de", domain).await, "built-in de");
    world.run(&["message", "init"]).await.unwrap();
    assert_eq!(resolved("de", domain).await, "global de");
    world
        .run(&["message", "set", "quarantined", "default", "--domain", "example.com", "--subject", "Ours"])
        .await
        .unwrap();
    assert_eq!(resolved("de", domain).await, "domain example.com default", "scope comes before language");
    assert_eq!(resolved("de", None).await, "global de");
    assert_eq!(resolved("de", Some("example.org")).await, "global de");
    assert_eq!(get(&world, "quarantined", "all", domain, false).await.len(), 1);
    assert_eq!(get(&world, "blocked", "ALL", domain, false).await.len(), 0);
    assert_eq!(get(&world, "blocked", "all", None, false).await.len(), 7);
}

#[tokio::test]
async fn messages_are_copied_deleted_and_written_out() {
    let world = World::new().await;
    world.run(&["message", "set", "blocked", "default", "--subject", "No"]).await.unwrap();
    world.run(&["message", "duplicate", "blocked", "default", "nl"]).await.unwrap();
    assert_eq!(get(&world, "blocked", "nl", None, false).await[0]["subject"], "No");
    world.run(&["message", "init"]).await.unwrap();
    assert_eq!(get(&world, "blocked", "default", None, false).await[0]["subject"], "No", "it stays");
    let before = world.head().await;
    world.show(&["message", "init"]).await;
    assert_eq!(world.head().await, before, "all are there");
    world.run(&["message", "init", "--force"]).await.unwrap();
    assert_ne!(get(&world, "blocked", "default", None, false).await[0]["subject"], "No");
    world.run(&["message", "delete", "blocked", "nl"]).await.unwrap();
    assert_eq!(get(&world, "blocked", "all", None, false).await.len(), 7);
}

use syncledger_commands::raise_notice;
use syncledger_domain::notices::Severity;

use super::*;
use crate::commands::workbench::Workbench;

#[tokio::test]
async fn notices_are_listed_and_one_is_shown_whole() {
    let bench = Workbench::new().await;
    assert_eq!(bench.told(&["notification", "list"]).await, serde_json::json!([]));
    assert_eq!(bench.text(&["notification", "list"]).await, "none");
    let (repository, issuer) = (&bench.node.repository, bench.node.admin());
    let one = NodeName::new("one").unwrap();
    for (severity, node, subject) in
        [(Severity::Warning, Some(&one), "first"), (Severity::Critical, None, "second")]
    {
        raise_notice::run(repository, &issuer, severity, node, subject, "a\nlong text").await.unwrap();
    }
    let listed = bench.told(&["notification", "list"]).await;
    assert_eq!((&listed[0]["id"], &listed[0]["server"]), (&1.into(), &"one".into()));
    assert_eq!((&listed[0]["type"], &listed[0]["subject"]), (&"Warning".into(), &"first".into()));
    assert_eq!((&listed[1]["server"], &listed[1]["type"]), (&Value::Null, &"Critical".into()));
    assert!(listed[1]["date"].as_str().unwrap().ends_with('Z'));
    let one = bench.told(&["notification", "list", "2"]).await;
    assert_eq!((one.as_array().unwrap().len(), &one[0]["text"]), (1, &"a\nlong text".into()));
    let shown = bench.text(&["notification", "list", "1"]).await;
    assert!(shown.contains("one Warning\nfirst\n\na\nlong text"), "{shown}");
    assert!(bench.text(&["notification", "list"]).await.contains("second"));
}

#[tokio::test]
async fn a_number_that_is_none_is_refused() {
    let bench = Workbench::new().await;
    let long = "9".repeat(500);
    for (id, code) in [
        ("", codes::INVALID_VALUE),
        ("x", codes::INVALID_VALUE),
        ("0", codes::INVALID_VALUE),
        ("-1", codes::INVALID_VALUE),
        ("1.5", codes::INVALID_VALUE),
        (long.as_str(), codes::INVALID_VALUE),
        ("7", codes::NO_SUCH_ENTRY),
    ] {
        let said = bench.refused(&["notification", "list", id], code).await;
        assert!(said.len() < 300, "{said}");
    }
}

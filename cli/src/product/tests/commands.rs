//! One test per subject: what the commands answer, and how they are refused.

use serde_json::json;
use syncledger_domain::codes::*;

use super::{ALICE, Nodes as _, Workbench, refused, response};

#[tokio::test]
async fn the_device_control_list_is_changed_and_shown() {
    let bench = Workbench::new().await;
    let set = response(&bench, "mobile ABQ set androidc1 blocked").await;
    assert_eq!((&set["device_id"], &set["status"]), (&json!("androidc1"), &json!("Blocked")));
    response(&bench, &format!("mobile abq SET Appl1 Quarantined account {ALICE}")).await;
    let all = response(&bench, "mobile ABQ list").await;
    let shown: Vec<_> = all["devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["device_id"].as_str().unwrap(), row["status"].as_str().unwrap()))
        .collect();
    assert_eq!(shown, [("androidc1", "Blocked"), ("Appl1/alice@example.com", "Quarantined")]);
    let one = response(&bench, "mobile ABQ list status QUARANTINED").await;
    assert_eq!(one["devices"].as_array().unwrap().len(), 1);
    refused(&bench, "mobile ABQ allow androidc1", NOT_QUARANTINED).await;
    refused(&bench, "mobile ABQ delete nobody", NO_SUCH_ENTRY).await;
    refused(&bench, "mobile ABQ set androidc1 Blocked account bob@example.com", NO_SUCH_ACCOUNT).await;
    refused(&bench, "mobile ABQ set androidc1 Blokked", INVALID_VALUE).await;
    refused(&bench, "mobile ABQ set 'a b/c' Blocked", BAD_DEVICE_ID).await;
    refused(&bench, "mobile ABQ import /nowhere/at/all Allowed", FILE_UNREADABLE).await;
    response(&bench, "mobile ABQ delete androidc1").await;
}

#[tokio::test]
async fn rules_and_messages_are_changed_and_shown() {
    let bench = Workbench::new().await;
    response(&bench, "mobile ABQ setRule android.* Allowed 1").await;
    response(&bench, "mobile ABQ setRule Appl.* blocked 1 domain example.com").await;
    let rules = response(&bench, "mobile ABQ listRules domain example.com").await;
    assert_eq!(
        rules["rules"],
        json!([{ "regex": "Appl.*", "status": "Blocked", "order": 1, "domain": "example.com" }])
    );
    refused(&bench, "mobile ABQ setRule '(' Allowed 2", BAD_REGEX).await;
    refused(&bench, "mobile ABQ setRule x Allowed 2 domain example.org", NO_SUCH_DOMAIN).await;
    refused(&bench, "mobile ABQ deleteRule x.*", NO_SUCH_ENTRY).await;
    response(&bench, "mobile ABQ deleteRule android.*").await;
    response(
        &bench,
        "mobile setABQMessage global quarantined default from support@example.com subject 'It waits'",
    )
    .await;
    let shown = response(&bench, "mobile getABQMessage global quarantined default").await;
    assert_eq!(shown["messages"][0]["subject"], "It waits");
    assert_eq!(shown["messages"][0]["from"], "support@example.com");
    refused(&bench, "mobile getABQMessage global blocked fr", NO_SUCH_MESSAGE).await;
    refused(&bench, "mobile setABQMessage global blocked 'no locale' subject x", INVALID_LOCALE).await;
    let both = "mobile setABQMessage global blocked default body_plain x body_plain_file /tmp/x";
    let told = refused(&bench, both, CONFLICTING_PARAMETERS).await;
    assert!(told.starts_with("body_plain and body_plain_file"), "{told}");
    response(&bench, "mobile initABQMessage all").await;
}

#[tokio::test]
async fn filters_are_numbered_by_position() {
    let bench = Workbench::new().await;
    let before = response(&bench, "mobile getAllEASFilters").await["filters"].as_array().unwrap().len();
    let added =
        response(&bench, "mobile doAddEASFilter contains android fixed 2.5,12.0,14.1 blocking TRUE").await;
    assert_eq!(added["ID"], before);
    let all = response(&bench, "mobile getAllEASFilters").await;
    let row = &all["filters"][before];
    assert_eq!(
        (&row["mode"], &row["easversions"], &row["blocking"]),
        (&json!("fixed"), &json!("2.5,12.0,14.1"), &json!(true))
    );
    refused(&bench, "mobile doAddEASFilter contains android fixed 9.9", UNKNOWN_EAS_VERSION).await;
    refused(&bench, "mobile doAddEASFilter regex '(' fixed 14.1", BAD_REGEX).await;
    refused(&bench, "mobile doDeleteEASFilter 77", NO_SUCH_ENTRY).await;
    response(&bench, &format!("mobile doMoveEASFilter {before} 0")).await;
    response(&bench, "mobile doDeleteEASFilter 0").await;
}

#[tokio::test]
async fn devices_are_listed_shown_and_given_orders() {
    let bench = Workbench::new().await;
    bench.device(bench.alice, "Appl79032X2WA4S", "Apple-iPhone14C2/2003.67", "14.1", 1).await;
    bench.device(bench.alice, "androidc1", "Android/13-EAS-2.0", "16.1", 2).await;
    bench.device(bench.alice, "old", "Android/4", "12.1", 400).await;
    let ids = response(&bench, &format!("mobile getDeviceList {ALICE}")).await;
    assert_eq!(ids["devices"].as_array().unwrap().len(), 3);
    let all = response(&bench, "mobile getAllDevices domains EXAMPLE.com").await;
    let first =
        &all["devices"].as_array().unwrap().iter().find(|row| row["deviceId"] == "androidc1").unwrap();
    assert_eq!(first["accountEmail"], ALICE);
    assert_eq!(first["protocolVersion"], "16.1");
    assert!(first["lastSeen"].is_i64() && first["accountServer"].is_string(), "{first}");
    refused(&bench, "mobile getAllDevices domains example.com,example.org", NO_SUCH_DOMAIN).await;
    refused(&bench, "mobile getDeviceList bob@example.com", NO_SUCH_ACCOUNT).await;
    let info = response(&bench, &format!("mobile getDeviceInfo {ALICE} Appl79032X2WA4S")).await;
    assert_eq!(info["userAgent"], "Apple-iPhone14C2/2003.67");
    assert!(info.get("folders").is_none());
    let verbose =
        response(&bench, &format!("mobile getDeviceInfo {ALICE} Appl79032X2WA4S verbose TRUE")).await;
    assert!(verbose["folders"].is_array());
    refused(&bench, &format!("mobile getDeviceInfo {ALICE} nobody"), NO_SUCH_DEVICE).await;
    let purged = response(&bench, "mobile doPurgeMobileState retention-period 90").await;
    assert_eq!(purged["checkNonActiveAccountDays"], 90);
    assert_eq!(purged["deletedSyncRecordsOfActiveAccounts"], 1);
    for line in [
        "doResetDevice A Appl79032X2WA4S",
        "doResetDevice A device_id Appl79032X2WA4S",
        "doResetDevice A",
        "doResetAccount A",
        "doSuspendDeviceSync A Appl79032X2WA4S",
        "doResumeDeviceSync A",
        "doRemoveDevice A Appl79032X2WA4S",
    ] {
        let line = line.replacen(" A", &format!(" {ALICE}"), 1);
        let told = response(&bench, &format!("mobile {line}")).await;
        assert!(told["message"].is_string(), "{line}: {told}");
    }
    refused(&bench, &format!("mobile doWipeDevice {ALICE} androidc1"), UNSUPPORTED_BY_DEVICE).await;
    bench.provisions("androidc1").await;
    let wipe = format!("mobile doWipeDevice {ALICE} androidc1");
    let told = refused(&bench, &format!("{wipe} confirm false"), CONFIRMATION_REQUIRED).await;
    assert!(told.contains("confirm true") && !told.contains("--"), "{told}");
    response(&bench, &format!("mobile doWipeDevice {ALICE} androidc1 confirm TRUE")).await;
    response(&bench, &format!("mobile doCancelWipe {ALICE} androidc1")).await;
    refused(&bench, "mobile doPurgeMobileState retention-period 0", INVALID_VALUE).await;
    refused(&bench, &format!("mobile doSimulateSync {ALICE} new initial false"), USAGE).await;
    refused(&bench, &format!("mobile disableFolderSync {ALICE} 257 true"), NO_SUCH_FOLDER).await;
}

#[tokio::test]
async fn credentials_show_their_secret_once() {
    let bench = Workbench::new().await;
    let added = response(&bench, &format!("auth credential add {ALICE} label phone")).await;
    assert_eq!(added["message"], "Credential correctly added");
    assert_eq!(added["text_data"]["user"], ALICE);
    let (record, secret) = (&added["list"][0], added["text_data"]["password"].as_str().unwrap());
    assert_eq!((&record["label"], &record["generated"]), (&json!("phone"), &json!(1)));
    assert!(record["created"].is_i64() && secret.len() > 10, "{record}");
    let id = record["id"].as_str().unwrap();
    let updated =
        response(&bench, &format!("auth credential update {ALICE} {id} enabled FALSE service EAS,Dav")).await;
    assert_eq!(updated["list"][0]["enabled"], false);
    let list = response(&bench, &format!("auth credential list {ALICE}")).await;
    assert!(!list.to_string().contains(secret));
    assert_eq!(list["list"][0]["id"], id);
    refused(&bench, &format!("auth credential add {ALICE} qrcode true"), USAGE).await;
    refused(&bench, &format!("auth credential delete {ALICE} zzzzz"), NO_SUCH_ENTRY).await;
    response(&bench, &format!("auth credential delete {ALICE} {id}")).await;
}

#[tokio::test]
async fn policies_and_directory_switches_are_set_and_shown() {
    let bench = Workbench::new().await;
    response(&bench, &format!("mobile setProvisioning account {ALICE} AllowDesktopSync true")).await;
    let one = response(
        &bench,
        &format!("mobile getProvisioning account {ALICE} key zimbraMobilePolicyAllowDesktopSync"),
    )
    .await;
    assert_eq!(one, json!({ "AllowDesktopSync": "1" }));
    assert!(response(&bench, "mobile getProvisioning cos default").await.as_object().unwrap().len() > 30);
    refused(&bench, &format!("mobile setProvisioning account {ALICE} AllowDesktopSink 1"), UNKNOWN_KEY).await;
    refused(&bench, &format!("mobile setProvisioning account {ALICE} AllowDesktopSync 7"), INVALID_VALUE)
        .await;
    refused(&bench, "mobile getProvisioning cos nothing", NO_SUCH_COS).await;
    refused(&bench, "mobile getProvisioning domain example.com", INVALID_VALUE).await;
    let id = response(&bench, &format!("prov ga {ALICE} zimbraId")).await;
    assert_eq!(id["zimbraId"], bench.alice.to_string());
    refused(&bench, "prov ga bob@example.com zimbraId", NO_SUCH_ACCOUNT).await;
    response(&bench, &format!("prov ma {ALICE} zimbraFeatureMobileSyncEnabled FALSE")).await;
    response(&bench, &format!("prov ma {ALICE} zimbraFeatureMobileSyncEnabled ''")).await;
    response(&bench, "prov mc default zimbraFeatureMobileSyncEnabled TRUE").await;
    refused(&bench, &format!("prov ma {ALICE} zimbraFeatureMobileSinkEnabled TRUE"), NO_SUCH_ATTRIBUTE).await;
    refused(&bench, &format!("prov ma {ALICE} zimbraFeatureMobileSyncEnabled=FALSE x"), NO_SUCH_ATTRIBUTE)
        .await;
    let shown = response(&bench, &format!("prov ga {ALICE} zimbraFeatureMobileSyncEnabled")).await;
    assert_eq!(shown["values"][0]["inheritedFrom"], "cos");
}

#[tokio::test]
async fn loggers_services_and_notifications_are_shown_and_switched() {
    let bench = Workbench::new().await;
    let added =
        response(&bench, &format!("mobile doaddaccountlogger {ALICE} DEBUG alice.log window_size 1")).await;
    assert_eq!(added["id"], 1);
    let loggers = response(&bench, "mobile getAccountLoggers").await;
    let logger = &loggers["loggers"][0];
    assert_eq!(
        (&logger["id"], &logger["level"], &logger["name"]),
        (&json!(1), &json!("DEBUG"), &json!("AccountLogger"))
    );
    assert_eq!(logger["remove command"], "syncledger mobile doRemoveLogger 1");
    assert!(logger["description"].as_str().unwrap().contains(ALICE), "{logger}");
    refused(&bench, &format!("mobile doAddAccountLogger {ALICE} loud alice.log"), INVALID_VALUE).await;
    refused(&bench, &format!("mobile doAddAccountLogger {ALICE} info /etc/passwd"), FILE_UNWRITABLE).await;
    refused(&bench, "mobile doRemoveLogger 7", NO_SUCH_ENTRY).await;
    response(&bench, "mobile doRemoveLogger ALL_loggers").await;
    assert_eq!(response(&bench, "mobile getAccountLoggers").await["loggers"], json!([]));

    bench.starts("one").await;
    let own = bench.own();
    bench.starts(&own).await;
    let services = response(&bench, "mobile getServices").await;
    assert_eq!(
        services["services"]["anti-dos"],
        json!({ "running": false, "could_start": false, "could_stop": false, "could_not_start_because": "anti-dos disabled" })
    );
    refused(&bench, "mobile doStartService anti-dos", CANNOT_START).await;
    refused(&bench, "mobile doStopService mail", NO_SUCH_SERVICE).await;
    let stopped = response(&bench, "--host ONE mobile doStopService activesync").await;
    assert_eq!((&stopped["node"], &stopped["service"]), (&json!("one"), &json!("activesync-services")));
    let all = response(&bench, "--host all_servers mobile getServices").await;
    let running = |node: &str| all[node]["response"]["services"]["activesync-services"]["running"].clone();
    assert_eq!((running("one"), running(&own)), (json!(false), json!(true)));
    let restarted = response(&bench, "--host all_servers mobile doRestartService module").await;
    assert_eq!(restarted.as_object().unwrap().len(), 2);
    refused(&bench, "--host two mobile getServices", NO_SUCH_SERVER).await;
    assert_eq!(
        response(&bench, "--host all_servers mobile ABQ list").await["one"]["response"],
        json!({ "devices": [] })
    );

    assert_eq!(response(&bench, "core getNotification").await, json!({ "notifications": [] }));
    bench.notice("the disk is full").await;
    let notices = response(&bench, "core getNotification id 1").await;
    let notice = &notices["notifications"][0];
    assert_eq!((&notice["id"], &notice["subject"]), (&json!(1), &json!("the disk is full")));
    assert!(notice["date"].is_i64(), "{notice}");
    refused(&bench, "core getNotification id 7", NO_SUCH_ENTRY).await;
}

#[tokio::test]
async fn attributes_are_set_shown_and_taken_away_in_both_orders_of_words() {
    let bench = Workbench::new().await;
    let values = |response: &serde_json::Value| response["values"].clone();
    response(&bench, "config set global abqMode strict").await;
    let shown = response(&bench, "CONFIG GET GLOBAL abqMode").await;
    let own =
        json!({ "attribute": "abqMode", "value": "Strict", "isInherited": false, "modules": ["ZxMobile"] });
    assert_eq!(shown, json!({ "global": "", "values": [own] }));
    let shown = response(&bench, &format!("config get account {ALICE} abqMode")).await;
    assert_eq!(
        shown,
        json!({ "account": ALICE, "values": [{
            "attribute": "abqMode", "inheritedValue": "Strict", "inheritedFrom": "global", "isInherited": true,
            "modules": ["ZxMobile"],
        }]})
    );
    response(&bench, &format!("config account set {ALICE} value Interactive attribute abqMode")).await;
    let shown = response(&bench, &format!("config account get {ALICE} attribute abqMode")).await;
    assert_eq!(values(&shown)[0]["value"], "Interactive");
    let all = response(&bench, &format!("config dump account {ALICE}")).await;
    let own = response(&bench, &format!("config dump account {ALICE} show-inherited FALSE")).await;
    assert!(values(&all).as_array().unwrap().len() > 20);
    assert_eq!(values(&own).as_array().unwrap().len(), 1);
    response(&bench, &format!("config empty account {ALICE} abqMode")).await;
    response(&bench, "config global clear attribute abqMode").await;
    assert_eq!(
        values(&response(&bench, "config global get attribute abqMode").await)[0]["inheritedFrom"],
        "default"
    );

    response(&bench, "config set server localhost ZxMobile_UseInstantNotficiations false").await;
    response(&bench, "mobile setProperty ZxMobile_NotificationsLatency 30").await;
    let shown =
        response(&bench, "mobile getProperty property_name ZxMobile_NotificationsLatency,abqMode").await;
    assert_eq!(
        (&values(&shown)[0]["attribute"], &values(&shown)[0]["value"]),
        (&json!("ZxMobile_NotificationsLatency"), &json!(30))
    );
    assert_eq!(values(&shown)[1]["attribute"], "abqMode");
    let shown = response(&bench, &format!("config get server {} useInstantNotifications", bench.own())).await;
    assert_eq!((values(&shown)[0]["value"].clone(), &shown["server"]), (json!(false), &json!(bench.own())));
    refused(&bench, "config get server mail9 abqMode", NO_SUCH_SERVER).await;

    let info = response(&bench, "config info attribute abqMode").await;
    assert_eq!((&info["attribute"], &info["default"]), (&json!("abqMode"), &json!("Permissive")));
    assert_eq!(response(&bench, "config info abqMode").await, info);
    for (line, code) in [
        ("config info abqMod", NO_SUCH_ATTRIBUTE),
        ("config get global abqMod", NO_SUCH_ATTRIBUTE),
        ("config set global abqMode=Strict x", NO_SUCH_ATTRIBUTE),
        ("config set global abqMode sometimes", INVALID_VALUE),
        ("config set domain example.com abqMode Strict", INVALID_SCOPE),
        ("config set domain example.org easEnabled true", NO_SUCH_DOMAIN),
        ("config set cos gold abqMode Strict", NO_SUCH_COS),
        ("config set account bob@example.com abqMode Strict", NO_SUCH_ACCOUNT),
        ("config global set attribute abqMode", USAGE),
        ("config global empty", USAGE),
        ("config set global abqMode", USAGE),
    ] {
        refused(&bench, line, code).await;
    }
}

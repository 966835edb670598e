//! Shapes whose native results hold more kinds of values than a test of the whole call meets.

use serde_json::json;

use super::{
    super::row::{Given, Here},
    *,
};

fn given(words: &[&'static str], values: &[(&'static str, &str)]) -> Given {
    let values = values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Given { words: words.to_vec(), values, here: Here::default() }
}

#[test]
fn services_are_told_by_name() {
    let rows = json!([
        { "name": "module", "running": true, "could_start": false, "could_stop": true, "could_not_start_because": null },
        { "name": "anti-dos", "running": false, "could_start": false, "could_stop": false,
          "could_not_start_because": "anti-dos disabled" },
    ]);
    assert_eq!(
        node::services(&given(&["mobile", "getServices"], &[]), &[rows]).unwrap(),
        json!({ "services": {
            "module": { "running": true, "could_start": false, "could_stop": true },
            "anti-dos": { "running": false, "could_start": false, "could_stop": false,
                          "could_not_start_because": "anti-dos disabled" },
        }})
    );
}

#[test]
fn an_import_says_how_many_were_added_and_which_lines_were_not() {
    let told = json!({ "ok": true, "added": 2, "updated": 0, "unchanged": 1, "duplicates": 0, "failed": 1,
                       "bad_lines": [{ "line": 3, "code": "BAD_DEVICE_ID", "reason": "r" }] });
    let shown = abq::imported(&given(&["mobile", "ABQ", "import"], &[]), &[told]).unwrap();
    assert_eq!(shown["message"], "2 devices added");
    assert_eq!(shown["bad_lines"][0]["line"], 3);
    assert!(shown.get("ok").is_none());
}

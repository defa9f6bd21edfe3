//! The lines of the log that say who changed what.

use std::fs;

use crate::brakes::decided;

#[test]
fn every_attribute_that_is_written_has_a_line_in_the_log_at_any_level() {
    let home = decided();
    let arguments = ["apply", "d.csv", "--demo", "--yes", "--log-level", "error"];
    let json = [&arguments[..], &["--log-format", "json"]].concat();
    let said = home.run(&json);
    let path = said
        .lines()
        .find_map(|line| line.strip_prefix("log: "))
        .unwrap();
    let folder = home.path("home/.local/state/idmend/log");
    let newest = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .max()
        .unwrap();
    assert!(path.ends_with("RUN.log"), "it is said: {path}");
    let log = fs::read_to_string(newest).unwrap();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line["target"] == "idmend::audit")
        .collect();
    let done = said.matches(" done\n").count();
    assert!(done > 0 && lines.len() >= done, "{said}\n{log}");
    for line in &lines {
        let fields = &line["fields"];
        for field in [
            "transaction",
            "by",
            "user",
            "from",
            "controller",
            "entry",
            "guid",
            "attribute",
            "old",
            "new",
            "outcome",
        ] {
            let text = fields[field].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{field}: {line}");
        }
        assert!(line["timestamp"].is_string());
        assert_eq!(fields["outcome"], "done");
        assert_eq!(fields["code"], 0);
    }
}

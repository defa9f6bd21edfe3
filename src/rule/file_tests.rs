use super::*;
use std::path::Path;

use crate::rule::run_cases;

/// A rule file that is all right, to be spoilt.
const GOOD: &str = r#"attribute = "department"
form = "text"

[source.page]
title = "A page"
address = "https://example.com"

[[rule]]
id = "department-length-of-ours"
title = "Too long"
error = "Length"
severity = "fails"
applies-to = ["user"]
check = { length = { max = 5 } }
fix = ["cut"]
happens = "It fails."
why = "It is too long."
ignore = "Never."
sources = ["page"]
checked = "2026-01-31"
valid = ["Sales"]
invalid = [
    { value = "Selling", becomes = "Selli" },
]
"#;

fn compiled(text: &str) -> Result<RuleSet, RuleError> {
    compile("test", vec![("test.toml", text)])
}

/// The error for [`GOOD`] with `old` replaced.
fn error(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "{old:?}");
    compiled(&GOOD.replace(old, new)).unwrap_err().to_string()
}

#[test]
fn every_case_of_the_embedded_sets_holds() {
    for (set, _) in EMBEDDED {
        let rules = load(set).unwrap();
        let failures: Vec<String> = run_cases(&rules).iter().map(ToString::to_string).collect();
        assert!(failures.is_empty(), "{set}\n{}", failures.join("\n"));
    }
}

#[test]
fn every_rule_has_six_cases_of_both_kinds_and_says_what_happens() {
    let sets = EMBEDDED.map(|(set, _)| load(set).unwrap());
    for rule in sets.into_iter().flat_map(|set| set.rules) {
        let valid = rule.cases.iter().filter(|(_, valid, _)| *valid).count();
        let invalid = rule.cases.len() - valid;
        assert!(valid >= 2 && invalid >= 2, "{}: one-sided cases", rule.id);
        assert!(rule.cases.len() >= 6, "{}: {}", rule.id, rule.cases.len());
        for text in [&rule.title, &rule.happens, &rule.why, &rule.ignore] {
            assert!(text.len() > 5, "{}: a text is missing", rule.id);
        }
        for source in &rule.sources {
            assert!(source.address.starts_with("https://"), "{}", rule.id);
        }
    }
}

#[test]
fn every_file_of_the_rules_folder_is_in_the_binary() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (set, files) in EMBEDDED {
        let mut on_disk: Vec<String> = std::fs::read_dir(root.join("rules").join(set))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| format!("rules/{set}/{name}"))
            .collect();
        on_disk.sort();
        let mut embedded: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        embedded.sort_unstable();
        assert_eq!(embedded, on_disk);
    }
}

#[test]
fn what_is_wrong_in_a_file_is_named_with_line_and_column() {
    assert!(compiled(GOOD).is_ok());
    for (old, new, wanted) in [
        ("form =", "from =", "test.toml:2:1: unknown field `from`"),
        (
            "\"text\"",
            "\"txet\"",
            "test.toml:2:8: unknown variant `txet`",
        ),
        (
            "max = 5",
            "most = 5",
            "test.toml:14:22: unexpected keys in table: most",
        ),
        ("max = 5", "max = -5", "test.toml:14:28: "),
        (
            "{ length = { max = 5 } }",
            "\"lenght\"",
            "test.toml:14:9: unknown variant `lenght`",
        ),
        (
            "fix = [\"cut\"]",
            "fix = [\"cut\", \"paste\"]",
            "test.toml:15:15: unknown variant `paste`",
        ),
        (
            "severity = \"fails\"",
            "severity = \"bad\"",
            "test.toml:12:12: unknown variant `bad`",
        ),
        (
            "[\"page\"]",
            "[\"pgae\"]",
            "test.toml:19:12: the file lists no source 'pgae'",
        ),
        (
            "2026-01-31",
            "2026-02-31",
            "test.toml:20:11: '2026-02-31' is no date",
        ),
        (
            "department-length-of-ours",
            "Department",
            "test.toml:9:6: 'Department' is no rule id",
        ),
        (
            "becomes =",
            "turns =",
            "test.toml:23:26: unknown field `turns`",
        ),
        ("form = \"text\"\n", "form = \"text\n", "test.toml:2:"),
    ] {
        let message = error(old, new);
        assert!(message.starts_with(wanted), "{new}: {message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn a_bad_regular_expression_is_refused_where_it_stands() {
    let message = error(
        "{ length = { max = 5 } }",
        "{ forbidden-pattern = { pattern = \"a(\" } }",
    );
    assert!(message.starts_with("test.toml:14:43: "), "{message}");
    assert!(message.contains("unclosed group"), "{message}");
}

#[test]
fn a_character_set_outside_ascii_is_refused_where_it_stands() {
    let message = error(
        "{ length = { max = 5 } }",
        "{ forbidden-characters = { forbidden = \"aé\" } }",
    );
    assert!(message.starts_with("test.toml:14:48: "), "{message}");
    assert!(message.contains("U+00E9"), "{message}");
}

#[test]
fn an_id_used_twice_is_refused() {
    let second = GOOD.split_once("[[rule]]").unwrap().1;
    let message = compiled(&format!("{GOOD}\n[[rule]]{second}"))
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("test.toml:27:6: the id 'department-length-of-ours' is used twice"),
        "{message}"
    );
}

#[test]
fn a_folder_whose_case_fails_is_refused_at_load_and_read_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("department.toml");
    std::fs::write(&path, GOOD).unwrap();
    let name = folder.path().to_str().unwrap();
    assert_eq!(load(name).unwrap().rules.len(), 1);

    std::fs::write(&path, GOOD.replace("Selli\"", "Sell\"")).unwrap();
    let message = load(name).unwrap_err().to_string();
    assert!(
        message.ends_with(
            "department.toml:23:5: a case of the rule 'department-length-of-ours' fails: \
             the proposal is 'Selli', not 'Sell'"
        ),
        "{message}"
    );
    assert_eq!(run_cases(&read(name).unwrap()).len(), 1);
}

#[test]
fn a_case_that_does_not_hold_is_told_in_every_way() {
    for (old, new) in [
        ("\"Sales\"", "\"Selling\""),
        ("\"Selling\"", "\"Sell\""),
        ("becomes = \"Selli\"", "unmended = true"),
        ("becomes = \"Selli\"", "removed = true"),
        ("becomes = \"Selli\"", "confidence = \"safe\""),
        ("becomes = \"Selli\"", "says = \"nonsense\""),
        ("becomes = \"Selli\"", "class = \"nobody\""),
    ] {
        let failures = run_cases(&compiled(&GOOD.replace(old, new)).unwrap());
        assert_eq!(failures.len(), 1, "{new}: {failures:?}");
    }
    assert_eq!(run_cases(&compiled(GOOD).unwrap()), Vec::new());
}

#[test]
fn an_empty_folder_and_a_missing_one_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let message = load(folder.path().to_str().unwrap())
        .unwrap_err()
        .to_string();
    assert!(message.ends_with("it holds no .toml file"), "{message}");
    let message = load("nosuch").unwrap_err().to_string();
    assert!(
        message.contains("'nosuch' is no rule set (there is: entra, multi-tenant, dedicated)"),
        "{message}"
    );
}

#[test]
fn a_folder_may_extend_an_embedded_set() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().to_str().unwrap();
    let set = folder.path().join("set.toml");
    std::fs::write(folder.path().join("department.toml"), GOOD).unwrap();
    std::fs::write(&set, "extends = \"entra\"\n").unwrap();
    let (rules, entra) = (load(name).unwrap(), load("entra").unwrap());
    assert_eq!(rules.inherited, entra.rules.len());
    let ids = |rules: &[Rule]| rules.iter().map(|rule| rule.id.clone()).collect::<Vec<_>>();
    let (inherited, own) = rules.rules.split_at(rules.inherited);
    assert_eq!(ids(inherited), ids(&entra.rules));
    assert_eq!(ids(own), ["department-length-of-ours"]);
}

#[test]
fn what_is_wrong_about_extending_is_told_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().to_str().unwrap();
    let (set, rules) = (
        folder.path().join("set.toml"),
        folder.path().join("own.toml"),
    );
    for (set_text, rule_text, wanted) in [
        (
            "extends = \"nosuch\"",
            GOOD,
            "set.toml:1:11: 'nosuch' is no rule set",
        ),
        (
            "extend = \"entra\"",
            GOOD,
            "set.toml:1:1: unknown field `extend`",
        ),
        ("", GOOD, "set.toml:1:1: missing field `mode`"),
        (
            "extends = \"entra\"",
            &GOOD.replace("department-length-of-ours", "upn-length"),
            "own.toml:9:6: the id 'upn-length' is used twice",
        ),
    ] {
        std::fs::write(&set, set_text).unwrap();
        std::fs::write(&rules, rule_text).unwrap();
        let message = load(name).unwrap_err().to_string();
        assert!(message.contains(wanted), "{message}");
    }
    std::fs::remove_file(rules).unwrap();
    std::fs::write(&set, "extends = \"entra\"").unwrap();
    let message = load(name).unwrap_err().to_string();
    assert!(
        message.ends_with("it holds no file with rules"),
        "{message}"
    );
}

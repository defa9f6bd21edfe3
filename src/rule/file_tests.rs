use super::*;

#[test]
fn the_embedded_set_loads_and_its_cases_hold() {
    let rules = load("entra").unwrap();
    assert_eq!(rules.name, "entra");
    let failures: Vec<String> = crate::rule::run_cases(&rules)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

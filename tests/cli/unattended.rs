//! As a scheduler runs it: no terminal, no environment, output to files.

use std::fs::{self, File};
use std::process::Stdio;

use insta::assert_snapshot;

use crate::common::{Decision, Home, Row, SMALL, accept, decide};

/// Runs as cron does, in a session without a terminal, and shows the exit code
/// and what was said.
fn cron(home: &Home, arguments: &[&str]) -> (i32, String, String) {
    let mut command = home.command(arguments);
    command
        .stdin(Stdio::null())
        .stdout(File::create(home.path("stdout")).unwrap())
        .stderr(File::create(home.path("stderr")).unwrap());
    #[cfg(unix)]
    let mut command = {
        // setsid leaves the terminal that the tests may have.
        let mut session = std::process::Command::new("setsid");
        session
            .arg("--wait")
            .arg(command.get_program())
            .args(command.get_args())
            .env_clear()
            .env("HOME", home.path("home"))
            .current_dir(home.path(""))
            .stdin(Stdio::null())
            .stdout(File::create(home.path("stdout")).unwrap())
            .stderr(File::create(home.path("stderr")).unwrap());
        session
    };
    let status = command.status().unwrap();
    let read = |name: &str| home.mask(&fs::read_to_string(home.path(name)).unwrap());
    (status.code().unwrap(), read("stdout"), read("stderr"))
}

#[test]
fn each_exit_code_is_reached_for_its_reason() {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    home.write("password", "secret\n");
    let nobody = [
        "--server",
        "ldaps://127.0.0.1:1",
        "--user",
        "a@b",
        "--password-file",
        "password",
    ];
    let scan = ["scan", "--quiet", "--json", "--ldif", "small.ldif"];
    for (code, arguments) in [
        (
            0,
            [&scan[..], &["--base", "OU=Office,DC=contoso,DC=test"]].concat(),
        ),
        (1, scan.to_vec()),
        (2, [&scan[..], &["--base", "nonsense"]].concat()),
        (3, [&["scan", "--quiet", "--json"][..], &nobody].concat()),
        (4, [&scan[..], &nobody].concat()),
    ] {
        let (exit, stdout, stderr) = cron(&home, &arguments);
        assert_eq!(exit, code, "{arguments:?}\n{stdout}\n{stderr}");
        // Nothing but errors is said, and nothing is drawn.
        let is_error = |line: &str| {
            ["error: ", "hint: ", "incomplete: ", "log: "]
                .iter()
                .any(|start| line.starts_with(start))
        };
        assert!(stderr.lines().all(is_error), "{stderr}");
        assert!(!stderr.contains('\u{1b}'), "{stderr}");
        assert_eq!(stderr.is_empty(), code < 2, "{stderr}");
        if !stdout.is_empty() {
            let json: serde_json::Value = serde_json::from_str(&stdout).unwrap();
            assert_eq!(json["exit"], code);
            assert_eq!(json["complete"], code < 3);
        }
    }
}

/// The exit code of each command for each of its reasons, with what it says of it.
#[test]
fn every_command_runs_without_a_terminal() {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    home.write("later.ldif", SMALL.replace("clean@", "cl ean@"));
    home.write(
        "torn.ldif",
        format!("{SMALL}\ndn: CN=torn,DC=contoso,DC=test\nno colon\n"),
    );
    home.write("password", "secret\n");
    home.output(&["scan", "--ldif", "small.ldif", "-o", "r.csv"]);
    home.output(&["scan", "--ldif", "later.ldif", "-o", "later.csv"]);
    decide(&home.path("r.csv"), &home.path("d.csv"), accept);
    let bad = home.read("d.csv").replace(",EDIT,EDIT,", ",EDIT,MEND,");
    home.write("bad.csv", bad);
    let nobody = "--server ldaps://127.0.0.1:1 --user a@b --password-file password";
    for (code, command, reason) in [
        (2, "", "needs a terminal"),
        (2, "demo", "needs a terminal"),
        (2, "profile edit night", "needs a terminal"),
        (2, "scan --ldif nowhere.ldif", "nowhere.ldif"),
        (2, "scan --ldif torn.ldif", "torn.ldif, line 27"),
        (
            4,
            &format!("scan --ldif small.ldif {nobody}"),
            "incomplete: ",
        ),
        (3, &format!("doctor {nobody}"), ""),
        (0, "diff r.csv r.csv", ""),
        (1, "diff r.csv later.csv", ""),
        (
            2,
            "diff r.csv nowhere.csv",
            "cannot read the report nowhere.csv",
        ),
        (0, "hard-match later.csv --only nobody@contoso.com", ""),
        (1, "hard-match later.csv", "the report has no OBJECTGUID"),
        (2, "hard-match small.ldif", "names no report"),
        (0, "apply r.csv --ldif small.ldif -o none.ldif", ""),
        (0, "apply d.csv --ldif small.ldif -o out.ldif", ""),
        (
            1,
            "apply d.csv --ldif later.ldif -o later-out.ldif --base OU=Nobody,DC=contoso,DC=test",
            "refused, line",
        ),
        (
            2,
            "apply bad.csv --ldif small.ldif -o bad.ldif",
            "ACTION 'MEND'",
        ),
        (
            2,
            "apply d.csv --ldif small.ldif -o out.ldif",
            "out.ldif is there already",
        ),
        (3, &format!("apply d.csv {nobody}"), "no connection"),
        (0, "history", ""),
        (2, "show 2020", "there is no transaction"),
        (2, &format!("rollback --yes {nobody}"), "no transaction"),
        (0, "recover", ""),
        (0, "exceptions list", ""),
        (2, "exceptions remove 99", "99"),
        (0, "profile list", ""),
        (0, "rules list", ""),
        (2, "rules show nothing", "nothing"),
        (0, "completions bash", ""),
        (0, "man", ""),
    ] {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--quiet"]).collect();
        let (exit, stdout, stderr) = cron(&home, &arguments);
        assert_eq!(exit, code, "{command}\n{stdout}\n{stderr}");
        assert!(stderr.contains(reason), "{command}\n{stderr}");
        assert!(code > 0 || stderr.is_empty(), "{command}\n{stderr}");
        assert!(!stderr.contains('\u{1b}'), "{command}\n{stderr}");
    }
}

#[test]
fn nothing_is_written_unattended_without_yes() {
    let home = Home::new();
    home.output(&["scan", "--demo", "-o", "r.csv"]);
    decide(&home.path("r.csv"), &home.path("d.csv"), accept);
    let (exit, _, stderr) = cron(&home, &["apply", "--quiet", "--partial", "d.csv", "--demo"]);
    assert_eq!(exit, 2, "{stderr}");
    assert!(
        stderr.contains("error: there is no terminal to ask for confirmation"),
        "{stderr}"
    );
}

/// The row of a user principal name of the demo.
fn is_kerstin(row: &Row<'_>) -> bool {
    row.get("COMMONNAME") == "Admin Kerstin Wolff" && row.get("ATTRIBUTE") == "userPrincipalName"
}

#[test]
fn results_of_writing_are_json() {
    let home = Home::new();
    home.output(&["scan", "--demo", "-o", "r.csv"]);
    decide(&home.path("r.csv"), &home.path("d.csv"), |row| {
        let mut decision = accept(row);
        if row.get("ATTRIBUTE") != "displayName" {
            decision.action = "";
        }
        // One name is edited into one that is no better.
        if is_kerstin(row) {
            decision.action = "EDIT";
            decision.update = Some("still bad@contoso.com".to_owned());
        }
        decision
    });
    for (arguments, key) in [
        (
            &["apply", "d.csv", "--demo", "--dry-run", "--json", "--quiet"][..],
            "dry_run",
        ),
        (
            &["apply", "d.csv", "--demo", "--yes", "--json", "--quiet"],
            "transaction",
        ),
    ] {
        let (exit, stdout, stderr) = cron(&home, arguments);
        let json: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        assert!(!json[key].is_null(), "{json}");
        assert_eq!(exit, 1, "a row was refused");
        assert_eq!(json["exit"], exit);
        let entries = json["entries"].as_array().unwrap();
        assert!(!entries.is_empty());
        assert_eq!(entries[0]["attributes"][0], "displayName");
        let refused = json["report"]["refused"].as_array().unwrap();
        assert_eq!(refused.len(), 1, "{json}");
        let said = format!(
            "refused, line {}: {}\n",
            refused[0]["line"],
            refused[0]["text"].as_str().unwrap()
        );
        assert_eq!(stderr, said, "what is refused is said in any case");
        assert_eq!(json["report"]["scan"]["same"], 93, "{json}");
    }
    // Nothing is left to do, and that is a result too.
    decide(&home.path("r.csv"), &home.path("n.csv"), |row| Decision {
        action: if is_kerstin(row) { "EDIT" } else { "" },
        update: Some("still bad@contoso.com".to_owned()),
    });
    let (exit, stdout, _) = cron(&home, &["apply", "n.csv", "--demo", "--yes", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((exit, &json["exit"]), (1, &1.into()));
    assert!(json["transaction"].is_null() && json["entries"] == serde_json::json!([]));
}

#[test]
fn the_log_holds_what_quiet_keeps_to_itself() {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    home.output(&["scan", "--ldif", "small.ldif", "--quiet", "-o", "r.csv"]);
    let folder = home.path("home/.local/state/idmend/log");
    let log = fs::read_dir(folder).unwrap().next().unwrap().unwrap();
    let log = fs::read_to_string(log.path()).unwrap();
    for part in [
        concat!("begin version=\"", env!("CARGO_PKG_VERSION"), "\""),
        "arguments=[\"scan\", \"--ldif\", \"small.ldif\"",
        "contoso.test: 3 entries, 3 judged, 0 skipped, 4 findings",
        "report: r.csv",
        "end exit=1",
    ] {
        assert!(log.contains(part), "{part}\n{log}");
    }
}

#[test]
fn logs_are_rotated_told_apart_by_level_and_hold_no_secret() {
    let home = Home::new();
    home.write("small.ldif", SMALL);
    home.write("password", "correct horse battery\n");
    for run in 0..4 {
        let format = if run % 2 == 0 { "json" } else { "text" };
        home.output(&[
            "scan",
            "--ldif",
            "small.ldif",
            "--server",
            "ldaps://127.0.0.1:1",
            "--user",
            "a@b",
            "--password-file",
            "password",
            "--log-level",
            "debug",
            "--log-format",
            format,
            "--keep-logs",
            "2",
        ]);
    }
    let logs: Vec<String> = fs::read_dir(home.path("home/.local/state/idmend/log"))
        .unwrap()
        .map(|log| fs::read_to_string(log.unwrap().path()).unwrap())
        .collect();
    assert_eq!(logs.len(), 2, "the newest two");
    for log in &logs {
        assert!(!log.is_empty() && !log.contains("horse"), "{log}");
    }
    let json = logs.iter().find(|log| log.starts_with('{')).unwrap();
    for line in json.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["level"].is_string() && line["timestamp"].is_string());
    }
    let (_, _, shown) = cron(
        &home,
        &["scan", "--ldif", "small.ldif", "--log-level", "error"],
    );
    assert_snapshot!(shown, @"
state: $FOLDER/home/.local/state/idmend
LDIF contoso.test: contoso.test (small.ldif)
contoso.test: 3 entries, 3 judged, 0 skipped, 4 findings
4 findings in 3 objects
log: $FOLDER/home/.local/state/idmend/log/RUN.log
");
}

/// The blocks of docs/unattended.md in one language.
fn recipes(language: &str) -> Vec<String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/unattended.md");
    let page = fs::read_to_string(page).unwrap();
    page.split("\n```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| {
            block
                .strip_prefix(&format!("{language}\n"))
                .map(str::to_owned)
        })
        .collect()
}

#[cfg(unix)]
#[test]
fn the_script_for_every_night_tells_what_is_new_since_the_last_one() {
    let home = Home::new();
    let script = recipes("sh")
        .into_iter()
        .find(|block| block.starts_with("#!/bin/sh"))
        .unwrap()
        .replace(
            "idmend scan",
            concat!(env!("CARGO_BIN_EXE_idmend"), " scan"),
        )
        .replace(
            "idmend diff",
            concat!(env!("CARGO_BIN_EXE_idmend"), " diff"),
        );
    assert!(
        script.contains("--profile /etc/idmend/nightly.toml"),
        "{script}"
    );
    home.write(
        "nightly",
        script.replace("--profile /etc/idmend/nightly.toml", "--ldif ../small.ldif"),
    );
    // As systemd names them.
    fs::create_dir(home.path("lib")).unwrap();
    home.write("password", "secret\n");
    let night = || {
        let output = std::process::Command::new("sh")
            .arg(home.path("nightly"))
            .env_clear()
            .env("HOME", home.path("home"))
            .env("STATE_DIRECTORY", home.path("lib"))
            .env("CREDENTIALS_DIRECTORY", home.path(""))
            .output()
            .unwrap();
        home.shown(&output)
    };
    home.write("small.ldif", SMALL);
    assert_eq!(night(), "-- exit 0", "nothing to compare with");
    assert_snapshot!(night(), @"
    -- stderr
    0 new findings, 0 gone, 0 changed, 4 the same
    -- exit 0
    ");
    home.write(
        "small.ldif",
        SMALL.replace("clean@contoso", "cl ean@contoso"),
    );
    assert_snapshot!(night(), @"
    -- stdout
    new         CN=Clean,OU=Office,DC=contoso,DC=test
                userPrincipalName: cl ean@contoso.com
                fails: White space or invisible characters in the user principal name: space (U+0020) at character 3 (upn-white-space)
    -- stderr
    1 new finding (1 fails), 0 gone, 0 changed, 4 the same
    -- exit 1
    ");
    // A night that goes wrong says so, and the next one is compared with the
    // last good one.
    home.write("small.ldif", "torn\n");
    let torn = night();
    assert!(torn.contains("the scan ended with 2\n"), "{torn}");
    assert!(torn.ends_with("-- exit 2"), "{torn}");
    home.write("small.ldif", SMALL);
    assert_snapshot!(night(), @"
    -- stdout
    gone        CN=Clean,OU=Office,DC=contoso,DC=test
                userPrincipalName: cl ean@contoso.com
                fails: White space or invisible characters in the user principal name: space (U+0020) at character 3 (upn-white-space)
    -- stderr
    0 new findings, 1 gone, 0 changed, 4 the same
    -- exit 0
    ");
    assert!(home.path("lib/summary.html").exists());
}

#[cfg(unix)]
#[test]
fn the_units_for_systemd_are_sound() {
    let home = Home::new();
    let is_there = std::process::Command::new("systemd-analyze")
        .arg("--version")
        .output();
    if !is_there.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: the units for systemd need systemd-analyze, which is not installed");
        return;
    }
    let units = recipes("ini");
    assert_eq!(units.len(), 2);
    let mut names = Vec::new();
    for unit in units {
        let first = unit.lines().next().unwrap();
        let name = first.rsplit('/').next().unwrap().to_owned();
        home.write(
            &name,
            unit.replace(
                "/usr/local/bin/idmend-nightly",
                env!("CARGO_BIN_EXE_idmend"),
            ),
        );
        names.push(format!("./{name}"));
    }
    let output = std::process::Command::new("systemd-analyze")
        .arg("verify")
        .args(&names)
        .current_dir(home.path(""))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

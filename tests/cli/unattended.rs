//! As a scheduler runs it: no terminal, no environment, output to files.

use std::fs::{self, File};
use std::process::Stdio;

use insta::assert_snapshot;

use crate::common::{Home, SMALL};

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
            ["error: ", "hint: ", "incomplete: ", "warning: "]
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

#[test]
fn nothing_is_written_unattended_without_yes() {
    let home = Home::new();
    home.output(&["scan", "--demo", "-o", "r.csv"]);
    crate::common::decide(
        &home.path("r.csv"),
        &home.path("d.csv"),
        crate::common::accept,
    );
    let (exit, _, stderr) = cron(&home, &["apply", "--quiet", "--partial", "d.csv", "--demo"]);
    assert_eq!(exit, 2, "{stderr}");
    assert!(
        stderr.contains("error: there is no terminal to ask for confirmation"),
        "{stderr}"
    );
}

#[test]
fn results_of_writing_are_json() {
    let home = Home::new();
    home.output(&["scan", "--demo", "-o", "r.csv"]);
    crate::common::decide(&home.path("r.csv"), &home.path("d.csv"), |row| {
        let mut decision = crate::common::accept(row);
        if row.get("ATTRIBUTE") != "displayName" {
            decision.action = "";
        }
        decision
    });
    for (arguments, key) in [
        (
            &["apply", "d.csv", "--demo", "--dry-run", "--json"][..],
            "dry_run",
        ),
        (
            &["apply", "d.csv", "--demo", "--yes", "--json"],
            "transaction",
        ),
    ] {
        let (exit, stdout, _) = cron(&home, arguments);
        let json: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        assert!(!json[key].is_null(), "{json}");
        assert_eq!(json["exit"], exit);
        let entries = json["entries"].as_array().unwrap();
        assert!(!entries.is_empty());
        assert_eq!(entries[0]["attributes"][0], "displayName");
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
fn the_recipe_for_cron_tells_what_is_new_since_yesterday() {
    let home = Home::new();
    let script = recipes("sh")
        .into_iter()
        .find(|block| block.starts_with("#!/bin/sh"))
        .unwrap()
        .replace("/var/lib/idmend", home.path("").to_str().unwrap())
        .replace(
            "--profile /etc/idmend/nightly.toml --password-file /etc/idmend/password",
            "--ldif small.ldif",
        )
        .replace(
            "idmend scan",
            &format!("{} scan", env!("CARGO_BIN_EXE_idmend")),
        )
        .replace(
            "idmend diff",
            &format!("{} diff", env!("CARGO_BIN_EXE_idmend")),
        );
    home.write("nightly", script);
    let night = || {
        let output = std::process::Command::new("sh")
            .arg(home.path("nightly"))
            .env_clear()
            .env("HOME", home.path("home"))
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        String::from_utf8(output.stdout).unwrap()
    };
    home.write("small.ldif", SMALL);
    assert_eq!(night(), "", "nothing to compare with");
    assert_eq!(night(), "", "nothing is new");
    home.write(
        "small.ldif",
        SMALL.replace("clean@contoso", "cl ean@contoso"),
    );
    let mail = night();
    assert!(
        mail.starts_with("new         CN=Clean,OU=Office,DC=contoso,DC=test\n"),
        "{mail}"
    );
    assert!(home.path("today.html").exists());
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
            unit.replace("/usr/local/bin/idmend", env!("CARGO_BIN_EXE_idmend")),
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

//! The whole tree of `--help`: names that scripts depend on.

use crate::common::Home;

#[test]
fn the_help_of_every_command() {
    let home = Home::new();
    let mut tree = String::new();
    for command in [
        &[][..],
        &["demo"],
        &["scan"],
        &["doctor"],
        &["diff"],
        &["hard-match"],
        &["apply"],
        &["sessions"],
        &["history"],
        &["show"],
        &["rollback"],
        &["recover"],
        &["profile"],
        &["profile", "list"],
        &["profile", "show"],
        &["profile", "edit"],
        &["rules"],
        &["rules", "list"],
        &["rules", "show"],
        &["rules", "check"],
        &["exceptions"],
        &["exceptions", "list"],
        &["exceptions", "add"],
        &["exceptions", "remove"],
        &["completions"],
        &["man"],
    ] {
        let arguments = [command, &["--help"]].concat();
        let output = home.output(&arguments);
        assert_eq!(output.status.code(), Some(0), "{command:?}");
        tree.push_str(&format!("## idmend {}\n\n", command.join(" ")));
        tree.push_str(&String::from_utf8(output.stdout).unwrap());
        tree.push('\n');
    }
    insta::assert_snapshot!("help", tree);
}

#[test]
fn completions_of_each_shell_know_the_commands() {
    let home = Home::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = home.data(&["completions", shell]);
        for word in ["rollback", "fail-on", "completions"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
}

#[test]
fn manual_pages_are_printed_and_written() {
    let home = Home::new();
    let page = home.data(&["man"]);
    assert!(page.contains(".TH idmend 1"), "{page}");
    assert!(page.contains("idmend\\-scan(1)"), "{page}");
    let shown = home.run(&["man", "--dir", "pages"]);
    insta::assert_snapshot!(shown, @"
-- stderr
manual pages: pages
-- exit 0
");
    let page = home.read("pages/idmend-scan.1");
    assert!(page.contains("\\-\\-fail\\-on") && page.contains("\n.SH EXAMPLES\n"));
    assert!(
        home.read("pages/idmend.1")
            .contains("\n.SH \"EXIT STATUS\"\n0 nothing found")
    );
    assert!(home.path("pages/idmend-profile-edit.1").exists());
}

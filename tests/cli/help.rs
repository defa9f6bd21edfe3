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
        &["apply"],
        &["history"],
        &["show"],
        &["rollback"],
        &["recover"],
        &["rules"],
        &["rules", "list"],
        &["rules", "show"],
        &["rules", "check"],
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

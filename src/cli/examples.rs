//! What `--help` teaches by example, a text for each command. Every line that
//! begins with `idmend` is parsed by a test.

pub(super) const IDMEND: &str = "\
Examples:
  See everything on sample forests in memory, without a directory:
    idmend demo
  Look at your own forest in the grid; the password is asked for:
    idmend --server ldaps://dc1.contoso.com --user anna@contoso.com
  Write the findings for a spreadsheet, and a page for the manager:
    idmend scan --server ldaps://dc1.contoso.com --user anna@contoso.com -o findings.csv -o page.html
  Carry out what was decided in the spreadsheet, first without writing:
    idmend apply findings.csv --server ldaps://dc1.contoso.com --user anna@contoso.com --dry-run
  Take the last changes back:
    idmend rollback --server ldaps://dc1.contoso.com --user anna@contoso.com
  Find out why a directory cannot be read:
    idmend doctor --server ldaps://dc1.contoso.com --user anna@contoso.com

Exit codes: 0 nothing found, all done; 1 findings, or rows failed; 2 usage or bad input; 3 nothing \
could be read; 4 incomplete or in doubt.";

pub(super) const DEMO: &str = "\
Examples:
  The whole job, from the first finding to the rollback:
    idmend demo
  The same forests as LDIF files, to try other commands on:
    idmend demo --export samples
    idmend scan --ldif contoso=samples/contoso.ldif --ldif fabrikam=samples/fabrikam.ldif";

pub(super) const SCAN: &str = "\
Examples:
  What is wrong, for people; and only the numbers, for programs:
    idmend scan --server ldaps://dc1.contoso.com --user anna@contoso.com
    idmend scan --server ldaps://dc1.contoso.com --user anna@contoso.com --json
  A report to decide on in Excel, where the comma is the decimal sign:
    idmend scan --domain contoso.com --user anna@contoso.com -o findings.csv --bom --delimiter semicolon
  Several reports of one scan:
    idmend scan --domain contoso.com --user anna@contoso.com -o findings.csv -o page.html
  An export made with `ldifde -f contoso.ldf -u`, without any connection:
    idmend scan --ldif contoso.ldf -o findings.csv
  One organisational unit, without the leavers in it; addresses are compared with all others:
    idmend scan --ldif contoso.ldf --base OU=Staff,DC=contoso,DC=com --exclude OU=Leavers,OU=Staff,DC=contoso,DC=com
  Every night, with what docs/unattended.md says about the rest:
    idmend scan --profile nightly --password-file /etc/idmend/password --quiet --json --fail-on error";

pub(super) const DOCTOR: &str = "\
Examples:
  Everything between here and the directory, one line a step:
    idmend doctor --server ldaps://dc1.contoso.com --user anna@contoso.com
  The same with the domain controllers that DNS names:
    idmend doctor --domain contoso.com --user anna@contoso.com
  Of a saved profile:
    idmend doctor --profile nightly";

pub(super) const DIFF: &str = "\
Examples:
  What is new since Monday; exit code 1 if anything is:
    idmend diff monday.csv friday.csv
  For programs, such as a list of the entries with new findings:
    idmend diff --json monday.jsonl friday.jsonl | jq -r '.new[].distinguishedname'
  What IdFix found and idmend does not, and the other way round:
    idmend diff idfix.csv findings.csv";

pub(super) const HARD_MATCH: &str = "\
Examples:
  All users of a report, as CSV:
    idmend hard-match findings.csv > pairs.csv
  A script for one user, to be read before it is run:
    idmend hard-match findings.csv --only anna@contoso.com --format powershell > match.ps1
  Where mS-DS-ConsistencyGuid and objectGUID differ, and Entra Connect uses the former:
    idmend hard-match findings.csv --source-anchor mS-DS-ConsistencyGuid";

pub(super) const APPLY: &str = "\
Examples:
  What would be changed, and what speaks against it; nothing is written:
    idmend apply decided.csv --server ldaps://dc1.contoso.com --user anna@contoso.com --dry-run
  Do it; the plan is shown and asked for, and can be taken back by `idmend rollback`:
    idmend apply decided.csv --server ldaps://dc1.contoso.com --user anna@contoso.com
  Do just what somebody else has approved, by the digest that --dry-run prints:
    idmend apply decided.csv --server ldaps://dc1.contoso.com --user anna@contoso.com --plan-digest 292edd2a
  The good rows of a file with bad ones, at most 50 entries, all of them or none:
    idmend apply decided.csv --domain contoso.com --user anna@contoso.com --partial --max-changes 50 --atomic
  Write the changes as LDIF instead, for `ldapmodify -f` or `ldifde -i -f`:
    idmend apply decided.csv --server ldaps://dc1.contoso.com --user anna@contoso.com -o changes.ldif
  The same for an export, without any connection:
    idmend apply decided.csv --ldif contoso.ldf -o changes.ldif";

pub(super) const HISTORY: &str = "\
Examples:
  What was changed, when and by whom:
    idmend history
  For programs, such as what must be looked at:
    idmend history --json | jq 'select(.needs_recovery)'";

pub(super) const SHOW: &str = "\
Examples:
  Old and new values of every entry, and what the server said:
    idmend show 20261122-081500-3f2a
  The beginning of a name is enough if there is only one:
    idmend show 20261122";

pub(super) const ROLLBACK: &str = "\
Examples:
  What would be taken back of the newest transaction; nothing is written:
    idmend rollback --server ldaps://dc1.contoso.com --user anna@contoso.com --dry-run
  Take back one by its name, as `idmend history` tells it:
    idmend rollback 20261122-081500-3f2a --server ldaps://dc1.contoso.com --user anna@contoso.com
  The last three, newest first:
    idmend rollback --last 3 --server ldaps://dc1.contoso.com --user anna@contoso.com";

pub(super) const RECOVER: &str = "\
Examples:
  Find out what became of an apply that was interrupted; nothing is written:
    idmend recover --server ldaps://dc1.contoso.com --user anna@contoso.com
  Then carry out what is left of it:
    idmend recover --finish --server ldaps://dc1.contoso.com --user anna@contoso.com
  Or take back what was done:
    idmend recover --rollback --server ldaps://dc1.contoso.com --user anna@contoso.com";

pub(super) const EXCEPTIONS: &str = "\
Examples:
  What is accepted as it is, and why:
    idmend exceptions list
  Accept a finding by hand, until the end of the year:
    idmend exceptions add --dn CN=Desk,DC=contoso,DC=com --attribute mail --value desk@contoso.com --rule mail-duplicate --reason shared --expires 2026-12-31
  Take it back, by the id that the list tells:
    idmend exceptions remove 3f2a91c0
  From a file that a team shares:
    idmend exceptions list --exceptions team.toml";

pub(super) const PROFILE: &str = "\
Examples:
  Save how to reach a forest under a name, in the editor:
    idmend profile edit contoso
  Use it:
    idmend scan --profile contoso
  Two forests in one run, each with its own sign-in:
    idmend scan --profile contoso --profile fabrikam
  What is saved:
    idmend profile list";

pub(super) const RULES: &str = "\
Examples:
  All rules, one a line:
    idmend rules list
  What one of them is about: what happens, why, its source, when it may be left:
    idmend rules show upn-characters
  Check rules of your own, and use them:
    idmend rules check my-rules
    idmend scan --ldif contoso.ldf --rules my-rules";

pub(super) const COMPLETIONS: &str = "\
Examples:
  bash:
    idmend completions bash > ~/.local/share/bash-completion/completions/idmend
  fish:
    idmend completions fish > ~/.config/fish/completions/idmend.fish
  zsh, into a folder of $fpath:
    idmend completions zsh > ~/.zfunc/_idmend
  PowerShell, for every session:
    idmend completions powershell >> $PROFILE";

pub(super) const MAN: &str = "\
Examples:
  Read it:
    idmend man | man -l -
  Install a page for each command; then `man idmend-scan` shows one:
    idmend man --dir ~/.local/share/man/man1";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use crate::cli::Cli;

    /// The words of a command line, as far as a shell would hand them over.
    fn words(line: &str) -> Vec<&str> {
        line.split_whitespace()
            .take_while(|word| !["|", ">", ">>"].contains(word))
            .collect()
    }

    #[test]
    fn every_command_has_examples_and_all_of_them_are_understood() {
        let mut root = Cli::command();
        root.build();
        let mut commands = vec![&root];
        commands.extend(
            root.get_subcommands()
                .filter(|one| one.get_name() != "help"),
        );
        for command in commands {
            let text = command.get_after_help().unwrap_or_default().to_string();
            let lines: Vec<&str> = text
                .lines()
                .map(str::trim_start)
                .filter(|line| line.starts_with("idmend "))
                .collect();
            assert!(!lines.is_empty(), "{} has no example", command.get_name());
            for line in lines {
                if let Err(error) = Cli::command().try_get_matches_from(words(line)) {
                    panic!("{line}\n{error}");
                }
            }
        }
    }
}

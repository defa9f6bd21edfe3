//! `idmend completions` and `idmend man`: what clap knows of the commands, as
//! scripts for a shell and as manual pages.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;

use super::examples;
use super::exit::Exit;
use super::failure::Failure;
use super::talk::say;

/// Print the completion script of a shell.
#[derive(Debug, Args)]
#[command(after_help = examples::COMPLETIONS)]
pub(super) struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

/// Print the manual page, or write those of all commands.
#[derive(Debug, Args)]
#[command(after_help = examples::MAN)]
pub(super) struct ManArgs {
    /// Write one page a command into this folder
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

pub(super) fn completions(args: &CompletionsArgs, mut command: Command) -> Result<Exit, Failure> {
    // The generator would panic on an error of the output.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "idmend", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(Exit::Clean)
}

pub(super) fn man(args: &ManArgs, command: Command) -> Result<Exit, Failure> {
    let Some(folder) = &args.dir else {
        io::stdout().lock().write_all(page(command)?.as_bytes())?;
        return Ok(Exit::Clean);
    };
    let mut command = command.disable_help_subcommand(true);
    command.build();
    std::fs::create_dir_all(folder)
        .and_then(|()| write_pages(&command, folder))
        .map_err(|error| {
            Failure::usage(format!(
                "cannot write manual pages to {}: {error}",
                folder.display()
            ))
        })?;
    say(format!("manual pages: {}", folder.display()));
    Ok(Exit::Clean)
}

/// A page for each command, and for those below it.
fn write_pages(command: &Command, folder: &Path) -> io::Result<()> {
    for below in command.get_subcommands() {
        write_pages(below, folder)?;
    }
    let name = clap_mangen::Man::new(command.clone()).get_filename();
    std::fs::write(folder.join(name), page(command.clone())?)
}

/// The manual page of a command, its examples and exit codes under headings that
/// manual pages have.
fn page(command: Command) -> io::Result<String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    let page = String::from_utf8(page).map_err(io::Error::other)?;
    Ok(page
        .replace(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n")
        .replace("\nExit codes: ", "\n.SH \"EXIT STATUS\"\n"))
}

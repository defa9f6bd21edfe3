//! `idmend completions` and `idmend man`: what clap knows of the commands, as
//! scripts for a shell and as manual pages.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use super::exit::Exit;
use super::failure::Failure;
use super::talk::say;

/// Print the completion script of a shell.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    idmend completions bash > ~/.local/share/bash-completion/completions/idmend\n  \
    idmend completions fish > ~/.config/fish/completions/idmend.fish\n  \
    idmend completions powershell >> $PROFILE")]
pub(super) struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

/// Print the manual page, or write those of all commands.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    idmend man | man -l -\n  \
    idmend man --dir ~/.local/share/man/man1      then: man idmend-scan")]
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
        clap_mangen::Man::new(command).render(&mut io::stdout().lock())?;
        return Ok(Exit::Clean);
    };
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(command, folder))
        .map_err(|error| {
            Failure::usage(format!(
                "cannot write manual pages to {}: {error}",
                folder.display()
            ))
        })?;
    say(format!("manual pages: {}", folder.display()));
    Ok(Exit::Clean)
}

//! idmend: see the library's documentation.

use std::process::ExitCode;

fn main() -> ExitCode {
    idmend::cli::run(std::env::args_os())
}

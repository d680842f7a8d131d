//! The project's commands. `cargo xtask help` lists them; `docs/architecture.md` says what they build.

mod app;
mod args;
mod bench;
mod browser;
mod build;
mod checks;
mod counts;
mod dagster;
mod doctor;
mod fail;
mod flyte;
mod lint;
mod node;
mod paths;
mod pins;
mod port;
mod proc;
mod schemathesis;
mod serve;
mod server;
mod sizes;
mod split;
mod stage;
mod test;
mod tools;
mod venv;
mod wasm;

use std::process::ExitCode;

use args::Task;

fn main() -> ExitCode {
    let args = match args::parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    // Every path below is relative to the clone, wherever the command was typed.
    if let Err(error) = std::env::set_current_dir(paths::root()).and_then(|()| proc::listen()) {
        eprintln!("error: {error}");
        return ExitCode::FAILURE;
    }
    let verbose = args.verbose;
    match args.task {
        Task::Serve { port, watch } => serve::serve(port, watch, verbose),
        Task::Build => build::build(verbose),
        Task::Test { full, only } => test::test(full, &only, verbose),
        Task::Lint => lint::lint(verbose),
        Task::Fmt => lint::fmt(),
        Task::Doctor => doctor::doctor(),
        Task::Bench { names } => bench::bench(&names, verbose),
        Task::Help => {
            println!("{}", args::HELP);
            ExitCode::SUCCESS
        }
    }
}

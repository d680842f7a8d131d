//! `runboard-bridge`: the native companion of the app. It serves the app and the Runs API over local run histories, and
//! records commands as runs.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod access;
mod actions;
mod api;
mod cursor;
mod executioner;
mod log;
mod proxy;
mod record_cmd;
mod resume;
mod serve;
mod source;
mod stream;

#[derive(Debug, Parser)]
#[command(
    name = "runboard-bridge",
    version,
    about = "Serves Runboard and records runs for it"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Record(record_cmd::RecordArgs),
    Resume(resume::cmd::ResumeArgs),
    Serve(serve::ServeArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Record(args) => record_cmd::record(args).await,
        Command::Resume(args) => resume::cmd::resume(args).await,
        Command::Serve(args) => serve::serve(args).await,
    }
}

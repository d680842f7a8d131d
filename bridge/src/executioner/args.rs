//! The options that name histories of executioner.

use std::path::{Path, PathBuf};

use super::Setup;
use crate::serve::history;

#[derive(Debug, clap::Args)]
pub(crate) struct ExecutionerArgs {
    /// A history of executioner (its SQLite file) to serve as well; may be given several times
    #[arg(long, value_name = "NAME=DB", value_parser = history)]
    executioner: Vec<(String, PathBuf)>,
    /// A configuration of that history: its jobs, and what needs what; once for each application
    #[arg(long, value_name = "NAME=JSON", value_parser = history)]
    executioner_config: Vec<(String, PathBuf)>,
    /// The command line of executioner, which resumes its runs; once for each word: `--executioner-command NAME=python3 --executioner-command NAME=/opt/executioner.py`
    #[arg(long, value_name = "NAME=WORD", value_parser = history)]
    executioner_command: Vec<(String, PathBuf)>,
}

impl ExecutionerArgs {
    /// What belongs together, by name. Runs are mirrored below `dir`.
    ///
    /// # Errors
    /// A configuration or a command of a history that is not named.
    pub(crate) fn setups(self, dir: &Path) -> Result<Vec<(String, Setup)>, String> {
        let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        let mut setups: Vec<(String, Setup)> = Vec::new();
        for (name, database) in self.executioner {
            if setups.iter().any(|(known, _)| *known == name) {
                let path = database.display();
                return Err(format!(
                    "--executioner {name}={path}: there are two sources of that name"
                ));
            }
            let setup = Setup {
                database: absolute(database),
                configs: Vec::new(),
                command: Vec::new(),
                mirror: absolute(dir.join("executioner").join(&name)),
            };
            setups.push((name, setup));
        }
        for (option, list) in [
            ("--executioner-config", self.executioner_config),
            ("--executioner-command", self.executioner_command),
        ] {
            for (name, value) in list {
                let found = setups.iter_mut().find(|(known, _)| *known == name);
                let Some((_, setup)) = found else {
                    let value = value.display();
                    return Err(format!(
                        "{option} {name}={value}: there is no --executioner {name}=..."
                    ));
                };
                if option == "--executioner-config" {
                    setup.configs.push(absolute(value));
                } else {
                    setup.command.push(value.to_string_lossy().into_owned());
                }
            }
        }
        Ok(setups)
    }
}

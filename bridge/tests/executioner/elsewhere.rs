//! A command line with a history of its own, which is another one than the one that is shown.

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use serde_json::Value;

use super::honest::{JOBS, V8, texts};
use super::make::{Checkout, ask, complaints, database, over};
use super::site::{Place, Site};

/// A bridge over that history, with the checkout's configuration and this command line.
fn site(place: Place, checkout: &Checkout, history: &Path, command: &[&str]) -> Site {
    let config = format!("ex={}", checkout.config.display());
    let words: Vec<String> = command.iter().map(|word| format!("ex={word}")).collect();
    let mut args = vec!["--executioner-config", &config];
    for word in &words {
        args.extend(["--executioner-command", word]);
    }
    over(place, history, &args)
}

fn warned(plan: &Value) -> Vec<&str> {
    let told = texts(&plan["warnings"]).into_iter();
    told.filter(|text| text.contains("starts fresh")).collect()
}

#[test]
fn a_plan_over_another_history_than_the_command_lines_own_warns_of_it() {
    // With and without a history beside the script; the last one finds it by the folder that it runs in.
    for (has_own, is_relative) in [(true, false), (false, false), (true, true)] {
        let place = Place::new();
        let checkout = Checkout::new(&place);
        checkout.fail();
        let history = place.join("shown.db");
        std::fs::copy(&checkout.database, &history).unwrap();
        if !has_own {
            std::fs::remove_dir_all(checkout.database.parent().unwrap()).unwrap();
        }
        let script = checkout.script.to_str().unwrap();
        let word = match is_relative {
            true => "executioner.py",
            false => script,
        };
        let mut site = site(place, &checkout, &history, &["python3", word]);
        let words = format!(
            "{script} has its own history in {}, and this source shows {}: unless it is told otherwise, a resume finds no such run there and starts fresh, with all jobs",
            checkout.database.display(),
            history.display()
        );
        assert_eq!(warned(&ask(&site, "runs/1/resume")), [&words]);
        // It is for comparison only.
        assert_eq!(
            warned(&ask(&site, "runs/1/resume?profile=promised")),
            [""; 0]
        );
        let mut told = String::new();
        let stderr = site.child.stderr.as_mut().unwrap();
        BufReader::new(stderr).read_line(&mut told).unwrap();
        assert_eq!(
            told,
            format!("runboard-bridge: warning: source ex: {words}\n")
        );
    }
}

#[test]
fn a_command_line_whose_history_is_the_one_that_is_shown_or_not_known_is_not_warned_of() {
    let link = |of: &Path, name: &Path| std::os::unix::fs::symlink(of, name).unwrap();
    for case in [
        "own",
        "linked history",
        "linked script",
        "no history yet",
        "wrapper",
    ] {
        let place = Place::new();
        let checkout = Checkout::new(&place);
        checkout.fail();
        let (mut history, mut words) = (
            checkout.database.clone(),
            ["python3".to_string(), checkout.script.display().to_string()],
        );
        match case {
            "linked history" => {
                history = place.join("linked.db");
                link(&checkout.database, &history);
            }
            "linked script" => {
                let script = place.join("linked.py");
                link(&checkout.script, &script);
                words[1] = script.display().to_string();
            }
            "no history yet" => std::fs::remove_dir_all(history.parent().unwrap()).unwrap(),
            "wrapper" => {
                let dir = place.join("wrapped");
                std::fs::create_dir_all(dir.join("data")).unwrap();
                let wrapper = dir.join("executioner.sh");
                std::fs::write(&wrapper, "exit 1").unwrap();
                words = ["sh".into(), wrapper.display().to_string()];
            }
            _ => {}
        }
        let words = words.each_ref().map(String::as_str);
        let site = site(place, &checkout, &history, &words);
        let plan = site.get("/api/v1/ex/runs/1/resume");
        if case != "no history yet" {
            assert_eq!(warned(&plan.json()), [""; 0], "{case}");
        }
        assert!(!complaints(site).contains("its own history"), "{case}");
    }
}

#[test]
fn a_plan_over_maestros_history_says_whose_the_command_lines_are() {
    let place = Place::new();
    let sql = format!(
        "{V8} (1, 1, 'FAILED', 1, 0, 1, 0){JOBS} (1, 'a', 'FAILED', 'true'); DROP TABLE schema_version; ALTER TABLE run_summary ADD COLUMN config_path TEXT"
    );
    let path = database(&place, &sql);
    let site = over(place, &path, &[]);
    let words = "this history is maestro's, and the command lines are those of executioner.py, which never reads it but its own data/jobs_history.db: a resume finds no such run there and starts fresh, with all jobs";
    assert_eq!(warned(&ask(&site, "runs/1/resume")), [words]);
    // Nobody can resume it from here, and there is nothing to warn of at the start.
    assert_eq!(complaints(site), "");
}

//! Each service's section of chit.toml, judged by the service's own program: it alone knows what it accepts.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;
use tokio::task::JoinSet;

use super::{Check, Level};

/// It reads a file or two.
const DEADLINE: Duration = Duration::from_secs(5);
/// A program says what is wrong in one line.
const FOUND_LEN_MAX: usize = 500;
/// Where the Debian package has the services, seen from the folder of `chit`.
const BESIDE: [&str; 2] = [".", "../lib/chit"];

pub async fn check(config: &Path, services: Vec<&'static str>) -> Vec<Check> {
    let mut asked = JoinSet::new();
    let mut total = 0;
    for service in services {
        total += 1;
        let config = config.to_owned();
        asked.spawn(async move { one(service, program(service), &config).await });
    }
    let mut checks: Vec<Check> = asked.join_all().await.into_iter().flatten().collect();
    checks.sort_by(|one, other| one.what.cmp(&other.what));
    if checks.is_empty() {
        checks.push(Check::ok("sections", format!("{total} services accept theirs")));
    }
    checks
}

/// `None` when the service accepts its section.
async fn one(service: &str, program: Option<PathBuf>, config: &Path) -> Option<Check> {
    let what = format!("[{service}]");
    let Some(program) = program else {
        let step = "install it beside `chit`: the package has all services";
        let found = format!("not checked: the program chit-{service} is not here");
        return Some(Check::new(Level::Warn, &what, found, step));
    };
    match tokio::time::timeout(DEADLINE, judge(&program, config)).await {
        Ok(Ok(output)) if output.status.success() => None,
        Ok(Ok(output)) => {
            let step = format!(
                "correct it in {}, then restart the service; docs/configuration.md has every key",
                config.display()
            );
            Some(Check::new(Level::Fail, &what, words(service, &output), step))
        }
        Ok(Err(error)) => {
            let found = format!("not checked: cannot run {}: {error}", program.display());
            Some(Check::new(Level::Fail, &what, found, "install the package again"))
        }
        Err(_elapsed) => {
            let found = format!("not checked: {} took more than {} s", program.display(), DEADLINE.as_secs());
            Some(Check::new(Level::Warn, &what, found, "ask again when the machine has less to do"))
        }
    }
}

async fn judge(program: &Path, config: &Path) -> io::Result<Output> {
    let mut command = Command::new(program);
    command.arg("--config").arg(config).arg("--check-config").kill_on_drop(true);
    command.stdin(Stdio::null()).env_remove("LISTEN_FDS").output().await
}

/// What it says stands behind its own name.
fn words(service: &str, output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().last().unwrap_or("no word of why");
    last.trim_start_matches(&format!("chit-{service}: ")).chars().take(FOUND_LEN_MAX).collect()
}

fn program(service: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let folder = own.parent()?;
    BESIDE
        .iter()
        .map(|beside| folder.join(beside).join(format!("chit-{service}")))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn script(dir: &Path, text: &str) -> Option<PathBuf> {
        let file = dir.join("chit-printer");
        std::fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o700)).unwrap();
        Some(file)
    }

    #[tokio::test]
    async fn the_words_of_the_service_are_shown_with_its_section() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("chit.toml");
        let asked = |text: &str| one("printer", script(dir.path(), text), &config);
        assert!(asked("[ \"$1 $3\" = '--config --check-config' ]").await.is_none());
        let check = asked("echo 'chit-printer: copies_max: use at most 9' >&2; exit 64").await.unwrap();
        assert_eq!((check.level, &*check.what), (Level::Fail, "[printer]"));
        assert_eq!(check.found, "copies_max: use at most 9");
        assert!(check.next_step.contains("chit.toml"), "{check:?}");
        let check = one("printer", None, &config).await.unwrap();
        assert_eq!(check.level, Level::Warn, "nothing is known of the section");
    }
}

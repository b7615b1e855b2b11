//! `chit printer`: what the receipt printer can do, found out on one page.

use std::path::PathBuf;
use std::time::Duration;

use chit_proto::printer::v1::document::Content;
use chit_proto::printer::v1::{
    Confidence, Document, GetJobRequest, GetStatusRequest, Job, JobState, PrinterStatus, SubmitJobRequest,
    TestPage, WatchJobRequest,
};
use clap::Subcommand;
use serde_json::json;
use tokio::time::timeout;

use crate::failure::Failure;
use crate::ids;
use crate::shop::{Shop, ask};

/// One page, and the slowest printer.
const PAGE_WAIT: Duration = Duration::from_secs(60);

#[derive(Subcommand, Debug)]
pub enum PrinterCommand {
    /// Print one page, say in words what the printer can do, and write a profile for it.
    Test {
        /// Write the profile into this file, for `profiles` in [printer].
        #[arg(long, value_name = "FILE")]
        write: Option<PathBuf>,
    },
}

pub async fn run(shop: &Shop, command: PrinterCommand) -> Result<(), Failure> {
    let PrinterCommand::Test { write } = command;
    let client = shop.printer();
    let content = Content::TestPage(TestPage { note: "chit printer test".to_owned() });
    let document = Document { content: Some(content), ..Document::default() };
    let job_id = ids::ulid()?;
    let request =
        SubmitJobRequest { job_id: job_id.clone(), document: Some(document), subject_id: String::new() };
    ask!(client.submit_job(request)).await?;
    let job = match timeout(PAGE_WAIT, finished(shop, &job_id)).await {
        Ok(job) => job?,
        Err(_) => ask!(client.get_job(GetJobRequest { job_id })).await?.job.unwrap_or_default(),
    };
    let status = ask!(client.get_status(GetStatusRequest {})).await?.status.unwrap_or_default();
    if let Some(path) = &write {
        let entry = profile(&status);
        std::fs::write(path, entry)
            .map_err(|error| Failure::usage(format!("cannot write {}: {error}", path.display())))?;
    }
    let written = write.as_ref().map(|path| path.display().to_string());
    let state = job.state().as_str_name().trim_start_matches("JOB_STATE_").to_owned();
    let value = json!({
        "state": state,
        "model": status.model,
        "profile": status.profile,
        "recognised": status.recognised,
        "confirms_by": status.confirms_by().as_str_name().trim_start_matches("CONFIDENCE_"),
        "native_qr": status.native_qr,
        "chinese_font": status.chinese_font,
        "columns": status.columns,
        "written": written,
    });
    shop.output.result(words(&job, &status, written.as_deref()), &value);
    match job.state() {
        JobState::Printed => Ok(()),
        _ => {
            Err(Failure::other("PRINTER_TEST_NOT_PRINTED", format!("the page is {state}; see `chit doctor`")))
        }
    }
}

async fn finished(shop: &Shop, job_id: &str) -> Result<Job, Failure> {
    let request = WatchJobRequest { job_id: job_id.to_owned(), after_revision: 0 };
    let mut events = shop.printer().watch_job(request).await?.into_inner();
    let mut last = Job::default();
    while let Some(event) = events.message().await? {
        last = event.event.and_then(|event| event.job).unwrap_or(last);
        if last.state() == JobState::InDoubt {
            break;
        }
    }
    Ok(last)
}

/// What a shopkeeper reads.
fn words(job: &Job, status: &PrinterStatus, written: Option<&str>) -> String {
    let name = if status.model.is_empty() {
        "does not say what it is".to_owned()
    } else {
        format!("calls itself {}", status.model)
    };
    let confirms = match status.confirms_by() {
        Confidence::ProcessId => "names each paper when it is out: the best there is",
        Confidence::Fence => "answers behind the paper (GS r): \"printed\" means printed",
        Confidence::Idle => {
            "answers questions but not behind the paper: each receipt waits for the time that it takes at most"
        }
        _ => "says nothing: \"printed\" means that the bytes were sent; look at the paper",
    };
    let qr = if status.native_qr { "by the printer itself" } else { "sent as dots, which every printer can" };
    let chinese = if status.chinese_font { "in the printer's own font" } else { "sent as dots" };
    let last = match (job.state(), written) {
        (JobState::Printed, Some(path)) => {
            format!("set `profiles = \"{path}\"` and `profile = \"{}\"` in [printer]", entry_name(status))
        }
        (JobState::Printed, None) if status.recognised => {
            "nothing: the profile is this printer's own".to_owned()
        }
        (JobState::Printed, None) => "look at the page; `--write FILE` makes a profile of it".to_owned(),
        _ => "mend what `chit doctor` says, then try again".to_owned(),
    };
    crate::view::table(&[
        ("printer", name),
        ("profile", status.profile.clone()),
        ("confirms", confirms.to_owned()),
        ("QR codes", qr.to_owned()),
        ("Chinese", chinese.to_owned()),
        ("line", format!("{} characters", status.columns)),
        ("next", last),
    ])
}

fn entry_name(status: &PrinterStatus) -> &'static str {
    if status.columns > 40 { "this-80" } else { "this-58" }
}

/// An entry of the profile table: what was found out, and careful values for the rest.
fn profile(status: &PrinterStatus) -> String {
    let wide = status.columns > 40;
    let (dots, cut) = if wide { (576, "partial") } else { (384, "none") };
    let fence = if status.confirms_by() == Confidence::Idle { "idle" } else { "status" };
    let silent = matches!(status.confirms_by(), Confidence::SentOnly | Confidence::Unspecified);
    format!(
        "# Made by `chit printer test`. See docs/configuration.md for each key.\n[[profile]]\nname = \"{name}\"\nmodels = {models}\n\
         dots = {dots}\ncolumns = {columns}\ndpi = 203\ncut = \"{cut}\"\nprocess_id = {ids}\nanswers = {answers}\n\
         near_end_high = true\nbuffer_bytes = 4096\nstrip_height = 24\nchinese = \"{chinese}\"\nqr = \"{qr}\"\n\
         beeper = \"none\"\nlogo_memory = \"none\"\nreal_time_switch = false\nfence = \"{fence}\"\n\
         chinese_double = \"fs\"\nspeed_mm_s = 25\n",
        name = entry_name(status),
        models = if status.model.is_empty() { "[]".to_owned() } else { format!("[{:?}]", status.model) },
        columns = status.columns.clamp(24, 64),
        ids = status.confirms_by() == Confidence::ProcessId,
        answers = !silent,
        chinese = if status.chinese_font { "gbk" } else { "raster" },
        qr = if status.native_qr { "native" } else { "raster" },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_says_what_was_found_out_and_is_a_table() {
        let status =
            PrinterStatus { columns: 32, confirms_by: Confidence::Idle.into(), ..Default::default() };
        let table: toml::Table = profile(&status).parse().unwrap();
        let entry = &table["profile"][0];
        assert_eq!(entry["name"].as_str(), Some("this-58"));
        assert_eq!((entry["fence"].as_str(), entry["qr"].as_str()), (Some("idle"), Some("raster")));
        assert_eq!(entry["answers"].as_bool(), Some(true));
        let mute: toml::Table =
            profile(&PrinterStatus { columns: 48, ..Default::default() }).parse().unwrap();
        assert_eq!(mute["profile"][0]["answers"].as_bool(), Some(false));
    }
}

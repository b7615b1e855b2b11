//! The printer service as a process of its own that can be killed and started again.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use chit_proto::printer::v1::printer_service_client::PrinterServiceClient;
use chit_proto::printer::v1::{
    Document, GetJobRequest, GetStatusRequest, InDoubtOutcome, Job, JobState, PrinterStatus,
    ResolveInDoubtRequest, SubmitJobRequest, WatchJobRequest,
};
use chit_runtime::Channel;
use chit_runtime::Shared;
use tonic::{Code, Status};

/// No step takes longer, on a busy machine either.
pub const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(3);

pub struct Service {
    program: PathBuf,
    dir: PathBuf,
    child: Option<Child>,
    pub client: PrinterServiceClient<Channel>,
}

impl Service {
    /// Prepares a sandbox in `dir` with these `[printer]` keys, and starts the service.
    pub fn start(program: &Path, dir: &Path, keys: &str, log: &str) -> anyhow::Result<Self> {
        let shared = Shared::sandbox_in(dir);
        for folder in [&shared.run_dir, &shared.state_dir, &shared.keys_dir] {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(shared.keys_dir.join("printer-data.key"), [7; 32])?;
        let config = format!(
            "[chit]\nsandbox = true\nrun_dir = {:?}\nstate_dir = {:?}\nkeys_dir = {:?}\nlog = {log:?}\n[printer]\n{keys}\n",
            shared.run_dir, shared.state_dir, shared.keys_dir
        );
        std::fs::write(dir.join("chit.toml"), config)?;
        let client = PrinterServiceClient::new(chit_runtime::channel(&shared, "printer"));
        let mut service = Self { program: program.to_owned(), dir: dir.to_owned(), child: None, client };
        service.launch()?;
        Ok(service)
    }

    pub fn log(&self) -> PathBuf {
        self.dir.join("printer.log")
    }

    pub fn launch(&mut self) -> anyhow::Result<()> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let child = Command::new(&self.program)
            .arg("--config")
            .arg(self.dir.join("chit.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| format!("start {}", self.program.display()))?;
        self.child = Some(child);
        Ok(())
    }

    /// SIGKILL; returns when the process is gone.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Submits until the service says yes; the same id and body each time.
    pub async fn submit(&self, job_id: &str, document: &Document) -> anyhow::Result<Job> {
        let request = SubmitJobRequest {
            job_id: job_id.into(),
            document: Some(document.clone()),
            subject_id: String::new(),
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.client.clone().submit_job(request.clone()).await {
                Ok(answer) => return answer.into_inner().job.context("no job"),
                Err(status) => wait_for_it("submit", &status, deadline).await?,
            }
        }
    }

    pub async fn job(&self, job_id: &str) -> anyhow::Result<Job> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.client.clone().get_job(GetJobRequest { job_id: job_id.into() }).await {
                Ok(answer) => return answer.into_inner().job.context("no job"),
                Err(status) => wait_for_it("get_job", &status, deadline).await?,
            }
        }
    }

    pub async fn status(&self) -> anyhow::Result<PrinterStatus> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.client.clone().get_status(GetStatusRequest {}).await {
                Ok(answer) => return answer.into_inner().status.context("no status"),
                Err(status) => wait_for_it("get_status", &status, deadline).await?,
            }
        }
    }

    /// The printer's condition, once it is this one.
    pub async fn until_status(
        &self,
        wanted: impl Fn(&PrinterStatus) -> bool,
    ) -> anyhow::Result<PrinterStatus> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.status().await?;
            if wanted(&status) {
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("the printer is still {status:?}");
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// The job, once it is PRINTED, FAILED or IN_DOUBT.
    pub async fn settled(&self, job_id: &str) -> anyhow::Result<Job> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let request = WatchJobRequest { job_id: job_id.into(), after_revision: 0 };
            if let Ok(answer) = self.client.clone().watch_job(request).await {
                let mut events = answer.into_inner();
                while let Ok(Ok(Some(event))) = tokio::time::timeout(PATIENCE, events.message()).await {
                    let job = event.event.and_then(|event| event.job).context("no job")?;
                    // An earlier doubt is told again; only the present state counts.
                    if is_settled(&job) && self.job(job_id).await?.revision == job.revision {
                        return Ok(job);
                    }
                }
            }
            if Instant::now() > deadline {
                bail!("job {job_id} is still {:?}", self.job(job_id).await?);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    pub async fn resolve(&self, job: &Job, outcome: InDoubtOutcome) -> anyhow::Result<Job> {
        let request = ResolveInDoubtRequest {
            request_id: format!("{}-{}", job.job_id, job.revision),
            job_id: job.job_id.clone(),
            outcome: outcome.into(),
            actor: "li".into(),
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.client.clone().resolve_in_doubt(request.clone()).await {
                Ok(answer) => return answer.into_inner().job.context("no job"),
                Err(status) => wait_for_it("resolve", &status, deadline).await?,
            }
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

fn is_settled(job: &Job) -> bool {
    matches!(job.state(), JobState::Printed | JobState::Failed | JobState::InDoubt | JobState::Cancelled)
}

/// A killed service is away for a moment; anything else is an error.
async fn wait_for_it(what: &str, status: &Status, deadline: Instant) -> anyhow::Result<()> {
    let gone = matches!(status.code(), Code::Unavailable | Code::Cancelled | Code::Unknown | Code::Internal);
    if !gone || Instant::now() > deadline {
        bail!("{what}: {status}");
    }
    tokio::time::sleep(LOOK_AGAIN).await;
    Ok(())
}

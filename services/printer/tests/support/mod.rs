//! The service in a sandbox of its own, and what the tests ask it.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]
#![allow(dead_code, reason = "each test program uses its part")]

pub mod paper;
pub mod peer;

use std::path::Path;
use std::time::Duration;

use chit_printer::Config;
use chit_proto::printer::v1 as proto;
use chit_runtime::Channel;
use chit_runtime::Context;
use proto::printer_service_client::PrinterServiceClient;
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

/// No step of a test takes longer, on a busy machine either.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The scripted printer does not say what it is.
const KNOWN: &str = "profile = \"generic-80\"\nchinese = \"gbk\"";

pub struct House {
    pub dir: tempfile::TempDir,
    pub client: PrinterServiceClient<Channel>,
    ctx: Context,
    running: JoinHandle<anyhow::Result<()>>,
}

impl House {
    /// Starts the service with `[printer]` keys; the printer is at `address`.
    pub async fn start(address: &str, keys: &str) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), address, keys).await
    }

    pub async fn start_in(dir: tempfile::TempDir, address: &str, keys: &str) -> Self {
        Self::start_with(dir, address, &format!("{KNOWN}\n{keys}")).await
    }

    /// With these keys and no others.
    pub async fn start_with(dir: tempfile::TempDir, address: &str, keys: &str) -> Self {
        let ctx = Context::sandbox_in("printer", dir.path());
        std::fs::create_dir_all(&ctx.shared.keys_dir).unwrap();
        std::fs::write(ctx.shared.keys_dir.join("printer-data.key"), [7; 32]).unwrap();
        let config: Config = toml::from_str(&format!("address = \"{address}\"\n{keys}")).unwrap();
        let running = tokio::spawn(chit_printer::run(ctx.clone(), config));
        let channel = chit_runtime::channel(&ctx.shared, "printer");
        let mut client = PrinterServiceClient::new(channel);
        let up = async {
            while client.get_status(proto::GetStatusRequest {}).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, up).await.expect("the service did not come up");
        Self { dir, client, ctx, running }
    }

    pub async fn stop(self) -> tempfile::TempDir {
        self.ctx.shutdown.trigger();
        tokio::time::timeout(PATIENCE, self.running).await.unwrap().unwrap().unwrap();
        self.dir
    }

    pub async fn submit(
        &mut self,
        job_id: &str,
        document: proto::Document,
    ) -> Result<proto::Job, tonic::Status> {
        let subject_id = "sale-1".to_owned();
        let request =
            proto::SubmitJobRequest { job_id: job_id.to_owned(), document: Some(document), subject_id };
        Ok(self.client.submit_job(request).await?.into_inner().job.unwrap())
    }

    pub async fn resolve(&mut self, job_id: &str, outcome: proto::InDoubtOutcome) -> proto::Job {
        let request = proto::ResolveInDoubtRequest {
            request_id: format!("resolve-{job_id}"),
            job_id: job_id.to_owned(),
            outcome: outcome.into(),
            actor: "li".to_owned(),
        };
        self.client.resolve_in_doubt(request).await.unwrap().into_inner().job.unwrap()
    }

    pub async fn reprint(&mut self, job_id: &str, original: &str) -> Result<proto::Job, tonic::Status> {
        let request = proto::ReprintJobRequest {
            job_id: job_id.to_owned(),
            original_job_id: original.to_owned(),
            reason: "paper torn".to_owned(),
            actor: "li".to_owned(),
        };
        Ok(self.client.reprint_job(request).await?.into_inner().job.unwrap())
    }

    /// The job's events from the first until `enough` says so. A job whose events end before fails the test.
    pub async fn watch(
        &mut self,
        job_id: &str,
        enough: impl Fn(&proto::JobEvent) -> bool,
    ) -> Vec<proto::JobEvent> {
        let (seen, enough) = self.events(job_id, enough).await;
        assert!(enough, "the job's events ended before: {seen:#?}");
        seen
    }

    /// All events of a job, to its end.
    pub async fn watch_to_the_end(&mut self, job_id: &str) -> Vec<proto::JobEvent> {
        self.events(job_id, |_| false).await.0
    }

    /// And whether `enough` said so.
    async fn events(
        &mut self,
        job_id: &str,
        enough: impl Fn(&proto::JobEvent) -> bool,
    ) -> (Vec<proto::JobEvent>, bool) {
        let request = proto::WatchJobRequest { job_id: job_id.to_owned(), after_revision: 0 };
        let mut stream = self.client.watch_job(request).await.unwrap().into_inner();
        let mut seen = Vec::new();
        let reading = async {
            while let Some(response) = stream.message().await.unwrap() {
                seen.push(response.event.unwrap());
                if enough(&seen[seen.len() - 1]) {
                    return true;
                }
            }
            false
        };
        let ended = tokio::time::timeout(PATIENCE, reading).await;
        let enough = ended.unwrap_or_else(|_| panic!("in time: {seen:#?}"));
        (seen, enough)
    }

    /// Waits until the job is in this state.
    pub async fn until(&mut self, job_id: &str, state: proto::JobState) -> proto::Job {
        let seen =
            self.watch(job_id, |event| event.job.as_ref().is_some_and(|job| job.state() == state)).await;
        let job = seen.last().unwrap().job.clone().unwrap();
        assert_eq!(job.state(), state);
        job
    }
}

/// Where no printer is: nobody listens, and nobody else can either while this is held.
pub struct Nowhere {
    pub address: String,
    _bound: TcpSocket,
}

impl Nowhere {
    pub fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self { address: socket.local_addr().unwrap().to_string(), _bound: socket }
    }
}

/// True if any file under `dir` holds these bytes.
pub fn is_on_disk(dir: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_on_disk(&path, bytes);
        }
        std::fs::read(&path).is_ok_and(|content| content.windows(bytes.len()).any(|part| part == bytes))
    })
}

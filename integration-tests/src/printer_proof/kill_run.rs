//! The service is killed (-9), or its link cut, at random moments of random jobs. A person then answers for what is in
//! doubt, by the paper. In the end the papers are counted.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use chit_proto::printer::v1::{Confidence, InDoubtOutcome, JobState, PrinterCondition};

use super::emupos::Emupos;
use super::judge::Counter;
use super::papers;
use super::proxy::Proxy;
use super::service::Service;

/// A kill comes within this time of the job's submission: a whole job takes about as long.
const KILL_WITHIN_US: u64 = 60_000;
/// A receipt of `papers::english`, a little more than its bytes.
const CUT_WITHIN_BYTES: u64 = 1_700;
/// The printer takes so many bytes in a millisecond: a fast one with a small buffer.
const BYTES_PER_MS: usize = 200;
const BUFFER_BYTES: usize = 512;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdict {
    pub kills: u64,
    pub cuts: u64,
    pub jobs: u64,
    pub in_doubt: u64,
    pub copies: u64,
    pub second_originals: u64,
    pub lost_jobs: u64,
    pub false_printed: u64,
}

/// SplitMix64: a run is made again from its seed.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

struct Printed {
    receipt_no: String,
    confidence: Confidence,
}

pub struct KillRun {
    service: Service,
    proxy: Proxy,
    emupos: Emupos,
    counter: Counter,
    random: Random,
    verdict: Verdict,
    printed: Vec<Printed>,
}

impl KillRun {
    /// Without process ids the printer is a clone: a fence is all it can answer.
    pub async fn start(
        program: &Path,
        emupos: &Path,
        dir: &Path,
        process_ids: bool,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let emupos = Emupos::start(emupos, dir)?;
        let proxy = Proxy::start(emupos.address).await?;
        proxy.knobs().bytes_per_ms = BYTES_PER_MS;
        proxy.knobs().buffer_bytes = BUFFER_BYTES;
        proxy.knobs().knows_process_ids = process_ids;
        let keys = format!("address = \"{}\"\nprocess_id = {process_ids}", proxy.address);
        let service = Service::start(program, dir, &keys, "warn")?;
        service.until_status(|status| status.condition() == PrinterCondition::Ready).await?;
        Ok(Self {
            service,
            proxy,
            emupos,
            counter: Counter::default(),
            random: Random(seed),
            verdict: Verdict::default(),
            printed: Vec::new(),
        })
    }

    /// Runs until the service was killed so often; links are cut besides.
    pub async fn run(mut self, kills: u64, told: impl Fn(&Verdict)) -> anyhow::Result<Verdict> {
        while self.verdict.kills < kills {
            self.one_job().await.with_context(|| format!("after {:?}", self.verdict))?;
            if self.verdict.jobs.is_multiple_of(50) {
                told(&self.verdict);
            }
        }
        // A last one without harm: all papers before it have come out.
        self.proxy.knobs().cut_after = None;
        let number = format!("R{:06}", self.verdict.jobs + 1);
        let job_id = self.new_id();
        self.service.submit(&job_id, &papers::english(&number)).await?;
        let last = self.service.settled(&job_id).await?;
        ensure!(last.state() == JobState::Printed, "the last job is {:?}", last.state());
        self.count()?;
        Ok(self.verdict)
    }

    async fn one_job(&mut self) -> anyhow::Result<()> {
        self.verdict.jobs += 1;
        let receipt_no = format!("R{:06}", self.verdict.jobs);
        let (job_id, document) = (self.new_id(), papers::english(&receipt_no));
        let kill = self.random.below(10) < 7;
        if kill {
            let after = Duration::from_micros(self.random.below(KILL_WITHIN_US));
            let (client, request) = (self.service.client.clone(), (job_id.clone(), document.clone()));
            // What comes of this call nobody knows: the caller asks again with the same id.
            let call = tokio::spawn(async move {
                let (job_id, document) = request;
                let request = chit_proto::printer::v1::SubmitJobRequest {
                    job_id,
                    document: Some(document),
                    subject_id: String::new(),
                };
                let _ = client.clone().submit_job(request).await;
            });
            tokio::time::sleep(after).await;
            self.kill()?;
            let _ = call.await;
        } else {
            self.verdict.cuts += 1;
            self.proxy.knobs().cut_after = Some(1 + self.random.below(CUT_WITHIN_BYTES));
        }
        self.service.submit(&job_id, &document).await?;
        loop {
            let job = self.service.settled(&job_id).await?;
            match job.state() {
                JobState::Printed => {
                    self.verdict.copies += u64::from(job.copies);
                    self.printed.push(Printed { receipt_no, confidence: job.confidence() });
                    return Ok(());
                }
                JobState::InDoubt => {
                    self.verdict.in_doubt += 1;
                    self.proxy.knobs().cut_after = None;
                    let outcome = self.look(&receipt_no, job.copy_number).await?;
                    self.service.resolve(&job, outcome).await?;
                    // Some copies are disturbed, too.
                    if self.random.below(4) == 0 {
                        tokio::time::sleep(Duration::from_micros(self.random.below(KILL_WITHIN_US))).await;
                        self.kill()?;
                    }
                }
                state => anyhow::bail!("job {job_id} is {state:?}"),
            }
        }
    }

    fn kill(&mut self) -> anyhow::Result<()> {
        self.service.kill()?;
        self.verdict.kills += 1;
        self.service.launch()
    }

    /// A person looks when the printer is there again: what it had in hand is out by then.
    async fn look(&mut self, receipt_no: &str, copy_number: u32) -> anyhow::Result<InDoubtOutcome> {
        self.service.until_status(|status| status.condition() == PrinterCondition::Ready).await?;
        let mark = if copy_number == 0 { "ORIGINAL".to_owned() } else { format!("COPY {copy_number}") };
        let papers = self.counter.look(&self.emupos.receipts)?;
        let whole = papers
            .iter()
            .any(|paper| paper.is_of(receipt_no) && paper.is_whole() && paper.text.contains(&mark));
        Ok(if whole { InDoubtOutcome::PrintedWhole } else { InDoubtOutcome::NotPrinted })
    }

    fn count(&mut self) -> anyhow::Result<()> {
        let papers = self.counter.look(&self.emupos.receipts)?;
        self.verdict.lost_jobs = self.verdict.jobs - self.printed.len() as u64;
        for printed in &self.printed {
            let of_it: Vec<_> = papers.iter().filter(|paper| paper.is_of(&printed.receipt_no)).collect();
            let originals = of_it.iter().filter(|paper| paper.is_original()).count() as u64;
            let whole = of_it.iter().any(|paper| paper.is_whole());
            self.verdict.second_originals += originals.saturating_sub(1);
            self.verdict.lost_jobs += u64::from(!whole);
            self.verdict.false_printed += u64::from(!whole && printed.confidence != Confidence::Operator);
        }
        Ok(())
    }

    fn new_id(&self) -> String {
        ulid::Ulid::generate().to_string()
    }
}

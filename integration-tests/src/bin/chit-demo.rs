//! `chit-demo`: the whole shop on this machine, with simulated devices at the far ends of real wires.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use chit_integration_tests::artefacts;
use chit_integration_tests::desk::Desk;
use chit_integration_tests::house::{House, Options, Place};
use chit_integration_tests::once::{self, Outcome, Progress, Script};
use chit_integration_tests::virtual_desk::{self, VirtualDesk};
use chit_integration_tests::{magic, magic_payer};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

/// Where receipt printers listen.
const PRINTER_PORT: u16 = 9100;
/// Where the till's and the virtual desk's pages are if those ports are free.
const TILL_PORT: u16 = 8470;
const DESK_PORT: u16 = 8471;
/// Whose certificate the demo makes.
const DEMO_CLIENT: &str = "demo-pos";
const EXIT_REFUSED: u8 = 2;
/// 128 + SIGINT, as shells say.
const EXIT_INTERRUPTED: u8 = 130;

/// Runs Chit with simulated devices until Ctrl-C, or one whole sale with --once.
#[derive(Parser)]
struct Args {
    /// Play the whole script without a person and print one JSON object as the last line
    #[arg(long)]
    once: bool,
    /// Hold this picture before the camera instead of the code just enrolled
    #[arg(long, value_name = "FILE.png", requires = "once")]
    payer_qr: Option<PathBuf>,
    /// Who judges what payers answer; an issuer is started too, and killed in the middle of each sale
    #[arg(long, value_enum, default_value_t, requires = "once")]
    verifier: Verifier,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Verifier {
    #[default]
    Local,
    Issuer,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let run = || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(async { if args.once { play_once(&args).await } else { stay_open().await } })
    };
    run().unwrap_or_else(|error: anyhow::Error| {
        eprintln!("chit-demo: {error:#}");
        ExitCode::FAILURE
    })
}

async fn play_once(args: &Args) -> anyhow::Result<ExitCode> {
    let payer_qr = args.payer_qr.as_deref();
    let progress = Progress::on_stderr();
    let artefacts = std::path::absolute(format!("target/demo/{}", ulid::Ulid::generate()))?;
    if let Some(refusal) = payer_qr.and_then(unreadable) {
        println!("{refusal}");
        return Ok(EXIT_REFUSED.into());
    }
    let payer_qr = payer_qr.map(std::path::absolute).transpose()?;
    let script = Script { payer_qr, artefacts: artefacts.clone(), progress };
    progress.say("starting six services and four simulated devices");
    let place = Place::temporary()?;
    let options = Options { issuer: args.verifier == Verifier::Issuer, ..Options::default() };
    let house = House::start(place.clone(), &options)?;
    let played = async {
        house.ready().await?;
        once::run(&house, &script).await
    };
    let played = tokio::select! {
        played = played => played,
        () = asked_to_stop() => {
            house.stop()?;
            return Ok(EXIT_INTERRUPTED.into());
        }
    };
    let stopped = house.stop();
    artefacts::copy_logs(&place.logs(), &artefacts)?;
    let outcome = played.with_context(|| format!("logs are in {}", artefacts.display()))?;
    stopped?;
    let (line, code) = match outcome {
        Outcome::Settled(report) => (serde_json::to_string(&report)?, ExitCode::SUCCESS),
        Outcome::Refused(refusal) => (serde_json::to_string(&refusal)?, EXIT_REFUSED.into()),
    };
    progress.say(format!("everything is in {}", artefacts.display()));
    std::fs::write(artefacts.join("once.json"), &line)?;
    println!("{line}");
    Ok(code)
}

/// A file that is no picture cannot be held before a camera.
fn unreadable(png: &Path) -> Option<serde_json::Value> {
    let read = std::fs::File::open(png).map_err(anyhow::Error::from).and_then(|file| {
        let mut picture = png::Decoder::new(std::io::BufReader::new(file)).read_info()?;
        let bytes = picture.output_buffer_size().context("too large")?;
        picture.next_frame(&mut vec![0; bytes])?;
        Ok(())
    });
    let error = read.err()?;
    let message = format!("{}: {error:#}; give a PNG of the payer's code", png.display());
    eprintln!("chit-demo: {message}");
    Some(serde_json::json!({ "state": "REFUSED", "reason": "PICTURE_UNREADABLE", "message": message }))
}

async fn stay_open() -> anyhow::Result<ExitCode> {
    let progress = Progress::on_stderr();
    let place = Place::kept(Path::new(".chit-demo"))?;
    progress.say("starting seven services and four simulated devices");
    let options = Options { printer_port: PRINTER_PORT, till_port: Some(TILL_PORT), ..Options::default() };
    let options = options.set("checkout", "tcp_listen", "127.0.0.1:0");
    let house = House::start(place, &options)?;
    tokio::select! {
        ready = house.ready() => ready?,
        () = asked_to_stop() => {
            house.stop()?;
            return Ok(EXIT_INTERRUPTED.into());
        }
    }
    progress.say("ready");
    house.certify(DEMO_CLIENT, "pos")?;
    let desk = VirtualDesk::at(&house, house.till_url()?).await?;
    let listener = virtual_desk::bind(DESK_PORT).await?;
    explain(&house, &format!("http://{}/", listener.local_addr()?))?;
    tokio::select! {
        () = asked_to_stop() => {}
        served = desk.serve(listener) => served.context("the virtual desk")?,
        () = lend_a_payer(&house, progress) => {}
    }
    progress.say("stopping");
    house.stop()?;
    Ok(ExitCode::SUCCESS)
}

/// For other POS software: a payer who answers by themselves, and magic amounts. The shop is open without them too.
async fn lend_a_payer(house: &House, progress: Progress) {
    let lent = async {
        let desk = Desk::at(house).await?;
        if let Some(by) = desk.make_it_day().await? {
            let minutes = by.as_secs() / 60;
            progress.say(format!(
                "no texts are sent at night: the sandbox's clock is advanced by {minutes} min to 10:00"
            ));
        }
        let (payer, payer_id) = magic_payer::enrol(house, &desk).await?;
        let published = async {
            let file = magic_payer::publish_code(house, &desk, &payer_id).await?;
            progress.say(format!("a payer who answers by themselves shows the code in {}", file.display()));
            Ok(())
        };
        let devices = magic::Devices::of(house).await?;
        tokio::try_join!(published, magic::answer_for_ever(payer), devices.play())
    };
    if let Err(error) = lent.await {
        progress.say(format!("there are no magic amounts: {error:#}"));
    }
    std::future::pending().await
}

async fn asked_to_stop() {
    let (Ok(mut int), Ok(mut term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        // Without handlers the signals end the process themselves, and its children go with it.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = int.recv() => {}
        _ = term.recv() => {}
    }
}

fn explain(house: &House, desk_url: &str) -> anyhow::Result<()> {
    let config = house.place.config();
    let run_dir = house.place.run_dir();
    println!(
        "Chit is open (a sandbox: papers say PRACTICE 练习). Ctrl-C closes it; {} stays.",
        house.place.root().display()
    );
    println!();
    for (name, role, pin) in house.pins.all() {
        println!("  {role:<11} {name:<6} PIN {pin}");
    }
    println!();
    println!("  gRPC        unix:{}/checkout.sock (and the other services beside it)", run_dir.display());
    println!(
        "  other POS   {} by mutual TLS; certificates in {}, see docs/api.md",
        house.tcp_addr()?,
        house.place.clients().display()
    );
    println!(
        "  printer     tcp://{} (simulated), papers in {}",
        house.printer_addr,
        house.place.papers().display()
    );
    println!(
        "  devices     {}/sim-{{modem,scanner,printer,camera}}.ctl: one JSON request a line",
        run_dir.display()
    );
    println!("  logs        {}", house.place.logs().display());
    println!();
    println!("  In another terminal:  alias chit='target/debug/chit --config {}'", config.display());
    println!("  chit doctor | chit status | chit enrol | chit sale | chit sms inbox list | chit deduct run");
    println!("  chit settle run | chit dispute open | chit evidence verify | chit sandbox advance 24h");
    println!();
    println!("  virtual desk  {desk_url}   begin here: phone, papers, camera, faults, and what to do");
    println!("  till          {}", house.till_url()?);
    Ok(())
}

//! Logs as JSON lines on stderr; traces and metrics over OTLP when an endpoint is set.

use crate::config::Shared;
use crate::record::ROOT;
use anyhow::Context as _;
use chit_trouble::Troubles;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::sync::mpsc;
use std::time::Duration;
use tracing_subscriber::filter::{LevelFilter, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

const EXPORT_TIMEOUT: Duration = Duration::from_secs(2);
/// A dead collector must not hold up a restart.
const FLUSH_MAX: Duration = Duration::from_secs(1);

pub(crate) struct Telemetry {
    tracer: SdkTracerProvider,
    meter: Option<SdkMeterProvider>,
}

/// Needs a tokio runtime around it (the exporter's channel). Without an endpoint a trace that a caller began is still
/// carried on to services that may export it; none is begun.
pub(crate) fn install(service: &'static str, shared: &Shared) -> anyhow::Result<Telemetry> {
    let endpoint = shared.otlp_endpoint.clone().or_else(|| std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").ok());
    let resource = Resource::builder().with_service_name(format!("chit-{service}")).build();
    let mut tracer = SdkTracerProvider::builder().with_resource(resource.clone());
    let mut meter = None;
    let mut roots = LevelFilter::OFF;
    if let Some(endpoint) = endpoint.filter(|endpoint| !endpoint.is_empty()) {
        roots = LevelFilter::INFO;
        let spans =
            SpanExporter::builder().with_tonic().with_endpoint(&endpoint).with_timeout(EXPORT_TIMEOUT);
        tracer = tracer.with_batch_exporter(spans.build().context("otlp_endpoint for traces")?);
        let metrics =
            MetricExporter::builder().with_tonic().with_endpoint(&endpoint).with_timeout(EXPORT_TIMEOUT);
        let metrics = metrics.build().context("otlp_endpoint for metrics")?;
        let provider =
            SdkMeterProvider::builder().with_resource(resource).with_periodic_exporter(metrics).build();
        opentelemetry::global::set_meter_provider(provider.clone());
        meter = Some(provider);
    }
    let tracer = tracer.build();
    // A line names no span, so none needs to be written down for it.
    let logs = tracing_subscriber::fmt::layer()
        .json()
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(std::io::stderr)
        .with_filter(filter_fn(|about| about.is_event()))
        .with_filter(EnvFilter::try_new(&shared.log).context("`log` in [chit]")?);
    let spans = tracing_opentelemetry::layer()
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        // Everything here asks `Span::current()`; keeping OpenTelemetry's own current context beside it costs each poll.
        .with_context_activation(false)
        .with_tracer(tracer.tracer("chit"))
        .with_filter(Targets::new().with_default(LevelFilter::INFO).with_target(ROOT, roots));
    tracing_subscriber::registry()
        .with(logs)
        .with(Troubles::install(service).with_filter(LevelFilter::WARN))
        .with(spans)
        .try_init()
        .context("telemetry is installed twice")?;
    Ok(Telemetry { tracer, meter })
}

impl Telemetry {
    pub(crate) fn flush(self) {
        let (done, flushed) = mpsc::channel();
        std::thread::spawn(move || {
            // An error here means a dead collector, so there is no place left to report it.
            let _ = self.tracer.shutdown_with_timeout(FLUSH_MAX);
            let _ = self.meter.map(|meter| meter.shutdown());
            let _ = done.send(());
        });
        let _ = flushed.recv_timeout(FLUSH_MAX);
    }
}

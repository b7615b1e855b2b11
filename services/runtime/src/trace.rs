//! W3C trace context (https://www.w3.org/TR/trace-context/) in and out of spans.

use http::HeaderMap;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use std::collections::HashMap;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

pub const HEADER: &str = "traceparent";

/// What to store or send so that the work can be continued in the same trace.
pub fn current_traceparent() -> Option<String> {
    traceparent_of(&Span::current())
}

fn traceparent_of(span: &Span) -> Option<String> {
    let context = span.context();
    let span = context.span();
    let span = span.span_context();
    span.is_valid()
        .then(|| format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags().to_u8()))
}

/// A span in the trace of a stored `traceparent`; in a new trace when that is not one.
pub fn span_from_traceparent(name: &str, traceparent: &str) -> Span {
    let span = tracing::info_span!("resumed", otel.name = name);
    continue_from(&span, traceparent);
    span
}

/// Makes `span` the parent of what the other side does, unless the caller named one.
pub(crate) fn send(span: &Span, headers: &mut HeaderMap) {
    if let Some(traceparent) = traceparent_of(span).and_then(|text| text.parse().ok()) {
        headers.entry(HEADER).or_insert(traceparent);
    }
}

pub(crate) fn continue_from(span: &Span, traceparent: &str) {
    let carrier = HashMap::from([(HEADER.to_owned(), traceparent.to_owned())]);
    let parent = TraceContextPropagator::new().extract(&carrier);
    if parent.span().span_context().is_valid() {
        // Refused only when no telemetry is installed or the span is filtered out: nothing to continue then.
        let _ = span.set_parent(parent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::TracerProvider;
    use tracing_subscriber::layer::SubscriberExt;

    #[test]
    fn a_stored_traceparent_continues_its_trace() {
        let tracer = opentelemetry_sdk::trace::SdkTracerProvider::builder().build().tracer("test");
        let subscriber =
            tracing_subscriber::registry().with(tracing_opentelemetry::layer().with_tracer(tracer));
        tracing::subscriber::with_default(subscriber, || {
            let stored = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
            let resumed = span_from_traceparent("resume sale", stored).in_scope(current_traceparent).unwrap();
            assert_eq!(resumed[..36], stored[..36]);
            assert_ne!(resumed, stored, "the span is a child, not the parent again");
            let fresh =
                span_from_traceparent("resume sale", "rubbish").in_scope(current_traceparent).unwrap();
            assert_ne!(fresh[..36], stored[..36]);
        });
    }

    #[test]
    fn outside_a_trace_there_is_nothing_to_send() {
        assert_eq!(current_traceparent(), None);
    }
}

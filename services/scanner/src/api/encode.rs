//! Domain → protobuf.

use chit_proto::scanner::v1 as pb;
use chit_runtime::clock;

use crate::domain::scan::{Scan, Source};

pub fn scan(epoch: &str, scan: Scan) -> pb::Scan {
    let source = match scan.source {
        Source::Serial => pb::ScanSource::Serial,
        Source::Camera => pb::ScanSource::Camera,
    };
    pb::Scan {
        seq: scan.seq,
        epoch: epoch.to_owned(),
        source: source.into(),
        data: scan.code.bytes.0,
        aim_identifier: scan.code.aim_identifier,
        engine: scan.engine.to_owned(),
        time: Some(clock::to_proto(scan.time)),
    }
}

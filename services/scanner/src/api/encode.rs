//! Domain → protobuf.

use chit_proto::scanner::v1 as pb;
use chit_proto::scanner::v1::watch_scans_response::Event as Sent;
use chit_runtime::clock;
use jiff::Timestamp;

use crate::domain::refusal::Refusal;
use crate::domain::scan::{Event, Scan, Source, What};
use crate::domain::symbol::{Kind, Symbol, Symbology};

pub fn event(epoch: &str, event: Event) -> Sent {
    let (seq, source, device, time) = (event.seq, event.source, &event.device, event.time);
    match event.what {
        What::Scan(one) => {
            Sent::Scan(pb::Scan { seq, epoch: epoch.to_owned(), ..scan(source, device, one, time) })
        }
        What::Refused(one) => {
            Sent::Refusal(pb::Refusal { seq, epoch: epoch.to_owned(), ..refusal(source, device, one, time) })
        }
    }
}

/// Without a number.
pub fn scan(from: Source, device: &str, scan: Scan, time: Timestamp) -> pb::Scan {
    pb::Scan {
        source: source(from).into(),
        data: scan.code.bytes.0,
        aim_identifier: scan.code.aim_identifier,
        engine: scan.reading.engine.to_owned(),
        time: Some(clock::to_proto(time)),
        device: device.to_owned(),
        symbol: Some(symbol(scan.symbol)),
        confidence: scan.reading.confidence.into(),
        ..pb::Scan::default()
    }
}

/// Without a number.
pub fn refusal(from: Source, device: &str, refusal: Refusal, time: Timestamp) -> pb::Refusal {
    pb::Refusal {
        source: source(from).into(),
        device: device.to_owned(),
        reason: refusal.reason().to_owned(),
        remedy: refusal.remedy().to_owned(),
        time: Some(clock::to_proto(time)),
        ..pb::Refusal::default()
    }
}

pub fn source(source: Source) -> pb::ScanSource {
    match source {
        Source::Serial => pb::ScanSource::Serial,
        Source::Camera => pb::ScanSource::Camera,
        Source::Keyboard => pb::ScanSource::Keyboard,
        Source::HidPos => pb::ScanSource::HidPos,
        Source::Image => pb::ScanSource::Image,
    }
}

fn symbol(symbol: Symbol) -> pb::Symbol {
    let kind = match symbol.kind {
        Kind::Goods => pb::SymbolKind::Goods,
        Kind::InStore => pb::SymbolKind::InStore,
        Kind::PayerCode => pb::SymbolKind::PayerCode,
        Kind::EmvConsumer => pb::SymbolKind::EmvConsumer,
        Kind::EmvMerchant => pb::SymbolKind::EmvMerchant,
        Kind::Wallet => pb::SymbolKind::Wallet,
        // From a camera, which does not say that a linear code was meant.
        Kind::Misread | Kind::Text => pb::SymbolKind::Text,
        Kind::Binary => pb::SymbolKind::Binary,
    };
    let element = |element: crate::domain::symbol::Element| pb::Element {
        identifier: element.identifier,
        value: element.value,
    };
    pb::Symbol {
        kind: kind.into(),
        symbology: symbology(symbol.symbology).into(),
        gtins: symbol.gtins.iter().map(|gtin| gtin.as_str().to_owned()).collect(),
        add_on: symbol.add_on,
        elements: symbol.elements.into_iter().map(element).collect(),
    }
}

fn symbology(symbology: Symbology) -> pb::Symbology {
    match symbology {
        Symbology::Unknown => pb::Symbology::Unspecified,
        Symbology::Ean13 => pb::Symbology::Ean13,
        Symbology::Ean8 => pb::Symbology::Ean8,
        Symbology::UpcA => pb::Symbology::UpcA,
        Symbology::UpcE => pb::Symbology::UpcE,
        Symbology::EanUpc => pb::Symbology::EanUpc,
        Symbology::Code39 => pb::Symbology::Code39,
        Symbology::Code93 => pb::Symbology::Code93,
        Symbology::Code128 => pb::Symbology::Code128,
        Symbology::Gs1128 => pb::Symbology::Gs1128,
        Symbology::Itf => pb::Symbology::Itf,
        Symbology::Codabar => pb::Symbology::Codabar,
        Symbology::DataBar => pb::Symbology::Databar,
        Symbology::QrCode => pb::Symbology::QrCode,
        Symbology::Gs1QrCode => pb::Symbology::Gs1QrCode,
        Symbology::DataMatrix => pb::Symbology::DataMatrix,
        Symbology::Gs1DataMatrix => pb::Symbology::Gs1DataMatrix,
        Symbology::Aztec => pb::Symbology::Aztec,
        Symbology::Pdf417 => pb::Symbology::Pdf417,
        Symbology::HanXin => pb::Symbology::HanXin,
        Symbology::Other => pb::Symbology::Other,
    }
}

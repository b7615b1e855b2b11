//! QR Code Model 2 in a black and white picture, by rxing's port of zxing-cpp. Micro QR and Model 1 are left out on
//! purpose: parts of a larger code have been taken for them (zxing-cpp issue 1162).

use rxing::common::cpp_essentials::ConcentricPattern;
use rxing::common::{BitMatrix, DetectorRXingResult as _};
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{GenerateFinderPatternSets, SampleQR};

use super::finder;
use crate::domain::symbol::{Symbology, aim};

/// Triples of finder patterns that are tried in one picture; a real code is among the most plausible ones.
const SETS_MAX: usize = 24;

/// A finder pattern: one of three corners of a code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Corner {
    pub x: f32,
    pub y: f32,
    /// Seven modules.
    pub size: f32,
}

/// What a code says; text is UTF-8, whatever the code was written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    pub bytes: Vec<u8>,
    pub symbology: Symbology,
}

#[derive(Clone, Debug, Default)]
pub struct Found {
    pub contents: Vec<Content>,
    /// Corners that belong to no code that was read.
    pub corners: Vec<Corner>,
    /// What could be corners too; it takes two sure ones beside it.
    pub weak: Vec<Corner>,
}

/// Everything that can be read, at most `limit` codes.
pub fn read(matrix: &BitMatrix, limit: usize) -> Found {
    let finder::Patterns { sure: mut patterns, weak } = finder::patterns(matrix);
    let sets = GenerateFinderPatternSets(&mut patterns);
    let mut found = Found::default();
    let mut used: Vec<ConcentricPattern> = Vec::new();
    for set in sets.iter().take(SETS_MAX) {
        if [set.bl, set.tl, set.tr].iter().any(|corner| used.contains(corner)) {
            continue;
        }
        let Some(content) = SampleQR(matrix, set).ok().and_then(|sampled| decode(sampled.getBits())) else {
            continue;
        };
        used.extend([set.bl, set.tl, set.tr]);
        found.contents.push(content);
        if found.contents.len() == limit {
            break;
        }
    }
    found.corners = patterns.iter().filter(|pattern| !used.contains(pattern)).copied().map(corner).collect();
    found.weak = weak.into_iter().map(corner).collect();
    found
}

/// The modules of a code.
pub fn decode(modules: &BitMatrix) -> Option<Content> {
    let decoded = Decode(modules).ok().filter(|decoded| decoded.isValid())?;
    let content = decoded.content();
    let bytes = match std::str::from_utf8(content.bytes()) {
        Ok(_text) if !content.has_eci => content.bytes().to_vec(),
        _ => decoded.text().into_bytes(),
    };
    let symbology = aim::symbology(&decoded.symbologyIdentifier()).unwrap_or(Symbology::QrCode);
    (!bytes.is_empty()).then_some(Content { bytes, symbology })
}

fn corner(pattern: ConcentricPattern) -> Corner {
    Corner { x: pattern.p.x, y: pattern.p.y, size: pattern.size as f32 }
}

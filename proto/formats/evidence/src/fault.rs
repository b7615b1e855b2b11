//! Why a manifest is not what it says.

use thiserror::Error;

/// Each names the file to look at.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Fault {
    #[error("manifest.binpb is empty")]
    Empty,
    #[error("manifest.binpb is damaged or larger than a manifest can be")]
    NoManifest,
    #[error("manifest.binpb has version {0}; this program knows 1 and 2")]
    Version(u32),
    #[error(
        "manifest.binpb was written in another way than a device writes it, or holds fields of a later version"
    )]
    NotCanonical,
    #[error("manifest.binpb names no usable public key")]
    NoKey,
    #[error("manifest.sig is no Ed25519 signature of 64 bytes")]
    NoSignature,
    #[error("manifest.binpb or manifest.sig: the signature is not the device's over this manifest")]
    Signature,
    #[error("manifest.binpb names another key than the one that is trusted")]
    OtherKey,
    #[error("manifest.binpb lists {0:?}, which is no single file of a bundle")]
    Name(String),
    #[error("manifest.binpb lists its files in another order than a device does")]
    Order,
    #[error("manifest.binpb has {0:?} where the {1}'s ULID belongs")]
    NoId(String, &'static str),
    #[error("manifest.binpb is of sale {found}, not of {wanted}")]
    OtherSale { found: String, wanted: String },
    #[error("manifest.binpb lists no {0}, and does not say that it is missing")]
    Mandatory(&'static str),
    #[error("manifest.binpb: {0}")]
    Inconsistent(&'static str),
    #[error("manifest.binpb says that it was sealed before {0}")]
    Backdated(&'static str),
}

impl Fault {
    /// For programs. One of these never changes its meaning.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Empty => "MANIFEST_EMPTY",
            Self::NoManifest => "MANIFEST_DAMAGED",
            Self::Version(_) => "VERSION_UNKNOWN",
            Self::NotCanonical => "MANIFEST_REWRITTEN",
            Self::NoKey => "KEY_UNUSABLE",
            Self::NoSignature => "SIGNATURE_MALFORMED",
            Self::Signature => "SIGNATURE_WRONG",
            Self::OtherKey => "KEY_FOREIGN",
            Self::Name(_) => "NAME_UNSAFE",
            Self::Order => "FILES_UNSORTED",
            Self::NoId(..) => "ID_MALFORMED",
            Self::OtherSale { .. } => "SALE_DIFFERS",
            Self::Mandatory(_) => "FILE_NOT_LISTED",
            Self::Inconsistent(_) => "MANIFEST_INCONSISTENT",
            Self::Backdated(_) => "BACKDATED",
        }
    }
}

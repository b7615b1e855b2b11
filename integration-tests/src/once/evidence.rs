//! The sealed bundle: every file is there and is what the manifest says, then it is copied as it is.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use chit_proto::checkout::v1::Sale;
use chit_proto::media_capture::v1::{GetEvidenceRequest, Manifest};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use super::report::Evidence;
use crate::ask;
use crate::desk::Desk;

const MANIFEST: &str = "manifest.binpb";

pub async fn collect(desk: &Desk, sale: &Sale, to: &Path) -> anyhow::Result<Evidence> {
    let request = GetEvidenceRequest { sale_id: sale.sale_id.clone() };
    let bundle = ask!(desk.media, get_evidence, request)?;
    let manifest = Manifest::decode(bundle.manifest.as_slice()).context("manifest")?;
    ensure!(manifest.sale_id == sale.sale_id, "the bundle is of another sale");
    ensure!(
        Sha256::digest(&bundle.manifest).as_slice() == bundle.manifest_sha256,
        "the manifest's hash is wrong"
    );
    let noted = sale.evidence.as_ref().map(|evidence| evidence.manifest_sha256.as_slice());
    ensure!(noted == Some(&bundle.manifest_sha256[..]), "checkout witnessed another manifest");
    let from = Path::new(&bundle.folder);
    fs::create_dir_all(to)?;
    for entry in &manifest.files {
        let bytes = fs::read(from.join(&entry.name)).with_context(|| entry.name.clone())?;
        ensure!(bytes.len() as u64 == entry.size_bytes, "{}: size differs from the manifest", entry.name);
        ensure!(
            Sha256::digest(&bytes).as_slice() == entry.sha256,
            "{}: hash differs from the manifest",
            entry.name
        );
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    let named =
        |media_type: &'static str| manifest.files.iter().filter(move |file| file.media_type == media_type);
    let video = named("video/mp4").next().context("the bundle has no video")?;
    Ok(Evidence {
        video: to.join(&video.name),
        photos: named("image/jpeg").map(|photo| to.join(&photo.name)).collect(),
        manifest: to.join(MANIFEST),
        sealed: !manifest.partial,
    })
}

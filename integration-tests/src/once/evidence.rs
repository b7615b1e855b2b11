//! The sealed bundle: every file is there and is what the manifest says, then it is copied as it is.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use chit_proto::checkout::v1::Sale;
use chit_proto::media_capture::v1::{GetEvidenceRequest, Manifest, ReadEvidenceFileRequest};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use super::report::Evidence;
use crate::ask;
use crate::desk::Desk;

const MANIFEST: &str = "manifest.binpb";
const SIGNATURE: &str = "manifest.sig";

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
    fs::create_dir_all(to)?;
    for entry in &manifest.files {
        let bytes = read(desk, sale, &entry.name).await?;
        ensure!(bytes.len() as u64 == entry.size_bytes, "{}: size differs from the manifest", entry.name);
        ensure!(
            Sha256::digest(&bytes).as_slice() == entry.sha256,
            "{}: hash differs from the manifest",
            entry.name
        );
        fs::write(to.join(&entry.name), bytes)?;
    }
    fs::write(to.join(MANIFEST), &bundle.manifest)?;
    fs::write(to.join(SIGNATURE), &bundle.signature)?;
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

/// Decrypted on the way: nothing of it lies in clear in the shop's store.
async fn read(desk: &Desk, sale: &Sale, name: &str) -> anyhow::Result<Vec<u8>> {
    let request =
        ReadEvidenceFileRequest { sale_id: sale.sale_id.clone(), name: name.to_owned(), offset_bytes: 0 };
    let mut media = desk.media.clone();
    let mut pieces = media.read_evidence_file(request).await?.into_inner();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.message().await? {
        bytes.extend_from_slice(&piece.data);
    }
    Ok(bytes)
}

//! Can the payer's code be read from a redacted copy?

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use chit_proto::media_capture::v1::{ExportEvidenceRequest, TakePhotoRequest};
use qrcode::{EcLevel, QrCode, Version};

use super::rig::{Rig, new_id};

/// How many pictures of the original and of the redacted copy a reader reads the code in.
pub struct Read {
    pub original: u32,
    pub redacted: u32,
}

/// A sale during which the payer's code is held before the camera, exported.
pub async fn read_from_a_copy(rig: &Rig, seconds: u64) -> anyhow::Result<Read> {
    let png = rig.scratch().join("code.png");
    draw_code(&png)?;
    let sale = new_id();
    rig.start_recording(&sale).await?;
    rig.hold(Some(&png))?;
    tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
    let request = TakePhotoRequest { recording_id: sale.clone(), kind: 1 };
    rig.client.clone().take_photo(request).await?;
    rig.hold(None)?;
    rig.goods(&sale).await?;
    rig.seal(&sale).await?;
    let mut read = [0; 2];
    for (unredacted, count) in [true, false].into_iter().zip(&mut read) {
        let folder = rig.scratch().join(format!("export-{unredacted}"));
        export(rig, &sale, unredacted, &folder).await?;
        *count = readable(&folder)?;
    }
    Ok(Read { original: read[0], redacted: read[1] })
}

async fn export(rig: &Rig, sale: &str, unredacted: bool, to: &Path) -> anyhow::Result<()> {
    let (actor, reason) = ("bench".to_owned(), String::new());
    let request = ExportEvidenceRequest { sale_id: sale.to_owned(), unredacted, actor, reason };
    let mut pieces = rig.evidence.clone().export_evidence(request).await?.into_inner();
    let mut zip = Vec::new();
    while let Some(piece) = pieces.message().await? {
        zip.extend_from_slice(&piece.data);
    }
    fs::create_dir_all(to)?;
    let file = to.join("export.zip");
    fs::write(&file, zip)?;
    // Unpacked by somebody else's program.
    let unpack = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])";
    let done = Command::new("python3").args(["-c", unpack]).arg(&file).arg(to).status()?;
    ensure!(done.success(), "the archive cannot be unpacked");
    Ok(())
}

fn draw_code(png: &Path) -> anyhow::Result<()> {
    let digits: String = (0..237).map(|at| char::from(b'0' + (at * 7 % 10) as u8)).collect();
    let code = QrCode::with_version(digits, Version::Normal(6), EcLevel::M)?;
    let side = code.width() + 8;
    let colors = code.to_colors();
    let dark = |at: usize| {
        let (column, row) = ((at % side).wrapping_sub(4), (at / side).wrapping_sub(4));
        let inside = column < code.width() && row < code.width();
        inside && colors[row * code.width() + column] == qrcode::Color::Dark
    };
    let pixels: Vec<u8> = (0..side * side).map(|at| if dark(at) { 0 } else { 255 }).collect();
    let mut encoder = png::Encoder::new(fs::File::create(png)?, side as u32, side as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(())
}

/// Pictures of a folder's photos and films in which zbar reads a code.
fn readable(folder: &Path) -> anyhow::Result<u32> {
    let mut read = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().context("no name")?.to_string_lossy().into_owned();
        if name.ends_with(".jpg") {
            read += u32::from(reads(&path)?);
        } else if name.ends_with(".mp4") {
            let frames = folder.join(format!("{name}.frames"));
            fs::create_dir_all(&frames)?;
            let mut ffmpeg = Command::new("ffmpeg");
            ffmpeg.args(["-v", "error", "-i"]).arg(&path).args(["-fps_mode", "passthrough"]);
            let done = ffmpeg.arg(frames.join("%04d.png")).status()?;
            ensure!(done.success(), "{name} cannot be decoded");
            for frame in fs::read_dir(&frames)? {
                read += u32::from(reads(&frame?.path())?);
            }
        }
    }
    Ok(read)
}

fn reads(picture: &Path) -> anyhow::Result<bool> {
    let output = Command::new("zbarimg").args(["-q", "--raw"]).arg(picture).output().context("zbarimg")?;
    Ok(output.stdout.len() > 200)
}

//! ExportEvidence: one zip archive for somebody outside. The copy is redacted unless the originals are asked for.

use std::io::{self, Read, Write};

use chit_proto::media_capture::v1::{ExportEvidenceRequest, ExportEvidenceResponse, FileEntry, Manifest};
use chit_runtime::error;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::{Api, Streaming, encode};
use crate::domain::custody::EntryKind;
use crate::domain::ids::SaleId;
use crate::evidence::keys::{FilmKey, Keepers};
use crate::evidence::manifest::{MANIFEST_FILE, SIGNATURE_FILE};
use crate::evidence::{Bundle, Plain};
use crate::redact::{self, FilmError, PhotoError};
use crate::studio::{Asked, Order, StudioError};

const PIECE_BYTES: usize = 64 * 1024;
const PIECES_UNREAD_MAX: usize = 8;
/// A copy is a little sharper than what it was made of, so that it loses nothing that matters.
const COPY_KBPS: u32 = 900;
const README_FILE: &str = "README.txt";

#[derive(Debug, Error)]
enum ExportError {
    #[error("cannot read the evidence or write the archive")]
    Io(#[from] io::Error),
    #[error("cannot make the archive")]
    Zip(#[from] zip::result::ZipError),
    #[error(transparent)]
    Photo(#[from] PhotoError),
    #[error(transparent)]
    Film(#[from] FilmError),
}

impl Api {
    pub(super) async fn export(
        &self,
        request: ExportEvidenceRequest,
        asked: Asked,
    ) -> Result<Streaming<ExportEvidenceResponse>, Status> {
        let busy =
            || error::status(Code::ResourceExhausted, "EXPORTS_BUSY", "one export at a time; try again");
        let turn = self.0.exporting.clone().try_lock_owned().map_err(|_| busy())?;
        let bundle = self.sealed(&request.sale_id).await?;
        let sale = encode::sale_id(&request.sale_id)?;
        let kind = if request.unredacted { EntryKind::ExportedWhole } else { EntryKind::ExportedRedacted };
        // On the record before the first byte leaves: a reader that hangs up has seen something.
        let order = |reply| Order::Exported { sale: sale.clone(), kind, asked, reply };
        self.0.studio.ask(order).await.map_err(encode::status)?;
        let (keepers, film_keys) = (self.0.keepers.clone(), self.0.film_keys.clone());
        let (pieces, stream) = mpsc::channel(PIECES_UNREAD_MAX);
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let out = Pieces { pieces: pieces.clone(), filled: Vec::with_capacity(PIECE_BYTES) };
            let film = film_keys.load(&sale, &keepers);
            let written = film.map_err(ExportError::from).and_then(|film| {
                let wrapped = film_keys.wrapped(&sale).ok();
                let archive = Archive { bundle, sale, keepers: &keepers, film: film.as_ref(), wrapped };
                archive.write(out, request.unredacted)
            });
            if let Err(failed) = written {
                tracing::error!(error = %failed, cause = ?std::error::Error::source(&failed), "export failed");
                let status = match failed {
                    ExportError::Io(error) if encode::is_tampered(&error) => {
                        encode::status(StudioError::Io(error))
                    }
                    failed => error::status(Code::Internal, "EVIDENCE_NOT_STORED", failed.to_string()),
                };
                // The reader may have gone as well.
                let _ = pieces.blocking_send(Err(status));
            }
        });
        Ok(Box::pin(ReceiverStream::new(stream)))
    }
}

struct Archive<'a> {
    bundle: Bundle,
    sale: SaleId,
    keepers: &'a Keepers,
    film: Option<&'a FilmKey>,
    wrapped: Option<Vec<u8>>,
}

impl Archive<'_> {
    fn write(self, out: Pieces, unredacted: bool) -> Result<(), ExportError> {
        let manifest = self.bundle.manifest()?;
        let mut zip = zip::ZipWriter::new_stream(out);
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        // What is copied is large: sizes are not known beforehand.
        let large = stored.large_file(true);
        let mut said = String::new();
        for entry in &manifest.files {
            let Some(plain) = self.bundle.open_plain(entry, self.keepers, self.film)? else {
                said.push_str(&format!("{}: erased at the end of its term\n", entry.name));
                continue;
            };
            let is_picture = entry.media_type.starts_with("image/") || entry.media_type.starts_with("video/");
            if unredacted || !is_picture {
                zip.start_file(&entry.name, large)?;
                io::copy(&mut { plain }, &mut zip)?;
                said.push_str(&format!("{}: the original\n", entry.name));
                continue;
            }
            let name = format!("redacted-{}", entry.name);
            zip.start_file(&name, large)?;
            let mut hashing = Hashing { out: &mut zip, hash: Sha256::new() };
            let covered = redacted(entry, plain, &mut hashing)?;
            let sha256 = hex::encode(hashing.hash.finalize());
            said.push_str(&format!(
                "{name}: a COPY of {} (SHA-256 of the original {}), codes covered in {covered} pictures; \
                 SHA-256 of this copy {sha256}\n",
                entry.name,
                hex::encode(&entry.sha256),
            ));
        }
        zip.start_file(MANIFEST_FILE, stored)?;
        zip.write_all(&self.bundle.read(MANIFEST_FILE)?)?;
        zip.start_file(SIGNATURE_FILE, stored)?;
        zip.write_all(&self.bundle.read(SIGNATURE_FILE)?)?;
        if let (true, Some(wrapped)) = (unredacted, &self.wrapped) {
            zip.start_file("film-key.age", stored)?;
            zip.write_all(wrapped)?;
        }
        zip.start_file(README_FILE, stored)?;
        zip.write_all(self.readme(&manifest, unredacted, &said).as_bytes())?;
        zip.finish()?.into_inner().finish()?;
        Ok(())
    }

    fn readme(&self, manifest: &Manifest, unredacted: bool, said: &str) -> String {
        let kind = if unredacted {
            "These are the ORIGINALS. The payer's code can be read in them and must get a new serial."
        } else {
            "This is a redacted COPY. The payer's code is covered in pictures; nothing else was changed on purpose. \
             Sound is not part of it. The originals stay sealed with the shop."
        };
        format!(
            "Evidence of sale {}, receipt {}\n\n{kind}\n\n{said}\n\
             manifest.binpb lists the originals and is signed (manifest.sig) by the device with the key\n{}\n\
             ledger-proof.json shows what the shop's ledger witnesses of it.\n\
             Check with: chit evidence verify FILE --sale {} --key KEYS (the shop's keys, from somewhere else than here),\n\
             or drop the file on the page verify-evidence.html of Chit.\n",
            self.sale,
            if manifest.receipt_no.is_empty() { "without a number" } else { &manifest.receipt_no },
            hex::encode(&manifest.device_public_key),
            self.sale,
        )
    }
}

/// How many pictures showed a code.
fn redacted(entry: &FileEntry, mut plain: Box<dyn Plain>, out: &mut impl Write) -> Result<u32, ExportError> {
    if entry.media_type.starts_with("image/") {
        let mut photo = Vec::new();
        plain.read_to_end(&mut photo)?;
        let (copy, covered) = redact::redact_photo(&photo)?;
        out.write_all(&copy)?;
        return Ok(covered);
    }
    let rate = entry.video.as_ref().map_or(15_000, |video| video.frame_rate_milli.max(1_000));
    Ok(redact::redact_film(plain, out, rate as f32 / 1000.0, COPY_KBPS)?)
}

struct Hashing<'a, W> {
    out: &'a mut W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Into messages of 64 KiB; waits for the reader.
struct Pieces {
    pieces: mpsc::Sender<Result<ExportEvidenceResponse, Status>>,
    filled: Vec<u8>,
}

impl Pieces {
    fn send(&mut self) -> io::Result<()> {
        let data = std::mem::replace(&mut self.filled, Vec::with_capacity(PIECE_BYTES));
        let sent = self.pieces.blocking_send(Ok(ExportEvidenceResponse { data }));
        sent.map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the reader hung up"))
    }

    fn finish(mut self) -> io::Result<()> {
        if self.filled.is_empty() { Ok(()) } else { self.send() }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE_BYTES - self.filled.len());
        self.filled.extend_from_slice(&bytes[..taken]);
        if self.filled.len() == PIECE_BYTES {
            self.send()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

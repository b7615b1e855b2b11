//! GetEvidence and ReadEvidenceFile: the manifest as stored, files decrypted on the way.

use std::io::{self, Read, Seek, SeekFrom};

use chit_proto::media_capture::v1::{
    GetEvidenceRequest, GetEvidenceResponse, ReadEvidenceFileRequest, ReadEvidenceFileResponse,
};
use chit_runtime::error;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

use super::{Api, Streaming, encode};
use crate::domain::recording::State;
use crate::evidence::keys::{FilmKey, Keepers};
use crate::evidence::manifest::{MANIFEST_FILE, SIGNATURE_FILE};
use crate::evidence::{Bundle, Plain};
use crate::studio::{Order, StudioError};

const PIECE_BYTES: usize = 64 * 1024;
const PIECES_UNREAD_MAX: usize = 4;

impl Api {
    pub(super) async fn evidence(&self, request: GetEvidenceRequest) -> Result<GetEvidenceResponse, Status> {
        let bundle = self.sealed(&request.sale_id).await?;
        blocking(move || {
            let manifest = bundle.read(MANIFEST_FILE)?;
            Ok(GetEvidenceResponse {
                signature: bundle.read(SIGNATURE_FILE)?,
                manifest_sha256: Sha256::digest(&manifest).to_vec(),
                folder: bundle.folder().to_string_lossy().into_owned(),
                manifest,
            })
        })
        .await
    }

    pub(super) async fn read_file(
        &self,
        request: ReadEvidenceFileRequest,
    ) -> Result<Streaming<ReadEvidenceFileResponse>, Status> {
        let bundle = self.sealed(&request.sale_id).await?;
        let ReadEvidenceFileRequest { name, offset_bytes, .. } = request.clone();
        let (keepers, film_keys) = (self.0.keepers.clone(), self.0.film_keys.clone());
        let (sale, wanted) = (encode::sale_id(&request.sale_id)?, name);
        let opened = blocking(move || {
            let film = film_keys.load(&sale, &keepers)?;
            open_listed(&bundle, &wanted, &keepers, film.as_ref())
        });
        let (mut file, size) = match opened.await? {
            Opened::Plain(file, size) => (file, size),
            Opened::Unlisted => {
                return Err(error::status(Code::NotFound, "FILE_NOT_FOUND", "use a name of the manifest"));
            }
            Opened::Erased => {
                let message =
                    "video and photos were erased at the end of their term; goods and manifest are kept";
                return Err(error::status(Code::NotFound, "FILM_ERASED", message));
            }
        };
        if offset_bytes > size {
            let message = format!("offset_bytes: the file has {size} bytes");
            return Err(error::status(Code::OutOfRange, "OFFSET_OUT_OF_RANGE", message));
        }
        let (pieces, stream) = mpsc::channel(PIECES_UNREAD_MAX);
        tokio::task::spawn_blocking(move || {
            let mut read = || -> io::Result<()> {
                file.seek(SeekFrom::Start(offset_bytes))?;
                loop {
                    let mut data = Vec::with_capacity(PIECE_BYTES);
                    file.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut data)?;
                    let last = data.len() < PIECE_BYTES;
                    let gone = !data.is_empty()
                        && pieces.blocking_send(Ok(ReadEvidenceFileResponse { data })).is_err();
                    if last || gone {
                        return Ok(());
                    }
                }
            };
            if let Err(failed) = read() {
                // The reader may have gone as well.
                let _ = pieces.blocking_send(Err(encode::status(StudioError::Io(failed))));
            }
        });
        Ok(Box::pin(ReceiverStream::new(stream)))
    }

    pub(super) async fn sealed(&self, sale: &str) -> Result<Bundle, Status> {
        let sale = encode::sale_id(sale)?;
        let of_sale = |reply| Order::OfSale { sale: sale.clone(), reply };
        let recording = self.0.studio.ask(of_sale).await.map_err(encode::status)?;
        match recording {
            Some(found) if matches!(found.state, State::Sealed | State::Partial) => {
                let bundle = Bundle::of(&self.0.evidence, &sale);
                let sealed = found.manifest_sha256.unwrap_or_default();
                blocking(move || bundle.manifest_as_sealed(sealed).map(|_| bundle)).await
            }
            _ => Err(error::status(Code::NotFound, "EVIDENCE_NOT_FOUND", "this sale has no sealed evidence")),
        }
    }
}

enum Opened {
    Plain(Box<dyn Plain>, u64),
    Unlisted,
    /// Its film key is gone.
    Erased,
}

/// Only what the manifest lists, the manifest and its signature can be read.
fn open_listed(bundle: &Bundle, name: &str, keepers: &Keepers, film: Option<&FilmKey>) -> io::Result<Opened> {
    if name == MANIFEST_FILE || name == SIGNATURE_FILE {
        let bytes = bundle.read(name)?;
        let size = bytes.len() as u64;
        return Ok(Opened::Plain(Box::new(io::Cursor::new(bytes)), size));
    }
    let manifest = bundle.manifest()?;
    let Some(entry) = manifest.files.iter().find(|file| file.name == name) else {
        return Ok(Opened::Unlisted);
    };
    let plain = bundle.open_plain(entry, keepers, film)?;
    Ok(plain.map_or(Opened::Erased, |plain| Opened::Plain(plain, entry.size_bytes)))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Status> {
    let done =
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(io::Error::other("reader died")));
    done.map_err(|failed| encode::status(StudioError::Io(failed)))
}

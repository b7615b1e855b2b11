//! What the manifest lists, hashed from the bytes as they are stored.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;

use chit_proto::media_capture::v1::{FileEntry, SealedFile, SoundTrack, VideoTrack};
use sha2::{Digest, Sha256};

use super::keys::{FilmKey, Keepers, decrypt};
use super::{Bundle, GOODS_FILE, spool};
use crate::domain::fmp4::Whole;
use crate::domain::recording::{PhotoKind, Recording, Segment};

impl Bundle {
    /// Seals a photo as it is taken.
    pub fn write_photo(&self, kind: PhotoKind, jpeg: &[u8], film: &FilmKey) -> io::Result<()> {
        self.write(&sealed_name(kind.file_name()), &film.seal(jpeg)?)
    }

    pub fn write_goods(&self, goods: &[u8], keepers: &Keepers) -> io::Result<()> {
        self.write(&sealed_name(GOODS_FILE), &keepers.seal(goods)?)
    }

    /// Cuts a clip that a crash or a full disk tore back to its whole fragments, which it counts; removes one
    /// without any.
    pub fn repair(&self, segment: u32, film: &FilmKey) -> io::Result<Option<Whole>> {
        let path = self.spool(segment);
        let mut whole = Whole::default();
        let len = match spool::read(&path, film, |record| Ok(whole.take(record))) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        if whole.frames == 0 {
            fs::remove_file(&path)?;
            super::sync_folder(self.folder())?;
            return Ok(None);
        }
        let file = OpenOptions::new().write(true).open(&path)?;
        if file.metadata()?.len() > len {
            file.set_len(len)?;
            file.sync_all()?;
        }
        Ok(Some(whole))
    }

    /// Makes the clips' age files and lists everything. The spools stay until the seal is in the store.
    pub fn entries(
        &self,
        recording: &Recording,
        keepers: &Keepers,
        film: &FilmKey,
    ) -> io::Result<Vec<FileEntry>> {
        let mut entries = Vec::new();
        for segment in &recording.segments {
            entries.extend(self.seal_clip(segment, recording, film)?);
        }
        for kind in [PhotoKind::PayerAndGoods, PhotoKind::Paper] {
            if let Some(photo) = &recording.photos[kind.index()] {
                let (name, sealed) = self.sealed(kind.file_name(), true)?;
                let plain = decrypt(film.identity(), &sealed[..])?;
                let entry = entry(kind.file_name(), "image/jpeg", plain, name)?;
                if entry.sha256 != photo.sha256 {
                    return Err(io::Error::other("a photo is not what was taken"));
                }
                entries.push(FileEntry { taken_unix_us: photo.taken_us, ..entry });
            }
        }
        if let Some(goods) = &recording.goods {
            let (name, sealed) = self.sealed(GOODS_FILE, false)?;
            let plain = decrypt(keepers.shop(), &sealed[..])?;
            entries.push(entry(GOODS_FILE, &goods.media_type, plain, name)?);
        }
        Ok(entries)
    }

    fn sealed(&self, name: &str, film: bool) -> io::Result<(SealedFile, Vec<u8>)> {
        let sealed = self.read(&sealed_name(name))?;
        let (size_bytes, sha256) = (sealed.len() as u64, Sha256::digest(&sealed).to_vec());
        Ok((SealedFile { name: sealed_name(name), size_bytes, sha256, film }, sealed))
    }

    /// From the spool, record by record: a clip of any length takes the memory of half a second.
    fn seal_clip(
        &self,
        segment: &Segment,
        recording: &Recording,
        film: &FilmKey,
    ) -> io::Result<Option<FileEntry>> {
        let name = Segment::file_name(segment.number);
        let stored = sealed_name(&name);
        let draft = self.folder().join(format!("{stored}.draft"));
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        let mut sealing = film.sealing(Hashing::new(BufWriter::new(file)))?;
        let (mut whole, mut plain, mut size_bytes) = (Whole::default(), Sha256::new(), 0);
        let read = spool::read(&self.spool(segment.number), film, |record| {
            if !whole.take(record) {
                return Ok(false);
            }
            plain.update(record);
            size_bytes += record.len() as u64;
            sealing.write_all(record).map(|()| true)
        });
        if whole.frames == 0 {
            fs::remove_file(&draft)?;
            return match read {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(None),
            };
        }
        read?;
        let (file, sealed_bytes, sha256) = sealing.finish()?.finish()?;
        file.sync_all()?;
        fs::rename(&draft, self.folder().join(&stored))?;
        super::sync_folder(self.folder())?;
        Ok(Some(FileEntry {
            name,
            media_type: "video/mp4".to_owned(),
            size_bytes,
            sha256: plain.finalize().to_vec(),
            video: Some(video_track(segment, whole)),
            taken_unix_us: 0,
            sealed: Some(SealedFile { name: stored, size_bytes: sealed_bytes, sha256, film: true }),
            sound: sound_track(recording, whole),
        }))
    }
}

fn sealed_name(name: &str) -> String {
    format!("{name}.age")
}

fn entry(name: &str, media_type: &str, mut plain: impl Read, sealed: SealedFile) -> io::Result<FileEntry> {
    let mut bytes = Vec::new();
    plain.read_to_end(&mut bytes)?;
    Ok(FileEntry {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        size_bytes: bytes.len() as u64,
        sha256: Sha256::digest(&bytes).to_vec(),
        sealed: Some(sealed),
        ..FileEntry::default()
    })
}

fn video_track(segment: &Segment, whole: Whole) -> VideoTrack {
    VideoTrack {
        codec: "avc1".to_owned(),
        width: segment.width,
        height: segment.height,
        frame_rate_milli: segment.frame_rate_milli,
        frame_count: u32::try_from(whole.frames).unwrap_or(u32::MAX),
        dropped_frames: u32::try_from(segment.dropped).unwrap_or(u32::MAX),
        first_frame_monotonic_ns: segment.first_monotonic_ns,
        last_frame_monotonic_ns: segment.first_monotonic_ns
            + crate::domain::fmp4::nanoseconds(whole.last_frame_ticks),
        first_frame_unix_us: segment.first_us,
        camera_id: segment.camera_id.clone(),
    }
}

fn sound_track(recording: &Recording, whole: Whole) -> Option<SoundTrack> {
    let sound = recording.sound.as_ref().filter(|_| whole.sounds > 0)?;
    Some(SoundTrack {
        codec: "Opus".to_owned(),
        sample_rate: crate::domain::drift::RATE,
        channels: 1,
        packet_count: u32::try_from(whole.sounds).unwrap_or(u32::MAX),
        microphone_id: sound.microphone_id.clone(),
        xruns: sound.xruns,
    })
}

/// Counts and hashes what is written.
struct Hashing {
    out: BufWriter<File>,
    hash: Sha256,
    len: u64,
}

impl Hashing {
    fn new(out: BufWriter<File>) -> Self {
        Self { out, hash: Sha256::new(), len: 0 }
    }

    fn finish(self) -> io::Result<(File, u64, Vec<u8>)> {
        let file = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok((file, self.len, self.hash.finalize().to_vec()))
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.len += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

//! The folder of one sale's evidence: writable while it grows, read-only once its manifest is signed.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use chit_proto::media_capture::v1::{FileEntry, Manifest, VideoTrack};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::domain::fmp4;
use crate::domain::ids::SaleId;
use crate::domain::manifest::{MANIFEST_FILE, SIGNATURE_FILE, Signed};
use crate::domain::recording::{PhotoKind, Recording, Segment};

pub const GOODS_FILE: &str = "goods.bin";
/// The longest clip at ten times the default rate; a larger file is not ours.
const VIDEO_BYTES_MAX: u64 = 128 * 1024 * 1024;

pub struct Bundle {
    folder: PathBuf,
}

impl Bundle {
    pub fn of(evidence: &Path, sale: &SaleId) -> Self {
        Self { folder: evidence.join(sale.as_str()) }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn create(&self) -> io::Result<()> {
        let parent = self.folder.parent().unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        sync_folder(parent)
    }

    /// Whole or not there: a torn photo would be sealed as if it were one.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let draft = self.folder.join(format!("{name}.draft"));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, self.folder.join(name))?;
        sync_folder(&self.folder)
    }

    /// Cuts a video file that a crash or a full disk tore back to its whole fragments, which it returns;
    /// removes one without any.
    pub fn repair(&self, segment: u32) -> io::Result<Option<(Vec<u8>, fmp4::Whole)>> {
        let path = self.folder.join(Segment::file_name(segment));
        let mut bytes = match read_bounded(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let whole = fmp4::whole_prefix(&bytes);
        if whole.frames == 0 {
            fs::remove_file(&path)?;
            sync_folder(&self.folder)?;
            return Ok(None);
        }
        if whole.len < bytes.len() {
            let file = OpenOptions::new().write(true).open(&path)?;
            file.set_len(whole.len as u64)?;
            file.sync_all()?;
            bytes.truncate(whole.len);
        }
        Ok(Some((bytes, whole)))
    }

    /// A video file that was begun but never recorded as begun holds nothing that is known of.
    pub fn remove_unknown_video(&self, number: u32) -> io::Result<()> {
        match fs::remove_file(self.folder.join(Segment::file_name(number))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// What the manifest lists, hashed from the bytes as stored.
    pub fn entries(&self, recording: &Recording) -> io::Result<Vec<FileEntry>> {
        let mut entries = Vec::new();
        for segment in &recording.segments {
            if let Some((bytes, whole)) = self.repair(segment.number)? {
                entries.push(video_entry(&bytes, whole, segment));
            }
        }
        for kind in [PhotoKind::PayerAndGoods, PhotoKind::Paper] {
            if let Some(photo) = &recording.photos[kind.index()] {
                let bytes = read_bounded(&self.folder.join(kind.file_name()))?;
                let entry = entry(kind.file_name().to_owned(), "image/jpeg", &bytes);
                entries.push(FileEntry { taken_unix_us: photo.taken_us, ..entry });
            }
        }
        if let Some(goods) = &recording.goods {
            let bytes = read_bounded(&self.folder.join(GOODS_FILE))?;
            entries.push(entry(GOODS_FILE.to_owned(), &goods.media_type, &bytes));
        }
        Ok(entries)
    }

    pub fn write_manifest(&self, signed: &Signed) -> io::Result<()> {
        self.write(MANIFEST_FILE, &signed.bytes)?;
        self.write(SIGNATURE_FILE, &signed.signature)
    }

    /// Nothing in it changes any more, not even by mistake. What the manifest does not list is the rest of
    /// something a crash interrupted, and goes.
    pub fn lock(&self) -> io::Result<()> {
        let manifest = self.read(MANIFEST_FILE)?;
        let manifest = Manifest::decode(&manifest[..]).map_err(io::Error::other)?;
        for file in fs::read_dir(&self.folder)? {
            let (path, name) = file.map(|file| (file.path(), file.file_name()))?;
            let listed = manifest.files.iter().any(|entry| name == *entry.name);
            if listed || name == MANIFEST_FILE || name == SIGNATURE_FILE {
                fs::set_permissions(path, Permissions::from_mode(0o400))?;
            } else {
                fs::remove_file(path)?;
            }
        }
        fs::set_permissions(&self.folder, Permissions::from_mode(0o500))
    }

    pub fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        read_bounded(&self.folder.join(name))
    }

    pub fn open(&self, name: &str) -> io::Result<File> {
        File::open(self.folder.join(name))
    }
}

fn entry(name: String, media_type: &str, bytes: &[u8]) -> FileEntry {
    FileEntry {
        name,
        media_type: media_type.to_owned(),
        size_bytes: bytes.len() as u64,
        sha256: Sha256::digest(bytes).to_vec(),
        ..FileEntry::default()
    }
}

fn video_entry(bytes: &[u8], whole: fmp4::Whole, segment: &Segment) -> FileEntry {
    let name = Segment::file_name(segment.number);
    let video = VideoTrack {
        codec: "avc1".to_owned(),
        width: segment.width,
        height: segment.height,
        frame_rate_milli: segment.frame_rate_milli,
        frame_count: u32::try_from(whole.frames).unwrap_or(u32::MAX),
        dropped_frames: u32::try_from(segment.dropped).unwrap_or(u32::MAX),
        first_frame_monotonic_ns: segment.first_monotonic_ns,
        last_frame_monotonic_ns: segment.first_monotonic_ns + fmp4::nanoseconds(whole.last_frame_ticks),
        first_frame_unix_us: segment.first_us,
    };
    FileEntry { video: Some(video), ..entry(name, "video/mp4", bytes) }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    if size > VIDEO_BYTES_MAX {
        return Err(io::Error::other(format!("{} is larger than any clip", path.display())));
    }
    let mut bytes = Vec::with_capacity(size as usize);
    file.take(VIDEO_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

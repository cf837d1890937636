//! Compresses a large file piece by piece into a temporary file, so that memory does not grow with it.
//!
//! libdeflate, which compresses all other files faster, needs a whole file in memory. miniz_oxide has no code for single
//! processors, so that it compresses alike on all machines.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::deflate::core::{CompressorOxide, create_comp_flags_from_zip_params};
use miniz_oxide::deflate::stream::deflate;
use miniz_oxide::{MZFlush, MZStatus};

use crate::config::credential_files;
use crate::error::{Error, ErrorCode, Result};
use crate::fs::{self, FileFingerprint};
use crate::lambda::package::entry_data::{EntryData, PIECE_BYTES, for_each_piece, read_error};
use crate::lambda::package::native_code::NativeScan;
use crate::lambda::package::zip_writer::{EntryKind, EntryMetadata};

/// The size from which on a file is compressed in pieces.
pub(crate) const MIN_BYTES: u64 = 8 * 1024 * 1024;

/// The memory that a large file needs while it is compressed.
pub(crate) const MEMORY_BYTES: u64 = 2 * PIECE_BYTES as u64;

/// The level of `zip -r`.
const LEVEL: i32 = 6;

/// Samples from all over a file show whether it compresses: an archive or a video does not, and would take seconds.
const SAMPLES: u64 = 16;
const SAMPLE_BYTES: usize = 64 * 1024;
const SAMPLE_LEVEL: u8 = 1;

/// A negative number of bits is a stream without the header of zlib.
const RAW: i32 = -15;
const DEFAULT_STRATEGY: i32 = 0;

/// A file that was compressed.
pub(crate) struct LargeFile {
    pub(crate) metadata: EntryMetadata,
    pub(crate) data: EntryData,
    /// The file's fingerprint when it was read.
    pub(crate) fingerprint: FileFingerprint,
}

/// Compresses the file at `path`, named `name` in the package, into a temporary file in `folder`.
///
/// # Errors
/// `FileError` if the file cannot be read, or the temporary one not be written.
pub(crate) fn compress(name: &str, path: &Path, folder: &Path) -> Result<LargeFile> {
    let error = |cause: io::Error| read_error(path, &cause);
    let mut input = fs::open(path).map_err(error)?;
    let fingerprint = FileFingerprint::of(&input.metadata().map_err(error)?);
    let mut output =
        is_compressible(&mut input, fingerprint.size).map_err(error)?.then(|| Deflater::new(folder)).transpose()?;
    let mut scan = Scan::default();
    let size = for_each_piece(&mut input, error, |piece| {
        scan.update(name, piece);
        output.as_mut().map_or(Ok(()), |output| output.write(piece, MZFlush::None))
    })?;
    if let Some(output) = &mut output {
        output.write(&[], MZFlush::Finish)?;
    }
    let deflated = output.filter(|output| output.length < size);
    let crc32 = scan.crc.sum();
    let metadata = EntryMetadata {
        size,
        crc32,
        is_deflated: deflated.is_some(),
        kind: scan.kind,
        is_credential_file: scan.is_credential_file,
        native: name.ends_with(".node").then(|| scan.native.target()).flatten(),
    };
    let data = match deflated {
        Some(Deflater { file, length, .. }) => EntryData::Temporary { file, length },
        None => EntryData::Stored { path: path.to_owned(), length: size, crc32 },
    };
    Ok(LargeFile { metadata, data, fingerprint })
}

/// Returns whether deflating saves at least 1 % of the samples of a file, and leaves the file at its beginning.
fn is_compressible(input: &mut File, size: u64) -> io::Result<bool> {
    let (mut sample, mut read, mut deflated) = (Vec::with_capacity(SAMPLE_BYTES), 0, 0);
    for number in 0..SAMPLES {
        sample.clear();
        input.seek(SeekFrom::Start(size / SAMPLES * number))?;
        read += input.take(SAMPLE_BYTES as u64).read_to_end(&mut sample)?;
        deflated += compress_to_vec(&sample, SAMPLE_LEVEL).len();
    }
    input.rewind()?;
    Ok(deflated < read / 100 * 99)
}

/// The properties that are recognized in a file while it is read.
struct Scan {
    crc: libdeflater::Crc,
    kind: EntryKind,
    is_credential_file: bool,
    native: NativeScan,
    is_first: bool,
}

impl Default for Scan {
    fn default() -> Self {
        Scan {
            crc: libdeflater::Crc::new(),
            kind: EntryKind::File,
            is_credential_file: false,
            native: NativeScan::default(),
            is_first: true,
        }
    }
}

impl Scan {
    fn update(&mut self, name: &str, piece: &[u8]) {
        self.crc.update(piece);
        self.native.update(piece);
        if std::mem::take(&mut self.is_first) {
            self.kind = EntryKind::of(piece);
            self.is_credential_file = credential_files::is_credential_file(name, piece);
        }
    }
}

/// Compresses pieces into a temporary file.
struct Deflater<'a> {
    compressor: Box<CompressorOxide>,
    buffer: Vec<u8>,
    file: File,
    length: u64,
    folder: &'a Path,
}

impl<'a> Deflater<'a> {
    fn new(folder: &'a Path) -> Result<Self> {
        let flags = create_comp_flags_from_zip_params(LEVEL, RAW, DEFAULT_STRATEGY);
        let file = tempfile::tempfile_in(folder).map_err(|cause| temporary_file_error(folder, &cause))?;
        let (compressor, buffer) = (Box::new(CompressorOxide::new(flags)), vec![0; PIECE_BYTES]);
        Ok(Deflater { compressor, buffer, file, length: 0, folder })
    }

    /// Compresses a piece, and at the end with [`MZFlush::Finish`] what is left.
    fn write(&mut self, mut piece: &[u8], flush: MZFlush) -> Result<()> {
        loop {
            let result = deflate(&mut self.compressor, piece, &mut self.buffer, flush);
            let is_end = match result.status {
                Ok(status) => status == MZStatus::StreamEnd,
                Err(cause) => {
                    return Err(Error::new(ErrorCode::Internal, format!("compressing a large file failed: {cause:?}")));
                }
            };
            let deflated = self.buffer.get(..result.bytes_written).unwrap_or_default();
            self.file.write_all(deflated).map_err(|cause| temporary_file_error(self.folder, &cause))?;
            self.length += deflated.len() as u64;
            piece = piece.get(result.bytes_consumed..).unwrap_or_default();
            if is_end || (piece.is_empty() && flush == MZFlush::None) {
                return Ok(());
            }
        }
    }
}

fn temporary_file_error(folder: &Path, cause: &std::io::Error) -> Error {
    Error::io("writing a temporary file in", folder, cause)
}

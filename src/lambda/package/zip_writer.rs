//! Writes and hashes a zip of entries that are already compressed.
//!
//! This is not left to a library: the available ones either compress by themselves, or write an entry's sizes after its
//! data, which costs 25 bytes an entry, and readers of streams cannot read uncompressed entries then. Fields have the
//! names of the specification: <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>.

use std::fs::File;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorCode, Result};
use crate::lambda::package::hashing_file::HashingFile;
use crate::lambda::package::native_code::NativeTarget;

/// The properties of an entry apart from its name and data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EntryMetadata {
    /// The uncompressed size, in bytes.
    pub(crate) size: u64,
    /// The CRC-32 of the uncompressed data.
    pub(crate) crc32: u32,
    /// False where compressing would make the data longer: it is stored then.
    pub(crate) is_deflated: bool,
    pub(crate) kind: EntryKind,
    pub(crate) is_credential_file: bool,
    /// The platform of an addon of Node.js.
    pub(crate) native: Option<NativeTarget>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum EntryKind {
    File,
    Executable,
    /// A symbolic link; its data is its target.
    Link,
}

impl EntryKind {
    /// Returns the kind of a file that begins with these bytes: a script with an interpreter and a Linux program are
    /// executable. The content decides, since Windows has no executable bit and a package must not depend on the machine
    /// that creates it.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let is_executable = bytes.starts_with(b"#!") || bytes.starts_with(b"\x7fELF");
        if is_executable { EntryKind::Executable } else { EntryKind::File }
    }

    /// Returns type and permissions as on Unix.
    const fn mode(self) -> u32 {
        match self {
            EntryKind::File => 0o100_644,
            EntryKind::Executable => 0o100_755,
            EntryKind::Link => 0o120_777,
        }
    }
}

/// A zip that is being written.
pub(crate) struct ZipWriter<'a> {
    output: HashingFile<'a>,
    path: &'a Path,
    offset: u64,
    /// The memory of a local header, for the next one.
    local_header: Vec<u8>,
    central_directory: Vec<u8>,
    entries: u64,
}

impl<'a> ZipWriter<'a> {
    /// Creates a writer to `file`; `path` is its name in errors.
    pub(crate) fn new(file: &'a File, path: &'a Path) -> Self {
        ZipWriter {
            output: HashingFile::new(file),
            path,
            offset: 0,
            local_header: Vec::new(),
            central_directory: Vec::new(),
            entries: 0,
        }
    }

    /// Returns the folder of the zip.
    pub(crate) fn folder(&self) -> &'a Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Adds an entry whose data, of this length, is written in pieces. Returns the offset of its data in bytes.
    ///
    /// # Errors
    /// `InvalidPackage` for what exceeds the format without Zip64; `FileError` if the file cannot be written.
    pub(crate) fn start(&mut self, name: &str, metadata: EntryMetadata, length: u64) -> Result<u64> {
        let too_large =
            |_| Error::new(ErrorCode::InvalidPackage, format!("{name} does not fit: a zip must be smaller than 4 GiB"));
        let local_header_offset = u32::try_from(self.offset).map_err(too_large)?;
        let compressed_size = u32::try_from(length).map_err(too_large)?;
        let uncompressed_size = u32::try_from(metadata.size).map_err(too_large)?;
        let name_length = u16::try_from(name.len()).map_err(|_| {
            Error::new(
                ErrorCode::InvalidPackage,
                format!("{name} is too long: a name in a zip must have at most {} bytes", u16::MAX),
            )
        })?;
        let header = Header { metadata, compressed_size, uncompressed_size, is_ascii: name.is_ascii(), name_length };
        let mut memory = std::mem::take(&mut self.local_header);
        memory.clear();
        let record = RecordBuilder::append_to(memory, *b"PK\x03\x04");
        let local_header = header.add_common_fields(record).bytes(name.as_bytes()).0;
        self.write(&local_header)?;
        self.local_header = local_header;
        self.add_directory_entry(name, &header, local_header_offset);
        Ok(self.offset)
    }

    fn add_directory_entry(&mut self, name: &str, header: &Header, local_header_offset: u32) {
        let mode = header.metadata.kind.mode();
        let (comment_length, disk, internal_attributes) = (0, 0, 0);
        let records = std::mem::take(&mut self.central_directory);
        let record = header
            .add_common_fields(RecordBuilder::append_to(records, *b"PK\x01\x02").u16s(&[VERSION_MADE_BY]))
            .u16s(&[comment_length, disk, internal_attributes])
            .u32s(&[mode << 16, local_header_offset])
            .bytes(name.as_bytes());
        self.central_directory = record.0;
        self.entries += 1;
    }

    /// Completes the zip, and returns its SHA-256 in Base64.
    ///
    /// # Errors
    /// As [`ZipWriter::start`].
    pub(crate) fn finish(mut self) -> Result<String> {
        let (start, directory) = (self.offset, std::mem::take(&mut self.central_directory));
        self.write(&directory)?;
        let end = end_of_central_directory(self.entries, start, directory.len() as u64).ok_or_else(|| {
            Error::new(ErrorCode::InvalidPackage, "the function's package must be smaller than 4 GiB")
        })?;
        self.write(&end)?;
        let path = self.path;
        let digest = self.output.finish().map_err(|cause| Error::io("writing", path, &cause))?;
        Ok(BASE64_STANDARD.encode(digest))
    }

    /// Writes a piece of an entry's data.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.offset += bytes.len() as u64;
        self.output.write(bytes).map_err(|cause| Error::io("writing", self.path, &cause))
    }
}

/// Version 2.0 of the format, with the file modes of Unix.
const VERSION_MADE_BY: u16 = 0x0314;
const VERSION_NEEDED: u16 = 20;
/// The name is UTF-8.
const UTF8_FLAG: u16 = 1 << 11;
const DEFLATE: u16 = 8;
const STORE: u16 = 0;
/// 1980-01-01, the earliest date of the format; its earliest time is zero.
const DATE: u16 = (1 << 5) | 1;

/// The fields that an entry's local header and its record in the central directory have in common.
struct Header {
    metadata: EntryMetadata,
    compressed_size: u32,
    uncompressed_size: u32,
    is_ascii: bool,
    name_length: u16,
}

impl Header {
    fn add_common_fields(&self, record: RecordBuilder) -> RecordBuilder {
        let flags = if self.is_ascii { 0 } else { UTF8_FLAG };
        let method = if self.metadata.is_deflated { DEFLATE } else { STORE };
        let (time, extra_length) = (0, 0);
        record
            .u16s(&[VERSION_NEEDED, flags, method, time, DATE])
            .u32s(&[self.metadata.crc32, self.compressed_size, self.uncompressed_size])
            .u16s(&[self.name_length, extra_length])
    }
}

/// Returns the end of the zip, or `None` if it exceeds 4 GiB. With 65,535 entries and more, two Zip64 records precede it.
fn end_of_central_directory(entries: u64, start: u64, length: u64) -> Option<Vec<u8>> {
    let counted = u16::try_from(entries).unwrap_or(u16::MAX);
    let (disk, comment_length) = (0, 0);
    let end = RecordBuilder::new(*b"PK\x05\x06")
        .u16s(&[disk, disk, counted, counted])
        .u32s(&[u32::try_from(length).ok()?, u32::try_from(start).ok()?])
        .u16s(&[comment_length]);
    if counted < u16::MAX {
        return Some(end.0);
    }
    let (remaining_size, version_needed, disk, disks) = (44, 45, 0, 1);
    let zip64_end = RecordBuilder::new(*b"PK\x06\x06")
        .u64s(&[remaining_size])
        .u16s(&[VERSION_MADE_BY, version_needed])
        .u32s(&[disk, disk])
        .u64s(&[entries, entries, length, start]);
    let locator = RecordBuilder::new(*b"PK\x06\x07").u32s(&[disk]).u64s(&[start + length]).u32s(&[disks]);
    Some([zip64_end.0, locator.0, end.0].concat())
}

/// Builds a record: numbers in little-endian order after a signature.
struct RecordBuilder(Vec<u8>);

impl RecordBuilder {
    fn new(signature: [u8; 4]) -> Self {
        Self::append_to(Vec::new(), signature)
    }

    /// Begins a record after others.
    fn append_to(records: Vec<u8>, signature: [u8; 4]) -> Self {
        RecordBuilder(records).bytes(&signature)
    }

    fn u16s(self, values: &[u16]) -> Self {
        values.iter().fold(self, |record, value| record.bytes(&value.to_le_bytes()))
    }

    fn u32s(self, values: &[u32]) -> Self {
        values.iter().fold(self, |record, value| record.bytes(&value.to_le_bytes()))
    }

    fn u64s(self, values: &[u64]) -> Self {
        values.iter().fold(self, |record, value| record.bytes(&value.to_le_bytes()))
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }
}

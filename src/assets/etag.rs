//! Computes the ETags that S3 gives to files, and compares them with the ETags of objects.
//!
//! The ETag of an object that one request has uploaded is the MD5 of its content. After a multipart upload it is the
//! MD5 of the parts' MD5s, followed by the number of parts.
//! See <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>.

use crate::assets::content_type::{content_type, has_charset};
use crate::fs::{self, parallel_map};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

const MIB: u64 = 1024 * 1024;

/// Files above this size, in bytes, are uploaded in parts. S3 takes up to 5 GB in one request, but a part that fails
/// is retried alone.
pub(crate) const MULTIPART_THRESHOLD: u64 = 16 * MIB;

/// S3's limit. See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>.
const MAX_PARTS: u64 = 10_000;

/// In bytes.
const MIN_PART_SIZE: u64 = 8 * MIB;

/// Part sizes in bytes that the objects in the bucket may have been uploaded with: 5 MiB by `@litexa/deploy-aws` 0.9.0,
/// 8 MiB by this version and the AWS CLI, 16 MiB by other tools.
const KNOWN_PART_SIZES: [u64; 3] = [5 * MIB, 16 * MIB, MIN_PART_SIZE];

const READ_BUFFER_BYTES: usize = 128 * 1024;

/// The size of a file and the hashes of its content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Digest {
    /// In bytes.
    pub(crate) size: u64,
    /// The ETag that S3 gives the object when this module uploads it, without quotes.
    pub(crate) md5: String,
    /// The `Content-MD5` of each part, if the file is uploaded in parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<String>,
    /// Whether the file is text by its name, and valid UTF-8.
    pub(crate) is_utf8_text: bool,
}

impl Digest {
    /// Returns whether the file is uploaded in parts.
    pub(crate) fn is_multipart(&self) -> bool {
        self.size > MULTIPART_THRESHOLD
    }
}

/// Returns the size in bytes of all parts but the last one, for a file of `size` bytes.
pub(crate) fn part_size(size: u64) -> u64 {
    size.div_ceil(MAX_PARTS).next_multiple_of(MIB).max(MIN_PART_SIZE)
}

/// Returns whether an object with this ETag has the content of the file, whichever tool has uploaded it.
///
/// Reads the file only if the ETag is that of an upload with another part size than this module's.
pub(crate) fn matches_etag(source: &Path, digest: &Digest, etag: &str) -> bool {
    if etag == digest.md5 {
        return true;
    }
    let has_etag = |part_size| hash_parts(source, part_size).is_ok_and(|digest| digest.md5 == etag);
    match etag.split_once('-') {
        Some((_, count)) => {
            let Ok(count) = count.parse::<u64>() else { return false };
            let has_count = |part_size: &u64| digest.size.div_ceil(*part_size).max(1) == count;
            KNOWN_PART_SIZES.into_iter().filter(has_count).any(has_etag)
        }
        // Other tools upload in one request what this module uploads in parts.
        None => digest.is_multipart() && hash_whole(source).is_ok_and(|md5| md5 == etag),
    }
}

/// Returns the digest of a file as it is now. Reads the whole file.
pub(crate) fn hash_file(source: &Path) -> io::Result<Digest> {
    let size = std::fs::metadata(source)?.len();
    if size > MULTIPART_THRESHOLD {
        return hash_parts(source, part_size(size));
    }
    Ok(Digest { size, md5: hash_whole(source)?, parts: Vec::new(), is_utf8_text: is_utf8_text(source)? })
}

fn hash_parts(source: &Path, part_size: u64) -> io::Result<Digest> {
    let size = std::fs::metadata(source)?.len();
    let starts: Vec<u64> = (0..size.div_ceil(part_size).max(1)).map(|index| index * part_size).collect();
    let md5s = parallel_map(&starts, |start| {
        let mut file = fs::open(source)?;
        file.seek(SeekFrom::Start(*start))?;
        md5_of_reader(file.take(part_size))
    });
    let md5s = md5s.into_iter().collect::<io::Result<Vec<_>>>()?;
    let md5 = format!("{}-{}", md5_hex(&md5s.concat()), md5s.len());
    let parts = md5s.iter().map(|md5| BASE64.encode(md5)).collect();
    Ok(Digest { size, md5, parts, is_utf8_text: is_utf8_text(source)? })
}

/// Returns whether a file is text by its name, and valid UTF-8. Reads only files of text.
fn is_utf8_text(source: &Path) -> io::Result<bool> {
    let is_text = has_charset(content_type(&source.to_string_lossy()));
    if is_text { is_utf8(fs::open(source)?) } else { Ok(false) }
}

fn is_utf8(mut reader: impl Read) -> io::Result<bool> {
    let mut buffer = vec![0; READ_BUFFER_BYTES];
    // The bytes of a character that goes on in the next block, which are at the start of the buffer.
    let mut begun = 0;
    loop {
        let read = reader.read(&mut buffer[begun..])?;
        let filled = begun + read;
        if read == 0 {
            return Ok(begun == 0);
        }
        begun = match std::str::from_utf8(&buffer[..filled]) {
            Ok(_) => 0,
            Err(error) if error.error_len().is_some() => return Ok(false),
            Err(error) => {
                buffer.copy_within(error.valid_up_to()..filled, 0);
                filled - error.valid_up_to()
            }
        };
    }
}

fn hash_whole(source: &Path) -> io::Result<String> {
    Ok(hex::encode(md5_of_reader(fs::open(source)?)?))
}

fn md5_of_reader(mut reader: impl Read) -> io::Result<[u8; 16]> {
    let mut md5 = Md5::new();
    let mut buffer = vec![0; READ_BUFFER_BYTES];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(md5.finalize().into()),
            read => md5.update(&buffer[..read]),
        }
    }
}

/// Returns the MD5 of the bytes in hexadecimal.
pub(crate) fn md5_hex(bytes: &[u8]) -> String {
    hex::encode(Md5::digest(bytes))
}

/// Returns the value of the header `Content-MD5` for an MD5 in hexadecimal, or `None` if it is not hexadecimal.
pub(crate) fn content_md5(md5_hex: &str) -> Option<String> {
    hex::decode(md5_hex).ok().map(|md5| BASE64.encode(md5))
}

/// Returns an ETag without the quotes that S3 puts around it.
pub(crate) fn unquoted(etag: &str) -> &str {
    etag.trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::write_file;

    #[test]
    fn utf8_is_recognized_across_blocks() {
        let cat = "\u{1f408}";
        for offset in 0..5 {
            let text = "x".repeat(READ_BUFFER_BYTES - offset) + cat + "end";
            assert!(is_utf8(text.as_bytes()).unwrap(), "{offset}");
            let cut = &text.as_bytes()[..READ_BUFFER_BYTES - offset + 3];
            assert!(!is_utf8(cut).unwrap(), "{offset}");
        }
        assert!(is_utf8(&b""[..]).unwrap() && is_utf8(&b"\xef\xbb\xbfwith a mark"[..]).unwrap());
        assert!(!is_utf8(&b"Stra\xdfe"[..]).unwrap(), "Latin-1");
        assert!(!is_utf8(&b"\xff\xfeh\0i\0"[..]).unwrap(), "UTF-16");
    }

    #[test]
    fn the_digest_of_a_file_is_the_etag_that_s3_computes() {
        let folder = tempfile::tempdir().unwrap();
        let small = hash_file(&write_file(folder.path(), "a", b"hello")).unwrap();
        assert_eq!((small.md5.as_str(), small.size), ("5d41402abc4b2a76b9719d911017c592", 5));
        assert_eq!(hash_file(&write_file(folder.path(), "b", b"")).unwrap().md5, "d41d8cd98f00b204e9800998ecf8427e");
        let large = write_file(folder.path(), "c", &vec![0; 17 * MIB as usize]);
        let md5s = [8, 8, 1].map(|mib| Md5::digest(vec![0; mib * MIB as usize]).to_vec()).concat();
        let large = hash_file(&large).unwrap();
        assert_eq!(large.md5, format!("{}-3", md5_hex(&md5s)));
        assert_eq!(large.parts, md5s.chunks(16).map(|md5| BASE64.encode(md5)).collect::<Vec<_>>());
    }

    #[test]
    fn objects_that_other_tools_have_uploaded_match_their_files() {
        let folder = tempfile::tempdir().unwrap();
        let small = write_file(folder.path(), "film.mp4", &vec![7; 6 * MIB as usize]);
        let digest = hash_file(&small).unwrap();
        let by_old_version = hash_parts(&small, 5 * MIB).unwrap().md5;
        assert!(by_old_version.ends_with("-2"));
        assert!(matches_etag(&small, &digest, &by_old_version));
        assert!(matches_etag(&small, &digest, &digest.md5));
        let large = write_file(folder.path(), "long.mp4", &vec![7; 17 * MIB as usize]);
        let in_one_request = md5_hex(&vec![7; 17 * MIB as usize]);
        assert!(matches_etag(&large, &hash_file(&large).unwrap(), &in_one_request));
        assert!(!matches_etag(&small, &digest, "00000000000000000000000000000000-2"));
        assert!(!matches_etag(&small, &digest, "garbage"));
    }

    #[test]
    fn the_content_md5_header_is_base64() {
        // The example of RFC 1864.
        assert_eq!(content_md5("d41d8cd98f00b204e9800998ecf8427e").as_deref(), Some("1B2M2Y8AsgTpgAmY7PhCfg=="));
        assert_eq!(content_md5("0-1"), None);
        assert_eq!(content_md5("é"), None);
    }

    #[test]
    fn no_file_has_more_parts_than_s3_accepts() {
        assert_eq!(part_size(17 * MIB), 8 * MIB);
        let five_tib = 5 * 1024 * 1024 * MIB;
        assert!(five_tib.div_ceil(part_size(five_tib)) <= MAX_PARTS);
    }
}

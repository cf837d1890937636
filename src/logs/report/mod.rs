//! Writes the report files of a pull. A file becomes visible when it is complete, and never replaces an earlier one.

pub(crate) mod html;
pub(crate) mod jsonl;
mod labels;
mod pretty_json;
pub(crate) mod text;

use crate::config::options::LogFormat;
use crate::error::{Error, Result};
use crate::fs;
use crate::logs::buffer::SortedInvocations;
use jiff::Zoned;
use jiff::tz::TimeZone;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The reports to write.
pub(crate) struct ReportOptions {
    pub(crate) folder: PathBuf,
    /// The title of an HTML page.
    pub(crate) title: String,
    pub(crate) formats: Vec<LogFormat>,
    /// Milliseconds since the epoch.
    pub(crate) range: Range<i64>,
    pub(crate) zone: TimeZone,
}

/// Writes a file for each format, all with the same base name, and returns their paths.
///
/// # Errors
/// [`ErrorCode::FileError`](crate::error::ErrorCode::FileError).
pub(crate) fn write(options: &ReportOptions, invocations: &mut SortedInvocations) -> Result<Vec<PathBuf>> {
    let folder = &options.folder;
    let names = free_base_names(folder, &Zoned::now().with_time_zone(options.zone.clone()));
    let mut files = Vec::new();
    for format in &options.formats {
        let file = write_temp(options, *format, invocations)?;
        let paths = names.clone().map(|name| folder.join(format!("{name}.{}", format.extension())));
        files.push(fs::persist_noclobber(file, paths)?);
    }
    Ok(files)
}

/// Returns base names that no file of a pull has in any format. A concurrent pull may still take the first one; the
/// next one is used then.
fn free_base_names(folder: &Path, now: &Zoned) -> impl Iterator<Item = String> + Clone + use<> {
    let formats = [LogFormat::Text, LogFormat::JsonLines, LogFormat::Html];
    let is_free =
        |name: &String| !formats.iter().any(|format| folder.join(format!("{name}.{}", format.extension())).exists());
    let first = base_names(now).position(|name| is_free(&name)).unwrap_or_default();
    base_names(now).skip(first)
}

/// Returns the local date and time as a base name, in the form of version 0.9.0, which Windows accepts as well.
fn base_names(now: &Zoned) -> impl Iterator<Item = String> + Clone + use<> {
    let name = now.strftime("%-m-%-d-%Y, %-I.%M.%S %p").to_string();
    (1..).map(move |number| if number == 1 { name.clone() } else { format!("{name} ({number})") })
}

/// Writes a report into a temporary file beside its destination.
fn write_temp(
    options: &ReportOptions,
    format: LogFormat,
    invocations: &mut SortedInvocations,
) -> Result<NamedTempFile> {
    let path = options.folder.join("pull");
    let failed = |cause| Error::io("writing", &path, &cause);
    let mut temp = fs::temp_file_in_shared_dir(&path)?;
    let summary = invocations.summary.clone();
    let mut file = BufWriter::new(temp.as_file_mut());
    let mut put = |text: String| file.write_all(text.as_bytes()).map_err(failed);
    let ReportOptions { title, range, zone, .. } = options;
    match format {
        LogFormat::Text => {
            put(text::header(&summary, range, zone))?;
            invocations.for_each(|invocation| put(text::section(invocation, zone)))?;
        }
        LogFormat::JsonLines => invocations.for_each(|invocation| put(jsonl::line(invocation)))?,
        LogFormat::Html => {
            put(html::head(title, &summary, range, zone))?;
            invocations.for_each(|invocation| put(html::line(invocation)))?;
            put(html::tail().to_owned())?;
        }
    }
    file.flush().map_err(failed)?;
    drop(file);
    Ok(temp)
}

impl LogFormat {
    fn extension(self) -> &'static str {
        match self {
            LogFormat::Text => "log",
            LogFormat::JsonLines => "jsonl",
            LogFormat::Html => "html",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::buffer::DiskBuffer;

    #[test]
    fn base_names_are_local_times_that_every_system_accepts() {
        let now: Zoned = "2026-11-22T15:04:05+01:00[Europe/Berlin]".parse().unwrap();
        let two: Vec<_> = base_names(&now).take(2).collect();
        assert_eq!(two, ["11-22-2026, 3.04.05 PM", "11-22-2026, 3.04.05 PM (2)"]);
    }

    #[test]
    fn an_earlier_pull_of_the_same_second_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let pull = || {
            let options = ReportOptions {
                folder: folder.path().to_owned(),
                title: "cats".to_owned(),
                formats: vec![LogFormat::Text, LogFormat::JsonLines],
                range: 0..1,
                zone: TimeZone::UTC,
            };
            write(&options, &mut DiskBuffer::new().unwrap().into_sorted().unwrap()).unwrap()
        };
        let files: Vec<PathBuf> = [pull(), pull(), pull()].concat();
        assert!(files.iter().all(|file| file.exists()));
        let names: std::collections::BTreeSet<_> = files.iter().collect();
        assert_eq!(names.len(), 6);
        assert!(std::fs::read_to_string(&files[0]).unwrap().starts_with("requests: ✔ success:0, ✘ fail:0\n"));
    }
}

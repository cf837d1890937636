//! The files of a pull: written as they grow, seen when they are complete, and never over an earlier pull.

pub(crate) mod html;
pub(crate) mod jsonl;
mod pretty_json;
pub(crate) mod text;

use crate::logs::buffer::Sorted;
use crate::logs::summary::Summary;

use crate::config::options::LogFormat;
use crate::error::{Error, Result};
use crate::fs;
use jiff::Zoned;
use jiff::tz::TimeZone;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Writes each of the formats into the folder, under one name. `title` is what a page is headed with.
pub(crate) fn write(
    folder: &Path,
    title: &str,
    formats: &[LogFormat],
    mut requests: Sorted,
    range: &Range<i64>,
    zone: &TimeZone,
) -> Result<(Vec<PathBuf>, Summary)> {
    let now = Zoned::now().with_time_zone(zone.clone());
    let stems = free_stems(folder, &now);
    let mut files = Vec::new();
    for format in formats {
        let draft = draft(title, *format, &folder.join("pull"), &mut requests, range, zone)?;
        let names = stems.clone().map(|stem| folder.join(format!("{stem}.{}", format.extension())));
        files.push(fs::persist_noclobber(draft, names)?);
    }
    Ok((files, requests.summary))
}

/// Names that no file of a pull has, whatever its format: the files of one pull go by one name. A pull at the same
/// moment may still take the first; then the next one serves.
fn free_stems(folder: &Path, now: &Zoned) -> impl Iterator<Item = String> + Clone + use<> {
    let all = [LogFormat::Text, LogFormat::JsonLines, LogFormat::Html];
    let is_free =
        |stem: &String| !all.iter().any(|format| folder.join(format!("{stem}.{}", format.extension())).exists());
    let first = names(now).position(|stem| is_free(&stem)).unwrap_or_default();
    names(now).skip(first)
}

/// Local date and time as the first version of the tool named its files, which Windows takes too.
fn names(now: &Zoned) -> impl Iterator<Item = String> + Clone + use<> {
    let name = now.strftime("%-m-%-d-%Y, %-I.%M.%S %p").to_string();
    (1..).map(move |number| if number == 1 { name.clone() } else { format!("{name} ({number})") })
}

fn draft(
    title: &str,
    format: LogFormat,
    path: &Path,
    requests: &mut Sorted,
    range: &Range<i64>,
    zone: &TimeZone,
) -> Result<NamedTempFile> {
    let failed = |cause| Error::io("writing", path, &cause);
    let mut draft = fs::temp_file_in_shared_dir(path)?;
    let summary = requests.summary.clone();
    let mut file = BufWriter::new(draft.as_file_mut());
    let mut put = |text: String| file.write_all(text.as_bytes()).map_err(failed);
    match format {
        LogFormat::Text => {
            put(text::header(&summary, range, zone))?;
            requests.for_each(|request| put(text::request(request, zone)))?;
        }
        LogFormat::JsonLines => requests.for_each(|request| put(jsonl::request(request)))?,
        LogFormat::Html => {
            put(html::head(title, &summary, range, zone))?;
            requests.for_each(|request| put(html::request(request)))?;
            put(html::tail().to_owned())?;
        }
    }
    file.flush().map_err(failed)?;
    drop(file);
    Ok(draft)
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

    #[test]
    fn names_are_local_times_that_every_system_takes() {
        let now: Zoned = "2026-11-22T15:04:05+01:00[Europe/Berlin]".parse().unwrap();
        let two: Vec<_> = names(&now).take(2).collect();
        assert_eq!(two, ["11-22-2026, 3.04.05 PM", "11-22-2026, 3.04.05 PM (2)"]);
    }

    #[test]
    fn an_earlier_pull_of_the_same_second_stays() {
        let folder = tempfile::tempdir().unwrap();
        let pull = || {
            let requests = crate::logs::buffer::Spool::new().unwrap().sorted().unwrap();
            write(folder.path(), "cats", &[LogFormat::Text, LogFormat::JsonLines], requests, &(0..1), &TimeZone::UTC)
                .unwrap()
                .0
        };
        let files: Vec<PathBuf> = [pull(), pull(), pull()].concat();
        assert!(files.iter().all(|file| file.exists()));
        let names: std::collections::BTreeSet<_> = files.iter().collect();
        assert_eq!(names.len(), 6);
        assert!(std::fs::read_to_string(&files[0]).unwrap().starts_with("requests: ✔ success:0, ✘ fail:0\n"));
    }
}

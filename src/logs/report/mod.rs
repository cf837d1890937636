//! Writes the report files of a pull. A file becomes visible when it is complete, and never replaces an earlier one.

pub(crate) mod html;
pub(crate) mod jsonl;
pub(crate) mod labels;
mod pretty_json;
pub(crate) mod scope;
pub(crate) mod text;

use crate::config::options::LogFormat;
use crate::error::{Error, Result, shown};
use crate::fs;
use crate::logs::buffer::SortedInvocations;
use jiff::Zoned;
use scope::Scope;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The reports to write.
pub(crate) struct ReportOptions {
    pub(crate) folder: PathBuf,
    /// The title of an HTML page.
    pub(crate) title: String,
    pub(crate) formats: Vec<LogFormat>,
    pub(crate) scope: Scope,
    pub(crate) region: String,
    pub(crate) log_group: String,
}

impl ReportOptions {
    /// Returns what a page of these reports shows besides its requests.
    pub(crate) fn head(&self) -> html::Head<'_> {
        let ReportOptions { title, scope, region, log_group, .. } = self;
        html::Head { title, scope, region, log_group, note: None, bins: None }
    }
}

/// The files of a pull.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) files: Vec<PathBuf>,
    /// Why the name of the latest file could not be set: the files themselves are complete.
    pub(crate) latest_problem: Option<Error>,
}

/// Writes a file for each format, all with the same base name. `latest` with the format's extension becomes another
/// name of it.
///
/// # Errors
/// [`ErrorCode::FileError`](crate::error::ErrorCode::FileError).
pub(crate) fn write(options: &ReportOptions, invocations: &mut SortedInvocations) -> Result<Report> {
    let folder = &options.folder;
    let names = free_base_names(folder, &Zoned::now().with_time_zone(options.scope.zone.clone()));
    // All are complete before the first one gets its name.
    let temps: Vec<_> = options
        .formats
        .iter()
        .map(|format| Ok((format, write_temp(options, *format, invocations)?)))
        .collect::<Result<_>>()?;
    let mut files = Vec::new();
    for (format, file) in temps {
        let paths = names.clone().map(|name| folder.join(format!("{name}.{}", format.extension())));
        match fs::persist_noclobber(file, paths) {
            Ok(path) => files.push(path),
            Err(error) => {
                for file in &files {
                    let _ = std::fs::remove_file(file);
                }
                return Err(error);
            }
        }
    }
    let latest_problem = files.iter().find_map(|file| name_latest(file).err());
    Ok(Report { files, latest_problem })
}

/// Makes `latest`, with the file's extension, another name of the file.
pub(crate) fn name_latest(file: &Path) -> Result<()> {
    let latest = file.with_file_name("latest").with_extension(file.extension().unwrap_or_default());
    fs::link_or_copy(file, &latest)
}

/// Returns base names that no file of a pull has in any format. A concurrent pull may still take the first one; the
/// next one is used then.
pub(crate) fn free_base_names(folder: &Path, now: &Zoned) -> impl Iterator<Item = String> + Clone + use<> {
    let is_free = |name: &String| {
        !LogFormat::ALL.iter().any(|format| folder.join(format!("{name}.{}", format.extension())).exists())
    };
    let first = base_names(now).position(|name| is_free(&name)).unwrap_or_default();
    base_names(now).skip(first)
}

/// Returns the local date and time as a base name, so that names sort by time. Windows accepts it as well.
fn base_names(now: &Zoned) -> impl Iterator<Item = String> + Clone + use<> {
    let name = now.strftime("%Y-%m-%d %H.%M.%S").to_string();
    // In byte order, `_` is behind the dot of the extension.
    (1..).map(move |number| if number == 1 { name.clone() } else { format!("{name}_{number:02}") })
}

/// Writes a report into a temporary file beside its destination.
fn write_temp(
    options: &ReportOptions,
    format: LogFormat,
    invocations: &mut SortedInvocations,
) -> Result<NamedTempFile> {
    let path = options.folder.join("pull");
    let failed = |cause| Error::io("writing", &path, &cause);
    let mut temp = fs::temp_file_in_shared_dir(&path).map_err(|error| {
        error.hint(format!("Check that {} is a folder that you may write to", shown(&options.folder)))
    })?;
    let summary = invocations.summary.clone();
    let mut file = BufWriter::new(temp.as_file_mut());
    let mut put = |text: String| file.write_all(text.as_bytes()).map_err(failed);
    let scope = &options.scope;
    match format {
        LogFormat::Text => {
            put(text::header(&summary, scope))?;
            invocations.for_each(|invocation| put(text::section(invocation, &scope.zone)))?;
        }
        LogFormat::JsonLines => {
            put(scope.incomplete.map_or_else(String::new, jsonl::incomplete))?;
            invocations.for_each(|invocation| put(jsonl::line(invocation)))?;
        }
        LogFormat::Html => {
            put(options.head().of(&summary))?;
            invocations.for_each(|invocation| put(html::lines(invocation)))?;
            put(html::after_requests())?;
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
    use crate::config::options::LogStatus;
    use crate::logs::buffer::DiskBuffer;
    use jiff::tz::TimeZone;

    #[test]
    fn base_names_are_local_times_that_every_system_accepts() {
        let now: Zoned = "2026-11-22T15:04:05+01:00[Europe/Berlin]".parse().unwrap();
        let two: Vec<_> = base_names(&now).take(2).collect();
        assert_eq!(two, ["2026-11-22 15.04.05", "2026-11-22 15.04.05_02"]);
    }

    #[test]
    fn names_sort_by_time() {
        let times = [
            "2026-02-01T23:59:59",
            "2026-10-01T00:00:00",
            "2026-10-01T09:00:00",
            "2026-10-01T12:30:00",
            "2027-01-01T00:00:00",
        ];
        let names = times.map(|time| format!("{time}[UTC]").parse::<Zoned>().unwrap());
        let names: Vec<_> = names.iter().flat_map(|time| base_names(time).take(12)).map(|name| name + ".log").collect();
        assert!(names.is_sorted(), "{names:?}");
    }

    fn scope_until(end: i64) -> Scope {
        Scope { range: 0..end, status: LogStatus::All, zone: TimeZone::UTC, incomplete: None }
    }

    fn text_only(folder: &Path) -> ReportOptions {
        ReportOptions {
            folder: folder.to_owned(),
            title: "cats".to_owned(),
            formats: vec![LogFormat::Text],
            scope: scope_until(1),
            region: "eu-west-1".to_owned(),
            log_group: "/aws/lambda/cats".to_owned(),
        }
    }

    fn no_invocations() -> SortedInvocations {
        DiskBuffer::new(LogStatus::All).unwrap().into_sorted().unwrap()
    }

    #[test]
    fn the_latest_file_has_a_fixed_name_for_each_format() {
        let folder = tempfile::tempdir().unwrap();
        let latest = folder.path().join("latest.log");
        for end in [1_000, 2_000] {
            let options = ReportOptions { scope: scope_until(end), ..text_only(folder.path()) };
            let Report { files, latest_problem } = write(&options, &mut no_invocations()).unwrap();
            assert_eq!(latest_problem, None);
            assert_eq!(std::fs::read(&latest).unwrap(), std::fs::read(&files[0]).unwrap());
        }
        let html = ReportOptions { formats: vec![LogFormat::Html], ..text_only(folder.path()) };
        write(&html, &mut no_invocations()).unwrap();
        assert!(std::fs::read_to_string(latest).unwrap().contains("to 1970-01-01 00:00:02"));
        assert!(folder.path().join("latest.html").exists());
        let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(names.filter(|name| name.to_str().unwrap().ends_with(".tmp")).count(), 0);
    }

    #[test]
    fn a_folder_named_latest_does_not_make_a_pull_fail() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("latest.log/kept")).unwrap();
        let Report { files, latest_problem } = write(&text_only(folder.path()), &mut no_invocations()).unwrap();
        assert!(files[0].exists());
        assert!(latest_problem.unwrap().message.contains("latest.log"));
    }

    #[test]
    fn an_earlier_pull_of_the_same_second_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let pull = || {
            let formats = vec![LogFormat::Text, LogFormat::JsonLines];
            let options = ReportOptions { formats, ..text_only(folder.path()) };
            write(&options, &mut no_invocations()).unwrap().files
        };
        let files: Vec<PathBuf> = [pull(), pull(), pull()].concat();
        assert!(files.iter().all(|file| file.exists()));
        let names: std::collections::BTreeSet<_> = files.iter().collect();
        assert_eq!(names.len(), 6);
        assert!(std::fs::read_to_string(&files[0]).unwrap().starts_with("requests: ✔ success:0, ✘ fail:0\n"));
    }
}

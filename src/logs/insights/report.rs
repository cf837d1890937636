//! Presents the totals: on the console, as JSON, and as the page of a pull without its requests.

use crate::error::{Error, Result};
use crate::fs;
use crate::logs::insights::totals::{HOUR_MS, Hour, Totals};
use crate::logs::report::html::{Bin, Bins};
use crate::logs::report::text::{header, local_time};
use crate::logs::report::{Report, ReportOptions, free_base_names, html, name_latest};
use crate::logs::summary::NameStatistics;
use crate::output::format;
use crate::output::reporter::Reporter;
use jiff::Zoned;
use serde_json::{Value, json};
use std::io::Write;

/// The intents and types of requests that the console shows.
const SHOWN_NAMES: usize = 10;

/// The note on the page.
const NOTE: &str = "Counts by CloudWatch Logs Insights. Pull a short time range for the requests themselves.";

/// The fields of the page that only its script needs.
const PAGE_FIELDS: [&str; 7] = ["note", "bins", "failedOnly", "labels", "failureOutcomes", "lateMs", "consoleHost"];

/// Prints the totals.
pub(super) fn print(totals: &Totals, report: &ReportOptions, reporter: &dyn Reporter) {
    for line in console(totals, report) {
        reporter.log(line);
    }
    if totals.lines_left_out {
        reporter.warning(
            "a second of the time range has more than 10,000 log lines, the most that a query returns: some requests \
             of it are not counted"
                .to_owned(),
        );
    }
}

fn console(totals: &Totals, report: &ReportOptions) -> Vec<String> {
    let header = header(&totals.summary, &report.scope);
    let mut lines: Vec<String> = header.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    for NameStatistics { name, count, failed, durations_ms } in totals.summary.by_name().into_iter().take(SHOWN_NAMES) {
        let durations = durations_ms.map(|ms| format!(", p50 {}ms, p95 {}ms", ms.p50, ms.p95)).unwrap_or_default();
        let name = name.as_deref().unwrap_or("without a logged request");
        lines.push(format!("{name}: {}, ✘ {failed}{durations}", format::count(count as usize, "request")));
    }
    let busiest = totals.hours.iter().max_by_key(|(_, hour)| hour.answered + hour.failed);
    lines.extend(busiest.map(|(start, hour)| hour_line("busiest hour", *start, hour, report)));
    let worst = totals.hours.iter().filter(|(_, hour)| hour.failed > 0).max_by_key(|(_, hour)| hour.failed);
    lines.extend(worst.map(|(start, hour)| hour_line("most failures", *start, hour, report)));
    lines
}

fn hour_line(title: &str, start_ms: i64, hour: &Hour, report: &ReportOptions) -> String {
    let time = local_time(start_ms, &report.scope.zone);
    format!("{title} {time}: ✔ {}, ✘ {}, {} cold", hour.answered, hour.failed, hour.cold_starts)
}

/// Writes the totals as JSON and as a page, with the same base name. `latest` becomes another name of each.
///
/// # Errors
/// [`ErrorCode::FileError`](crate::error::ErrorCode::FileError).
pub(super) fn write(totals: &Totals, report: &ReportOptions) -> Result<Report> {
    let ReportOptions { folder, scope, .. } = report;
    let json = format!("{:#}\n", to_json(totals, report));
    let bin = |(start, hour): (&i64, &Hour)| Bin { start_ms: *start, answered: hour.answered, failed: hour.failed };
    let bins = Bins { step_ms: HOUR_MS, counts: totals.hours.iter().map(bin).collect() };
    let page = html::Head { note: Some(NOTE), bins: Some(bins), ..report.head() };
    let page = page.of(&totals.summary) + &html::after_requests();
    let names = free_base_names(folder, &Zoned::now().with_time_zone(scope.zone.clone()));
    let write = |extension: &str, text: String| {
        let path = folder.join("summary");
        let mut file = fs::temp_file_in_shared_dir(&path)?;
        file.write_all(text.as_bytes()).map_err(|cause| Error::io("writing", &path, &cause))?;
        fs::persist_noclobber(file, names.clone().map(|name| folder.join(format!("{name}.{extension}"))))
    };
    let files = vec![write("json", json)?, write("html", page)?];
    let latest_problem = files.iter().find_map(|file| name_latest(file).err());
    Ok(Report { files, latest_problem })
}

/// Returns the totals as JSON: those of the page, and more. The names of these fields are public, as those of a `jsonl`
/// file are.
fn to_json(totals: &Totals, report: &ReportOptions) -> Value {
    let hours = totals.hours.iter().map(|(start, hour)| {
        let Hour { answered, failed, cold_starts } = hour;
        json!({ "startTimeMs": start, "answered": answered, "failed": failed, "coldStarts": cold_starts })
    });
    let mut json = report.head().json(&totals.summary);
    if let Some(fields) = json.as_object_mut() {
        fields.retain(|name, _| !PAGE_FIELDS.contains(&name.as_str()));
    }
    json["source"] = "insights".into();
    json["hours"] = hours.collect();
    json["scannedBytes"] = totals.scanned_bytes.into();
    json["queries"] = totals.queries.into();
    json["isComplete"] = (!totals.lines_left_out).into();
    json
}

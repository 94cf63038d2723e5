//! Reports over HTTP: the views for people of the tables, as JSON or as CSV.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use model::bounds::REPORT_MAX_ROWS;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tables::Report;
use wire::{About, Code, Problem};

use super::{App, bad, refused};
use crate::report;

/// Rows, where nobody says how many.
const ROWS: u32 = 100;

/// How much of a report is asked for, and how it is to be told.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    limit: Option<u32>,
    #[serde(default)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    Csv,
}

/// A report.
#[derive(Debug, Serialize)]
struct Shown {
    report: &'static str,
    rows: Vec<Map<String, Value>>,
    /// Whether there are more rows.
    more: bool,
    /// Journal batches that the tables had not counted yet.
    behind: u64,
}

pub(super) async fn report(
    State(app): State<App>,
    view: Result<Path<String>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
    parts: Parts,
) -> Response {
    let Some(gateway) = &app.gateway else {
        return super::of_gateways("reports are served by gateways");
    };
    if let Err(refused) = gateway.admit_staff(&parts) {
        return *refused;
    }
    let (report, limit, format) = match what(view, asked) {
        Ok(what) => what,
        Err(problem) => return gateway::respond(problem),
    };
    match gateway.report(report.view(), limit).await {
        Ok(found) => match format {
            Format::Json => Json(Shown {
                report: report.view(),
                rows: report::objects(&found.sheet).collect(),
                more: found.sheet.is_cut,
                behind: found.behind,
            })
            .into_response(),
            Format::Csv => {
                let kind = [(header::CONTENT_TYPE, "text/csv; charset=utf-8")];
                (kind, report::csv(&found.sheet)).into_response()
            }
        },
        Err(refusal) => refused(refusal),
    }
}

/// Which report, how many rows, in which form.
fn what(
    view: Result<Path<String>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<(Report, u32, Format), Problem> {
    let Path(view) = view.map_err(|why| bad(why.body_text()))?;
    let Query(Asked { limit, format }) = asked.map_err(|why| bad(why.body_text()))?;
    let report = Report::of_view(&view).ok_or_else(|| {
        let detail = format!("there is no report {view:?}: there are {}", names());
        Problem::never(About::default(), Code::NotFound, detail)
    })?;
    let limit = limit.unwrap_or(ROWS);
    if !(1..=REPORT_MAX_ROWS).contains(&limit) {
        return Err(bad(format!("`limit` is {limit}: give 1 to {REPORT_MAX_ROWS}")));
    }
    Ok((report, limit, format))
}

fn names() -> String {
    Report::ALL.map(Report::view).join(", ")
}

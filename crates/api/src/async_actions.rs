//! `/v1/async-actions`.

use axum::http::{StatusCode, header};
use guerdon_core::{blobs, jobs, jobs::Job};
use guerdon_model::{Error, ids::AsyncActionId};

use crate::{
    call::Call,
    respond::{Answer, bytes_with, json},
};

pub(crate) async fn list(call: Call) -> Answer {
    json(&jobs::list(&call.app.guerdon, &call.context, call.time("end_date")?, call.limit()?).await?)
}

pub(crate) async fn get(call: Call) -> Answer {
    let id = call.param("asyncActionId").to_owned();
    json(&call.read(|tx| jobs::get(tx, &id)).await?)
}

/// The report of a bulk update, as CSV. Its link carries a token, so that it opens in a browser.
pub(crate) async fn download_report(mut call: Call) -> Answer {
    let id = call.param("asyncActionId").to_owned();
    let token = call.query_param("token").unwrap_or_default();
    call.context.project = jobs::project_of_report(&call.app.guerdon, token, &id).ok_or(Error::Unauthorized)?;
    let job = call.read(|tx| Ok(tx.get::<Job>(&id)?.map(|job| job.as_ref().clone()))).await?;
    let job = job.ok_or_else(|| Error::not_found("async_action", id.as_str()))?;
    let age = call.app.guerdon.clock.now().millis_since(job.action.updated_at);
    if job.tally.report_chunks == 0 || age > jobs::REPORT_LIFETIME {
        return Err(Error::not_found("report", id).into());
    }
    let name = jobs::report_blob(&AsyncActionId::from(id.as_str()));
    let report = blobs::read(&call.app.guerdon, &call.context, &name, job.tally.report_chunks).await?;
    let mut response = bytes_with(StatusCode::OK, "text/csv; charset=utf-8", report.into());
    if let Ok(disposition) = format!("attachment; filename=\"{id}.csv\"").parse() {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

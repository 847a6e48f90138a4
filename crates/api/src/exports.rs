//! `/v1/exports`.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use guerdon_core::{
    blobs,
    exports::{self, ExportOrder},
    tx::{Result as TxResult, Tx},
};
use guerdon_model::{
    Error,
    export::{Export, ExportInput, ExportedObject, Parameters, ParametersInput},
};
use serde_json::Value;

use crate::{
    call::Call,
    listing::MAX_PAGE,
    respond::{Answer, Refusal, json, no_content},
};

pub(crate) async fn create(call: Call) -> Answer {
    let input: ExportInput = call.payload()?;
    start(call, input).await
}

pub(crate) async fn create_of_orders(call: Call) -> Answer {
    let input = ExportInput { exported_object: ExportedObject::Order, parameters: parameters(&call)?.into() };
    start(call, input).await
}

pub(crate) async fn create_of_voucher_transactions(call: Call) -> Answer {
    let (code, parameters) = (call.param("code").to_owned(), parameters(&call)?.unwrap_or_default());
    let command = move |tx: &mut Tx| exports::create_of_voucher(tx, &code, &parameters);
    run(call, ExportedObject::VoucherTransactions, command).await
}

pub(crate) async fn create_of_campaign_transactions(call: Call) -> Answer {
    let (campaign, parameters) = (call.param("campaignId").to_owned(), parameters(&call)?.unwrap_or_default());
    let command = move |tx: &mut Tx| exports::create_of_campaign(tx, &campaign, &parameters);
    run(call, ExportedObject::VoucherTransactions, command).await
}

/// The parameters of an export for which there need not be a body.
fn parameters(call: &Call) -> Result<Option<Parameters>, Refusal> {
    let input = match call.json()? {
        Value::Null => ParametersInput::default(),
        _ => call.payload()?,
    };
    Ok(input.parameters.as_value().cloned())
}

async fn start(call: Call, input: ExportInput) -> Answer {
    run(call, input.exported_object, move |tx| exports::create(tx, &input)).await
}

/// Starts an export for whoever may read what it is of.
async fn run<F>(mut call: Call, object: ExportedObject, command: F) -> Answer
where
    F: FnMut(&mut Tx) -> TxResult<Export> + Send + 'static,
{
    if let Some(caller) = &mut call.context.caller {
        let permission = exports::permission(object);
        if !caller.key.role.allows(permission) {
            return Err(Error::MissingPermission.into());
        }
        // Asked for once more under the configuration that the command runs with.
        caller.permission = Some(permission);
    }
    call.answer(Vec::new(), command).await
}

pub(crate) async fn list(call: Call) -> Answer {
    let order = ExportOrder::parse(call.order(&ExportOrder::NAMES)?);
    let (limit, page) = (call.limit()?, call.page(MAX_PAGE)?);
    json(&exports::list(&call.app.guerdon, &call.context, order, limit, page).await?)
}

pub(crate) async fn get(call: Call) -> Answer {
    let id = call.param("exportId");
    let export = call.read(|tx| Ok(exports::get(tx, id)?.as_ref().clone())).await?;
    json(&exports::answer(&call.app.guerdon, &call.context, export))
}

pub(crate) async fn delete(call: Call) -> Answer {
    let id = call.param("exportId").to_owned();
    call.execute(Vec::new(), move |tx| exports::delete(tx, &id)).await?;
    no_content()
}

/// The file. Its link carries a token, so that it opens in a browser.
pub(crate) async fn download(mut call: Call) -> Answer {
    let id = call.param("exportId").to_owned();
    let token = call.query_param("token").unwrap_or_default();
    call.context.project = exports::project_of(&call.app.guerdon, token, &id).ok_or(Error::Unauthorized)?;
    let (blob, file) = call.read(|tx| exports::file(tx, &id)).await?;
    let pieces = blobs::stream(call.app.guerdon.clone(), call.context.project.clone(), blob, file.chunks);
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    // A download that breaks off is noticed.
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(file.bytes));
    if let Ok(disposition) = format!("attachment; filename=\"{id}.csv\"").parse() {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

//! `/v1/publications` and `/client/v1/publish`.

use axum::http::StatusCode;
use guerdon_core::publications::{
    self, Request,
    listing::{self, PublicationListing, PublicationOrder},
};
use guerdon_model::{
    Error,
    error::{Path, Rule},
    metadata_schema::MetadataSchema,
    payload,
    publication::{PublicationInput, PublicationResult},
    voucher::VoucherType,
};
use serde_json::{Map, Value};

use crate::{
    call::Call,
    listing::MAX_PAGE,
    respond::{Answer, answered, json},
};

pub(crate) async fn create(call: Call) -> Answer {
    let input: PublicationInput = call.payload()?;
    publish(&call, Request::of(input, call.flag("join_once")?)).await
}

/// For browsers, as far as the project allows it.
pub(crate) async fn create_from_client(call: Call) -> Answer {
    let config = call.app.guerdon.snapshots.latest(&call.context.project).await?;
    if !config.project.as_ref().is_some_and(|project| project.client_flags.client_publish_enabled) {
        let details = "Publishing from the client side is not enabled in this project".to_owned();
        return Err(Error::Forbidden { details }.into());
    }
    create(call).await
}

async fn publish(call: &Call, request: Request) -> Answer {
    request.input.check()?;
    answered(StatusCode::OK, &publications::publish(&call.app.guerdon, &call.context, request).await?)
}

/// The same by a link, as an e-mail tool can follow it.
pub(crate) async fn create_by_link(call: Call) -> Answer {
    let caller = call.context.caller.as_ref();
    if !caller.is_some_and(|caller| caller.key.is_integration) {
        return Err(Error::IntegrationKeyRequired.into());
    }
    let config = call.app.guerdon.snapshots.get(&call.context.project, None).await?;
    let mut form = form(&call.query);
    let schemas = config.metadata_schemas();
    coerce(form.get_mut("metadata"), schemas.get(publications::RESOURCE));
    coerce(
        form.get_mut("customer").and_then(|customer| customer.get_mut("metadata")),
        schemas.get(guerdon_core::customers::RESOURCE),
    );
    let in_query = |error| match error {
        Error::InvalidPayload(violation) => Error::InvalidQuery(violation),
        other => other,
    };
    let input: PublicationInput = payload::from_value(form.into()).map_err(in_query)?;
    if input.customer.is_none() {
        return Err(Error::invalid_query(Path::root(), Rule::Required("customer".into())).into());
    }
    input.check().map_err(in_query)?;
    publish(&call, Request { max_count: 1, ..Request::of(input, call.flag("join_once")?) }).await
}

/// The JSON that a query string like `customer[address][city]=Oslo` stands for. Of what is written
/// twice, the last counts.
fn form(query: &[(String, String)]) -> Map<String, Value> {
    const KEYS: [&str; 6] = ["voucher", "campaign", "customer", "source_id", "metadata", "channel"];
    let mut form = Map::new();
    for (key, value) in query {
        let mut segments = key.split('[').map(|segment| segment.trim_end_matches(']'));
        let root = segments.next().unwrap_or_default();
        // No field lies deeper than that of an address.
        let path: Vec<&str> = segments.take(3).collect();
        if !KEYS.contains(&root) {
            continue;
        }
        let value = match (root, path.as_slice()) {
            ("campaign", ["count"]) => value.parse::<i64>().map_or_else(|_| value.as_str().into(), Value::from),
            _ => Value::from(value.as_str()),
        };
        let place = path.iter().fold(form.entry(root).or_insert(Value::Null), |place, segment| {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place.as_object_mut().expect("it has just been made one").entry(*segment).or_insert(Value::Null)
        });
        *place = value;
    }
    form
}

/// Gives texts of a query string the types that the schema asks for.
fn coerce(metadata: Option<&mut Value>, schema: Option<&MetadataSchema>) {
    let (Some(Value::Object(metadata)), Some(schema)) = (metadata, schema) else { return };
    for (key, value) in metadata {
        if let Value::String(text) = value {
            *value = schema.coerce_cell(key, text);
        }
    }
}

pub(crate) async fn list(call: Call) -> Answer {
    let text = |name: &str| call.query_param(name).map(str::to_owned);
    let listing = PublicationListing {
        campaign: text("campaign"),
        customer: text("customer"),
        voucher: text("voucher"),
        result: result(&call)?,
        voucher_type: voucher_type(&call)?,
        is_referral_code: call.flag("is_referral_code")?,
        source_id: text("source_id"),
        filter: call.filter()?,
        order: PublicationOrder::parse(call.order(&PublicationOrder::NAMES)?),
        limit: call.limit()?,
        page: call.page(MAX_PAGE)?,
    };
    json(&listing::list(&call.app.guerdon, &call.context, listing).await?)
}

/// A query parameter that is one of a few words.
fn one_of<T: Copy>(call: &Call, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Error> {
    let Some(sent) = call.query_param(name) else { return Ok(None) };
    let found = words.iter().find(|(word, _)| *word == sent).map(|(_, value)| *value);
    let allowed = || Rule::OneOf(words.iter().map(|(word, _)| (*word).to_owned()).collect());
    found.map(Some).ok_or_else(|| Error::invalid_query(Path::of(name), allowed()))
}

fn result(call: &Call) -> Result<Option<PublicationResult>, Error> {
    let words = [PublicationResult::Success, PublicationResult::Failure].map(|result| (result.name(), result));
    one_of(call, "result", &words)
}

fn voucher_type(call: &Call) -> Result<Option<VoucherType>, Error> {
    const WORDS: [(&str, VoucherType); 3] = [
        ("discount", VoucherType::DiscountVoucher),
        ("gift", VoucherType::GiftVoucher),
        ("loyalty", VoucherType::LoyaltyCard),
    ];
    one_of(call, "voucher_type", &WORDS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn brackets_of_a_query_string_are_levels() {
        let pairs = |text: &str| url::form_urlencoded::parse(text.as_bytes()).into_owned().collect::<Vec<_>>();
        for (query, expected) in [
            ("voucher=A&join_once=true", json!({"voucher": "A"})),
            ("campaign=Summer", json!({"campaign": "Summer"})),
            ("campaign[name]=Summer&campaign[count]=2", json!({"campaign": {"name": "Summer", "count": 2}})),
            ("campaign[name]=S&campaign[count]=x", json!({"campaign": {"name": "S", "count": "x"}})),
            (
                "customer%5Bsource_id%5D=s1&customer[address][city]=Oslo",
                json!({"customer": {"source_id": "s1", "address": {"city": "Oslo"}}}),
            ),
            ("metadata[a]=1&metadata[a]=2&metadata[b][c]=3", json!({"metadata": {"a": "2", "b": {"c": "3"}}})),
            ("metadata=x&metadata[a]=1", json!({"metadata": {"a": "1"}})),
            ("[x]=1&]=2&=3", json!({})),
        ] {
            assert_eq!(Value::from(form(&pairs(query))), expected, "{query}");
        }
    }
}

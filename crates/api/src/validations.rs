//! `/v1/validations`, `/client/v1/validations`, the sessions that they begin, and the older endpoints for one code
//! or promotion tier.

use axum::http::StatusCode;
use guerdon_core::{
    customers, orders,
    redeemables::{self, locks},
    validations::{
        self, code,
        promotions::{self, PromotionsRequest},
    },
    vouchers,
};
use guerdon_model::{
    Error,
    error::{Path, Rule},
    ids::{CustomerId, PrefixedId},
    metadata_schema::MetadataSchema,
    payload,
    redeemable::{RedeemablesInput, SceneInput},
    validation::CodeValidationInput,
};

use serde_json::{Map, Value, json};

use crate::{
    call::Call,
    form::{Form, read_number},
    respond::{self, Answer, no_content},
};

pub(crate) async fn validate(call: Call) -> Answer {
    let input: RedeemablesInput = call.payload()?;
    respond::answered(StatusCode::OK, &validations::validate(&call.app.guerdon, &call.context, input).await?)
}

pub(crate) async fn release_session(call: Call) -> Answer {
    let (code, key) = (call.param("code").to_owned(), call.param("sessionKey").to_owned());
    let needs = vouchers::keys(&code);
    call.execute(needs, move |tx| locks::release(tx, &code, &key)).await?;
    no_content()
}

pub(crate) async fn validate_code(call: Call) -> Answer {
    let input: CodeValidationInput = call.payload()?;
    respond::answered(
        StatusCode::OK,
        &code::validate(&call.app.guerdon, &call.context, call.param("code"), input).await?,
    )
}

pub(crate) async fn validate_tier(call: Call) -> Answer {
    let (tier, scene) = (call.param("tierId"), call.payload::<SceneInput>()?);
    respond::answered(StatusCode::OK, &promotions::validate_tier(&call.app.guerdon, &call.context, tier, scene).await?)
}

pub(crate) async fn validate_promotions(call: Call) -> Answer {
    let request = PromotionsRequest {
        scene: call.payload()?,
        only_audience: call.flag("audienceRulesOnly")?,
        filter: call.filter()?,
    };
    respond::json(&call.read(|tx| promotions::validate_all(tx, &request)).await?)
}

/// The same from a page of a shop, in a query string. Whoever does not say who it is gets a tracking id.
pub(crate) async fn validate_code_by_link(call: Call) -> Answer {
    let config = call.app.guerdon.snapshots.get(&call.context.project, None).await?;
    let required = || Error::invalid_query(Path::root(), Rule::Required("code".into()));
    let code = call.query_param("code").filter(|code| !code.is_empty()).ok_or_else(required)?;
    let schemas = config.metadata_schemas();
    let body = body(&call.query, |resource| schemas.get(resource));
    let input: CodeValidationInput = payload::from_value(body).map_err(Error::in_query)?;
    respond::answered(StatusCode::OK, &code::validate_for_browser(&call.app.guerdon, &call.context, code, input).await?)
}

/// The body that a query string stands for.
fn body<'s>(query: &[(String, String)], schema: impl Fn(&str) -> Option<&'s MetadataSchema>) -> Value {
    const KEYS: [&str; 10] = [
        "customer",
        "tracking_id",
        "metadata",
        "order",
        "amount",
        "item",
        "session_type",
        "session_key",
        "session_ttl",
        "session_ttl_unit",
    ];
    let mut form = Form::of(query, &KEYS);
    for (path, resource) in [
        (&["metadata"][..], redeemables::RESOURCE),
        (&["customer", "metadata"], customers::RESOURCE),
        (&["order", "metadata"], orders::RESOURCE),
    ] {
        form.read_metadata(path, schema(resource));
    }
    for key in ["amount", "session_ttl"] {
        form.read_numbers(&[key]);
    }
    let mut body = Map::new();
    if let Some(customer) = form.take("customer") {
        body.insert("customer".into(), named(customer));
    }
    let (order, amount, items) = (form.take("order"), form.take("amount"), form.take("item"));
    if order.is_some() || amount.is_some() || items.is_some() {
        let metadata = order.and_then(|mut order| order.get_mut("metadata").map(Value::take));
        let items = items.map_or_else(Vec::new, lines);
        body.insert("order".into(), json!({"amount": amount, "items": items, "metadata": metadata}));
    }
    let session =
        [("type", "session_type"), ("key", "session_key"), ("ttl", "session_ttl"), ("ttl_unit", "session_ttl_unit")];
    let session: Map<String, Value> =
        session.into_iter().filter_map(|(name, key)| Some((name.into(), form.take(key)?))).collect();
    if !session.is_empty() {
        body.insert("session".into(), session.into());
    }
    for key in ["tracking_id", "metadata"] {
        body.extend(form.take(key).map(|value| (key.to_owned(), value)));
    }
    body.into()
}

/// A customer by a mere name: an id of ours, or else a `source_id`.
fn named(customer: Value) -> Value {
    match customer.as_str() {
        Some(id) if id.starts_with(CustomerId::PREFIX) => json!({"id": id}),
        Some(source_id) => json!({"source_id": source_id}),
        None => customer,
    }
}

/// Lines in the order of their numbers.
fn lines(items: Value) -> Vec<Value> {
    let Value::Object(items) = items else { return vec![items] };
    let mut items: Vec<(String, Value)> = items.into_iter().collect();
    items.sort_by_key(|(number, _)| number.parse::<usize>().unwrap_or(usize::MAX));
    let read = |(_, mut line): (String, Value)| {
        for key in ["quantity", "price", "amount"] {
            line.get_mut(key).into_iter().for_each(read_number);
        }
        line
    };
    items.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_string_stands_for_a_body() {
        let pairs = |text: &str| url::form_urlencoded::parse(text.as_bytes()).into_owned().collect::<Vec<_>>();
        for (query, expected) in [
            ("code=A", json!({})),
            ("customer=ada&tracking_id=t", json!({"customer": {"source_id": "ada"}, "tracking_id": "t"})),
            ("customer=cust_1", json!({"customer": {"id": "cust_1"}})),
            (
                "customer[source_id]=ada&customer[metadata][lang]=en&metadata[shop]=7",
                json!({"customer": {"source_id": "ada", "metadata": {"lang": "en"}}, "metadata": {"shop": "7"}}),
            ),
            ("amount=1200", json!({"order": {"amount": 1200, "items": [], "metadata": null}})),
            ("amount=much", json!({"order": {"amount": "much", "items": [], "metadata": null}})),
            (
                "item[1][product_id]=b&item[0][product_id]=a&item[0][quantity]=2&item[0][price]=x&order[metadata][k]=v",
                json!({"order": {"amount": null, "metadata": {"k": "v"}, "items": [
                    {"product_id": "a", "quantity": 2, "price": "x"}, {"product_id": "b"}]}}),
            ),
            (
                "session_type=LOCK&session_key=K&session_ttl=5&session_ttl_unit=MINUTES",
                json!({"session": {"type": "LOCK", "key": "K", "ttl": 5, "ttl_unit": "MINUTES"}}),
            ),
        ] {
            assert_eq!(body(&pairs(query), |_| None), expected, "{query}");
        }
    }
}

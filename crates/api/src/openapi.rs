//! Our OpenAPI document, made from the table of routes and the schemas of the types.

use std::sync::LazyLock;

use axum::{http::StatusCode, response::Response};
use guerdon_core::idempotency::MAX_KEY;
use serde_json::{Map, Value, json};

use crate::{
    respond::bytes_with,
    routes::{self, AnswerKind, BodyKind, Described, Repeats, Route, Surface},
};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| build(&routes::table()));

/// The document of the whole API.
pub fn document() -> &'static Value {
    &DOCUMENT
}

pub(crate) async fn serve() -> Response {
    bytes_with(StatusCode::OK, "application/json; charset=utf-8", document().to_string().into())
}

fn build(table: &[Route]) -> Value {
    let mut schemas = Map::new();
    let mut paths = Map::new();
    // One operation stands for all routes of a method and path.
    for route in table.iter().filter(|route| route.only_with.is_none()) {
        let operation = operation(route, &mut schemas);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation;
    }
    schemas.insert("Error".into(), error_schema());
    schemas.sort_keys();
    let key = |name: &str| json!({"type": "apiKey", "in": "header", "name": name});
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Guerdon",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Promotions and loyalty, self-hosted. Voucherify-compatible.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "X-App-Id": key("X-App-Id"),
                "X-App-Token": key("X-App-Token"),
                "X-Client-Application-Id": key("X-Client-Application-Id"),
                "X-Client-Token": key("X-Client-Token"),
                "X-Management-Id": key("X-Management-Id"),
                "X-Management-Token": key("X-Management-Token"),
            },
        },
    })
}

fn operation(route: &Route, schemas: &mut Map<String, Value>) -> Value {
    let mut parameters: Vec<Value> = path_parameters(route.path)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    parameters.extend(route.query.iter().map(|parameter| {
        json!({
            "name": parameter.name,
            "in": "query",
            "description": parameter.description,
            "schema": {"type": "string"},
        })
    }));
    parameters.extend((route.repeats == Repeats::Once).then(|| {
        json!({
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Carries the request out once, however often it is sent; see docs/idempotency.md.",
            "schema": {"type": "string", "maxLength": MAX_KEY},
        })
    }));
    let mut operation = json!({
        "operationId": operation_id(route),
        "tags": [tag(route.path)],
        "summary": route.summary,
        "security": security(route.surface),
        "responses": responses(route, schemas),
    });
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if route.deprecated {
        operation["deprecated"] = true.into();
    }
    match (route.body, &route.request) {
        (BodyKind::File, _) => {
            let file = json!({"type": "string", "contentMediaType": "text/csv"});
            let form = json!({"type": "object", "required": ["file"], "properties": {"file": file}});
            operation["requestBody"] = json!({"required": true, "content": {"multipart/form-data": {"schema": form}}});
        }
        (BodyKind::Json, Some(request)) => {
            operation["requestBody"] = json!({"required": true, "content": content(reference(request, schemas))});
        }
        _ => {}
    }
    operation
}

fn responses(route: &Route, schemas: &mut Map<String, Value>) -> Value {
    let (status, answer) = match &route.answer {
        AnswerKind::One(one) => ("200", json!({"description": "Done.", "content": content(reference(one, schemas))})),
        AnswerKind::List(data_ref, row) => {
            let list = json!({
                "type": "object",
                "required": ["object", "data_ref", data_ref],
                "properties": {
                    "object": {"const": "list"},
                    "data_ref": {"const": data_ref},
                    *data_ref: {"type": "array", "items": reference(row, schemas)},
                    "total": {"type": "integer"},
                    "has_more": {"type": "boolean"},
                    "more_starting_after": {"type": "string"},
                },
            });
            ("200", json!({"description": "A page.", "content": content(list)}))
        }
        AnswerKind::AsyncAction(status) => {
            let accepted = json!({
                "type": "object",
                "required": ["async_action_id"],
                "properties": {"async_action_id": {"type": "string"}},
            });
            (*status, json!({"description": "The work goes on.", "content": content(accepted)}))
        }
        AnswerKind::Nothing => ("204", json!({"description": "Done."})),
        AnswerKind::Image => {
            ("200", json!({"description": "An image.", "content": {"image/png": {}, "image/svg+xml": {}}}))
        }
        AnswerKind::Csv => ("200", json!({"description": "A CSV file.", "content": {"text/csv": {}}})),
    };
    let refused = json!({"description": "Refused; nothing was changed.", "content": content(json!({"$ref": "#/components/schemas/Error"}))});
    json!({status: answer, "default": refused})
}

fn content(schema: Value) -> Value {
    json!({"application/json": {"schema": schema}})
}

/// A reference to a type's schema, which is added to the components with all that it refers to.
fn reference(described: &Described, schemas: &mut Map<String, Value>) -> Value {
    for (name, schema) in &described.others {
        schemas.entry(name.clone()).or_insert_with(|| serde_json::to_value(schema).unwrap_or_default());
    }
    let schema = serde_json::to_value(&described.schema).unwrap_or_default();
    // A list has no name of its own.
    if schema["type"] == "array" {
        return schema;
    }
    schemas.entry(described.name.clone()).or_insert(schema);
    json!({"$ref": format!("#/components/schemas/{}", described.name)})
}

fn security(surface: Surface) -> Value {
    match surface {
        Surface::Server => json!([{"X-App-Id": [], "X-App-Token": []}]),
        Surface::Client => json!([{"X-Client-Application-Id": [], "X-Client-Token": []}]),
        Surface::Management => json!([{"X-Management-Id": [], "X-Management-Token": []}]),
        Surface::Open => json!([]),
    }
}

/// The section of the documentation: the first word of the path behind the version, or behind the
/// project.
pub(crate) fn tag(path: &str) -> &str {
    let words: Vec<&str> = path.split('/').filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        ["management", _, "projects", _, "webhook-token", ..] => "projects",
        ["management", _, "projects", _, resource, ..] => resource,
        ["management" | "client", _, resource, ..] | [_, resource, ..] => resource,
        _ => path,
    }
}

fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'))
}

/// Unique and stable: the method and the path's words.
fn operation_id(route: &Route) -> String {
    let words = route.path.split('/').filter(|word| !word.is_empty() && *word != "v1").map(|word| match word {
        _ if word.starts_with('{') => format!("by-{}", word.trim_matches(['{', '}'])),
        _ => word.to_owned(),
    });
    std::iter::once(route.method.as_str().to_ascii_lowercase()).chain(words).collect::<Vec<_>>().join("-")
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "description": "Why a request was refused. docs/errors.md has the catalogue.",
        "required": ["code", "message"],
        "properties": {
            "code": {"type": "integer", "description": "The HTTP status."},
            "key": {"type": "string", "description": "A stable name for programs."},
            "message": {"type": "string"},
            "details": {"type": "string"},
            "request_id": {"type": "string"},
            "resource_id": {"type": "string"},
            "resource_type": {"type": "string"},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operation_ids_are_unique_and_references_lead_somewhere() {
        let document = document();
        let mut ids = Vec::new();
        for operations in document["paths"].as_object().expect("paths").values() {
            for operation in operations.as_object().expect("operations").values() {
                ids.push(operation["operationId"].as_str().expect("an id").to_owned());
            }
        }
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
        for reference in document.to_string().split("\"$ref\":\"#/components/schemas/").skip(1) {
            let name = reference.split('"').next().expect("a name");
            assert!(document["components"]["schemas"].get(name).is_some(), "{name} has no schema");
        }
    }
}

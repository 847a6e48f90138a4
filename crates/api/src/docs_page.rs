//! The API for readers: a page that works offline, and a short text for language models.

use std::sync::LazyLock;

use askama::Template;
use axum::{
    http::StatusCode,
    response::{Redirect, Response},
};
use serde_json::Value;

use crate::{
    openapi::{self, tag},
    respond::bytes_with,
    routes::{self, AnswerKind, Described, Parameter, Route},
};

#[derive(Template)]
#[template(path = "docs.html")]
struct Page {
    version: &'static str,
    sections: Vec<Section>,
}

struct Section {
    name: String,
    title: String,
    operations: Vec<Operation>,
}

struct Operation {
    method: String,
    path: &'static str,
    summary: &'static str,
    deprecated: bool,
    query: Vec<Parameter>,
    fields: Vec<Field>,
    answer: String,
    answer_fields: Vec<Field>,
}

struct Field {
    name: String,
    kind: String,
    required: bool,
    description: String,
}

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let page = Page { version: env!("CARGO_PKG_VERSION"), sections: sections() };
    page.render().unwrap_or_else(|error| format!("The page could not be made: {error}"))
});

static FOR_MACHINES: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::from(
        "# Guerdon\n\n> Self-hosted promotion and loyalty engine with a Voucherify-compatible HTTP API.\n\n\
         Requests to /v1 carry the headers X-App-Id and X-App-Token, requests to /management/v1 carry \
         X-Management-Id and X-Management-Token. Bodies and answers are JSON. Amounts are whole minor units, \
         times are ISO 8601 in UTC. Lists take limit (1-100) and page, or a cursor. Errors have code, key, \
         message, details and request_id. The whole contract is in /openapi.json.\n",
    );
    for section in sections() {
        text.push_str(&format!("\n## {}\n\n", section.title));
        for operation in section.operations {
            text.push_str(&format!("- {} {}: {}\n", operation.method, operation.path, operation.summary));
        }
    }
    text
});

pub(crate) async fn serve() -> Response {
    bytes_with(StatusCode::OK, "text/html; charset=utf-8", PAGE.as_str().into())
}

pub(crate) async fn serve_for_machines() -> Response {
    bytes_with(StatusCode::OK, "text/plain; charset=utf-8", FOR_MACHINES.as_str().into())
}

pub(crate) async fn redirect_here() -> Redirect {
    Redirect::temporary("/docs")
}

fn sections() -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for route in routes::table().into_iter().filter(|route| route.only_with.is_none()) {
        let surface = if route.path.starts_with("/management") { "management" } else { "v1" };
        let name = format!("{surface}-{}", tag(route.path));
        let operation = Operation::of(&route);
        match sections.iter_mut().find(|section| section.name == name) {
            Some(section) => section.operations.push(operation),
            None => {
                let words = tag(route.path).replace('-', " ");
                let title = if surface == "management" { format!("{words} (management)") } else { words };
                sections.push(Section { name, title, operations: vec![operation] });
            }
        }
    }
    sections
}

impl Operation {
    fn of(route: &Route) -> Self {
        let (answer, answered) = match &route.answer {
            AnswerKind::One(one) => (format!("200 with {}.", one.name), Some(one)),
            AnswerKind::List(data_ref, row) => {
                (format!("200 with a list of {} under {data_ref}.", row.name), Some(row))
            }
            AnswerKind::AsyncAction(status) => (format!("{status} with async_action_id; see async actions."), None),
            AnswerKind::Nothing => ("204 without a body.".to_owned(), None),
            AnswerKind::Image => ("200 with an image.".to_owned(), None),
            AnswerKind::Csv => ("200 with a CSV file.".to_owned(), None),
        };
        Self {
            method: route.method.to_string(),
            path: route.path,
            summary: route.summary,
            deprecated: route.deprecated,
            query: route.query.clone(),
            fields: route.request.as_ref().map(fields).unwrap_or_default(),
            answer,
            answer_fields: answered.map(fields).unwrap_or_default(),
        }
    }
}

/// The fields of a type, from its schema.
fn fields(described: &Described) -> Vec<Field> {
    let schemas = &openapi::document()["components"]["schemas"];
    let schema = serde_json::to_value(&described.schema).unwrap_or_default();
    // The fields of a list are those of its items.
    let item = schema["items"]["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    let schema = item.map_or(&schema, |name| &schemas[name]);
    let required = |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
    let properties = schema["properties"].as_object();
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| Field {
            name: name.clone(),
            kind: kind(property),
            required: required(name),
            description: property["description"].as_str().unwrap_or_default().to_owned(),
        })
        .collect()
}

/// A property's type in a few words.
fn kind(property: &Value) -> String {
    let named = |value: &Value| value["$ref"].as_str().and_then(|path| path.rsplit('/').next()).map(str::to_owned);
    if let Some(name) = named(property) {
        return name;
    }
    if let Some(options) = property["oneOf"].as_array() {
        return options.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    match &property["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        Value::String(kind) if kind == "array" => format!("list of {}", self::kind(&property["items"])),
        Value::String(kind) => property["format"].as_str().unwrap_or(kind).to_owned(),
        _ => "any".to_owned(),
    }
}

//! Metadata schemas: which keys a project's metadata has and what each of them may hold.
//!
//! A write that carries metadata is checked by [`MetadataSchema::validate`]. `docs/metadata.md` has
//! the rules, the texts of refusals and the meaning of updates.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use utoipa::ToSchema;

use crate::{
    Date, Error, Patch, Timestamp,
    canonical_json::write_canonical,
    error::{Path, Rule},
    ids::MetadataSchemaId,
    metadata::Metadata,
};

/// The resources that have metadata. Any other `related_object` names a nested schema, which
/// describes the objects inside of them.
pub const RELATED_OBJECTS: [&str; 12] = [
    "campaign",
    "customer",
    "earning_rule",
    "loyalty_tier",
    "order",
    "order_item",
    "product",
    "promotion_tier",
    "publication",
    "redemption",
    "reward",
    "voucher",
];

/// The most definitions of one schema, soft-deleted ones included.
pub const MAX_DEFINITIONS: usize = 100;

/// The schema of one kind of resource, or a nested schema. There is one per `related_object`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetadataSchema {
    pub id: MetadataSchemaId,
    /// A resource that has metadata, or a nested schema's own name (case-sensitive).
    pub related_object: String,
    #[schema(value_type = IndexMap<String, Definition>)]
    pub properties: IndexMap<String, Definition>,
    /// Whether keys without a definition are refused; unset means no.
    pub allow_defined_only: Option<bool>,
    pub created_at: Timestamp,
    /// Null until the first update.
    pub updated_at: Option<Timestamp>,
    #[schema(value_type = String)]
    #[serde(default = "metadata_schema_object")]
    pub object: Cow<'static, str>,
}

/// The constant `object` of a metadata schema.
pub fn metadata_schema_object() -> Cow<'static, str> {
    Cow::Borrowed("metadata_schema")
}

/// What one metadata key may hold. Constraints that are not set are absent on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = MetadataDefinition)]
pub struct Definition {
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Whether the value is a list of that type; constraints then apply to each element.
    pub array: bool,
    /// Whether the key may be missing or null.
    pub optional: bool,
    /// The nested schema of an object (`unknown` when it has none); null for every other type.
    #[serde(default)]
    pub object_type: Option<String>,
    /// The only values allowed; an empty list allows all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eq: Option<Vec<Value>>,
    /// Numbers that are not allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ne: Option<Vec<Value>>,
    #[schema(value_type = Option<f64>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lt: Option<Number>,
    #[schema(value_type = Option<f64>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lte: Option<Number>,
    #[schema(value_type = Option<f64>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gt: Option<Number>,
    #[schema(value_type = Option<f64>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gte: Option<Number>,
    /// Fewest characters of a string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u64>,
    /// Most characters of a string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u64>,
    /// Exact number of characters of a string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact_length: Option<u64>,
    /// `true` for a soft-deleted definition: it is listed, but nothing is checked by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
}

/// The type of a metadata value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MetadataType)]
pub enum Kind {
    String,
    Number,
    Boolean,
    /// `YYYY-MM-DD`.
    Date,
    /// An ISO 8601 date-time.
    Datetime,
    /// The address of a JPG, JPEG or PNG picture.
    ImageUrl,
    /// A JSON object, checked by a nested schema.
    Object,
    /// `geo:<latitude>,<longitude>` in degrees.
    Geopoint,
}

/// Which keys a write has to contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// A creation: required keys must be there.
    Whole,
    /// A partial update: only the keys that were sent are checked.
    SentKeysOnly,
}

impl MetadataSchema {
    /// A new schema, or why there can't be one with these definitions.
    pub fn new(
        id: MetadataSchemaId,
        related_object: String,
        properties: IndexMap<String, Definition>,
        allow_defined_only: Option<bool>,
        created_at: Timestamp,
    ) -> Result<Self, Error> {
        check_count(properties.len())?;
        check_kinds(&related_object, &properties)?;
        Ok(Self {
            id,
            related_object,
            properties,
            allow_defined_only,
            created_at,
            updated_at: None,
            object: metadata_schema_object(),
        })
    }

    /// Definitions that are not sent stay, sent ones replace the stored ones wholly, and a type
    /// never changes. `updated_at` is the caller's.
    pub fn update(
        &mut self,
        properties: IndexMap<String, Definition>,
        allow_defined_only: Patch<bool>,
    ) -> Result<(), Error> {
        let added = properties.keys().filter(|name| !self.properties.contains_key(*name)).count();
        check_count(self.properties.len() + added)?;
        check_kinds(&self.related_object, &properties)?;
        for (name, sent) in &properties {
            if self.properties.get(name).is_some_and(|stored| stored.kind != sent.kind) {
                let path = Path::of("properties").key(name).key("type");
                return Err(Error::invalid_payload(path, Rule::Other("cannot be changed".into())));
            }
        }
        self.properties.extend(properties);
        allow_defined_only.apply_to(&mut self.allow_defined_only);
        Ok(())
    }

    /// Checks metadata that a write carries. `nested` finds a nested schema by its name.
    ///
    /// Of several failing keys the alphabetically first is reported, undefined keys last. Nothing is
    /// allocated when all is well.
    pub fn validate<'a>(
        &self,
        metadata: &Metadata,
        scope: Scope,
        nested: &dyn Fn(&str) -> Option<&'a MetadataSchema>,
    ) -> Result<(), Error> {
        self.check(|key| metadata.get(key), metadata.iter(), scope, nested)
            .map_err(|details| Error::MetadataInvalid { details })
    }

    fn check<'v, 'a>(
        &self,
        get: impl Fn(&str) -> Option<&'v Value>,
        mut entries: impl Iterator<Item = (&'v String, &'v Value)>,
        scope: Scope,
        nested: &dyn Fn(&str) -> Option<&'a MetadataSchema>,
    ) -> Result<(), String> {
        let live = self.properties.iter().filter(|(_, definition)| !definition.is_deleted());
        first_failure(live.map(|(key, definition)| (key.as_str(), definition.check(key, get(key), scope, nested))))?;
        if self.allow_defined_only != Some(true) {
            return Ok(());
        }
        match entries.find(|(key, _)| self.definition(key).is_none()) {
            None => Ok(()),
            Some((key, value)) => Err(refusal(key, "property is not defined in the metadata schema", Some(value))),
        }
    }

    /// [`Self::check`] for an object inside of metadata, which may hold no further nested objects.
    fn check_nested(&self, object: &Map<String, Value>) -> Result<(), String> {
        self.check(|key| object.get(key), object.iter(), Scope::Whole, &|_| None)
    }

    fn definition(&self, key: &str) -> Option<&Definition> {
        self.properties.get(key).filter(|definition| !definition.is_deleted())
    }

    /// The value of a CSV cell: typed by the key's definition, a string when there is none. Text
    /// that is not of the defined type stays a string, for [`Self::validate`] to report.
    pub fn coerce_cell(&self, key: &str, cell: &str) -> Value {
        match self.definition(key) {
            None => Value::from(cell),
            Some(definition) if !definition.array => definition.kind.coerce(cell),
            Some(_) if cell.trim().is_empty() => Value::Array(Vec::new()),
            Some(definition) => cell.split(',').map(|element| definition.kind.coerce(element.trim())).collect(),
        }
    }

    /// The older API's form: the same, but the keys of definitions are in camel case.
    pub fn to_camel_case(&self) -> Value {
        let mut schema = serde_json::to_value(self).expect("a schema is plain data");
        let definitions = schema.get_mut("properties").and_then(Value::as_object_mut);
        for definition in definitions.into_iter().flat_map(Map::values_mut) {
            if let Value::Object(fields) = definition {
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(key, value)| (camel_case(&key).map(str::to_owned).unwrap_or(key), value))
                    .collect();
            }
        }
        schema
    }
}

/// The keys of a definition that have two spellings.
const CAMEL_CASE: [(&str, &str); 4] = [
    ("object_type", "objectType"),
    ("min_length", "minLength"),
    ("max_length", "maxLength"),
    ("exact_length", "exactLength"),
];

fn camel_case(key: &str) -> Option<&'static str> {
    CAMEL_CASE.iter().find(|(snake, _)| *snake == key).map(|(_, camel)| *camel)
}

fn check_count(definitions: usize) -> Result<(), Error> {
    if definitions <= MAX_DEFINITIONS {
        return Ok(());
    }
    let rule = Rule::Other(format!("cannot have more than {MAX_DEFINITIONS} properties"));
    Err(Error::invalid_payload(Path::of("properties"), rule))
}

/// A nested schema has no objects; of the resources only customers and products have geopoints.
fn check_kinds(related_object: &str, properties: &IndexMap<String, Definition>) -> Result<(), Error> {
    let is_allowed = |kind: Kind| match kind {
        Kind::Object => RELATED_OBJECTS.contains(&related_object),
        Kind::Geopoint => {
            matches!(related_object, "customer" | "product") || !RELATED_OBJECTS.contains(&related_object)
        }
        _ => true,
    };
    match properties.iter().find(|(_, definition)| !is_allowed(definition.kind)) {
        None => Ok(()),
        Some((name, _)) => {
            let allowed = KINDS.iter().filter(|(kind, _)| is_allowed(*kind)).map(|(_, name)| (*name).to_owned());
            let path = Path::of("properties").key(name).key("type");
            Err(Error::invalid_payload(path, Rule::OneOf(allowed.collect())))
        }
    }
}

/// Reads the `properties` of a creation or update body.
pub fn properties_from_json(json: &Value) -> Result<IndexMap<String, Definition>, Error> {
    let path = Path::of("properties");
    let properties = object_at(&path, json)?;
    check_count(properties.len())?;
    properties
        .iter()
        .map(|(name, definition)| Ok((name.clone(), Definition::from_json(path.clone().key(name), definition)?)))
        .collect()
}

impl Definition {
    /// A definition without constraints.
    pub const fn new(kind: Kind, array: bool, optional: bool) -> Self {
        Self {
            kind,
            array,
            optional,
            object_type: None,
            eq: None,
            ne: None,
            lt: None,
            lte: None,
            gt: None,
            gte: None,
            min_length: None,
            max_length: None,
            exact_length: None,
            deleted: None,
        }
    }

    /// Reads a definition of a request, in either spelling. Constraints that don't belong to its
    /// type are ignored, like any unknown property; null is the same as absent.
    pub fn from_json(path: Path, json: &Value) -> Result<Self, Error> {
        let fields = object_at(&path, json)?;
        for key in ["type", "optional", "array"] {
            require(&path, fields, key)?;
        }
        let fields = Fields { path: &path, fields };
        let kind = fields.one_of("type", &KINDS)?;
        let array = fields.required_boolean("array")?;
        let optional = fields.required_boolean("optional")?;
        let mut definition = Self::new(kind, array, optional);
        if kind == Kind::Object {
            definition.object_type = Some(fields.text("object_type")?.unwrap_or("unknown").to_owned());
        } else {
            definition.eq = fields.values("eq", kind)?;
        }
        if kind == Kind::Number {
            definition.ne = fields.values("ne", kind)?;
            definition.lt = fields.number("lt")?;
            definition.lte = fields.number("lte")?;
            definition.gt = fields.number("gt")?;
            definition.gte = fields.number("gte")?;
        }
        if kind == Kind::String {
            definition.min_length = fields.length("min_length")?;
            definition.max_length = fields.length("max_length")?;
            definition.exact_length = fields.length("exact_length")?;
        }
        definition.deleted = fields.boolean("deleted")?.filter(|deleted| *deleted);
        Ok(definition)
    }

    fn is_deleted(&self) -> bool {
        self.deleted == Some(true)
    }

    /// Checks the value of `key`, `None` for a missing one; a failure is the text for the client.
    pub(crate) fn check<'a>(
        &self,
        key: &str,
        value: Option<&Value>,
        scope: Scope,
        nested: &dyn Fn(&str) -> Option<&'a MetadataSchema>,
    ) -> Result<(), String> {
        let is_accepted = match value {
            None => self.optional || scope == Scope::SentKeysOnly,
            Some(Value::Null) => self.optional,
            Some(Value::Array(elements)) if self.array => elements.iter().all(|element| self.accepts(element)),
            Some(value) => !self.array && self.accepts(value),
        };
        if !is_accepted {
            return Err(refusal(key, &self.clauses(), value));
        }
        let Some(schema) = self.object_type.as_deref().and_then(nested) else { return Ok(()) };
        match value {
            Some(Value::Object(object)) => schema.check_nested(object).map_err(|details| format!("{key}.{details}")),
            Some(Value::Array(elements)) => {
                elements.iter().filter_map(Value::as_object).enumerate().try_for_each(|(index, object)| {
                    schema.check_nested(object).map_err(|details| format!("{key}.{index}.{details}"))
                })
            }
            _ => Ok(()),
        }
    }

    /// Whether one value (of a list: one element) has the type and keeps every constraint.
    fn accepts(&self, value: &Value) -> bool {
        let is_allowed = self.eq.as_ref().is_none_or(|eq| eq.is_empty() || eq.iter().any(|one| equal(one, value)));
        let is_forbidden = self.ne.as_ref().is_some_and(|ne| ne.iter().any(|one| equal(one, value)));
        self.kind.accepts(value) && is_allowed && !is_forbidden && self.is_in_range(value) && self.has_length(value)
    }

    fn is_in_range(&self, value: &Value) -> bool {
        let Some(number) = value.as_f64() else { return true };
        let keeps = |bound: &Option<Number>, compare: fn(&f64, &f64) -> bool| {
            bound.as_ref().and_then(Number::as_f64).is_none_or(|bound| compare(&number, &bound))
        };
        keeps(&self.lt, f64::lt) && keeps(&self.lte, f64::le) && keeps(&self.gt, f64::gt) && keeps(&self.gte, f64::ge)
    }

    fn has_length(&self, value: &Value) -> bool {
        if self.min_length.is_none() && self.max_length.is_none() && self.exact_length.is_none() {
            return true;
        }
        let Some(text) = value.as_str() else { return true };
        let length = text.chars().count() as u64;
        self.min_length.is_none_or(|min| length >= min)
            && self.max_length.is_none_or(|max| length <= max)
            && self.exact_length.is_none_or(|exact| length == exact)
    }

    /// The whole definition in words: type, required, constraints.
    fn clauses(&self) -> String {
        let mut text = String::new();
        if self.array {
            text.push_str("must be an array, and every element: ");
        }
        text.push_str(self.kind.clause());
        if !self.optional {
            text.push_str(", property is required");
        }
        for (values, words) in [(&self.eq, "must be equal to one of"), (&self.ne, "must not be equal to one of")] {
            if let Some(values) = values.as_deref().filter(|values| !values.is_empty()) {
                text.extend([", ", words, " ", &listed(values)]);
            }
        }
        for (bound, words) in [
            (&self.lt, "must be less than"),
            (&self.lte, "must be less than or equal to"),
            (&self.gt, "must be greater than"),
            (&self.gte, "must be greater than or equal to"),
        ] {
            if let Some(bound) = bound {
                text.extend([", ", words, " ", &shown(&Value::Number(bound.clone()))]);
            }
        }
        for (length, words) in
            [(self.min_length, "at least"), (self.max_length, "at most"), (self.exact_length, "exactly")]
        {
            if let Some(length) = length {
                text.push_str(&format!(", must have length of {words} {length}"));
            }
        }
        text
    }
}

/// Every type and its name on the wire.
const KINDS: [(Kind, &str); 8] = [
    (Kind::String, "string"),
    (Kind::Number, "number"),
    (Kind::Boolean, "boolean"),
    (Kind::Date, "date"),
    (Kind::Datetime, "datetime"),
    (Kind::ImageUrl, "image_url"),
    (Kind::Object, "object"),
    (Kind::Geopoint, "geopoint"),
];

impl Kind {
    fn accepts(self, value: &Value) -> bool {
        let is_text = |test: fn(&str) -> bool| value.as_str().is_some_and(test);
        match self {
            Kind::String => value.is_string(),
            Kind::Number => value.is_number(),
            Kind::Boolean => value.is_boolean(),
            Kind::Date => is_text(is_date),
            Kind::Datetime => is_text(is_datetime),
            Kind::ImageUrl => is_text(is_image_url),
            Kind::Object => value.is_object(),
            Kind::Geopoint => is_text(is_geopoint),
        }
    }

    fn clause(self) -> &'static str {
        match self {
            Kind::String => "must be a string",
            Kind::Number => "must be a number",
            Kind::Boolean => "must be a boolean",
            Kind::Date => "must be a date",
            Kind::Datetime => "must be a datetime",
            Kind::ImageUrl => "must be a URL pointing to JPG/JPEG or PNG resource",
            Kind::Object => "must be an object",
            Kind::Geopoint => "must be a geopoint",
        }
    }

    /// The type of the JSON value that holds it.
    fn json_type(self) -> &'static str {
        match self {
            Kind::Number => "number",
            Kind::Boolean => "boolean",
            Kind::Object => "object",
            Kind::String | Kind::Date | Kind::Datetime | Kind::ImageUrl | Kind::Geopoint => "string",
        }
    }

    /// A CSV cell's text as a value of this type, or as the text that it is.
    fn coerce(self, cell: &str) -> Value {
        let trimmed = cell.trim();
        let typed = match self {
            Kind::Number => trimmed.parse().ok().and_then(number_from),
            Kind::Boolean if trimmed.eq_ignore_ascii_case("true") => Some(Value::from(true)),
            Kind::Boolean if trimmed.eq_ignore_ascii_case("false") => Some(Value::from(false)),
            Kind::Boolean if trimmed.eq_ignore_ascii_case("null") => Some(Value::Null),
            _ => None,
        };
        typed.unwrap_or_else(|| Value::from(cell))
    }
}

fn is_date(text: &str) -> bool {
    matches!(text.as_bytes(), [_, _, _, _, b'-', _, _, b'-', _, _]) && Date::parse(text).is_some()
}

fn is_datetime(text: &str) -> bool {
    !text.contains(char::is_whitespace) && Timestamp::parse(text).is_some()
}

fn is_image_url(text: &str) -> bool {
    let starts = |prefix: &str| text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let prefix = if starts("https://") { "https://" } else { "http://" };
    if !starts(prefix) || text.contains(char::is_whitespace) {
        return false;
    }
    let address = &text[prefix.len()..];
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let Some((host, path)) = address.split_once('/') else { return false };
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    !host.is_empty()
        && extension.is_some_and(|is| ["jpg", "jpeg", "png"].iter().any(|image| is.eq_ignore_ascii_case(image)))
}

fn is_geopoint(text: &str) -> bool {
    let degrees = |text: &str, max: f64| text.trim().parse::<f64>().is_ok_and(|degrees| degrees.abs() <= max);
    text.strip_prefix("geo:")
        .and_then(|point| point.split_once(','))
        .is_some_and(|(latitude, longitude)| degrees(latitude, 90.0) && degrees(longitude, 180.0))
}

/// Equal as JavaScript compares: 1 is 1.0.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        _ => left == right,
    }
}

/// A number that is whole when it can be, as metadata keeps them.
fn number_from(double: f64) -> Option<Value> {
    /// Above this, doubles are no longer exact.
    const MAX_EXACT: f64 = 9_007_199_254_740_992.0;
    if double.fract() == 0.0 && double.abs() < MAX_EXACT {
        return Some(Value::from(double as i64));
    }
    Number::from_f64(double).map(Value::Number)
}

/// The alphabetically first key's failure.
pub(crate) fn first_failure<'k>(checks: impl Iterator<Item = (&'k str, Result<(), String>)>) -> Result<(), String> {
    let failures = checks.filter_map(|(key, check)| Some((key, check.err()?)));
    failures.min_by_key(|(key, _)| *key).map_or(Ok(()), |(_, details)| Err(details))
}

/// The text of a refusal: the key, what it must be, and what it is.
fn refusal(key: &str, clauses: &str, value: Option<&Value>) -> String {
    let actual = value.map_or(Cow::Borrowed("undefined"), |value| Cow::Owned(shown(value)));
    format!("{key}: {clauses} (actual value is '{actual}')")
}

/// A value as texts show it: bare strings, lists joined by commas, everything else as JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => listed(items),
        other => {
            let mut bytes = Vec::new();
            write_canonical(other, &mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        }
    }
}

fn listed(values: &[Value]) -> String {
    values.iter().map(shown).collect::<Vec<_>>().join(",")
}

/// The object at `path`.
pub(crate) fn object_at<'j>(path: &Path, json: &'j Value) -> Result<&'j Map<String, Value>, Error> {
    json.as_object().ok_or_else(|| wrong_type(path.clone(), "object"))
}

/// The value of a key that must be there.
pub(crate) fn require<'j>(path: &Path, fields: &'j Map<String, Value>, key: &str) -> Result<&'j Value, Error> {
    fields.get(key).ok_or_else(|| Error::invalid_payload(path.clone(), Rule::Required(key.to_owned())))
}

pub(crate) fn wrong_type(path: Path, expected: &str) -> Error {
    Error::invalid_payload(path, Rule::Type(expected.to_owned()))
}

/// The fields of a definition in a request.
pub(crate) struct Fields<'j> {
    pub(crate) path: &'j Path,
    pub(crate) fields: &'j Map<String, Value>,
}

impl<'j> Fields<'j> {
    /// The field in either spelling, as the client spelt it; null counts as absent.
    fn find(&self, key: &'static str) -> Option<(Path, &'j Value)> {
        [Some(key), camel_case(key)].into_iter().flatten().find_map(|spelling| {
            let value = self.fields.get(spelling).filter(|value| !value.is_null())?;
            Some((self.path.clone().key(spelling), value))
        })
    }

    /// A required name from a table.
    pub(crate) fn one_of<T: Copy>(&self, key: &'static str, table: &[(T, &str)]) -> Result<T, Error> {
        let path = self.path.clone().key(key);
        let Some(name) = self.fields.get(key).and_then(Value::as_str) else { return Err(wrong_type(path, "string")) };
        match table.iter().find(|(_, known)| *known == name) {
            Some((value, _)) => Ok(*value),
            None => {
                let names = table.iter().map(|(_, name)| (*name).to_owned()).collect();
                Err(Error::invalid_payload(path, Rule::OneOf(names)))
            }
        }
    }

    /// A required flag, which can't be null.
    pub(crate) fn required_boolean(&self, key: &'static str) -> Result<bool, Error> {
        let value = self.fields.get(key).and_then(Value::as_bool);
        value.ok_or_else(|| wrong_type(self.path.clone().key(key), "boolean"))
    }

    pub(crate) fn boolean(&self, key: &'static str) -> Result<Option<bool>, Error> {
        let Some((path, value)) = self.find(key) else { return Ok(None) };
        value.as_bool().map(Some).ok_or_else(|| wrong_type(path, "boolean"))
    }

    fn text(&self, key: &'static str) -> Result<Option<&'j str>, Error> {
        let Some((path, value)) = self.find(key) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| wrong_type(path, "string,null"))
    }

    fn number(&self, key: &'static str) -> Result<Option<Number>, Error> {
        let Some((path, value)) = self.find(key) else { return Ok(None) };
        match constraint_value(path, Kind::Number, value)? {
            Value::Number(number) => Ok(Some(number)),
            _ => Ok(None),
        }
    }

    fn length(&self, key: &'static str) -> Result<Option<u64>, Error> {
        let Some((path, value)) = self.find(key) else { return Ok(None) };
        match value.as_f64() {
            Some(length) if length.fract() != 0.0 => Err(wrong_type(path, "integer")),
            Some(length) if length < 0.0 => Err(Error::invalid_payload(path, Rule::AtLeast(0))),
            Some(length) => Ok(Some(length as u64)),
            None => Err(wrong_type(path, "integer")),
        }
    }

    fn values(&self, key: &'static str, kind: Kind) -> Result<Option<Vec<Value>>, Error> {
        let Some((path, value)) = self.find(key) else { return Ok(None) };
        let Some(values) = value.as_array() else { return Err(wrong_type(path, "array")) };
        let read = |(index, value)| constraint_value(path.clone().index(index), kind, value);
        values.iter().enumerate().map(read).collect::<Result<_, _>>().map(Some)
    }
}

/// A value that a constraint compares with; numbers have at most two decimals.
fn constraint_value(path: Path, kind: Kind, value: &Value) -> Result<Value, Error> {
    let has_type = match kind.json_type() {
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => value.is_string(),
    };
    if !has_type {
        return Err(wrong_type(path, kind.json_type()));
    }
    let Some(number) = value.as_f64() else { return Ok(value.clone()) };
    if (number * 100.0).round() / 100.0 != number && number.fract() != 0.0 {
        return Err(Error::invalid_payload(path, Rule::Other("cannot have more than two decimals".into())));
    }
    Ok(number_from(number).unwrap_or_else(|| value.clone()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::error::Dialect;

    fn schema_of(related_object: &str, properties: Value, allow_defined_only: Option<bool>) -> MetadataSchema {
        let properties = properties_from_json(&properties).expect("definitions");
        let id = MetadataSchemaId::from("ms_1");
        let created_at = Timestamp::from_millis(0);
        MetadataSchema::new(id, related_object.into(), properties, allow_defined_only, created_at).expect("a schema")
    }

    fn metadata(json: Value) -> Metadata {
        serde_json::from_value(json).expect("an object")
    }

    fn details(error: Error) -> String {
        error.describe(Dialect::Must).details.expect("details")
    }

    fn refusal_of(schema: &MetadataSchema, sent: Value, scope: Scope) -> Option<String> {
        schema.validate(&metadata(sent), scope, &|_| None).err().map(details)
    }

    fn optional(kind: &str) -> Value {
        json!({"type": kind, "array": false, "optional": true})
    }

    /// `{"type": kind, …}` with `more` on top.
    fn definition(kind: &str, more: Value) -> Value {
        let mut definition = optional(kind);
        let fields = definition.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        definition
    }

    #[test]
    fn a_refusal_names_the_key_its_whole_definition_and_the_value() {
        let required = json!({"optional": false});
        for (definition, value, text) in [
            (
                definition("number", json!({"eq": [1, 2]})),
                json!("EUR"),
                "must be a number, must be equal to one of 1,2 (actual value is 'EUR')",
            ),
            (
                definition("number", required.clone()),
                json!("EUR"),
                "must be a number, property is required (actual value is 'EUR')",
            ),
            (
                definition("string", json!({"array": true, "eq": ["L1", "L2", "L3"]})),
                json!("L1"),
                "must be an array, and every element: must be a string, must be equal to one of L1,L2,L3 \
                 (actual value is 'L1')",
            ),
            (
                definition("string", json!({"array": true, "eq": ["L1", "L2"]})),
                json!(["L1", "L9"]),
                "must be an array, and every element: must be a string, must be equal to one of L1,L2 \
                 (actual value is 'L1,L9')",
            ),
            (
                definition("string", json!({"optional": false, "eq": ["Facebook", "Twitter", "Website"]})),
                json!("snap"),
                "must be a string, property is required, must be equal to one of Facebook,Twitter,Website \
                 (actual value is 'snap')",
            ),
            (
                definition("string", required),
                json!(null),
                "must be a string, property is required (actual value is 'null')",
            ),
            (
                definition("string", json!({"min_length": 2, "max_length": 3})),
                json!("a"),
                "must be a string, must have length of at least 2, must have length of at most 3 (actual value is 'a')",
            ),
            (
                definition("string", json!({"exact_length": 2})),
                json!("éèê"),
                "must be a string, must have length of exactly 2 (actual value is 'éèê')",
            ),
            (
                definition("number", json!({"ne": [5], "lt": 10, "gte": 1.5})),
                json!(10.0),
                "must be a number, must not be equal to one of 5, must be less than 10, \
                 must be greater than or equal to 1.5 (actual value is '10')",
            ),
            (
                definition("number", json!({"lte": 10, "gt": 1})),
                json!(1),
                "must be a number, must be less than or equal to 10, must be greater than 1 (actual value is '1')",
            ),
            (optional("string"), json!(["a"]), "must be a string (actual value is 'a')"),
            (optional("boolean"), json!("true"), "must be a boolean (actual value is 'true')"),
            (optional("date"), json!("2024-02-30"), "must be a date (actual value is '2024-02-30')"),
            (optional("datetime"), json!("tomorrow"), "must be a datetime (actual value is 'tomorrow')"),
            (optional("object"), json!("{}"), "must be an object (actual value is '{}')"),
            (optional("number"), json!({"a": [1.0]}), r#"must be a number (actual value is '{"a":[1]}')"#),
            (optional("geopoint"), json!("geo:91,0"), "must be a geopoint (actual value is 'geo:91,0')"),
            (
                optional("image_url"),
                json!("https://x.test/a.gif"),
                "must be a URL pointing to JPG/JPEG or PNG resource (actual value is 'https://x.test/a.gif')",
            ),
        ] {
            let schema = schema_of("customer", json!({"key": definition}), None);
            let refusal = refusal_of(&schema, json!({"key": value}), Scope::SentKeysOnly);
            assert_eq!(refusal, Some(format!("key: {text}")));
        }
    }

    #[test]
    fn each_type_accepts_its_own_values_only() {
        for (kind, accepted, refused) in [
            ("string", json!(["", "a"]), json!([1, true, {}, ["a"]])),
            ("number", json!([0, -1, 1.5, 1e300]), json!(["1", true, [1]])),
            ("boolean", json!([true, false]), json!(["true", 0])),
            (
                "date",
                json!(["2024-02-29"]),
                json!(["2023-02-29", "2024-1-1", "20240101", "2024-02-29T10:00:00Z", 2024]),
            ),
            (
                "datetime",
                json!(["2024-02-29T10:00:00Z", "2024-02-29T10:00:00.5+02:00", "2024-02-29T10", "2024-02-29"]),
                json!(["2024-02-29 10:00:00Z", " 2024-02-29", "10:00", 0]),
            ),
            (
                "image_url",
                json!(["https://x.test/a.jpg", "HTTP://x.test/p/a.JPEG?w=1", "https://x.test/é.png#top"]),
                json!(["https://x.test/a", "ftp://x.test/a.png", "https:///a.png", "x.png", "é", "https://x.png"]),
            ),
            ("object", json!([{}, {"a": 1}]), json!([[], "{}"])),
            (
                "geopoint",
                json!(["geo:52.2,21.0", "geo:-90,180"]),
                json!(["52.2,21.0", "geo:1", "geo:NaN,0", "geo:0,180.1"]),
            ),
        ] {
            let schema = schema_of("customer", json!({"key": optional(kind)}), None);
            for (values, is_accepted) in [(accepted, true), (refused, false)] {
                for value in values.as_array().expect("a list") {
                    let refusal = refusal_of(&schema, json!({"key": value}), Scope::Whole);
                    assert_eq!(refusal.is_none(), is_accepted, "{kind} {value}");
                }
            }
        }
    }

    #[test]
    fn required_keys_are_asked_for_on_creation_and_can_never_be_null() {
        let required = json!({"type": "string", "array": false, "optional": false});
        let schema = schema_of("customer", json!({"must": required, "may": optional("string")}), None);
        let missing = "must: must be a string, property is required (actual value is 'undefined')";
        let null = "must: must be a string, property is required (actual value is 'null')";
        for (sent, scope, refusal) in [
            (json!({}), Scope::Whole, Some(missing)),
            (json!({}), Scope::SentKeysOnly, None),
            (json!({"must": null}), Scope::Whole, Some(null)),
            (json!({"must": null}), Scope::SentKeysOnly, Some(null)),
            (json!({"must": "", "may": null}), Scope::Whole, None),
        ] {
            assert_eq!(refusal_of(&schema, sent, scope).as_deref(), refusal);
        }
    }

    #[test]
    fn a_list_of_allowed_values_is_accepted() {
        let definition = definition("string", json!({"array": true, "eq": ["L1", "L2", "L3"]}));
        let schema = schema_of("redemption", json!({"location_id": definition}), None);
        for accepted in [json!(["L1", "L3"]), json!([]), json!(null)] {
            assert_eq!(refusal_of(&schema, json!({"location_id": accepted}), Scope::Whole), None);
        }
    }

    #[test]
    fn undefined_keys_are_refused_only_when_the_schema_says_so() {
        let both = json!({"age": 30, "foo": "x"});
        let wrong = "age: must be a number (actual value is '30')";
        let undefined = "foo: property is not defined in the metadata schema (actual value is 'x')";
        for (allow_defined_only, sent, refusal) in [
            (None, both.clone(), None),
            (Some(false), both.clone(), None),
            (Some(false), json!({"age": "30"}), Some(wrong)),
            (Some(true), both, Some(undefined)),
            (Some(true), json!({"age": 30}), None),
            (Some(true), json!({"foo": "x", "age": "30"}), Some(wrong)),
        ] {
            let schema = schema_of("customer", json!({"age": optional("number")}), allow_defined_only);
            assert_eq!(refusal_of(&schema, sent, Scope::SentKeysOnly).as_deref(), refusal);
        }
    }

    #[test]
    fn of_several_failing_keys_the_alphabetically_first_is_reported() {
        let properties = json!({"c": optional("number"), "a": optional("number"), "b": optional("number")});
        let schema = schema_of("customer", properties, None);
        let refusal = refusal_of(&schema, json!({"b": "x", "c": "y"}), Scope::Whole);
        assert_eq!(refusal.as_deref(), Some("b: must be a number (actual value is 'x')"));
    }

    #[test]
    fn nested_objects_are_checked_by_the_schema_of_their_type() {
        let payment = json!({
            "amount": {"type": "number", "array": false, "optional": false},
            "method": optional("string"),
        });
        let payment = schema_of("Payment", payment, Some(true));
        let order = json!({
            "payment": definition("object", json!({"objectType": "Payment"})),
            "payments": definition("object", json!({"object_type": "Payment", "array": true})),
            "other": optional("object"),
        });
        let order = schema_of("order", order, None);
        let nested = |name: &str| (name == "Payment").then_some(&payment);
        for (sent, refusal) in [
            (json!({"payment": {"amount": 5}, "other": {"x": {}}, "payments": [{"amount": 1}]}), None),
            (json!({"payment": null}), None),
            (json!({"payment": "cash"}), Some("payment: must be an object (actual value is 'cash')")),
            (
                json!({"payment": {}}),
                Some("payment.amount: must be a number, property is required (actual value is 'undefined')"),
            ),
            (
                json!({"payments": [{"amount": 1}, {"amount": 2, "method": 3}]}),
                Some("payments.1.method: must be a string (actual value is '3')"),
            ),
            (
                json!({"payment": {"amount": 1, "x": true}}),
                Some("payment.x: property is not defined in the metadata schema (actual value is 'true')"),
            ),
        ] {
            let result = order.validate(&metadata(sent), Scope::SentKeysOnly, &nested);
            assert_eq!(result.err().map(details).as_deref(), refusal);
        }
    }

    #[test]
    fn an_update_keeps_what_is_not_sent_and_replaces_what_is() {
        let stored = json!({
            "region": {"type": "string", "array": true, "optional": false, "eq": ["EMEA", "APAC"]},
            "lang": optional("string"),
        });
        let mut schema = schema_of("customer", stored, Some(true));
        let update = |properties: Value| properties_from_json(&properties).expect("definitions");

        let region = definition("string", json!({"array": true}));
        schema.update(update(json!({"region": region})), Patch::Absent).expect("accepted");
        assert_eq!(schema.properties["region"], Definition::new(Kind::String, true, true));
        assert_eq!(schema.properties["lang"], Definition::new(Kind::String, false, true));
        assert_eq!(schema.allow_defined_only, Some(true));

        let deleted = definition("string", json!({"deleted": true}));
        schema.update(update(json!({"lang": deleted})), Patch::Null).expect("accepted");
        assert_eq!(schema.allow_defined_only, None);
        assert_eq!(serde_json::to_value(&schema.properties["lang"]).expect("json")["deleted"], true);
        assert_eq!(refusal_of(&schema, json!({"lang": 5}), Scope::Whole), None);
        assert_eq!(schema.coerce_cell("lang", "5"), "5");

        schema.update(update(json!({"lang": optional("string")})), Patch::Value(false)).expect("accepted");
        assert_eq!(schema.allow_defined_only, Some(false));
        let restored = refusal_of(&schema, json!({"lang": 5}), Scope::Whole);
        assert_eq!(restored.as_deref(), Some("lang: must be a string (actual value is '5')"));
    }

    #[test]
    fn a_soft_deleted_key_counts_as_undefined() {
        let deleted = definition("string", json!({"deleted": true}));
        let schema = schema_of("customer", json!({"lang": deleted}), Some(true));
        let refusal = "lang: property is not defined in the metadata schema (actual value is 'en')";
        assert_eq!(refusal_of(&schema, json!({"lang": "en"}), Scope::Whole).as_deref(), Some(refusal));
    }

    #[test]
    fn a_refused_update_changes_nothing() {
        let mut schema = schema_of("customer", json!({"age": optional("number")}), None);
        let before = schema.clone();
        let hundred = |prefix: &str| (0..100).map(|n| (format!("{prefix}{n}"), optional("string"))).collect::<Value>();
        for (properties, refusal) in [
            (
                json!({"new": optional("date"), "age": optional("string")}),
                "Property .properties.age.type cannot be changed",
            ),
            (hundred("key"), "Property .properties cannot have more than 100 properties"),
        ] {
            let sent = properties_from_json(&properties).expect("definitions");
            let error = schema.update(sent, Patch::Value(true)).expect_err("refused");
            assert_eq!(details(error), refusal);
            assert_eq!(schema, before);
        }
        schema.properties.clear();
        schema.update(properties_from_json(&hundred("key")).expect("100"), Patch::Absent).expect("100 fit");
        schema.update(properties_from_json(&hundred("key")).expect("100"), Patch::Absent).expect("the same 100 fit");
    }

    #[test]
    fn some_types_belong_to_some_schemas_only() {
        for (related_object, kind, is_allowed) in [
            ("order", "object", true),
            ("Payment", "object", false),
            ("customer", "geopoint", true),
            ("product", "geopoint", true),
            ("Payment", "geopoint", true),
            ("voucher", "geopoint", false),
        ] {
            let properties = properties_from_json(&json!({"key": optional(kind)})).expect("definitions");
            let id = MetadataSchemaId::from("ms_1");
            let schema = MetadataSchema::new(id, related_object.into(), properties, None, Timestamp::default());
            assert_eq!(schema.is_ok(), is_allowed, "{kind} in {related_object}");
            if let Err(error) = schema {
                let allowed = KINDS
                    .map(|(_, name)| name)
                    .into_iter()
                    .filter(|name| *name != kind && (related_object == "Payment" || *name != "geopoint"));
                let allowed = allowed.collect::<Vec<_>>().join(", ");
                assert_eq!(
                    details(error),
                    format!("Property .properties.key.type must be equal to one of the allowed values [ {allowed} ]")
                );
            }
        }
    }

    #[test]
    fn definitions_of_a_wrong_form_are_refused() {
        for (definition, text) in [
            (json!("string"), " must be object"),
            (json!({}), " must have required property 'type'"),
            (json!({"type": "string"}), " must have required property 'optional'"),
            (json!({"type": "string", "optional": true}), " must have required property 'array'"),
            (definition("string", json!({"type": 5})), ".type must be string"),
            (
                definition("text", json!({})),
                ".type must be equal to one of the allowed values \
                 [ string, number, boolean, date, datetime, image_url, object, geopoint ]",
            ),
            (definition("string", json!({"array": "no"})), ".array must be boolean"),
            (definition("string", json!({"optional": null})), ".optional must be boolean"),
            (definition("string", json!({"deleted": 1})), ".deleted must be boolean"),
            (definition("number", json!({"eq": ["S"]})), ".eq.0 must be number"),
            (definition("number", json!({"eq": [1, 1.005]})), ".eq.1 cannot have more than two decimals"),
            (definition("number", json!({"eq": 1})), ".eq must be array"),
            (definition("number", json!({"ne": [null]})), ".ne.0 must be number"),
            (definition("number", json!({"lt": "1"})), ".lt must be number"),
            (definition("string", json!({"eq": [1]})), ".eq.0 must be string"),
            (definition("boolean", json!({"eq": [1]})), ".eq.0 must be boolean"),
            (definition("string", json!({"min_length": 1.5})), ".min_length must be integer"),
            (definition("string", json!({"maxLength": -1})), ".maxLength must be >= 0"),
            (definition("object", json!({"objectType": 1})), ".objectType must be string,null"),
        ] {
            let error = properties_from_json(&json!({"Size": definition})).expect_err(text);
            assert_eq!(details(error), format!("Property .properties.Size{text}"));
        }
        assert_eq!(
            details(properties_from_json(&json!([])).expect_err("a list")),
            "Property .properties must be object"
        );
        let many: Value = (0..101).map(|n| (n.to_string(), optional("string"))).collect();
        assert_eq!(
            details(properties_from_json(&many).expect_err("too many")),
            "Property .properties cannot have more than 100 properties"
        );
    }

    #[test]
    fn a_schema_is_stored_in_snake_case_and_shown_by_the_older_api_in_camel_case() {
        let properties = json!({
            "min_length": definition("string", json!({"maxLength": 5, "min_length": 1, "lt": 3, "deleted": false})),
            "pay": definition("object", json!({"objectType": "Payment", "eq": [1]})),
            "any": definition("object", json!({"object_type": null})),
            "n": definition("number", json!({"gte": 1.0, "eq": [2.50, 3], "exactLength": 2})),
        });
        let schema = schema_of("order", properties, None);
        let stored = serde_json::to_string(&schema).expect("json");
        let written = concat!(
            r#"{"id":"ms_1","related_object":"order","properties":{"#,
            r#""min_length":{"type":"string","array":false,"optional":true,"object_type":null,"min_length":1,"max_length":5},"#,
            r#""pay":{"type":"object","array":false,"optional":true,"object_type":"Payment"},"#,
            r#""any":{"type":"object","array":false,"optional":true,"object_type":"unknown"},"#,
            r#""n":{"type":"number","array":false,"optional":true,"object_type":null,"eq":[2.5,3],"gte":1}},"#,
            r#""allow_defined_only":null,"created_at":"1970-01-01T00:00:00.000Z","updated_at":null,"#,
            r#""object":"metadata_schema"}"#,
        );
        assert_eq!(stored, written);
        assert_eq!(serde_json::from_str::<MetadataSchema>(&stored).expect("reads back"), schema);
        let camel = written
            .replace(r#""object_type""#, r#""objectType""#)
            .replace(r#""min_length":1,"max_length""#, r#""minLength":1,"maxLength""#);
        assert_eq!(schema.to_camel_case().to_string(), camel);
        let read = properties_from_json(&schema.to_camel_case()["properties"]).expect("camel case is read");
        assert_eq!(read, schema.properties);
    }

    #[test]
    fn csv_cells_take_the_type_of_their_definition() {
        let list = json!({"array": true});
        let schema = json!({
            "text": optional("string"), "n": optional("number"), "flag": optional("boolean"), "day": optional("date"),
            "tags": definition("string", list.clone()), "ns": definition("number", list),
        });
        let schema = schema_of("customer", schema, None);
        for (key, cell, value) in [
            ("text", "123", json!("123")),
            ("n", "12.50", json!(12.5)),
            ("n", " -3.0 ", json!(-3)),
            ("n", "12,5", json!("12,5")),
            ("n", "NaN", json!("NaN")),
            ("n", "", json!("")),
            ("flag", "true", json!(true)),
            ("flag", "FALSE", json!(false)),
            ("flag", "null", json!(null)),
            ("flag", "yes", json!("yes")),
            ("day", "2024-01-02", json!("2024-01-02")),
            ("tags", "Nike, Fenty,Reebok", json!(["Nike", "Fenty", "Reebok"])),
            ("tags", "", json!([])),
            ("ns", "123,x", json!([123, "x"])),
            ("unknown", "123", json!("123")),
        ] {
            assert_eq!(schema.coerce_cell(key, cell), value, "{key} {cell}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "(https?://)?[a-é/.]{0,8}(\\.png)?".prop_map(Value::from),
            "(geo:)?[0-9.,T:-]{0,20}Z?".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    fn any_definition() -> impl Strategy<Value = Value> {
        let keys = ["eq", "ne", "lt", "lte", "gt", "gte", "minLength", "max_length", "exact_length", "deleted"];
        let number_or_any = prop_oneof![(-9i64..9).prop_map(Value::from), any_json()];
        let extra = prop::collection::btree_map(prop::sample::select(keys.to_vec()), number_or_any, 0..3);
        (prop::sample::select(KINDS.to_vec()), any::<(bool, bool)>(), extra).prop_map(|((_, kind), flags, extra)| {
            let mut definition = json!({"type": kind, "array": flags.0, "optional": flags.1, "object_type": "Nested"});
            let fields = definition.as_object_mut().expect("an object");
            fields.extend(extra.into_iter().map(|(key, value)| (key.to_owned(), value)));
            definition
        })
    }

    proptest! {
        #[test]
        fn any_json_is_read_or_refused(json in any_json(), definition in any_definition()) {
            let _ = properties_from_json(&json);
            if let Ok(read) = Definition::from_json(Path::root(), &definition) {
                let written = serde_json::to_value(&read).expect("json");
                prop_assert_eq!(Definition::from_json(Path::root(), &written).expect("reads back"), read);
            }
        }

        #[test]
        fn any_metadata_is_accepted_or_refused(
            definitions in prop::collection::btree_map("[a-d]", any_definition(), 0..4),
            sent in prop::collection::btree_map("[a-d]", any_json(), 0..4),
            allow_defined_only in any::<Option<bool>>(),
            cell in any::<String>(),
        ) {
            let properties = definitions
                .into_iter()
                .filter_map(|(key, json)| Some((key, Definition::from_json(Path::root(), &json).ok()?)))
                .collect();
            let schema = MetadataSchema { allow_defined_only, properties, ..schema_of("customer", json!({}), None) };
            let sent = Metadata::from(sent.into_iter().collect::<Map<_, _>>());
            let whole = schema.validate(&sent, Scope::Whole, &|_| Some(&schema));
            let partial = schema.validate(&sent, Scope::SentKeysOnly, &|_| Some(&schema));
            prop_assert!(whole.is_err() || partial.is_ok(), "a partial check is never stricter");
            schema.coerce_cell("a", &cell);
        }
    }
}

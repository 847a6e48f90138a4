//! Bodies that come as query strings, for links and for pages of a shop.

use guerdon_model::metadata_schema::MetadataSchema;
use serde_json::{Map, Value};

/// The JSON that a query string like `customer[address][city]=Oslo` stands for. Every value is a text until it is
/// said to be something else.
#[derive(Debug, Default)]
pub(crate) struct Form(Map<String, Value>);

impl Form {
    /// What a query string has of these keys. Of what is written twice, the last counts.
    pub(crate) fn of(query: &[(String, String)], keys: &[&str]) -> Self {
        let mut form = Map::new();
        for (key, value) in query {
            let mut segments = key.split('[').map(|segment| segment.trim_end_matches(']'));
            let root = segments.next().unwrap_or_default();
            if !keys.contains(&root) {
                continue;
            }
            // No field lies deeper than that of an address.
            let path = segments.take(3);
            let place = path.fold(form.entry(root).or_insert(Value::Null), |place, segment| {
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                place.as_object_mut().expect("it has just been made one").entry(segment).or_insert(Value::Null)
            });
            *place = value.as_str().into();
        }
        Self(form)
    }

    /// What was sent at this place.
    pub(crate) fn at(&mut self, path: &[&str]) -> Option<&mut Value> {
        let (root, path) = path.split_first()?;
        path.iter().try_fold(self.0.get_mut(*root)?, |place, segment| place.get_mut(*segment))
    }

    /// Takes it out.
    pub(crate) fn take(&mut self, key: &str) -> Option<Value> {
        self.0.remove(key)
    }

    /// Takes the text at this place for a whole number if it is one.
    pub(crate) fn read_numbers(&mut self, path: &[&str]) {
        if let Some(place) = self.at(path) {
            read_number(place);
        }
    }

    /// Gives metadata at this place the types that the schema asks for.
    pub(crate) fn read_metadata(&mut self, path: &[&str], schema: Option<&MetadataSchema>) {
        let (Some(Value::Object(metadata)), Some(schema)) = (self.at(path), schema) else { return };
        for (key, value) in metadata {
            if let Value::String(text) = value {
                *value = schema.coerce_cell(key, text);
            }
        }
    }

    pub(crate) fn into_json(self) -> Value {
        self.0.into()
    }
}

/// Takes a text for a whole number if it is one.
pub(crate) fn read_number(place: &mut Value) {
    if let Some(number) = place.as_str().and_then(|text| text.parse::<i64>().ok()) {
        *place = number.into();
    }
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
            let mut form = Form::of(&pairs(query), &["voucher", "campaign", "customer", "metadata"]);
            form.read_numbers(&["campaign", "count"]);
            assert_eq!(form.into_json(), expected, "{query}");
        }
    }
}

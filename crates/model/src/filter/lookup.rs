//! Finding a field in a document by its dotted path.

use serde_json::Value;

/// What a path leads to: one value, none, or several when it passes through a list.
pub(super) struct Field<'a> {
    values: Vec<&'a Value>,
    crossed_list: bool,
}

impl<'a> Field<'a> {
    /// Follows `path` through objects and, item by item, through lists.
    ///
    /// A key may itself contain dots (`loyalty_points.campaigns.Tiers 2.0.points`): at each level the
    /// longest key that leads on is taken.
    pub(super) fn find(document: &'a Value, path: &str) -> Self {
        let mut field = Field { values: Vec::new(), crossed_list: false };
        field.walk(document, path);
        field
    }

    fn walk(&mut self, value: &'a Value, path: &str) {
        match value {
            Value::Object(object) => {
                if let Some(value) = object.get(path) {
                    return self.values.push(value);
                }
                let found = self.values.len();
                for (dot, _) in path.rmatch_indices('.') {
                    if let Some(inner) = object.get(&path[..dot]) {
                        self.walk(inner, &path[dot + 1..]);
                    }
                    if self.values.len() > found {
                        return;
                    }
                }
            }
            Value::Array(items) => {
                let found = self.values.len();
                items.iter().for_each(|item| self.walk(item, path));
                self.crossed_list |= self.values.len() > found;
            }
            _ => {}
        }
    }

    /// Neither missing nor null.
    pub(super) fn has_value(&self) -> bool {
        self.values.iter().any(|value| !value.is_null())
    }

    /// The values to compare: those of a list one by one, without nulls.
    pub(super) fn elements(&self) -> impl Iterator<Item = &'a Value> {
        self.values
            .iter()
            .flat_map(|value| match value {
                Value::Array(items) => items.as_slice(),
                value => std::slice::from_ref(*value),
            })
            .filter(|value| !value.is_null())
    }

    /// How many items the list has; `None` if the field is no list.
    pub(super) fn count(&self) -> Option<usize> {
        match self.values.as_slice() {
            [Value::Array(items)] if !self.crossed_list => Some(items.len()),
            values => self.crossed_list.then_some(values.len()),
        }
    }
}

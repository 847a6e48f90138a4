//! The envelopes of listings: an object that says where its rows are.

use serde::{Serialize, ser::SerializeMap};

/// A page of rows under the key that `data_ref` names.
#[derive(Debug, Clone, PartialEq)]
pub struct List<T> {
    /// The key of the rows: `customers`, `data`, …
    pub data_ref: &'static str,
    pub rows: Vec<T>,
    /// How many match in all, for listings that count.
    pub total: Option<u64>,
    /// Whether another page follows, for listings that say so.
    pub has_more: Option<bool>,
    /// The cursor of the next page.
    pub more_starting_after: Option<String>,
}

impl<T> List<T> {
    /// All there is, under `data_ref`.
    pub fn whole(data_ref: &'static str, rows: Vec<T>) -> Self {
        let total = Some(rows.len() as u64);
        Self { data_ref, rows, total, has_more: None, more_starting_after: None }
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("object", "list")?;
        map.serialize_entry("data_ref", self.data_ref)?;
        map.serialize_entry(self.data_ref, &self.rows)?;
        if let Some(total) = self.total {
            map.serialize_entry("total", &total)?;
        }
        if let Some(has_more) = self.has_more {
            map.serialize_entry("has_more", &has_more)?;
        }
        if let Some(cursor) = &self.more_starting_after {
            map.serialize_entry("more_starting_after", cursor)?;
        }
        map.end()
    }
}

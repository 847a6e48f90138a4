//! The table of what can be exported.

use guerdon_model::{
    Error, Timestamp,
    error::{Path, Rule},
    export::{ExportedObject, Parameters},
    role::Permission,
};
use guerdon_store::{Collection, Record, StoreError};
use serde_json::Value;

use super::{
    customers::CUSTOMERS, orders::ORDERS, publications::PUBLICATIONS, voucher_transactions::VOUCHER_TRANSACTIONS,
    vouchers::VOUCHERS,
};
use crate::snapshot::Snapshot;

/// What can be exported, and how. Paths lead into the JSON that [`Resource::view`] makes.
pub(crate) struct Resource {
    /// What an export of it takes, besides the permission to export.
    pub(crate) permission: Permission,
    pub(crate) collection: Collection,
    /// Whose schema names the columns of the field `metadata`; none if it has no metadata.
    pub(crate) metadata: Option<&'static str>,
    /// Every field with its path, in the order in which a refusal lists them.
    pub(crate) fields: &'static [(&'static str, &'static str)],
    /// The fields of a file for which none were named.
    pub(crate) defaults: &'static [&'static str],
    /// Every order with where it finds its values; the first one that is there counts.
    pub(crate) orders: &'static [(&'static str, SortBy)],
    /// What can be filtered by, with its path. A name that ends with a dot stands for all that begin with it.
    pub(crate) filters: &'static [(&'static str, &'static str)],
    /// Parameters and paths of filters that an index answers if they name one value, with its column.
    pub(crate) indexed: &'static [(&'static str, &'static str)],
    /// Where the id of a voucher is that filters may name by its code as well.
    pub(crate) vouchers: Option<&'static str>,
    /// Where the id of a customer is who is added to the JSON as `customer`, if a field asks for it.
    pub(crate) customer: Option<&'static str>,
    /// A document as JSON; none if it can't be seen.
    pub(crate) view: fn(&Record, &Surroundings) -> Result<Option<Value>, StoreError>,
}

/// What an order sorts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortBy {
    /// The id; also the time of creation where ids begin with it.
    Id,
    /// The first of these paths that has a value. Nothing comes first.
    Paths(&'static [&'static str]),
}

/// In which order the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sorting {
    pub(crate) by: SortBy,
    pub(crate) descending: bool,
}

/// What a view needs besides the document.
pub(crate) struct Surroundings<'a> {
    pub(crate) config: &'a Snapshot,
    /// When the export was asked for.
    pub(crate) now: Timestamp,
}

/// This object's row of the table.
pub(crate) fn resource(object: ExportedObject) -> &'static Resource {
    match object {
        ExportedObject::Voucher => &VOUCHERS,
        ExportedObject::Customer => &CUSTOMERS,
        ExportedObject::Order => &ORDERS,
        ExportedObject::Publication => &PUBLICATIONS,
        ExportedObject::VoucherTransactions => &VOUCHER_TRANSACTIONS,
    }
}

/// How one metadata key is asked for.
const METADATA_KEY: &str = "metadata.";
/// The order of a file for which none was named; every resource has it.
const NEWEST_FIRST: &str = "-created_at";

impl Resource {
    /// Refuses a field that does not exist.
    ///
    /// # Errors
    /// `invalid_export_fields`.
    pub(super) fn check_fields(&self, parameters: &Parameters) -> Result<(), Error> {
        let is_known = |field: &String| {
            let is_key =
                || self.metadata.is_some() && field.strip_prefix(METADATA_KEY).is_some_and(|key| !key.is_empty());
            self.fields.iter().any(|(name, _)| name == field) || is_key()
        };
        match parameters.fields.iter().flatten().all(is_known) {
            true => Ok(()),
            false => Err(Error::InvalidExportFields { allowed: self.fields.iter().map(|(name, _)| *name).collect() }),
        }
    }

    /// The order that is asked for.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub(crate) fn sorting(&self, parameters: &Parameters) -> Result<Sorting, Error> {
        let sent = parameters.order.as_deref().filter(|sent| !sent.is_empty()).unwrap_or(NEWEST_FIRST);
        let (name, descending) = sent.strip_prefix('-').map_or((sent, false), |name| (name, true));
        match self.orders.iter().find(|(order, _)| *order == name) {
            Some((_, by)) => Ok(Sorting { by: *by, descending }),
            None => {
                let names = self.orders.iter().flat_map(|(name, _)| [(*name).to_owned(), format!("-{name}")]);
                Err(Error::invalid_payload(Path::of("parameters").key("order"), Rule::OneOf(names.collect())))
            }
        }
    }

    /// The columns of the file: the fields, and for `metadata` the keys that the schema has now. Without a
    /// schema, `metadata` is one column with all of it.
    pub(super) fn columns(&self, parameters: &Parameters, config: &Snapshot) -> Vec<String> {
        let sent = parameters.fields.iter().flatten().map(String::as_str);
        let mut fields: Vec<&str> = sent.collect();
        if fields.is_empty() {
            fields.extend(self.defaults);
        }
        let schema = self.metadata.and_then(|resource| config.metadata_schemas().get(resource));
        let keys = schema.map(|schema| {
            let live = schema.properties.iter().filter(|(_, definition)| definition.deleted != Some(true));
            live.map(|(key, _)| format!("{METADATA_KEY}{key}")).collect::<Vec<_>>()
        });
        let keys = keys.filter(|keys| !keys.is_empty()).unwrap_or_else(|| vec!["metadata".to_owned()]);
        let columns = fields.into_iter().flat_map(|field| match field {
            "metadata" => keys.clone(),
            field => vec![field.to_owned()],
        });
        columns.collect()
    }

    /// Whether one of the columns tells something of the customer.
    pub(crate) fn needs_customer(&self, columns: &[String]) -> Option<&'static str> {
        let tells = |column: &String| self.path(column).is_some_and(|path| path.starts_with("customer."));
        self.customer.filter(|_| columns.iter().any(tells))
    }

    fn path(&self, field: &str) -> Option<&'static str> {
        self.fields.iter().find(|(name, _)| *name == field).map(|(_, path)| *path)
    }

    /// What a row has in a column.
    pub(crate) fn value<'a>(&self, view: &'a Value, column: &str) -> Option<&'a Value> {
        match column.strip_prefix(METADATA_KEY) {
            // A key may itself have dots.
            Some(key) => view.get("metadata")?.get(key),
            None => at(view, self.path(column)?),
        }
    }
}

/// What a path without lists and without dots in its keys leads to.
pub(crate) fn at<'a>(view: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(view, |value, key| value.get(key)).filter(|value| !value.is_null())
}

/// What a column is called in the first line of a file.
pub(crate) fn label(column: &str) -> String {
    if let Some(key) = column.strip_prefix(METADATA_KEY) {
        return key.to_owned();
    }
    let word = |word: &str| match word {
        "id" | "qr" => word.to_ascii_uppercase(),
        word => word[..1].to_ascii_uppercase() + &word[1..],
    };
    column.split('_').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&Resource; 5] = [&VOUCHERS, &CUSTOMERS, &ORDERS, &PUBLICATIONS, &VOUCHER_TRANSACTIONS];

    #[test]
    fn labels_are_words() {
        for (column, expected) in [
            ("id", "ID"),
            ("voucher_type", "Voucher Type"),
            ("qr_code", "QR Code"),
            ("validation_rules_id", "Validation Rules ID"),
            ("address_line_1", "Address Line 1"),
            ("metadata", "Metadata"),
            ("metadata.tier_name", "tier_name"),
        ] {
            assert_eq!(label(column), expected);
        }
    }

    #[test]
    fn the_table_refers_to_what_it_has() {
        for resource in ALL {
            let is_field = |name: &&str| resource.fields.iter().any(|(field, _)| field == name);
            assert!(resource.defaults.iter().all(is_field));
            assert!(resource.sorting(&Parameters::default()).is_ok_and(|sorting| sorting.descending));
            for (_, column) in resource.indexed {
                assert!(resource.collection.column(column).is_some(), "{column}");
            }
            for (name, path) in resource.filters {
                assert_eq!(name.ends_with('.'), path.ends_with('.'), "{name}");
            }
        }
    }
}

//! CSV imports of products and SKUs: what the columns mean, and what becomes of a row. Prices are in
//! major units. `docs/imports.md` has the rules.

use std::sync::Arc;

use guerdon_model::{
    Error, Patch,
    error::{Path, Rule},
    metadata::Metadata,
    product::{Product, ProductInput},
    sku::{Sku, SkuInput},
};
use guerdon_store::Key;
use serde::{Deserialize, Serialize};

use super::{find, keys, skus, upsert_keys};
use crate::{
    jobs::{
        Work,
        import::{Cells, ImportWork, Sheet},
    },
    products,
    tx::{Result, Tx},
};

/// A column of a file of products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductColumn {
    Name,
    SourceId,
    Price,
    Attributes,
    ImageUrl,
}

/// A column of a file of SKUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkuColumn {
    ProductId,
    Sku,
    SourceId,
    Price,
    ImageUrl,
    Attributes,
}

impl Sheet for ProductColumn {
    const NOUN: &'static str = "product";
    const COLUMNS: &'static [(&'static str, Self)] = &[
        ("name", Self::Name),
        ("source_id", Self::SourceId),
        ("price", Self::Price),
        ("attributes", Self::Attributes),
        ("image_url", Self::ImageUrl),
    ];
    const SOURCE_ID: Self = Self::SourceId;

    fn keys(row: Cells<Self>) -> Vec<Key> {
        upsert_keys::<Product>(None, row.get(Self::SourceId))
    }

    /// A product that is there already gets the row's name and nothing else.
    fn store(tx: &mut Tx, row: Cells<Self>) -> Result<()> {
        let text = |column| row.get(column).map(str::to_owned);
        let name = Patch::Value(row.require(Self::Name)?.to_owned());
        let input = ProductInput {
            id: Patch::Absent,
            source_id: text(Self::SourceId).into(),
            name: name.clone(),
            price: price(row.get(Self::Price))?,
            attributes: row.get(Self::Attributes).map(names).into(),
            image_url: text(Self::ImageUrl).into(),
            metadata: row.metadata(tx.config().metadata_schemas().get(products::RESOURCE)).into(),
        };
        match products::named::<Product>(tx, &input.id, &input.source_id)? {
            Some(found) => products::patch(tx, &found, &ProductInput { name, ..ProductInput::default() }),
            None => products::insert(tx, &input),
        }
        .map(drop)
    }

    fn work(work: &mut Work) -> Option<&mut ImportWork<Self>> {
        match work {
            Work::ProductsImport(work) => Some(work),
            _ => None,
        }
    }
}

impl Sheet for SkuColumn {
    const NOUN: &'static str = "sku";
    const COLUMNS: &'static [(&'static str, Self)] = &[
        ("product_id", Self::ProductId),
        ("sku", Self::Sku),
        ("source_id", Self::SourceId),
        ("price", Self::Price),
        ("image_url", Self::ImageUrl),
        ("attributes", Self::Attributes),
    ];
    const SOURCE_ID: Self = Self::SourceId;

    fn keys(row: Cells<Self>) -> Vec<Key> {
        let product = row.get(Self::ProductId).map(keys::<Product>).unwrap_or_default();
        [product, upsert_keys::<Sku>(None, row.get(Self::SourceId))].concat()
    }

    /// A SKU that is there already gets the row's name and price and nothing else.
    fn store(tx: &mut Tx, row: Cells<Self>) -> Result<()> {
        let text = |column| row.get(column).map(str::to_owned);
        let source_id = row.require(Self::SourceId)?;
        let reference = row.require(Self::ProductId)?;
        let changes = SkuInput {
            source_id: Patch::Value(source_id.to_owned()),
            sku: text(Self::Sku).into(),
            price: price(row.get(Self::Price))?,
            ..SkuInput::default()
        };
        let attributes = row.get(Self::Attributes).map(attributes).transpose()?;
        let product: Option<Arc<Product>> = find(tx, reference)?;
        let product = product.ok_or_else(|| Error::not_found(products::RESOURCE, reference))?;
        if let Some(found) = tx.find::<Sku>("source_id", source_id)? {
            skus::refuse_other_product(tx, &product, &found, &changes)?;
            return skus::patch(tx, &found, &changes).map(drop);
        }
        let is_known = |name: &String| product.attributes.contains(name);
        let unknown = attributes.iter().flat_map(Metadata::iter).find(|(name, _)| !is_known(name));
        if let Some((name, _)) = unknown {
            let rule = format!("has '{name}', which is none of the attributes of product {reference}");
            return Err(Error::invalid_payload(Path::of("attributes"), Rule::Other(rule)).into());
        }
        let input = SkuInput {
            attributes: attributes.into(),
            image_url: text(Self::ImageUrl).into(),
            metadata: row.metadata(tx.config().metadata_schemas().get(products::RESOURCE)).into(),
            ..changes
        };
        skus::insert(tx, &product, &input).map(drop)
    }

    fn work(work: &mut Work) -> Option<&mut ImportWork<Self>> {
        match work {
            Work::SkusImport(work) => Some(work),
            _ => None,
        }
    }
}

/// A price in major units, as minor ones.
fn price(cell: Option<&str>) -> std::result::Result<Patch<i64>, Error> {
    let Some(cell) = cell else { return Ok(Patch::Absent) };
    let rule = || Rule::Other("should be a price in major units with up to two decimals".into());
    minor_units(cell).map(Patch::Value).ok_or_else(|| Error::invalid_payload(Path::of("price"), rule()))
}

/// An amount in major units with up to two decimals.
pub(crate) fn minor_units(text: &str) -> Option<i64> {
    let (major, minor) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(major) || !is_number(minor) || minor.len() > 2 {
        return None;
    }
    let major: i64 = major.parse().ok()?;
    let minor: i64 = format!("{minor:0<2}").parse().ok()?;
    major.checked_mul(100)?.checked_add(minor)
}

/// The names in a list with commas.
fn names(cell: &str) -> Vec<String> {
    cell.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// An object in JSON, in which texts may stand in single quotes.
fn attributes(cell: &str) -> std::result::Result<Metadata, Error> {
    let read = serde_json::from_str(cell).or_else(|_| serde_json::from_str(&with_double_quotes(cell)));
    let rule = || Rule::Other("should be an object like {'color':'blue','ranking':1}".into());
    read.map_err(|_| Error::invalid_payload(Path::of("attributes"), rule()))
}

/// Turns single quotes around texts into double ones. Within such a text, `\'` is a quote.
fn with_double_quotes(text: &str) -> String {
    let mut json = String::with_capacity(text.len());
    // The quote that ends the text we are in.
    let mut end = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, end) {
            ('\\', Some(_)) => match characters.next() {
                Some('\'') => json.push('\''),
                Some(escaped) => json.extend(['\\', escaped]),
                None => json.push('\\'),
            },
            ('"', Some('\'')) => json.push_str("\\\""),
            (quote, Some(end_quote)) if quote == end_quote => {
                json.push('"');
                end = None;
            }
            (quote @ ('\'' | '"'), None) => {
                json.push('"');
                end = Some(quote);
            }
            (other, _) => json.push(other),
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prices_in_major_units_become_minor_ones_exactly() {
        for (cell, expected) in [
            ("13", Some(1_300)),
            ("14.5", Some(1_450)),
            ("17.00", Some(1_700)),
            (" 0.07 ", Some(7)),
            ("0", Some(0)),
            ("92233720368547758.07", Some(i64::MAX)),
            ("92233720368547758.08", None),
            ("99999999999999999999", None),
            ("14.505", None),
            ("14.", None),
            (".5", None),
            ("-1", None),
            ("1e3", None),
            ("1,5", None),
            ("free", None),
        ] {
            assert_eq!(minor_units(cell), expected, "{cell}");
        }
    }

    #[test]
    fn attributes_may_have_single_or_double_quotes() {
        for (cell, expected) in [
            ("{'color':'blue','ranking':1}", json!({"color": "blue", "ranking": 1})),
            (r#"{"color":"it's blue"}"#, json!({"color": "it's blue"})),
            (r#"{'color':'it\'s "blue"'}"#, json!({"color": "it's \"blue\""})),
            (r"{'a':'\n\\','b':null}", json!({"a": "\n\\", "b": null})),
            ("{}", json!({})),
        ] {
            let read = attributes(cell).unwrap_or_else(|error| panic!("{cell}: {error}"));
            assert_eq!(serde_json::to_value(read).expect("json"), expected, "{cell}");
        }
        for cell in ["color,size", "['color']", "{'color':'blue'", "{'color':'bl\\", "'color'"] {
            assert!(attributes(cell).is_err(), "{cell}");
        }
    }
}

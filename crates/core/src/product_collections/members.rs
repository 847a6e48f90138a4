//! Which collections the lines of an order belong to, for the rules of promotions.

use std::{collections::HashMap, sync::Arc};

use guerdon_engine::{cart::Line, facts};
use guerdon_model::{filter::Moment, metadata::Metadata, product::Product, product_collection::inherited, sku::Sku};
use serde_json::{Map, Value};

use super::definitions::{Candidate, Collections, product_document, sku_document};

/// Answers for any line, also one that a promotion has added.
///
/// A filter sees what the line says about its product or SKU (name, price, metadata, …), and of whatever the
/// line does not say, what the catalogue has.
pub struct Members<'a> {
    collections: &'a Collections,
    moment: Moment,
    products: HashMap<&'a str, &'a Product>,
    skus: HashMap<&'a str, &'a Sku>,
}

impl<'a> Members<'a> {
    /// Of these collections; with what the catalogue has about the order's products and SKUs.
    pub fn new(
        collections: &'a Collections,
        moment: Moment,
        products: &'a [Arc<Product>],
        skus: &'a [Arc<Sku>],
    ) -> Self {
        let products = products.iter().map(|product| (product.id.as_str(), product.as_ref())).collect();
        let skus = skus.iter().map(|sku| (sku.id.as_str(), sku.as_ref())).collect();
        Self { collections, moment, products, skus }
    }

    /// What filters see of a line.
    fn document(&self, line: &Line) -> Value {
        let known_product = line.product.as_deref().and_then(|product| self.products.get(product.id.as_deref()?));
        let known_sku = line.sku.as_deref().and_then(|sku| self.skus.get(sku.id.as_deref()?));
        let mut document = match (known_sku, known_product, &line.sku) {
            (Some(sku), Some(product), _) => sku_document(sku, product),
            (None, Some(product), None) => product_document(product),
            _ => Value::Object(Map::new()),
        };
        let mut say = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                document[key] = value;
            }
        };
        let text = |text: &Option<Arc<str>>| text.as_deref().map(Value::from);
        let none = Metadata::default();
        let of_product = line.product.as_deref();
        match line.sku.as_deref() {
            Some(sku) => {
                say("object", Some("sku".into()));
                say("id", text(&sku.id));
                say("source_id", text(&sku.source_id).or_else(|| text(&line.source_id)));
                say("product_id", of_product.and_then(|product| text(&product.id)));
                say("name", text(&sku.sku));
                say("price", sku.price.map(Value::from));
                let metadata = inherited(of_product.map_or(&none, |product| &product.metadata), &sku.metadata);
                say("metadata", Some(Value::Object(metadata.into())));
            }
            None => {
                say("object", Some("product".into()));
                say("id", of_product.and_then(|product| text(&product.id)));
                let source_id = of_product.and_then(|product| text(&product.source_id));
                say("source_id", source_id.or_else(|| text(&line.source_id)));
                say("name", of_product.and_then(|product| text(&product.name)));
                say("price", of_product.and_then(|product| product.price).map(Value::from));
                say("metadata", of_product.map(|product| Value::Object(product.metadata.clone().into())));
            }
        }
        document
    }

    fn candidate<'d>(line: &'d Line, document: &'d Value) -> Candidate<'d> {
        Candidate {
            product_id: line.product.as_deref().and_then(|product| product.id.as_deref()),
            sku_id: line.sku.as_deref().and_then(|sku| sku.id.as_deref()),
            document,
        }
    }
}

impl facts::Collections for Members<'_> {
    fn contains(&self, collection: &str, line: &Line) -> bool {
        self.collections.get(collection).is_some_and(|definition| {
            // What is named is found without a document.
            let document = if definition.items().is_some() { Value::Null } else { self.document(line) };
            definition.contains(&Self::candidate(line, &document), &self.moment)
        })
    }

    fn all(&self, line: &Line) -> Option<Box<dyn Iterator<Item = &str> + '_>> {
        let document = self.document(line);
        let candidate = Self::candidate(line, &document);
        let all = self.collections.all().iter();
        let found = all.filter(|definition| definition.contains(&candidate, &self.moment));
        let ids: Vec<&str> = found.map(|definition| definition.collection.id.as_str()).collect();
        Some(Box::new(ids.into_iter()))
    }
}

#[cfg(test)]
mod tests {
    use guerdon_engine::{cart, facts::Collections as _};
    use guerdon_model::{
        Timestamp,
        product_collection::{CollectionItem, CollectionObject, ProductCollection},
    };
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(0);

    fn metadata(json: Value) -> Metadata {
        serde_json::from_value(json).expect("an object")
    }

    fn collections() -> Collections {
        let item = |id: &str, object| CollectionItem { id: id.into(), product_id: None, object };
        let named = vec![item("prod_1", CollectionObject::Product), item("sku_9", CollectionObject::Sku)];
        let matching = |id: &str, filter| ProductCollection::of_matches(id.into(), id, filter, NOW);
        Collections::of(vec![
            ProductCollection::of_items("pc_named".into(), "Named", named, NOW),
            matching("pc_cheap", json!({"junction": "and", "price": {"$less_than": [1000]}})),
            matching("pc_red", json!({"junction": "and", "metadata.color": {"$is": "red"}})),
            matching("pc_skus", json!({"junction": "and", "object": {"$is": "sku"}})),
            matching("pc_pictured", json!({"junction": "and", "image_url": {"$has_value": ""}})),
        ])
        .expect("filters")
    }

    /// The collections of a line, by what is behind `pc_`, in alphabetical order.
    fn of(line: &Line, products: &[Arc<Product>], skus: &[Arc<Sku>]) -> String {
        let collections = collections();
        let members = Members::new(&collections, Moment { now: NOW, zone: TimeZone::UTC }, products, skus);
        let mut all: Vec<&str> = members.all(line).expect("they are at hand").collect();
        all.sort_unstable();
        for definition in collections.all() {
            let id = definition.collection.id.as_str();
            assert_eq!(members.contains(id, line), all.contains(&id), "{id}");
        }
        all.iter().map(|id| &id[3..]).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_line_belongs_to_the_collections_of_its_sku_or_else_of_its_product() {
        let product = |id: &str, price, color: &str| {
            let metadata = metadata(json!({"color": color}));
            Some(Arc::new(cart::Product { id: Some(id.into()), price, metadata, ..cart::Product::default() }))
        };
        let sku = |id: &str, price, own: Value| {
            Some(Arc::new(cart::Sku { id: Some(id.into()), price, metadata: metadata(own), ..cart::Sku::default() }))
        };
        let plain = |product| Line { product, ..Line::default() };
        for (line, expected) in [
            (plain(product("prod_1", Some(1_100), "red")), "named red"),
            (plain(product("prod_2", Some(900), "blue")), "cheap"),
            (plain(None), ""),
            // A variant inherits metadata but not the price.
            (
                Line { sku: sku("sku_1", Some(500), json!({})), ..plain(product("prod_1", Some(1_100), "red")) },
                "cheap named red skus",
            ),
            (
                Line {
                    sku: sku("sku_2", None, json!({"color": "blue"})),
                    ..plain(product("prod_2", Some(900), "red"))
                },
                "skus",
            ),
            (Line { sku: sku("sku_9", Some(1_500), json!({})), ..plain(None) }, "named skus"),
        ] {
            assert_eq!(of(&line, &[], &[]), expected, "{line:?}");
        }
    }

    #[test]
    fn what_a_line_does_not_say_the_catalogue_does() {
        let mut shirt = Product::new("prod_7".into(), None, NOW);
        (shirt.image_url, shirt.price) = (Some("https://a.example/b.png".into()), Some(500));
        let said = cart::Product { id: Some("prod_7".into()), price: Some(2_000), ..cart::Product::default() };
        let line = Line { product: Some(said.into()), ..Line::default() };
        assert_eq!(of(&line, &[shirt.into()], &[]), "pictured");
    }
}

//! Updates of many products in one request; see `docs/products.md`.

use guerdon_model::product::{Product, ProductInput};
use guerdon_store::Key;

use crate::{
    jobs::bulk::{BulkInput, Common},
    products,
    tx::{Result, Tx},
};

impl BulkInput for ProductInput {
    type Document = Product;

    fn common(&mut self) -> Common<'_> {
        Common { id: &mut self.id, source_id: &mut self.source_id, metadata: &mut self.metadata }
    }

    fn keys(source_id: &str) -> Vec<Key> {
        products::upsert_keys::<Product>(None, Some(source_id))
    }

    fn insert(&self, tx: &mut Tx) -> Result<()> {
        products::insert(tx, self).map(drop)
    }

    fn patch(&self, tx: &mut Tx, found: &Product) -> Result<()> {
        products::patch(tx, found, self).map(drop)
    }
}

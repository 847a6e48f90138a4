//! Updates of many customers in one request; see `docs/customers.md`.

use guerdon_model::customer::{Customer, CustomerInput};
use guerdon_store::Key;

use crate::{
    customers::{self, store},
    jobs::bulk::{BulkInput, Common},
    tx::{Result, Tx},
};

impl BulkInput for CustomerInput {
    type Document = Customer;

    fn common(&mut self) -> Common<'_> {
        Common { id: &mut self.id, source_id: &mut self.source_id, metadata: &mut self.metadata }
    }

    fn keys(source_id: &str) -> Vec<Key> {
        vec![customers::source_id_key(source_id)]
    }

    fn insert(&self, tx: &mut Tx) -> Result<()> {
        customers::insert(tx, self, store::tell_nobody).map(drop)
    }

    fn patch(&self, tx: &mut Tx, found: &Customer) -> Result<()> {
        customers::patch(tx, found, self, store::tell_nobody).map(drop)
    }
}

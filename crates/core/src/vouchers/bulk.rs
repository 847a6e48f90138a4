//! Updates of the metadata of many vouchers in one request; see `docs/vouchers.md`.

use std::sync::Arc;

use guerdon_model::{Error, Patch, metadata::Metadata, metadata_schema::Scope, voucher::Voucher};
use guerdon_store::Key;
use serde::Deserialize;

use super::{RESOURCE, find, import::keys_of_code, keys, store};
use crate::{
    jobs::bulk::{BulkInput, Common},
    tx::{Result, Tx},
};

/// What can be changed of many vouchers at once.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct VoucherMetadata {
    #[serde(skip)]
    id: Patch<String>,
    #[schema(value_type = String)]
    pub code: Patch<String>,
    #[schema(value_type = Metadata)]
    pub metadata: Patch<Metadata>,
}

/// The same metadata for all of them.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub struct VouchersMetadata {
    pub codes: Vec<String>,
    pub metadata: Metadata,
}

impl BulkInput for VoucherMetadata {
    type Document = Voucher;
    const SOURCE_ID: &'static str = "code";

    fn common(&mut self) -> Common<'_> {
        Common { id: &mut self.id, source_id: &mut self.code, metadata: &mut self.metadata }
    }

    fn keys(code: &str) -> Vec<Key> {
        keys(code).into_iter().chain(keys_of_code(code)).collect()
    }

    fn find(tx: &mut Tx, code: &str) -> Result<Option<Arc<Voucher>>> {
        find(tx, code)
    }

    /// Vouchers are only changed this way.
    fn insert(&self, _: &mut Tx) -> Result<()> {
        Err(Error::not_found(RESOURCE, self.code.as_value().cloned().unwrap_or_default()).into())
    }

    fn patch(&self, tx: &mut Tx, found: &Voucher) -> Result<()> {
        if let Some(sent) = self.metadata.as_value() {
            tx.config().check_metadata(RESOURCE, sent, Scope::SentKeysOnly)?;
        }
        let mut voucher = found.clone();
        voucher.metadata.patch(&self.metadata);
        voucher.updated_at = Some(tx.now());
        store(tx, Some(found), voucher)
    }
}

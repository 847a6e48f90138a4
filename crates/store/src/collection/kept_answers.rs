//! How kept answers are stored.

use guerdon_model::kept_answer::KeptAnswer;

use super::{Collection, ColumnValue};
use crate::Document;

impl Document for KeptAnswer {
    const COLLECTION: Collection = Collection::KeptAnswers;
    fn id(&self) -> &str {
        &self.id
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![self.expires_at.into()]
    }
}

//! Segments and their members, and product collections.

use guerdon_model::{
    product_collection::ProductCollection,
    segment::{Segment, SegmentMember},
};

use super::{Collection, ColumnValue};
use crate::Document;

impl Document for Segment {
    const COLLECTION: Collection = Collection::Segments;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![self.created_at.into()]
    }
}

impl Document for SegmentMember {
    const COLLECTION: Collection = Collection::SegmentMembers;
    fn id(&self) -> &str {
        &self.id
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![self.segment_id.as_str().into(), self.customer_id.as_str().into(), self.created_at.into()]
    }
}

impl Document for ProductCollection {
    const COLLECTION: Collection = Collection::ProductCollections;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![self.created_at.into()]
    }
}

//! `guerdon check`: whether the store still keeps its promises.

use guerdon_core::jobs::Job;
use guerdon_model::{
    api_key::ApiKey,
    customer::{Customer, DeletedCustomer},
    event_schema::EventSchema,
    ids::organization,
    metadata_schema::MetadataSchema,
    project::Project,
    user::User,
    webhook::Webhook,
};
use guerdon_store::{Collection, Document, Query, Record};

use crate::config::Database;

/// How many documents are looked at together.
const PAGE: usize = 20_000;

pub(crate) async fn run(database: &Database) -> anyhow::Result<()> {
    let store = database.open_read_only().await?;
    let mut wrong = store.check().await?;
    let mut documents = 0;
    let projects = Query { project: None, ..Query::all(organization(), Collection::Projects) };
    let projects = store.query(projects).await?.records.into_iter().map(|record| record.project);
    for project in projects.chain([organization()]) {
        for collection in Collection::ALL {
            let mut offset = 0;
            loop {
                let query = Query { offset, limit: PAGE, ..Query::all(project.clone(), collection) };
                let page = store.query(query).await?;
                wrong.extend(page.records.iter().filter_map(|record| defect(collection, record)));
                documents += page.records.len();
                offset += PAGE;
                if !page.has_more {
                    break;
                }
            }
        }
    }
    if wrong.is_empty() {
        println!("All is well: {documents} documents, their indexes and counts.");
        return Ok(());
    }
    for defect in &wrong {
        println!("{defect}");
    }
    anyhow::bail!("{} invariants are broken", wrong.len())
}

fn defect(collection: Collection, record: &Record) -> Option<String> {
    match collection {
        Collection::Customers => of::<Customer>(record),
        Collection::DeletedCustomers => of::<DeletedCustomer>(record),
        Collection::Jobs => of::<Job>(record),
        Collection::Projects => of::<Project>(record),
        Collection::ApiKeys => of::<ApiKey>(record),
        Collection::Webhooks => of::<Webhook>(record),
        Collection::MetadataSchemas => of::<MetadataSchema>(record),
        Collection::EventSchemas => of::<EventSchema>(record),
        Collection::Users => of::<User>(record),
    }
}

/// Every document can be read and lies under its own id.
fn of<D: Document>(record: &Record) -> Option<String> {
    match record.document::<D>() {
        Err(error) => Some(error.0),
        Ok(document) if document.id() != &*record.id => {
            let (table, id) = (D::COLLECTION.spec().table, &record.id);
            Some(format!("{table} {id} of project {}: the document calls itself {}", record.project, document.id()))
        }
        Ok(_) => None,
    }
}

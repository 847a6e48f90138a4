//! `guerdon check`: whether the store still keeps its promises.

use guerdon_store::Portion;

use crate::{config::Database, copy::Dump, documents, ledger::Ledger};

pub(crate) async fn run(database: &Database) -> anyhow::Result<()> {
    let store = database.open_read_only().await?;
    let mut wrong = store.check().await?;
    let mut documents = 0;
    let mut ledger = Ledger::new();
    let mut dump = Dump::of(store);
    while let Some(portion) = dump.next().await? {
        if let Portion::Documents(collection, records) = portion {
            let defects = records.iter().filter_map(|record| documents::columns(collection, record).err());
            wrong.extend(defects.map(|error| error.0));
            ledger.note(collection, &records);
            documents += records.len();
        }
    }
    wrong.extend(ledger.defects());
    if wrong.is_empty() {
        println!("All is well: {documents} documents, their indexes and counts.");
        return Ok(());
    }
    for defect in &wrong {
        println!("{defect}");
    }
    anyhow::bail!("{} invariants are broken", wrong.len())
}

//! CSV imports of customers: what the columns mean, and what becomes of a row.

use guerdon_model::{
    Date, Error, Patch,
    customer::{AddressPatch, Customer, CustomerInput},
    error::{Path, Rule},
    metadata_schema::{MetadataSchema, Scope},
};
use guerdon_store::{Collection, Key};
use serde::{Deserialize, Serialize};

use crate::{
    customers::{
        RESOURCE, source_id_key,
        store::{store, tell_nobody},
    },
    jobs::{
        Work,
        import::{Cells, ImportWork, Sheet},
    },
    tx::{Result, Tx},
};

/// A column of a file of customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerColumn {
    Id,
    SourceId,
    Name,
    Email,
    Phone,
    Birthdate,
    Birthday,
    Description,
    City,
    State,
    Line1,
    Line2,
    Country,
    PostalCode,
}

use CustomerColumn::*;

impl Sheet for CustomerColumn {
    const NOUN: &'static str = "customer";
    const COLUMNS: &'static [(&'static str, Self)] = &[
        ("id", Id),
        ("source_id", SourceId),
        ("name", Name),
        ("email", Email),
        ("phone", Phone),
        ("birthdate", Birthdate),
        ("birthday", Birthday),
        ("description", Description),
        ("address_city", City),
        ("city", City),
        ("address_state", State),
        ("state", State),
        ("address_line_1", Line1),
        ("address_line_2", Line2),
        ("address_country", Country),
        ("country", Country),
        ("address_postal_code", PostalCode),
        ("postal_code", PostalCode),
    ];
    const SOURCE_ID: Self = SourceId;

    fn keys(row: Cells<Self>) -> Vec<Key> {
        let by_id = row.get(Id).map(|id| Key::id(Collection::Customers, id));
        by_id.or_else(|| row.get(SourceId).map(source_id_key)).into_iter().collect()
    }

    fn store(tx: &mut Tx, row: Cells<Self>) -> Result<()> {
        let input = input(row, tx.config().metadata_schemas().get(RESOURCE))?;
        input.check()?;
        let now = tx.now();
        let sent = input.metadata.as_value().cloned().unwrap_or_default();
        let (before, customer) = match (&input.id, &input.source_id) {
            // By id, a row is an update: what has no column stays.
            (Patch::Value(id), _) => {
                let found = tx.get::<Customer>(id)?.ok_or_else(|| Error::not_found(RESOURCE, id.as_str()))?;
                tx.config().check_metadata(RESOURCE, &sent, Scope::SentKeysOnly)?;
                let mut customer = found.as_ref().clone();
                input.apply_to(&mut customer);
                customer.updated_at = Some(now);
                (Some(found), customer)
            }
            // By `source_id`, a row is the whole profile: what has no cell is unset.
            (_, source_id) => {
                let found = match source_id {
                    Patch::Value(source_id) => tx.find::<Customer>("source_id", source_id)?,
                    _ => None,
                };
                tx.config().check_metadata(RESOURCE, &sent, Scope::Whole)?;
                let id = found.as_ref().map_or_else(|| tx.new_id(), |found| found.id.clone());
                let mut customer = Customer::new(id, source_id.as_value().cloned(), now);
                if let Some(found) = &found {
                    customer.summary = found.summary.clone();
                    customer.loyalty = found.loyalty.clone();
                    customer.referrals = found.referrals.clone();
                    customer.system_metadata = found.system_metadata.clone();
                    customer.internal = found.internal.clone();
                    customer.created_at = found.created_at;
                    customer.updated_at = Some(now);
                }
                input.apply_to(&mut customer);
                (found, customer)
            }
        };
        store(tx, before.as_deref(), customer, tell_nobody).map(drop)
    }

    fn work(work: &mut Work) -> Option<&mut ImportWork<Self>> {
        match work {
            Work::CustomersImport(work) => Some(work),
            _ => None,
        }
    }
}

/// The row as a body: an empty cell unsets, a column that is not there says nothing.
fn input(row: Cells<CustomerColumn>, schema: Option<&MetadataSchema>) -> std::result::Result<CustomerInput, Error> {
    let mut input = CustomerInput { metadata: row.metadata(schema).into(), ..CustomerInput::default() };
    let mut address = AddressPatch::default();
    for (column, cell) in row.known() {
        let text = || if cell.is_empty() { Patch::Null } else { Patch::Value(cell.to_owned()) };
        match column {
            Id if cell.is_empty() => {}
            Id => input.id = text(),
            SourceId if cell.is_empty() => {}
            SourceId => input.source_id = text(),
            Name => input.name = text(),
            Email => input.email = text(),
            Phone => input.phone = text(),
            Description => input.description = text(),
            Birthdate => input.birthdate = date("birthdate", cell)?,
            Birthday => input.birthday = date("birthday", cell)?,
            // An empty cell leaves the key out, as if the address had been sent without it.
            _ if cell.is_empty() => {}
            City => address.city = text(),
            State => address.state = text(),
            Line1 => address.line_1 = text(),
            Line2 => address.line_2 = text(),
            Country => address.country = text(),
            PostalCode => address.postal_code = text(),
        }
    }
    if address != AddressPatch::default() {
        input.address = Patch::Value(address);
    }
    Ok(input)
}

fn date(key: &str, cell: &str) -> std::result::Result<Patch<Date>, Error> {
    if cell.is_empty() {
        return Ok(Patch::Null);
    }
    let refused = || Error::invalid_payload(Path::of(key), Rule::Other(guerdon_model::time::NOT_ISO_8601.into()));
    Date::parse(cell).map(Patch::Value).ok_or_else(refused)
}

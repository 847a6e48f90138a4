//! The made-up shop that is measured with: its keys, and as many customers as are asked for.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

/// The project that every measured server has.
pub(crate) const PROJECT: &str = "proj_bench";
pub(crate) const SERVER_KEY: (&str, &str) = ("bench-app-id", "bench-app-token");
pub(crate) const CLIENT_KEY: (&str, &str) = ("bench-client-id", "bench-client-token");
pub(crate) const MANAGEMENT_KEY: (&str, &str) = ("bench-management-id", "bench-management-token");

const CITIES: [(&str, &str); 8] = [
    ("Hamburg", "DE"),
    ("Berlin", "DE"),
    ("Gdynia", "PL"),
    ("Warszawa", "PL"),
    ("Bristol", "GB"),
    ("Leeds", "GB"),
    ("Nantes", "FR"),
    ("Lyon", "FR"),
];

/// The `source_id` of a customer by number.
pub(crate) fn source_id(number: u64) -> String {
    // Shops number their customers in some order, but change them in another: neighbours in time are
    // no neighbours in the index.
    format!("shop-{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// The e-mail address of a customer by number.
pub(crate) fn email(number: u64) -> String {
    format!("customer.{number}@example.com")
}

/// The body of a customer by number.
pub(crate) fn body(number: u64) -> String {
    let (city, country) = city(number);
    format!(
        r#"{{"source_id":"{}","name":"Customer Number {number}","email":"{}","phone":"+49 40 {number:07}","address":{{"city":"{city}","line_1":"Harbour Street {}","country":"{country}","postal_code":"{:05}"}},"metadata":{{"newsletter":{},"favourite_roast":"medium","visits":{}}}}}"#,
        source_id(number),
        email(number),
        number % 120,
        number % 99_999,
        number.is_multiple_of(2),
        number % 14,
    )
}

/// Writes a file of that many customers; returns its size in bytes.
pub(crate) fn write_csv(path: &Path, rows: u64) -> anyhow::Result<u64> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let header = "Source_id,Name,Email,Phone,Address_City,Address_Line_1,Address_Country,Address_Postal_Code,\
                  newsletter,favourite_roast,visits";
    writeln!(file, "{header}")?;
    for number in 0..rows {
        let (city, country) = city(number);
        writeln!(
            file,
            "{},Customer Number {number},{},+49 40 {number:07},{city},Harbour Street {},{country},{:05},{},medium,{}",
            source_id(number),
            email(number),
            number % 120,
            number % 99_999,
            number.is_multiple_of(2),
            number % 14,
        )?;
    }
    file.flush()?;
    Ok(std::fs::metadata(path)?.len())
}

fn city(number: u64) -> (&'static str, &'static str) {
    CITIES[(number % CITIES.len() as u64) as usize]
}

//! What is written into files: lines of CSV.

use guerdon_model::ids::ExportId;
use serde_json::Value;

use super::resource::{Resource, label};

/// The blob that a file is.
pub(crate) fn blob(id: &ExportId) -> String {
    format!("export:{id}")
}

/// The first line.
pub(crate) fn header(columns: &[String]) -> Vec<u8> {
    let mut lines = Lines::new(columns);
    lines.write(columns.iter().map(|column| label(column)));
    lines.finish()
}

/// Writes lines of one file.
pub(crate) struct Lines<'a> {
    columns: &'a [String],
    writer: csv::Writer<Vec<u8>>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(columns: &'a [String]) -> Self {
        Self { columns, writer: csv::Writer::from_writer(Vec::new()) }
    }

    /// One more row; returns where it ends.
    pub(crate) fn add(&mut self, resource: &Resource, view: &Value) -> usize {
        let columns = self.columns;
        self.write(columns.iter().map(|column| cell(resource.value(view, column))))
    }

    fn write(&mut self, cells: impl Iterator<Item = String>) -> usize {
        let cells: Vec<String> = cells.map(harmless).collect();
        self.writer.write_record(cells).and_then(|()| Ok(self.writer.flush()?)).expect("memory takes all rows");
        self.writer.get_ref().len()
    }

    /// All lines.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.writer.into_inner().expect("every row was flushed")
    }
}

/// A value as it is written. Lists are separated by commas.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.iter().all(|item| !item.is_array() && !item.is_object()) => {
            items.iter().map(|item| cell(Some(item))).collect::<Vec<_>>().join(",")
        }
        Some(value) => value.to_string(),
    }
}

/// What begins like a formula gets an apostrophe in front, so that no spreadsheet carries it out. Numbers,
/// also those of telephones, stay as they are.
fn harmless(text: String) -> String {
    let is_number = || text[1..].chars().all(|char| char.is_ascii_digit() || " .,()/-".contains(char));
    let is_formula = match text.chars().next() {
        Some('=' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => true,
        Some('+' | '-') => !is_number(),
        _ => false,
    };
    if is_formula { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_harmless_and_numbers_stay() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("-12.50", "-12.50"),
            ("+48 (600) 000-000", "+48 (600) 000-000"),
            ("＝1", "'＝1"),
            ("Ada = Lovelace", "Ada = Lovelace"),
            ("-", "-"),
            ("", ""),
        ] {
            assert_eq!(harmless(text.to_owned()), expected);
        }
    }
}

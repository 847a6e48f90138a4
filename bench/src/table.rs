//! The table of figures.

use std::time::Duration;

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Figure {
    /// The store that was measured.
    pub(crate) store: &'static str,
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// What bounds the value, measured in the same run.
    pub(crate) reference: Option<f64>,
    pub(crate) aim: Option<Aim>,
}

/// What a figure or its ratio to the reference should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    AtLeast(f64),
    LessThan(f64),
    RatioAtLeast(f64),
    RatioAtMost(f64),
}

impl Figure {
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { store: "", name: name.into(), value, unit, reference: None, aim: None }
    }

    /// A duration in milliseconds.
    pub(crate) fn time(name: impl Into<String>, time: Duration) -> Self {
        Self::new(name, time.as_secs_f64() * 1_000.0, "ms")
    }

    pub(crate) fn against(mut self, reference: f64) -> Self {
        self.reference = Some(reference);
        self
    }

    pub(crate) fn aim(mut self, aim: Aim) -> Self {
        self.aim = Some(aim);
        self
    }

    fn ratio(&self) -> Option<f64> {
        self.reference.map(|reference| self.value / reference)
    }

    fn is_met(&self) -> bool {
        let ratio = self.ratio().unwrap_or(f64::NAN);
        match self.aim {
            None => true,
            Some(Aim::AtLeast(least)) => self.value >= least,
            Some(Aim::LessThan(most)) => self.value < most,
            Some(Aim::RatioAtLeast(least)) => ratio >= least,
            Some(Aim::RatioAtMost(most)) => ratio <= most,
        }
    }

    fn cells(&self) -> [String; 7] {
        let aim = match self.aim {
            None => String::new(),
            Some(Aim::AtLeast(least)) => format!(">= {}", number(least)),
            Some(Aim::LessThan(most)) => format!("< {}", number(most)),
            Some(Aim::RatioAtLeast(least)) => format!("ratio >= {least}"),
            Some(Aim::RatioAtMost(most)) => format!("ratio <= {most}"),
        };
        let missed = if self.is_met() { "" } else { "  MISSED" };
        [
            self.store.to_owned(),
            self.name.clone(),
            number(self.value),
            self.unit.to_owned(),
            self.reference.map(number).unwrap_or_default(),
            self.ratio().map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            format!("{aim}{missed}"),
        ]
    }
}

/// Prints the figures in Markdown.
pub(crate) fn print(figures: &[Figure]) {
    let head = ["store", "name", "figure", "unit", "reference", "ratio", "aim"].map(str::to_owned);
    let rows: Vec<[String; 7]> = std::iter::once(head).chain(figures.iter().map(Figure::cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    // Numbers to the right, words to the left.
    let line = |row: &[String; 7]| {
        let [a, b, c, d, e, f, g] = widths;
        println!(
            "| {:<a$} | {:<b$} | {:>c$} | {:<d$} | {:>e$} | {:>f$} | {:<g$} |",
            row[0], row[1], row[2], row[3], row[4], row[5], row[6]
        );
    };
    line(&rows[0]);
    let [a, b, c, d, e, f, g] = widths.map(|width| "-".repeat(width));
    println!("| {a} | {b} | {c} | {d} | {e} | {f} | {g} |");
    rows[1..].iter().for_each(line);
}

/// A number with as many digits as mean something.
fn number(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

//! Spans of numbers, and which of many contain one: of moments as of amounts.

/// From one number to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    from: i64,
    to: i64,
}

impl Default for Span {
    fn default() -> Self {
        Self::EVERYTHING
    }
}

impl Span {
    pub(super) const EVERYTHING: Span = Span { from: i64::MIN, to: i64::MAX };

    /// Without a bound where there is none.
    pub(super) fn new(from: Option<i64>, to: Option<i64>) -> Self {
        Self { from: from.unwrap_or(i64::MIN), to: to.unwrap_or(i64::MAX) }
    }

    /// What lies in both.
    pub(super) fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    pub(super) fn is_empty(self) -> bool {
        self.to < self.from
    }

    pub(super) fn contains(self, number: i64) -> bool {
        self.from <= number && number <= self.to
    }

    /// One of its bounds: the lower one, if it has two.
    pub(super) fn bound(self) -> Option<i64> {
        [self.from, self.to].into_iter().find(|bound| ![i64::MIN, i64::MAX].contains(bound))
    }
}

/// What lies on spans, arranged so that a look-up passes over most of what it does not find.
///
/// The spans are sorted by where they begin, and read as a binary tree: the middle one is the root,
/// what is before and behind it are its branches. Each knows how far the spans of its branch reach.
#[derive(Debug, Default)]
pub(super) struct Spans(Box<[Entry]>);

#[derive(Debug)]
struct Entry {
    span: Span,
    /// Where the last of the branch ends.
    reach: i64,
    place: u32,
}

impl Spans {
    pub(super) fn new(places: impl IntoIterator<Item = (Span, u32)>) -> Self {
        let entries = places.into_iter().map(|(span, place)| Entry { span, reach: span.to, place });
        let mut entries: Box<[Entry]> = entries.collect();
        entries.sort_unstable_by_key(|entry| (entry.span.from, entry.place));
        set_reach(&mut entries);
        Self(entries)
    }

    /// Adds whatever lies on spans that contain the number.
    pub(super) fn find(&self, number: i64, found: &mut Vec<u32>) {
        find(&self.0, number, found);
    }
}

fn set_reach(branch: &mut [Entry]) -> i64 {
    let (before, rest) = branch.split_at_mut(branch.len() / 2);
    let Some((root, behind)) = rest.split_first_mut() else { return i64::MIN };
    root.reach = root.span.to.max(set_reach(before)).max(set_reach(behind));
    root.reach
}

fn find(branch: &[Entry], number: i64, found: &mut Vec<u32>) {
    let (before, rest) = branch.split_at(branch.len() / 2);
    let Some((root, behind)) = rest.split_first() else { return };
    if root.reach < number {
        return;
    }
    find(before, number, found);
    if root.span.from <= number {
        found.extend(root.span.contains(number).then_some(root.place));
        find(behind, number, found);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_look_up_finds_exactly_what_contains_the_number(
            bounds in prop::collection::vec((prop::option::of(-20i64..20), prop::option::of(-20i64..20)), 0..60),
            number in prop_oneof![-25i64..25, Just(i64::MIN), Just(i64::MAX)],
        ) {
            let spans: Vec<Span> = bounds.iter().map(|(from, to)| Span::new(*from, *to)).collect();
            let mut found = Vec::new();
            Spans::new(spans.iter().copied().zip(0u32..)).find(number, &mut found);
            found.sort_unstable();
            let expected = spans.iter().zip(0u32..).filter(|(span, _)| span.contains(number)).map(|(_, place)| place);
            prop_assert_eq!(found, expected.collect::<Vec<_>>());
        }
    }
}

//! How a rule compares: the closed list of operators.

macro_rules! operators {
    ($($variant:ident $name:literal [$($alias:literal)*] $meaning:literal)*) => {
        /// What a condition asks of a value. `docs/validation-rules.md` explains every operator.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum RuleOperator {
            $(#[doc = concat!("`", $name, "`: ", $meaning, ".")] $variant,)*
        }

        impl RuleOperator {
            /// Every operator, in the documented order.
            pub const ALL: &'static [RuleOperator] = &[$(RuleOperator::$variant),*];

            /// The operator as it is usually written, with its `$`.
            pub const fn name(self) -> &'static str {
                match self { $(RuleOperator::$variant => $name,)* }
            }

            /// Its other spellings.
            pub const fn aliases(self) -> &'static [&'static str] {
                match self { $(RuleOperator::$variant => &[$($alias),*],)* }
            }

            /// What it asks for, as the end of a sentence that begins with the value.
            pub const fn meaning(self) -> &'static str {
                match self { $(RuleOperator::$variant => $meaning,)* }
            }
        }
    };
}

operators! {
    Is "$is" [] "equals the operand; of a list, one item does"
    IsNot "$is_not" [] "does not equal the operand; of a list, no item does"
    In "$in" [] "equals one of the operands; of a list, one item does"
    NotIn "$not_in" [] "equals none of the operands; of a list, no item does"
    LessThan "$less_than" [] "is less or earlier"
    LessThanOrEqual "$less_than_or_equal" ["$less_than_equal"] "is not more or later"
    MoreThan "$more_than" [] "is more or later"
    MoreThanOrEqual "$more_than_or_equal" ["$more_than_equal" "$greater_than_or_equal"] "is not less or earlier"
    StartsWith "$starts_with" [] "begins with one of the texts"
    EndsWith "$ends_with" [] "ends with one of the texts"
    Contains "$contains" [] "contains one of the texts; a list contains one of the items"
    Count "$count" [] "is a list of so many items"
    CountMore "$count_more" [] "is a list of more items"
    CountLess "$count_less" [] "is a list of fewer items"
    NotDiffer "$not_differ" [] "has the same items as the operands, in any order"
    NotIntersect "$not_intersect" [] "has no item in common with the operands"
    From "$from" [] "the matched item is also in one of these collections"
    After "$after" [] "is later than the date"
    Before "$before" [] "is earlier than the date"
    MoreThanAgo "$more_than_ago" [] "was more than so many days ago"
    LessThanAgo "$less_than_ago" [] "was less than so many days ago, today included"
    IsDaysAgo "$is_days_ago" [] "was so many days ago"
    MoreThanFuture "$more_than_future" [] "is more than so many days ahead"
    LessThanFuture "$less_than_future" [] "is less than so many days ahead, today included"
    IsDaysInFuture "$is_days_in_future" [] "is so many days ahead"
    Timeframe "$timeframe" [] "lies in a recurring window, `start;interval;duration`"
    TimeframeAbsolute "$timeframe_absolute" [] "lies between two moments, `from;to`"
    TimeframeDailyHours "$timeframe_daily_hours" [] "lies within hours of some weekdays, `HH:mm;HH:mm;days`"
    DayOfWeek "$dow" [] "falls on one of the weekdays, 0 is Sunday"
    HasValue "$has_value" [] "is neither missing nor null"
    IsUnknown "$is_unknown" [] "is missing or null"
}

impl RuleOperator {
    /// The operator of that name (`$` included, case matters), other spellings included.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operator| operator.name() == name || operator.aliases().contains(&name))
    }
}

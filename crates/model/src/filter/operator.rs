//! The closed list of operators, in the order in which error messages print it.

macro_rules! operators {
    ($($variant:ident $name:literal $meaning:literal)*) => {
        /// What a predicate asks of a field. `docs/filters.md` explains every operator.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operator {
            $(#[doc = concat!("`", $name, "`: ", $meaning, ".")] $variant,)*
        }

        impl Operator {
            /// Every operator, in the documented order.
            pub const ALL: &'static [Operator] = &[$(Operator::$variant),*];

            /// The operator as it is written in a filter, with its `$`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Operator::$variant => $name,)*
                }
            }
        }
    };
}

operators! {
    In "$in" "equals any of the values"
    NotIn "$not_in" "equals none of the values"
    InLocation "$in_location" "lies in any of the locations"
    NotInLocation "$not_in_location" "lies in none of the locations"
    Is "$is" "equals the value"
    IsDaysAgo "$is_days_ago" "was exactly so many days ago"
    IsDaysInFuture "$is_days_in_future" "will be in exactly so many days"
    IsNot "$is_not" "doesn't equal the value"
    HasValue "$has_value" "is neither missing nor null"
    IsUnknown "$is_unknown" "is missing or null"
    Contains "$contains" "contains the text"
    NotContain "$not_contain" "doesn't contain the text"
    StartsWith "$starts_with" "starts with the text"
    EndsWith "$ends_with" "ends with the text"
    MoreThan "$more_than" "is a number above the value, or a date more than so many days ago"
    LessThan "$less_than" "is a number below the value, or a date less than so many days ago"
    MoreThanAgo "$more_than_ago" "was more than so many days ago"
    LessThanAgo "$less_than_ago" "was less than so many days ago"
    MoreThanFuture "$more_than_future" "is more than so many days ahead"
    LessThanFuture "$less_than_future" "is less than so many days ahead"
    MoreThanEqual "$more_than_equal" "is a number not below the value, or a date at least so many days ago"
    LessThanEqual "$less_than_equal" "is a number not above the value, or a date at most so many days ago"
    After "$after" "is later than the date"
    Before "$before" "is earlier than the date"
    Count "$count" "is a list of exactly so many items"
    CountLess "$count_less" "is a list of fewer items"
    CountMore "$count_more" "is a list of more items"
    Today "$today" "falls on today"
    Tomorrow "$tomorrow" "falls on tomorrow"
    Yesterday "$yesterday" "falls on yesterday"
    ThisWeek "$this_week" "falls in this week"
    LastWeek "$last_week" "falls in the week before this one"
    NextWeek "$next_week" "falls in the week after this one"
    ThisMonth "$this_month" "falls in this month"
    LastMonth "$last_month" "falls in the month before this one"
    NextMonth "$next_month" "falls in the month after this one"
    ThisYear "$this_year" "falls in this year"
    NextYear "$next_year" "falls in the year after this one"
    LastYear "$last_year" "falls in the year before this one"
    IsDayOfMonth "$is_day_of_month" "falls on that day of a month, 1 to 31"
    IsDay "$is_day" "falls on that day of the week, 0 is Sunday"
    IsMonth "$is_month" "falls in that month, 1 is January"
    IsYear "$is_year" "falls in that year"
    TodayMd "$today_md" "has its anniversary today"
    TomorrowMd "$tomorrow_md" "has its anniversary tomorrow"
    YesterdayMd "$yesterday_md" "had its anniversary yesterday"
    ThisWeekMd "$this_week_md" "has its anniversary in this week"
    LastWeekMd "$last_week_md" "had its anniversary in the week before this one"
    NextWeekMd "$next_week_md" "has its anniversary in the week after this one"
    ThisMonthMd "$this_month_md" "has its anniversary in this month"
    LastMonthMd "$last_month_md" "had its anniversary in the month before this one"
    NextMonthMd "$next_month_md" "has its anniversary in the month after this one"
    IsDaysAgoMd "$is_days_ago_md" "had its last anniversary exactly so many days ago"
    IsMoreDaysAgoMd "$is_more_days_ago_md" "had its last anniversary more than so many days ago"
    IsLessDaysAgoMd "$is_less_days_ago_md" "had its last anniversary less than so many days ago"
    IsDaysInFutureMd "$is_days_in_future_md" "has its next anniversary in exactly so many days"
    IsMoreDaysInFutureMd "$is_more_days_in_future_md" "has its next anniversary in more than so many days"
    IsLessDaysInFutureMd "$is_less_days_in_future_md" "has its next anniversary in less than so many days"
    IsYearsAgo "$is_years_ago" "has its anniversary today, so many years after the date"
    Active "$active" "is in that state; what it means is the resource's to say, as for the rest of this list"
    Failed "$failed" "is in that state"
    InProgress "$in_progress" "is in that state"
    Expired "$expired" "is in that state"
    BeforeStart "$before_start" "is in that state"
    Enabled "$enabled" "is in that state"
    Disabled "$disabled" "is in that state"
    Redeemed "$redeemed" "is in that state"
    Redeemable "$redeemable" "is in that state"
}

impl Operator {
    /// The operator of that name (`$` included, case matters).
    pub fn parse(name: &str) -> Option<Self> {
        // One of them has always been known without it, too.
        let name = if name == "before_start" { Operator::BeforeStart.name() } else { name };
        Self::ALL.iter().copied().find(|operator| operator.name() == name)
    }
}

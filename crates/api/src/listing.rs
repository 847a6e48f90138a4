//! Query parameters that listings share.

use guerdon_core::customers::listing::Between;
use guerdon_model::{
    Error, Timestamp,
    error::{Path, Rule},
    filter::{Filter, FilterError},
    time::NOT_ISO_8601,
};

use crate::call::Call;

/// The published default of `limit`.
const DEFAULT_LIMIT: usize = 10;
/// The published maximum of `limit`.
const MAX_LIMIT: i64 = 100;
/// The published maximum of `size`.
const MAX_SIZE: i64 = 100;
/// The last page of lists that don't say otherwise.
pub(crate) const MAX_PAGE: u64 = 1_000;
/// The orders that lists of older endpoints accept. Only those by time mean something everywhere.
pub(crate) const GENERIC_ORDERS: [&str; 12] = [
    "created_at",
    "-created_at",
    "updated_at",
    "-updated_at",
    "type",
    "-type",
    "code",
    "-code",
    "campaign",
    "-campaign",
    "category",
    "-category",
];

impl Call {
    /// `limit`: 1 to 100, by default 10.
    pub(crate) fn limit(&self) -> Result<usize, Error> {
        Ok(self.number("limit", MAX_LIMIT)?.map_or(DEFAULT_LIMIT, |limit| limit as usize))
    }

    /// `limit`: 1 to so many, or none.
    pub(crate) fn limit_of(&self, max: usize) -> Result<Option<usize>, Error> {
        let limit = self.number("limit", i64::try_from(max).unwrap_or(i64::MAX))?;
        Ok(limit.map(|limit| limit as usize))
    }

    /// `page`: from 1 to what the listing offers.
    pub(crate) fn page(&self, max: u64) -> Result<usize, Error> {
        match self.number("page", i64::MAX)? {
            Some(page) if page as u64 > max => Err(Error::PageOverLimit { max }),
            page => Ok(page.map_or(1, |page| page as usize)),
        }
    }

    /// A number from 1 on, or none.
    pub(crate) fn positive(&self, name: &str) -> Result<Option<i64>, Error> {
        self.number(name, i64::MAX)
    }

    /// `size`: 1 to 100.
    pub(crate) fn size(&self) -> Result<Option<usize>, Error> {
        Ok(self.number("size", MAX_SIZE)?.map(|size| size as usize))
    }

    fn number(&self, name: &str, max: i64) -> Result<Option<i64>, Error> {
        let refuse = |rule| Err(Error::invalid_query(Path::of(name), rule));
        let Some(text) = self.query_param(name) else { return Ok(None) };
        match text.parse::<i64>() {
            Err(_) => refuse(Rule::Type("number".into())),
            Ok(number) if number < 1 => refuse(Rule::AtLeast(1)),
            Ok(number) if number > max => refuse(Rule::AtMost(max)),
            Ok(number) => Ok(Some(number)),
        }
    }

    /// `true` or `false`; false if it is not there.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Error> {
        match self.query_param(name) {
            None | Some("" | "false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Error::invalid_query(Path::of(name), Rule::Type("boolean".into()))),
        }
    }

    /// A list of texts, as `name=a&name=b`, `name[]=a` or `name[0]=a`; none if there is no such parameter.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let is_meant = |key: &str| match key.strip_prefix(name) {
            Some("") => true,
            Some(index) => index.starts_with('[') && index.ends_with(']'),
            None => false,
        };
        let texts: Vec<String> =
            self.query.iter().filter(|(key, _)| is_meant(key)).map(|(_, text)| text.clone()).collect();
        (!texts.is_empty()).then_some(texts)
    }

    /// A date or time.
    pub(crate) fn time(&self, name: &str) -> Result<Option<Timestamp>, Error> {
        self.query_param(name).map(|text| time(Path::of(name), text)).transpose()
    }

    /// `order`: one of `allowed`, or none.
    pub(crate) fn order(&self, allowed: &[&str]) -> Result<Option<&str>, Error> {
        match self.query_param("order") {
            Some(order) if !allowed.contains(&order) => {
                let names = allowed.iter().map(|name| (*name).to_owned()).collect();
                Err(Error::invalid_query(Path::of("order"), Rule::OneOf(names)))
            }
            order => Ok(order),
        }
    }

    /// `field[after]` and `field[before]`, or `[field][after]` and so on.
    pub(crate) fn between(&self, field: &str) -> Result<Between, Error> {
        let bound = |bound: &str| {
            let names = [format!("{field}[{bound}]"), format!("[{field}][{bound}]")];
            let text = names.iter().find_map(|name| self.query_param(name));
            text.map(|text| time(Path::of(field).key(bound), text)).transpose()
        };
        Ok(Between { after: bound("after")?, before: bound("before")? })
    }

    /// `filters[…]`.
    pub(crate) fn filter(&self) -> Result<Option<Filter>, Error> {
        let pairs = self.query.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        Filter::from_query(pairs).map_err(|error: FilterError| {
            Error::invalid_query(Path::of("filters"), Rule::Sentence(error.details(".filters")))
        })
    }
}

fn time(path: Path, text: &str) -> Result<Timestamp, Error> {
    Timestamp::parse(text).ok_or_else(|| Error::invalid_query(path, Rule::Other(NOT_ISO_8601.into())))
}

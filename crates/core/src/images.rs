//! The ids of images of codes. `docs/vouchers.md` has the page for users.
//!
//! Nobody can guess an id, though it is not stored anywhere: it is the beginning of the voucher's id and a mark of
//! its project, 122 bits in all, put through a permutation that only the secret of the installation opens. The
//! result has the form of a random UUID. Whoever holds an id can load the image, as with any link that carries a
//! token.

use std::{collections::HashMap, sync::Arc};

use guerdon_model::{
    Error, Timestamp,
    ids::{PrefixedId, ProjectId, VoucherId, organization},
    project::Project,
    voucher::{Voucher, VoucherAsset, VoucherAssets},
};
use guerdon_store::{Collection, Condition, Query};
use hmac::{Hmac, Mac};
use parking_lot::Mutex;
use sha2::Sha256;
use uuid::Uuid;

use crate::{
    failure::{damaged, unavailable},
    ids::ALPHANUMERIC,
    secrets::SecretKey,
    service::Guerdon,
};

/// So many characters of a voucher's id follow from one half of an image's id.
const DIGITS: usize = 8;
/// The bits that they take.
const DIGITS_BITS: u32 = 48;
/// The bits of a project's mark; with those of both halves, 122.
const MARK_BITS: u32 = 26;
/// The bits of half of what is permuted.
const HALF: u32 = 61;
const HALF_MASK: u64 = (1 << HALF) - 1;
/// How often the halves are mixed. From four on, nobody can tell the result from chance.
const ROUNDS: u8 = 6;
/// The longest code that is shown as a barcode; a longer one would be as wide as a screen.
const MAX_BARCODE: usize = 80;
/// How long it takes until another node's new project is looked for, in milliseconds.
const LOOK: i64 = 1_000;

/// The kinds of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Image {
    Qr,
    /// Code 128.
    Barcode,
}

/// Makes ids of images and reads them.
#[derive(Clone)]
pub struct ImageIds {
    qr: Hmac<Sha256>,
    barcode: Hmac<Sha256>,
    marks: Hmac<Sha256>,
}

/// What an id of an image says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Meaning {
    mark: u32,
    /// The beginning of the voucher's id.
    voucher: String,
}

impl ImageIds {
    /// With the keys that follow from an installation's secret.
    pub fn of(secret: &SecretKey) -> Self {
        let keyed = |purpose: &str| {
            let key = secret.token_for(purpose);
            <Hmac<Sha256> as Mac>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length")
        };
        Self { qr: keyed("images:qr"), barcode: keyed("images:barcode"), marks: keyed("images:projects") }
    }

    fn mark(&self, project: &ProjectId) -> u32 {
        (first_bytes(self.marks.clone().chain_update(project.as_str())) & ((1 << MARK_BITS) - 1)) as u32
    }

    /// The id of the image of a voucher's code; none if the voucher's id is not one of ours.
    fn id(&self, image: Image, mark: u32, voucher: &VoucherId) -> Option<String> {
        let suffix = voucher.as_str().strip_prefix(VoucherId::PREFIX)?;
        let time = number(suffix.get(..DIGITS)?)?;
        let random = number(suffix.get(DIGITS..2 * DIGITS)?)?;
        let plain = (u128::from(mark) << (2 * DIGITS_BITS)) | (u128::from(time) << DIGITS_BITS) | u128::from(random);
        Some(Uuid::from_u128(as_uuid(self.permuted(image, plain))).to_string())
    }

    fn read(&self, image: Image, id: &str) -> Option<Meaning> {
        let uuid = Uuid::try_parse(id).ok().filter(|uuid| uuid.to_string() == id)?;
        let plain = self.restored(image, of_uuid(uuid.as_u128())?);
        let digits_mask = (1u128 << DIGITS_BITS) - 1;
        let (time, random) = ((plain >> DIGITS_BITS) & digits_mask, plain & digits_mask);
        let voucher = format!("{}{}{}", VoucherId::PREFIX, digits(time as u64)?, digits(random as u64)?);
        Some(Meaning { mark: (plain >> (2 * DIGITS_BITS)) as u32, voucher })
    }

    /// A Feistel network: whatever the rounds come to, it can be walked back.
    fn permuted(&self, image: Image, plain: u128) -> u128 {
        let (mut left, mut right) = ((plain >> HALF) as u64, plain as u64 & HALF_MASK);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ self.round(image, round, right));
        }
        (u128::from(left) << HALF) | u128::from(right)
    }

    fn restored(&self, image: Image, permuted: u128) -> u128 {
        let (mut left, mut right) = ((permuted >> HALF) as u64, permuted as u64 & HALF_MASK);
        for round in (0..ROUNDS).rev() {
            (left, right) = (right ^ self.round(image, round, left), left);
        }
        (u128::from(left) << HALF) | u128::from(right)
    }

    fn round(&self, image: Image, round: u8, half: u64) -> u64 {
        let key = match image {
            Image::Qr => &self.qr,
            Image::Barcode => &self.barcode,
        };
        first_bytes(key.clone().chain_update([round]).chain_update(half.to_be_bytes())) & HALF_MASK
    }
}

fn first_bytes(mac: Hmac<Sha256>) -> u64 {
    let bytes = mac.finalize().into_bytes();
    bytes.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

/// 122 bits around those that say version 4 and the usual variant.
fn as_uuid(bits: u128) -> u128 {
    let (high, middle, low) = (bits >> 74, (bits >> 62) & 0xfff, bits & ((1 << 62) - 1));
    (high << 80) | (4 << 76) | (middle << 64) | (0b10 << 62) | low
}

fn of_uuid(uuid: u128) -> Option<u128> {
    let is_ours = (uuid >> 76) & 0xf == 4 && (uuid >> 62) & 0b11 == 0b10;
    is_ours.then_some(((uuid >> 80) << 74) | (((uuid >> 64) & 0xfff) << 62) | (uuid & ((1 << 62) - 1)))
}

/// Characters of an id as a number; eight of them are less than 48 bits.
fn number(text: &str) -> Option<u64> {
    let digit = |byte: u8| ALPHANUMERIC.iter().position(|known| *known == byte);
    text.bytes().try_fold(0, |number, byte| Some(number * 62 + digit(byte)? as u64))
}

fn digits(mut number: u64) -> Option<String> {
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHANUMERIC[(number % 62) as usize];
        number /= 62;
    }
    (number == 0).then(|| digits.iter().copied().map(char::from).collect())
}

/// Where the images of one project's codes are.
#[derive(Debug, Clone)]
pub struct ImageLinks {
    ids: Arc<ImageIds>,
    mark: u32,
    public_url: Arc<str>,
}

impl std::fmt::Debug for ImageIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ImageIds")
    }
}

impl ImageLinks {
    /// Those of a project of the installation that clients reach under this address.
    pub fn of(ids: &Arc<ImageIds>, public_url: &Arc<str>, project: &ProjectId) -> Self {
        Self { ids: ids.clone(), mark: ids.mark(project), public_url: public_url.clone() }
    }

    /// Where the images of a voucher's code are; there is no barcode of a code that none can hold.
    pub fn to(&self, voucher: &Voucher) -> VoucherAssets {
        let asset = |image: Image, name: &str| {
            let id = self.ids.id(image, self.mark, &voucher.id)?;
            let url = format!("{}/api/v1/assets/{name}/{id}", self.public_url);
            Some(VoucherAsset { id, url })
        };
        VoucherAssets {
            qr: asset(Image::Qr, "qr"),
            barcode: asset(Image::Barcode, "barcode").filter(|_| fits_barcode(&voucher.code)),
        }
    }
}

/// Whether a code can be shown as a barcode.
pub fn fits_barcode(code: &str) -> bool {
    code.len() <= MAX_BARCODE && code.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The projects by their marks, as they were when they were looked up last.
#[derive(Default)]
pub(crate) struct KnownMarks(Mutex<LookedUp>);

#[derive(Default)]
struct LookedUp {
    at: Option<Timestamp>,
    projects: HashMap<u32, Vec<ProjectId>>,
}

/// The code whose image has this id; none if there is no such image. It does not matter why.
///
/// # Errors
/// `StoreUnavailable`.
pub async fn code_of(guerdon: &Guerdon, image: Image, id: &str) -> Result<Option<String>, Error> {
    let Some(meaning) = guerdon.image_ids.read(image, id) else { return Ok(None) };
    for project in projects_with(guerdon, meaning.mark).await? {
        if let Some(voucher) = voucher_of(guerdon, &project, &meaning.voucher).await? {
            let is_shown = image == Image::Qr || fits_barcode(&voucher.code);
            return Ok(Some(voucher.code).filter(|_| is_shown));
        }
    }
    Ok(None)
}

async fn projects_with(guerdon: &Guerdon, mark: u32) -> Result<Vec<ProjectId>, Error> {
    let now = guerdon.clock.now();
    {
        let known = guerdon.known_marks.0.lock();
        let is_fresh = known.at.is_some_and(|looked| now.millis_since(looked) < LOOK);
        if let Some(projects) = known.projects.get(&mark) {
            return Ok(projects.clone());
        }
        if is_fresh {
            return Ok(Vec::new());
        }
    }
    let query = Query { project: None, ..Query::all(organization(), Collection::Projects) };
    let mut projects: HashMap<u32, Vec<ProjectId>> = HashMap::new();
    for record in guerdon.store.query(query).await.map_err(unavailable)?.records {
        let project: Project = record.document().map_err(damaged)?;
        projects.entry(guerdon.image_ids.mark(&project.id)).or_default().push(project.id);
    }
    let found = projects.get(&mark).cloned().unwrap_or_default();
    *guerdon.known_marks.0.lock() = LookedUp { at: Some(now), projects };
    Ok(found)
}

/// The only voucher whose id begins so, if it can be seen. Of two, which one was meant can't be told.
async fn voucher_of(guerdon: &Guerdon, project: &ProjectId, beginning: &str) -> Result<Option<Voucher>, Error> {
    let is_binned = Collection::Vouchers.column("is_binned").expect("the collection's table has this column");
    let query = Query {
        conditions: vec![(is_binned, Condition::Equals(false.into()))],
        from_id: Some(beginning.into()),
        // The first character behind all that an id may have.
        below_id: Some(format!("{beginning}{{").into()),
        limit: 2,
        ..Query::all(project.clone(), Collection::Vouchers)
    };
    let found = guerdon.store.query(query).await.map_err(unavailable)?.records;
    let [record] = found.as_slice() else { return Ok(None) };
    let voucher: Voucher = record.document().map_err(damaged)?;
    let config = guerdon.snapshots.latest(project).await?;
    let can_be_seen = voucher.campaign_id.as_ref().is_none_or(|id| config.campaign_with_id(id).is_some());
    Ok(Some(voucher).filter(|_| can_be_seen))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids() -> ImageIds {
        ImageIds::of(&SecretKey::parse("a secret of some length").expect("a key"))
    }

    #[test]
    fn an_id_looks_like_a_random_uuid_and_is_another_one_for_each_image_and_secret() {
        let voucher = VoucherId::from("v_0VJDZaDoNqrtTbD3xgU0Ci4Gzdpxr08d");
        let (qr, barcode) = (ids().id(Image::Qr, 7, &voucher), ids().id(Image::Barcode, 7, &voucher));
        let other = ImageIds::of(&SecretKey::parse("another secret, as long").expect("a key"));
        assert_ne!(qr, barcode);
        assert_ne!(qr, ids().id(Image::Qr, 8, &voucher));
        assert_ne!(qr, other.id(Image::Qr, 7, &voucher));
        let qr = qr.expect("an id");
        assert_eq!(Uuid::try_parse(&qr).map(|uuid| uuid.get_version_num()), Ok(4));
        assert_eq!(qr, qr.to_lowercase());
        assert_ne!(other.read(Image::Qr, &qr).map(|meaning| meaning.mark), Some(7));
        for foreign in ["v_short", "v_0VJDZaDo-qrtTbD3xgU0Ci4Gzdpxr08d", "p_0VJDZaDoNqrtTbD3xgU0Ci4Gzdpxr08d"] {
            assert_eq!(ids().id(Image::Qr, 7, &foreign.into()), None);
        }
        for bad in ["", "x", &qr.to_uppercase(), &format!("{{{qr}}}"), "00000000-0000-1000-8000-000000000000"] {
            assert_eq!(ids().read(Image::Qr, bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_goes_into_an_id_comes_out_of_it(suffix in "[0-9A-Za-z]{32}", mark in 0u32..1 << MARK_BITS) {
            let voucher = format!("v_{suffix}");
            for image in [Image::Qr, Image::Barcode] {
                let id = ids().id(image, mark, &voucher.as_str().into()).expect("an id");
                let meaning = Meaning { mark, voucher: voucher[..18].to_owned() };
                prop_assert_eq!(ids().read(image, &id), Some(meaning));
            }
        }

        #[test]
        fn bits_fit_around_those_that_every_uuid_has(bits in 0u128..1 << 122) {
            prop_assert_eq!(of_uuid(as_uuid(bits)), Some(bits));
        }
    }
}

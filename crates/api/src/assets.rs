//! `/api/v1/assets`: images of codes, for anybody who has their address.

mod drawing;

use axum::http::{HeaderValue, StatusCode, header};
use guerdon_core::images::{self, Image};
use guerdon_model::{
    Error,
    error::{Path, Rule},
};

use crate::{
    call::Call,
    respond::{Answer, bytes_with},
};
use drawing::Drawing;

/// In pixels, unless another one is asked for.
const DEFAULT_SIZE: usize = 10;
/// What belongs to an address never changes but by the end of the voucher.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=86400");

pub(crate) async fn qr(call: Call) -> Answer {
    image(call, Image::Qr).await
}

pub(crate) async fn barcode(call: Call) -> Answer {
    image(call, Image::Barcode).await
}

async fn image(call: Call, image: Image) -> Answer {
    let size = call.size()?.unwrap_or(DEFAULT_SIZE);
    let is_svg = match call.query_param("format") {
        None | Some("" | "png") => false,
        Some("svg") => true,
        Some(_) => {
            let rule = Rule::OneOf(vec!["png".into(), "svg".into()]);
            return Err(Error::invalid_query(Path::of("format"), rule).into());
        }
    };
    let id = call.param("assetId");
    let code = images::code_of(&call.app.guerdon, image, id).await?;
    let drawing = code.and_then(|code| match image {
        Image::Qr => Drawing::qr(&code),
        Image::Barcode => Drawing::barcode(&code),
    });
    let drawing = drawing.ok_or_else(|| Error::not_found("asset", id))?;
    let (content_type, bytes) = match is_svg {
        true => ("image/svg+xml", drawing.svg(size).into_bytes()),
        false => ("image/png", drawing.png(size)),
    };
    let mut response = bytes_with(StatusCode::OK, content_type, bytes.into());
    response.headers_mut().insert(header::CACHE_CONTROL, CACHED);
    Ok(response)
}

//! What every request goes through, in this order: route, method, media types, size, credentials,
//! permission, rate limit, body, handler. `docs/requests.md` tells clients the same.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Instant,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, RawPathParams, Request, rejection::RawPathParamsRejection},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
    routing::{any, get},
};
use bytes::Bytes;
use futures_util::FutureExt;
use guerdon_core::{Context, context::Caller, service::Authenticated};
use guerdon_model::{
    Error,
    api_key::{ApiKey, KeyKind},
    error::Dialect,
    event::{Channel, EventApiKey, EventSource},
    ids::{ProjectId, RequestId, organization},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use parking_lot::Mutex;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};
use tracing::Instrument;

use crate::{
    app::App,
    auth,
    call::Call,
    docs_page,
    idempotency::{self, Turn},
    openapi, operations,
    rate_limit::{Allowance, KeyLimit},
    respond::{Refusal, json_with},
    routes::{self, BodyKind, Route, Surface},
};

/// The whole API.
pub fn router(app: Arc<App>) -> Router {
    router_of(app, routes::table())
}

/// An API of these routes.
pub fn router_of(app: Arc<App>, table: Vec<Route>) -> Router {
    let mut paths: BTreeMap<&'static str, Vec<Arc<Route>>> = BTreeMap::new();
    for route in table {
        paths.entry(route.path).or_default().push(Arc::new(route));
    }
    let mut router = Router::new();
    for (path, routes) in paths {
        let (app, routes): (_, Arc<[Arc<Route>]>) = (app.clone(), routes.into());
        let answer =
            any(move |params: PathParams, request: Request| serve(app.clone(), routes.clone(), params, request));
        // Clients that put a path together may leave the last part empty.
        router = router.route(&format!("{path}/"), answer.clone()).route(path, answer);
    }
    let documents = Router::new()
        .route("/openapi.json", get(openapi::serve))
        .route("/docs", get(docs_page::serve))
        .route("/llms.txt", get(docs_page::serve_for_machines))
        .route("/", get(docs_page::redirect_here));
    let probes = Router::new()
        .route("/healthz", get(operations::alive))
        .route("/readyz", get(operations::ready))
        .route("/metrics", get(operations::metrics))
        .with_state(app.clone());
    router.merge(documents).merge(probes).fallback(move |request: Request| unknown(app.clone(), request)).layer(cors())
}

/// Browsers may call from anywhere, without cookies: what counts are the keys.
fn cors() -> CorsLayer {
    let exposed = [
        "x-rate-limit-limit",
        "x-rate-limit-remaining",
        "x-rate-limit-retry",
        "retry-after",
        "x-request-id",
        "idempotent-replayed",
    ];
    CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_methods(AllowMethods::list([Method::GET, Method::POST, Method::PUT, Method::DELETE]))
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(exposed.map(HeaderName::from_static))
}

async fn unknown(app: Arc<App>, request: Request) -> Response {
    let now = app.guerdon.clock.now();
    let request_id: RequestId = app.guerdon.ids.next(now);
    tracing::debug!(%request_id, path = request.uri().path(), "unknown route");
    let refusal = Refusal::framework(StatusCode::NOT_FOUND).into_response(Dialect::Should, &request_id);
    with_common_headers(refusal, KeyLimit::unlimited(now), &request_id)
}

/// What every answer carries.
fn with_common_headers(mut response: Response, allowance: Allowance, request_id: &RequestId) -> Response {
    let headers = response.headers_mut();
    allowance.write(headers);
    if let Ok(id) = HeaderValue::from_str(request_id.as_str()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

/// The parameters of a path, unless they are no UTF-8.
type PathParams = Result<RawPathParams, RawPathParamsRejection>;

/// Answers a request to one of our paths.
async fn serve(app: Arc<App>, routes: Arc<[Arc<Route>]>, params: PathParams, request: Request) -> Response {
    let started = Instant::now();
    let now = app.guerdon.clock.now();
    let request_id: RequestId = app.guerdon.ids.next(now);
    let (parts, body) = request.into_parts();
    let wanted = if parts.method == Method::HEAD { Method::GET } else { parts.method.clone() };
    let query = parts.uri.query().unwrap_or_default();
    let has = |name: &str| url::form_urlencoded::parse(query.as_bytes()).any(|(key, _)| key == name);
    let fits = |route: &&Arc<Route>| route.method == wanted && route.only_with.is_none_or(has);
    let Some(route) = routes.iter().find(fits) else {
        let refusal = method_not_allowed(&parts.method, &routes);
        return with_common_headers(refusal, KeyLimit::unlimited(now), &request_id);
    };
    let span = tracing::info_span!(
        "request",
        %request_id,
        method = %parts.method,
        route = route.path,
        channel = text(&parts.headers, "x-voucherify-channel"),
    );
    let mut allowance = KeyLimit::unlimited(now);
    let handled = handle(&app, route, &params, parts, body, &request_id, &mut allowance);
    let outcome = AssertUnwindSafe(handled).catch_unwind().instrument(span.clone()).await;
    let outcome = outcome.unwrap_or_else(|_| {
        span.in_scope(|| tracing::error!("a handler panicked"));
        Err(Error::Internal.into())
    });
    let response = outcome.unwrap_or_else(|refusal| refusal.into_response(route.dialect, &request_id));
    let response = with_common_headers(response, allowance, &request_id);
    let elapsed = started.elapsed();
    operations::record(route, response.status(), elapsed);
    span.in_scope(|| {
        tracing::debug!(status = response.status().as_u16(), micros = elapsed.as_micros() as u64, "answered");
    });
    response
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

async fn handle(
    app: &Arc<App>,
    route: &Route,
    params: &PathParams,
    parts: Parts,
    body: Body,
    request_id: &RequestId,
    allowance: &mut Allowance,
) -> Result<Response, Refusal> {
    let limit = app.settings.body_limit;
    check_media_types(route, &parts.headers)?;
    if route.body == BodyKind::Json && content_length(&parts.headers).is_some_and(|length| length > limit as u64) {
        return Err(Refusal::too_large(limit as u64));
    }
    let params = params.as_ref().map_err(|_| Refusal::framework(StatusCode::BAD_REQUEST))?;
    let params: Vec<(String, String)> = params.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let context = identify(app, route, &params, &parts, request_id, allowance).await?;
    let query = parts.uri.query().unwrap_or_default();
    let mut call = Call {
        app: app.clone(),
        request_id: request_id.clone(),
        context,
        params,
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: parts.headers,
        body: Bytes::new(),
        stream: Mutex::new(Body::empty()),
    };
    match route.body {
        BodyKind::None => {}
        BodyKind::Json => call.body = read_body(body, limit).await?,
        BodyKind::File => *call.stream.get_mut() = body,
    }
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let _held = match idempotency::turn(&mut call, route, target).await? {
        Turn::Now(held) => held,
        Turn::Before(response) => return Ok(response),
    };
    (route.handler)(call).await
}

/// Who calls, checked against what the route asks for.
async fn identify(
    app: &App,
    route: &Route,
    params: &[(String, String)],
    parts: &Parts,
    request_id: &RequestId,
    allowance: &mut Allowance,
) -> Result<Context, Error> {
    let kind = match route.surface {
        Surface::Server => KeyKind::Server,
        Surface::Client => KeyKind::Client,
        Surface::Management => KeyKind::Management,
        Surface::Open => return Ok(Context::request(organization(), request_id, EventSource::internal())),
    };
    let authenticated = auth::authenticate(&app.guerdon, kind, &parts.headers).await?;
    let key = &authenticated.key;
    if route.permission.is_some_and(|permission| !key.role.allows(permission)) {
        return Err(Error::MissingPermission);
    }
    let now = app.guerdon.clock.now();
    let (counted, verdict) = app.key_limit.count(&key.app_id, now);
    *allowance = counted;
    verdict?;
    if kind == KeyKind::Client {
        app.client_limit.count(address(parts), now)?;
    }
    let project = match route.surface {
        Surface::Management => {
            let named = params.iter().find(|(name, _)| name == "projectId").map(|(_, id)| ProjectId::from(id.as_str()));
            named.unwrap_or_else(organization)
        }
        _ => authenticated.project.clone(),
    };
    let context = Context::request(project, request_id, source(kind, key));
    let Authenticated { project, key } = authenticated;
    Ok(context.called_by(Caller { project, key, permission: route.permission }))
}

fn source(kind: KeyKind, key: &ApiKey) -> EventSource {
    let channel = if kind == KeyKind::Client { Channel::ClientApi } else { Channel::Api };
    let api_key = EventApiKey { name: key.name.clone(), app_id: key.app_id.clone() };
    EventSource { channel, user: None, api_key: Some(api_key) }
}

/// Where the request comes from; the unspecified address where the server was not told.
fn address(parts: &Parts) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip())
}

/// A body has to be JSON (which goes without saying), and the client has to take JSON.
fn check_media_types(route: &Route, headers: &HeaderMap) -> Result<(), Refusal> {
    let media_type = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if route.body == BodyKind::Json
        && let Some(sent) = media_type(header::CONTENT_TYPE)
    {
        let essence = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if essence != "application/json" && !essence.ends_with("+json") {
            return Err(Refusal::framework(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
    }
    if let Some(accepted) = media_type(header::ACCEPT)
        && !matches!(route.answer, routes::AnswerKind::Csv | routes::AnswerKind::Image)
    {
        let takes_json = accepted.split(',').any(|range| {
            let essence = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            matches!(essence.as_str(), "*/*" | "application/*" | "application/json" | "") || essence.ends_with("+json")
        });
        if !takes_json {
            return Err(Refusal::framework(StatusCode::NOT_ACCEPTABLE));
        }
    }
    Ok(())
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    text(headers, header::CONTENT_LENGTH.as_str())?.parse().ok()
}

async fn read_body(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::too_large(limit as u64)),
        // The client broke off: whatever is answered, nobody reads it.
        Err(_) => Err(Refusal::framework(StatusCode::BAD_REQUEST)),
    }
}

fn method_not_allowed(method: &Method, routes: &[Arc<Route>]) -> Response {
    let mut offered: Vec<&str> = routes.iter().map(|route| route.method.as_str()).collect();
    // Routes of one method follow one another.
    offered.dedup();
    let mut response = json_with(
        StatusCode::METHOD_NOT_ALLOWED,
        &serde_json::json!({
            "code": 405,
            "message": "HTTP Method Not Allowed",
            "details": format!("{method} is not supported by this endpoint. Did you mean {}?", offered.join(" or ")),
        }),
    );
    if let Ok(allow) = HeaderValue::from_str(&offered.join(", ")) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

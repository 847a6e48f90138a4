//! What the program does besides serving, from the command line.

mod support;

use reqwest::{Method, StatusCode};
use serde_json::json;
use support::{Installation, MANAGEMENT_KEY, PROJECT, SERVER_KEY, Server};

/// The two halves of a key behind its label.
fn key<'a>(printed: &'a str, label: &str) -> (&'a str, &'a str) {
    let line = printed.lines().find_map(|line| line.trim().strip_prefix(label)).expect("the key is printed");
    let mut halves = line.split_whitespace();
    (halves.next().expect("an id"), halves.next().expect("a token"))
}

/// The word behind a label.
fn value<'a>(printed: &'a str, label: &str) -> &'a str {
    let (_, rest) = printed.split_once(label).expect("the label is printed");
    rest.split_whitespace().next().expect("a value")
}

async fn status_with(server: &Server, key: (&str, &str), path: &str) -> StatusCode {
    server.call_as(key, Method::GET, path, None).await.expect("the server answers").0
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_prints_keys_that_work_and_later_ones_print_none() {
    let installation = Installation::new();
    let server = installation.start(installation.command(&["serve"])).await;
    let printed = server.printed();
    let project = value(&printed, "The project is ").trim_end_matches('.').to_owned();
    let management = key(&printed, "management");
    let server_key = key(&printed, "server-side");
    assert_eq!(status_with(&server, server_key, "/v1/customers").await, StatusCode::OK);
    let path = format!("/management/v1/projects/{project}");
    assert_eq!(status_with(&server, management, &path).await, StatusCode::OK);
    assert_eq!(status_with(&server, server_key, &path).await, StatusCode::UNAUTHORIZED);
    let body = json!({"client_trusted_domains": ["*"]});
    let changed = server.call_as(management, Method::PUT, &path, Some(body)).await.expect("the server answers");
    assert_eq!(changed.0, StatusCode::OK, "{}", changed.1);
    assert!(key(&printed, "client-side").0 != server_key.0);
    server.stop().await;

    let server = installation.start(installation.command(&["serve"])).await;
    assert!(!server.printed().contains("keys"), "{}", server.printed());
    assert_eq!(status_with(&server, server_key, "/v1/customers").await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_were_chosen_are_not_printed() {
    let installation = Installation::new();
    let printed = installation.serve().await.printed();
    assert!(printed.contains("client-side"), "{printed}");
    for secret in [SERVER_KEY.1, MANAGEMENT_KEY.1] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_made_and_revoked_without_a_server() {
    let installation = Installation::new();
    installation.succeed(&["migrate"]);
    let complaint = installation.fail(&["keys", "create"]);
    assert!(complaint.contains("guerdon serve"), "{complaint}");
    let server = installation.serve().await;
    let complaint = installation.fail(&["keys", "create"]);
    assert!(complaint.contains("another process is using"), "{complaint}");
    server.stop().await;

    let listed = installation.succeed(&["keys", "list"]);
    assert!(listed.contains(SERVER_KEY.0) && listed.contains(MANAGEMENT_KEY.0), "{listed}");
    assert!(!listed.contains(SERVER_KEY.1), "secrets are not shown: {listed}");
    let made = installation.succeed(&["keys", "create", "--name", "Till", "--role", "VIEWER"]);
    assert_eq!(value(&made, "project"), PROJECT);
    let till = (value(&made, "\nid "), value(&made, "\nsecret "));
    let made = installation.succeed(&["keys", "create", "--kind", "management", "--name", "Robot"]);
    let robot = (value(&made, "\nid "), value(&made, "\nsecret "));
    installation.fail(&["keys", "create", "--role", "KING"]);
    installation.fail(&["keys", "create", "--project", "proj_unknown"]);

    let server = installation.serve().await;
    assert_eq!(status_with(&server, till, "/v1/customers").await, StatusCode::OK);
    let refused = server.call_as(till, Method::POST, "/v1/customers", Some(json!({}))).await;
    assert!(refused.expect("the server answers").0.is_client_error(), "a viewer must not write");
    let path = format!("/management/v1/projects/{PROJECT}");
    assert_eq!(status_with(&server, robot, &path).await, StatusCode::OK);
    server.stop().await;

    installation.succeed(&["keys", "revoke", till.0]);
    assert!(installation.fail(&["keys", "revoke", "nothing"]).contains("nothing"));
    let listed = installation.succeed(&["keys", "list"]);
    assert!(listed.contains("Robot"), "{listed}");
    let server = installation.serve().await;
    assert_eq!(status_with(&server, till, "/v1/customers").await, StatusCode::UNAUTHORIZED);
    assert_eq!(status_with(&server, SERVER_KEY, "/v1/customers").await, StatusCode::OK);
}

#[test]
fn a_database_can_be_made_and_checked_without_a_server() {
    let installation = Installation::new();
    let complaint = installation.fail(&["check"]);
    assert!(complaint.contains("guerdon.db"), "the file that is missing is named: {complaint}");
    installation.succeed(&["migrate"]);
    installation.succeed(&["migrate"]);
    assert!(installation.succeed(&["check"]).contains("All is well"));
    let complaint = installation.fail(&["check", "--database-url", "mysql://root:s3cret@nowhere/x"]);
    assert!(complaint.contains("sqlite://") && complaint.contains("postgres://"), "{complaint}");
    assert!(!complaint.contains("s3cret"), "{complaint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_serves_its_customers_and_keeps_them() {
    let installation = Installation::new();
    for _ in 0..2 {
        let server = installation.start(installation.command(&["demo"])).await;
        assert!(server.printed().contains("curl"), "{}", server.printed());
        let key = ("demo-app-id", "demo-app-token");
        let (status, customers) =
            server.call_as(key, Method::GET, "/v1/customers?limit=3", None).await.expect("the server answers");
        assert_eq!(status, StatusCode::OK);
        assert_eq!(customers["total"], 240);
        assert_eq!(customers["customers"].as_array().map(Vec::len), Some(3));
        server.stop().await;
    }
}

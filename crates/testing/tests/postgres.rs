//! The tests' PostgreSQL is what it says it is.

use guerdon_testing::postgres::{self, Server};
use tokio_postgres::{Client, NoTls};

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

async fn text(client: &Client, statement: &str) -> String {
    client.query_one(statement, &[]).await.expect("a row").get(0)
}

#[tokio::test]
async fn a_server_that_is_killed_keeps_what_it_acknowledged() {
    let Some(server) = Server::start().await else { return };
    let client = connect(server.url()).await;
    client.batch_execute("CREATE TABLE kept AS SELECT 'acknowledged' AS word").await.expect("a table");
    client.batch_execute("BEGIN; UPDATE kept SET word = 'not committed'").await.expect("half a transaction");
    server.stop_immediately().await;
    assert!(client.batch_execute("COMMIT").await.is_err(), "connections break");
    assert!(tokio_postgres::connect(server.url(), NoTls).await.is_err(), "nobody is there");
    server.start_again().await;
    assert_eq!(text(&connect(server.url()).await, "SELECT word FROM kept").await, "acknowledged");
    server.restart_immediately().await;
    assert_eq!(text(&connect(server.url()).await, "SELECT word FROM kept").await, "acknowledged");

    let folder = server.folder().to_owned();
    assert!(folder.exists());
    drop(server);
    assert!(!folder.exists(), "nothing is left behind");
}

#[tokio::test]
async fn two_schemas_are_on_the_same_server_and_do_not_see_each_others_tables() {
    let Some(first) = postgres::shared().await else { return };
    let second = postgres::shared().await.expect("another one");
    let [first, second] = [connect(first.url()).await, connect(second.url()).await];
    for (client, word) in [(&first, "one"), (&second, "two")] {
        client.batch_execute(&format!("CREATE TABLE words AS SELECT '{word}' AS word")).await.expect("a table");
    }
    assert_eq!(text(&first, "SELECT string_agg(word, ' ') FROM words").await, "one");
    assert_eq!(text(&second, "SELECT string_agg(word, ' ') FROM words").await, "two");
    let started = "SELECT pg_postmaster_start_time()::text";
    assert_eq!(text(&first, started).await, text(&second, started).await);
}

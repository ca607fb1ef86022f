//! The least that could do the work of a create, measured as the server is: a route that waits for one durable insert,
//! two inserts more (what a claim and "about to dial" are), and a datagram to the far end.
//!
//! It shares the server's HTTP stack, database driver and process of its own, so that what it takes is what the machine
//! takes: cores that sleep between requests, wake-ups, the disk. It checks nothing and loses everything.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use sea_orm::DatabaseConnection;
use serde_json::{Value, json};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::measures::floor;

/// What comes after the answer.
const LATER_INSERTS: usize = 2;
/// Numbers that wait for their INVITE; the benchmark has far fewer.
const WAITING: usize = 1_024;

struct Least {
    database: DatabaseConnection,
    row: String,
    created: mpsc::Sender<String>,
}

/// Serves until standard input ends.
pub(super) async fn serve(folder: &Path, far_end: SocketAddr) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let (created, mut waiting) = mpsc::channel(WAITING);
    let least = Arc::new(Least { database: floor::open(folder).await?, row: "x".repeat(floor::ROW), created });
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    let dialer = Arc::clone(&least);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        while let Some(number) = waiting.recv().await {
            for _ in 0..LATER_INSERTS {
                floor::insert(&dialer.database, &dialer.row).await?;
            }
            socket.send_to(invite(&number).as_bytes(), far_end).await?;
        }
        anyhow::Ok(())
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/v1/calls", post(create)).with_state(least);
    tasks.spawn(async move { Ok(axum::serve(listener, router).await?) });
    super::node::say(&format!("listening on http://{address}"))?;
    super::node::until_input_ends().await
}

async fn create(State(least): State<Arc<Least>>, Json(body): Json<Value>) -> (StatusCode, Json<Value>) {
    let number = body["to"].as_str().unwrap_or_default().to_owned();
    let kept = floor::insert(&least.database, &least.row).await.is_ok();
    if kept && least.created.send(number).await.is_ok() {
        (StatusCode::CREATED, Json(json!({ "id": Uuid::now_v7() })))
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, Json(Value::Null))
    }
}

fn invite(number: &str) -> String {
    let id = Uuid::now_v7().simple();
    format!(
        "INVITE sip:{number}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK{id}\r\n\
         From: <sip:floor@127.0.0.1>;tag={id}\r\nTo: <sip:{number}@127.0.0.1>\r\nCall-ID: {id}\r\nCSeq: 1 INVITE\r\n\
         Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
}

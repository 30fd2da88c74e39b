//! Visitors who never finish their request are shown out, and an honest one does not notice them.

#![allow(clippy::panic, reason = "a test that cannot go on must stop")]

use std::time::{Duration, Instant};

use crate::doors::server;
use axum::routing::get;
use throughline_web::server::{Limits, serve, surrounded};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

/// Reads to the end; gives what came.
async fn to_the_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut out = Vec::new();
    // A connection that was reset has ended as well.
    let _ = stream.read_to_end(&mut out).await;
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_slow_visitors_are_shown_out_and_an_honest_one_is_answered() {
    let server = server().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = Limits {
        header: Duration::from_secs(1),
        body: Duration::from_secs(1),
        ..Limits::default()
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let web = server.web.clone();
    let running = tokio::spawn(async move {
        serve(listener, web, limits, async {
            let _ = stopped.await;
        })
        .await
    });
    let mut slow = tokio::task::JoinSet::new();
    let start = Instant::now();
    for n in 0..50 {
        slow.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let begun: &[u8] = match n % 6 {
                0 => b"GET / HT",
                // Nothing at all, and what could still become HTTP/2.
                1 => b"",
                2 => b"P",
                3 => b"PRI * HT",
                4 => b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
                _ => b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nemail=",
            };
            stream.write_all(begun).await.unwrap();
            to_the_end(&mut stream).await;
        });
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut honest = TcpStream::connect(address).await.unwrap();
    honest
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let answer = to_the_end(&mut honest).await;
    assert!(
        answer.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    tokio::time::timeout(Duration::from_secs(10), slow.join_all())
        .await
        .expect("every slow connection was closed");
    assert!(
        start.elapsed() >= Duration::from_millis(900),
        "not before their time"
    );
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    server.world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_nothing_or_one_letter_is_shown_out_in_time() {
    let server = server().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = Limits {
        header: Duration::from_secs(1),
        ..Limits::default()
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let web = server.web.clone();
    let running = tokio::spawn(async move {
        serve(listener, web, limits, async {
            let _ = stopped.await;
        })
        .await
    });
    let starts: [&'static [u8]; 5] = [
        b"",
        b"P",
        b"PRI * HT",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r",
        b"\r\n",
    ];
    let mut slow = tokio::task::JoinSet::new();
    for begun in starts {
        slow.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(begun).await.unwrap();
            let closed = to_the_end(&mut stream);
            let closed = tokio::time::timeout(Duration::from_secs(5), closed).await;
            (String::from_utf8_lossy(begun).into_owned(), closed.is_ok())
        });
    }
    for (begun, closed) in slow.join_all().await {
        assert!(closed, "{begun:?} was still let wait");
    }
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    server.world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stop_is_heard_while_silent_visitors_hold_every_place() {
    let server = server().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // The places stay taken: their time is far longer than the test's.
    let limits = Limits {
        header: Duration::from_mins(10),
        connections: 3,
        ..Limits::default()
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let web = server.web.clone();
    let running = tokio::spawn(async move {
        serve(listener, web, limits, async {
            let _ = stopped.await;
        })
        .await
    });
    let mut silent = Vec::new();
    for n in 0..5 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if n == 0 {
            stream.write_all(b"P").await.unwrap();
        }
        silent.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut honest = TcpStream::connect(address).await.unwrap();
    honest
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let answer = tokio::time::timeout(Duration::from_millis(300), to_the_end(&mut honest)).await;
    assert!(answer.is_err(), "there was a place after all");
    stop.send(()).unwrap();
    // Ten seconds are for those who have begun.
    tokio::time::timeout(Duration::from_secs(12), running)
        .await
        .expect("the server stops")
        .unwrap()
        .unwrap();
    drop(silent);
    server.world.finish().await;
}

/// The header of the answer to one GET with these headers, as sent.
async fn header_of(address: std::net::SocketAddr, path: &str, more: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\nConnection: close\r\n{more}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = to_the_end(&mut stream).await;
    let text = String::from_utf8_lossy(&answer).into_owned();
    text.split("\r\n\r\n").next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_another_site_asked_for_is_not_compressed() {
    let server = server().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let web = server.web.clone();
    let running = tokio::spawn(async move {
        serve(listener, web, Limits::default(), async {
            let _ = stopped.await;
        })
        .await
    });
    // A page that there is, and one that there is not: the same, so that it tells nothing.
    for path in ["/sign-in", "/no-such-page"] {
        for (headers, compressed) in [
            ("Cookie: session=x\r\nSec-Fetch-Site: same-origin\r\n", true),
            ("Cookie: session=x\r\nSec-Fetch-Site: none\r\n", true),
            ("Cookie: session=x\r\nSec-Fetch-Site: same-site\r\n", false),
            ("Cookie: session=x\r\nSec-Fetch-Site: cross-site\r\n", false),
            ("Cookie: session=x\r\n", false),
            ("Sec-Fetch-Site: cross-site\r\n", false),
            ("", true),
        ] {
            let answer = header_of(address, path, headers).await;
            assert_eq!(
                answer.contains("content-encoding: br"),
                compressed,
                "{path} with {headers:?}: {answer}"
            );
        }
    }
    let style = throughline_ui::assets::href("app.css");
    let answer = header_of(address, &style, "Sec-Fetch-Site: cross-site\r\n").await;
    assert!(answer.contains("content-encoding: br"), "{answer}");
    let _ = stop.send(());
    running.await.unwrap().unwrap();
}

/// What is answered to a path whose answer takes too long or whose code fails.
async fn answered(path: &str) -> (axum::http::StatusCode, axum::http::HeaderMap, String) {
    let server = server().await;
    let limits = Limits {
        answer: Duration::from_millis(50),
        ..Limits::default()
    };
    let router = throughline_web::shell::router(&server.web)
        .route(
            "/fails",
            get(async || -> &'static str { panic!("a fault of ours") }),
        )
        .route(
            "/waits",
            get(async || std::future::pending::<&'static str>().await),
        )
        .route(
            "/api/v1/waits",
            get(async || std::future::pending::<&'static str>().await),
        );
    let request = axum::extract::Request::get(path).body(axum::body::Body::empty());
    let answer = surrounded(&server.web, router, limits)
        .oneshot(request.unwrap())
        .await
        .unwrap();
    let (parts, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    server.world.finish().await;
    (
        parts.status,
        parts.headers,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

#[tokio::test]
async fn an_answer_that_takes_too_long_or_fails_is_a_page_with_the_emergency_numbers() {
    for (path, status) in [("/waits", 503), ("/fails", 500)] {
        let (found, headers, page) = answered(path).await;
        assert_eq!(found, status, "{path}");
        assert!(
            page.contains("Call 999") && page.contains("Live Fear Free (Wales)"),
            "{page}"
        );
        assert!(!page.contains("99955"), "{page}");
        assert!(!page.contains("a fault of ours"), "{page}");
        assert_eq!(headers["cache-control"], "no-store");
        assert!(headers.contains_key("content-security-policy"));
    }
    let (found, headers, _) = answered("/api/v1/waits").await;
    assert_eq!(found, 503);
    assert_eq!(headers["content-type"], "application/problem+json");
}

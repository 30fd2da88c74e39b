//! Sockets and time-outs. `axum::serve` has no header time-out at all (ASSURANCE 0.5), so hyper is driven here with a timer.
//!
//! HTTP/1 only: browsers speak HTTP/2 only over TLS, which ends at the proxy in front, and the proxies speak HTTP/1 to us. What
//! finds out which of the two is spoken waits for the first bytes without any timer (docs/decisions/0015).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::IntoResponse as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::{CompressionLayer, DefaultPredicate, Predicate as _};
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};

use crate::Web;

/// Time-outs and limits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For the whole header of a request, from when the connection was made or the answer before it was given: also for one who
    /// sends nothing.
    pub header: Duration,
    /// Between two pieces of a body.
    pub body: Duration,
    /// For the whole answer.
    pub answer: Duration,
    /// Connections at once; more wait.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header: Duration::from_secs(5),
            body: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            connections: 4_096,
        }
    }
}

/// Serves until `stop` is done, then lets requests under way finish (10 s at most).
pub async fn serve(
    listener: TcpListener,
    web: Web,
    limits: Limits,
    stop: impl Future<Output = ()> + Send,
) -> std::io::Result<()> {
    let service = service(&web, limits);
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_buf_size(64 * 1024);
    tokio::pin!(stop);
    let mut tidy = tokio::time::interval(Duration::from_mins(1));
    loop {
        // A place first: who finds none waits in the system's queue. Both waits are dropped when the stop comes.
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            () = &mut stop => break,
            _ = tidy.tick() => web.rates().forget(),
            (place, accepted) = next => {
                let Ok(place) = place else { break };
                let Ok((stream, peer)) = accepted else {
                        // Out of file handles: wait for some to close instead of spinning.
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                };
                let service = service.clone();
                let handler = hyper::service::service_fn(move |mut request: Request<Incoming>| {
                    request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
                    service.clone().oneshot(request.map(Body::new))
                });
                let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), handler));
                tokio::spawn(async move {
                    // A connection that ends badly is the other side's affair.
                    let _ = connection.await;
                    drop(place);
                });
            }
        }
    }
    // Nobody is let in any more; without this they would wait until the last of those inside has left.
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(Duration::from_secs(10)) => {}
    }
    Ok(())
}

/// The router with everything that surrounds it.
fn service(web: &Web, limits: Limits) -> Router {
    surrounded(web, crate::shell::router(web), limits)
}

/// A router with what surrounds the service's own. Whatever ends an answer before its page was made, a time-out or a fault of ours,
/// ends with the page that says so, which carries the emergency numbers like every other.
pub fn surrounded(web: &Web, router: Router, limits: Limits) -> Router {
    router
        .layer(TimeoutLayer::with_status_code(
            axum::http::StatusCode::SERVICE_UNAVAILABLE,
            limits.answer,
        ))
        .layer(CatchPanicLayer::custom(failed))
        .layer(axum::middleware::from_fn_with_state(
            web.clone(),
            crate::shell::whole,
        ))
        .layer(RequestBodyTimeoutLayer::new(limits.body))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(compressible)))
}

/// The bare answer after a fault of ours. The layer's own would write the words of the fault to the log, and they can repeat what was
/// worked on.
fn failed(_: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// What the shell said of an answer.
fn compressible(
    _: axum::http::StatusCode,
    _: axum::http::Version,
    _: &axum::http::HeaderMap,
    extensions: &axum::http::Extensions,
) -> bool {
    extensions.get::<crate::shell::NotCompressed>().is_none()
}

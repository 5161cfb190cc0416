//! TLS handshakes that fail for another reason than the certificate.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::fetch_and_init;
use crate::support::torn::Torn;

/// A server that reads the first bytes of each connection, sends these bytes and closes the connection.
struct Server {
    url: String,
    connections: Arc<AtomicUsize>,
}

impl Server {
    fn that_sends(bytes: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self {
            url: format!("https://localhost:{port}"),
            connections: Arc::default(),
        };
        let connections = Arc::clone(&server.connections);
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                connections.fetch_add(1, Ordering::Relaxed);
                // The client may have closed the connection already.
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(bytes);
            }
        });
        server
    }
}

/// Runs `fetch` and `init` against a server that answers the TLS handshake with these bytes.
#[track_caller]
fn is_a_transient_error(answer: &'static [u8]) {
    let torn = Torn::new();
    let server = Server::that_sends(answer);

    for stderr in fetch_and_init(&torn, &server.url, &[], 75) {
        assert!(!stderr.contains("certificate"), "{stderr}");
        assert!(stderr.contains(&server.url), "{stderr}");
    }

    let connections = server.connections.load(Ordering::Relaxed);
    assert!(connections > 2, "neither of the two tried again");
}

#[test]
fn a_server_without_tls_is_a_transient_error() {
    is_a_transient_error(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
}

#[test]
fn a_connection_that_closes_during_the_handshake_is_a_transient_error() {
    is_a_transient_error(b"");
}

#[test]
fn an_alert_of_the_server_during_the_handshake_is_a_transient_error() {
    // Content type 21 is an alert, 3.3 is TLS 1.2, and the level 2 is fatal.
    is_a_transient_error(&[21, 3, 3, 0, 2, 2, 40]); // handshake_failure
    is_a_transient_error(&[21, 3, 3, 0, 2, 2, 70]); // protocol_version
    is_a_transient_error(&[21, 3, 3, 0, 2, 2, 80]); // internal_error
}

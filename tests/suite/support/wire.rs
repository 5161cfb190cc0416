//! A TLS server and a proxy between the program and a simulated Torn.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::torn::Torn;

/// The state of a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Certificate {
    Good,
    Expired,
    NotYetValid,
    OfAnotherHost,
}

/// A TLS server that forwards everything to a simulated Torn.
pub struct TlsFront {
    /// The port on 127.0.0.1.
    pub port: u16,
    authority: String,
    connections: Arc<Mutex<usize>>,
}

impl TlsFront {
    /// A server with a certificate for `localhost` and `torn.test`, from an authority of its own.
    pub fn before(torn: &Torn, certificate: Certificate) -> Self {
        let (config, authority) = certified(certificate);
        let upstream = torn.simulator.url().replace("http://", "");
        let upstream = upstream.split('/').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let front = Self {
            port: listener.local_addr().unwrap().port(),
            authority,
            connections: Arc::default(),
        };
        let (config, connections) = (Arc::new(config), Arc::clone(&front.connections));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                *connections.lock().unwrap() += 1;
                let (config, upstream) = (Arc::clone(&config), upstream.clone());
                thread::spawn(move || serve(stream, config, &upstream));
            }
        });
        front
    }

    /// The address of the server.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// A file with the certificate of the authority.
    pub fn authority(&self, torn: &Torn) -> PathBuf {
        torn.sandbox.write("ca.pem", &self.authority)
    }
}

fn certified(certificate: Certificate) -> (ServerConfig, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let authority_text = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);

    let names: &[&str] = match certificate {
        Certificate::OfAnotherHost => &["elsewhere.test"],
        _ => &["localhost", "torn.test"],
    };
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).unwrap();
    match certificate {
        Certificate::Expired => params.not_after = date_time_ymd(2020, 1, 2),
        Certificate::NotYetValid => params.not_before = date_time_ymd(2200, 1, 2),
        Certificate::Good | Certificate::OfAnotherHost => {}
    }
    let key = KeyPair::generate().unwrap();
    let signed = params.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![signed.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    (config, authority_text)
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>, upstream: &str) {
    let poll_interval = Some(Duration::from_millis(2));
    stream.set_read_timeout(poll_interval).unwrap();
    let upstream = TcpStream::connect(upstream).unwrap();
    upstream.set_read_timeout(poll_interval).unwrap();
    let connection = ServerConnection::new(config).unwrap();
    let mut client = StreamOwned::new(connection, stream);
    let mut server = upstream;
    // Either side that closes or fails ends both.
    while forward(&mut client, &mut server) && forward(&mut server, &mut client) {}
}

/// Forwards the bytes that have arrived; `false` at the end of the stream.
fn forward(from: &mut impl Read, to: &mut impl Write) -> bool {
    let mut buffer = [0; 16 * 1024];
    match from.read(&mut buffer) {
        Ok(0) => false,
        Ok(read) => to
            .write_all(&buffer[..read])
            .and_then(|()| to.flush())
            .is_ok(),
        Err(error) => matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
        ),
    }
}

/// What a proxy does with a CONNECT request.
#[derive(Clone, Copy, Debug)]
pub enum Conduct {
    /// It connects to this port on 127.0.0.1, whatever host is asked for.
    ConnectTo(u16),
    /// It answers with this status.
    Answer(u16),
    /// It closes the connection without an answer.
    HangUp,
}

/// A proxy that understands CONNECT.
pub struct Proxy {
    /// The port on 127.0.0.1.
    pub port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub fn start(conduct: Conduct) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            asked: Arc::default(),
        };
        let asked = Arc::clone(&proxy.asked);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let asked = Arc::clone(&asked);
                thread::spawn(move || tunnel(stream, conduct, &asked));
            }
        });
        proxy
    }

    /// The heads of the requests so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn tunnel(mut stream: TcpStream, conduct: Conduct, asked: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    asked
        .lock()
        .unwrap()
        .push(String::from_utf8_lossy(&head).into_owned());
    let port = match conduct {
        Conduct::ConnectTo(port) => port,
        Conduct::Answer(status) => {
            let _ = write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n");
            return;
        }
        Conduct::HangUp => return,
    };
    let mut upstream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
    let poll_interval = Some(Duration::from_millis(2));
    stream.set_read_timeout(poll_interval).unwrap();
    upstream.set_read_timeout(poll_interval).unwrap();
    while forward(&mut stream, &mut upstream) && forward(&mut upstream, &mut stream) {}
}

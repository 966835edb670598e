//! HTTPS without a default crypto provider in the process.

use std::sync::Arc;

use syncledger_simulator::{Error, Fault, Phone, PhoneConfig, Trust, Version};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

use crate::canned::golden;

/// Serves the tree to whoever completes a handshake; returns the URL and the certificate as PEM.
async fn secure_server() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(socket).await else { return };
                let mut request = Vec::new();
                while !request.ends_with(&golden("07-foldersync", "request")) {
                    if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                let body = golden("07-foldersync", "answer");
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.ms-sync.wbxml\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(&[head.into_bytes(), body].concat()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (url, made.cert.pem())
}

fn config(url: &str, trust: Trust) -> PhoneConfig {
    let mut config = PhoneConfig::new(url, "alice@example.com", "demo").version(Version::V14_1);
    config.trust = trust;
    config.repeat.pause = std::time::Duration::ZERO;
    config
}

#[tokio::test]
async fn extra_roots_and_blind_trust_let_the_phone_in_and_nothing_else_does() {
    let (url, pem) = secure_server().await;
    for trust in [Trust::SystemAnd(pem.into_bytes()), Trust::Anything] {
        let mut phone = Phone::new(config(&url, trust)).unwrap();
        phone.inject(None, Fault::HangUp);
        phone.folder_sync().await.unwrap();
        assert_eq!(phone.state().folders.len(), 8);
    }
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
    let mut phone = Phone::new(config(&url, Trust::SystemAnd(other.into_bytes()))).unwrap();
    let refused = phone.folder_sync().await.unwrap_err();
    assert!(matches!(refused, Error::Connect { .. }), "{refused}");
    assert!(refused.to_string().contains("certificate"), "{refused}");
}

#[test]
fn roots_that_are_none_are_refused_at_once() {
    let refused = Phone::new(config("https://localhost", Trust::SystemAnd(b"no certificate".to_vec())));
    assert!(matches!(refused, Err(Error::Config { field: "trust", .. })));
}

//! A certification authority for one test, and a server certificate of it.

use std::{fs, path::Path};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// PEM texts: a root and a certificate for `localhost` and `127.0.0.1` that it signed. The server's certificate is not
/// itself an authority, because rustls refuses such a one.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// The root a client must trust.
    pub root: String,
    /// The server's certificate.
    pub certificate: String,
    /// The server's private key.
    pub key: String,
}

impl Certificates {
    /// Makes a fresh pair.
    ///
    /// # Panics
    /// When key generation fails.
    pub fn generate() -> Self {
        let mut authority = CertificateParams::new(Vec::new()).expect("no names are valid names");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(rcgen::DnType::CommonName, "test root");
        let authority_key = KeyPair::generate().expect("key generation");
        let root = authority.self_signed(&authority_key).expect("self-signed root").pem();
        let issuer = Issuer::new(authority, authority_key);
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let leaf = CertificateParams::new(names).expect("valid names");
        let key = KeyPair::generate().expect("key generation");
        let certificate = leaf.signed_by(&key, &issuer).expect("signed leaf").pem();
        Self { root, certificate, key: key.serialize_pem() }
    }

    /// Writes `cert.pem` and `key.pem` into a directory.
    pub(super) fn write(&self, directory: &Path) {
        fs::write(directory.join("cert.pem"), &self.certificate).expect("own directory");
        fs::write(directory.join("key.pem"), &self.key).expect("own directory");
    }
}

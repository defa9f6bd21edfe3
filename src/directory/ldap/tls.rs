//! What TLS trusts: the system's roots and the given ones, or, by explicit
//! wish, anything.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore};

use crate::directory::DirectoryError;

/// Reads the roots and makes the configuration for all connections of a run.
pub(super) fn configure(
    ca_cert: Option<&Path>,
    insecure: bool,
) -> Result<Arc<ClientConfig>, DirectoryError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    if !insecure {
        // A root of the system that cannot be read is missed only if the
        // server's certificate needs it, and then the refusal says so.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(path) = ca_cert {
            add_file(&mut roots, path)?;
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| DirectoryError::Unusable(format!("TLS cannot be used: {error}")))?;
    let config = if insecure {
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth()
    } else {
        builder.with_root_certificates(roots).with_no_client_auth()
    };
    Ok(Arc::new(config))
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), DirectoryError> {
    let pem = std::fs::read(path).map_err(|source| DirectoryError::File {
        path: path.to_owned(),
        source,
    })?;
    let unusable = |reason: String| {
        DirectoryError::Unusable(format!(
            "{} is no usable PEM file of certificates: {reason}",
            path.display()
        ))
    };
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| unusable(error.to_string()))?;
        count += 1;
    }
    if count == 0 {
        return Err(unusable(
            "there is no BEGIN CERTIFICATE in it; convert a .cer or .der file with \
             'openssl x509 -inform der -in FILE -out FILE.pem'"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Why a certificate was not accepted, and what to try; `None` if the failure
/// is not about the certificate.
pub(super) fn certificate_fault(error: &rustls::Error, host: &str) -> Option<String> {
    let rustls::Error::InvalidCertificate(fault) = error else {
        return None;
    };
    Some(match fault {
        CertificateError::UnknownIssuer => {
            "it was issued by an authority that this computer does not trust; \
             give that authority's certificate with --ca-cert FILE"
                .to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("it is not for the name {host}; use the name that the certificate carries")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired, or this computer's clock is wrong".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet, or this computer's clock is wrong".to_owned()
        }
        CertificateError::Revoked => "it has been revoked".to_owned(),
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "the server shows a certificate authority's certificate as its own; \
             give the server one of its own"
                .to_owned()
        }
        other => other.to_string(),
    })
}

/// Accepts any certificate, but still asks that the server holds its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

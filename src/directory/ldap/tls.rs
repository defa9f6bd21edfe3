//! What TLS trusts: the system's roots and the given ones, or certificates by
//! their fingerprint, or, by explicit wish, anything. Whatever is refused is
//! named by its fingerprint, with the way out.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore};

use crate::directory::DirectoryError;
use crate::model::Fingerprint;

/// Which certificates are accepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trust<'a> {
    /// Root certificates beside the system's.
    pub(super) ca_cert: Option<&'a Path>,
    /// Certificates that are accepted as they are, and no others.
    pub(super) pins: &'a [Fingerprint],
    /// Any will do.
    pub(super) insecure: bool,
}

/// Reads the roots and makes the configuration for all connections of a run.
pub(super) fn configure(trust: Trust<'_>) -> Result<Arc<ClientConfig>, DirectoryError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let unusable = |error: &dyn std::fmt::Display| {
        DirectoryError::Unusable(format!("TLS cannot be used: {error}"))
    };
    let accepts = if trust.insecure {
        Accepts::Any
    } else if trust.pins.is_empty() {
        let roots = roots(trust.ca_cert)?;
        if roots.is_empty() {
            // A computer without any root trusts no server, but may be told to.
            Accepts::Pinned(Vec::new())
        } else {
            let provider = Arc::clone(&provider);
            let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
            Accepts::Chain(chain.build().map_err(|error| unusable(&error))?)
        }
    } else {
        Accepts::Pinned(trust.pins.to_vec())
    };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?;
    Ok(Arc::new(
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier { accepts, provider }))
            .with_no_client_auth(),
    ))
}

fn roots(ca_cert: Option<&Path>) -> Result<RootCertStore, DirectoryError> {
    let mut roots = RootCertStore::empty();
    // A root of the system that cannot be read is missed only if the server's
    // certificate needs it, and then the refusal says so.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_cert {
        add_file(&mut roots, path)?;
    }
    Ok(roots)
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
    let rustls::Error::InvalidCertificate(CertificateError::Other(refused)) = error else {
        return None;
    };
    let refused = refused.0.downcast_ref::<Refused>()?;
    let reason = match &refused.fault {
        Fault::Pin => {
            return Some(format!(
                "it is not one that --pin names; its SHA-256 is {}",
                refused.fingerprint
            ));
        }
        Fault::Chain(fault) => match fault {
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
        },
    };
    Some(format!(
        "{reason}; or, once you have compared the fingerprint at the server, --pin {}",
        refused.fingerprint
    ))
}

/// What is wrong when client and server find no way to speak TLS; `None` for
/// other failures.
///
/// rustls speaks TLS 1.2 and 1.3 with ephemeral keys and authenticated
/// encryption only. Windows offers such suites with an RSA certificate from
/// Server 2016 on ("TLS Cipher Suites in Windows 10 v1607", against those "in
/// Windows 8.1").
pub(super) fn handshake_fault(error: &rustls::Error) -> Option<&'static str> {
    use rustls::AlertDescription as Alert;
    let has_nothing_in_common = matches!(
        error,
        rustls::Error::PeerIncompatible(_)
            | rustls::Error::AlertReceived(
                Alert::HandshakeFailure | Alert::ProtocolVersion | Alert::InsufficientSecurity
            )
    );
    has_nothing_in_common.then_some(OLD_SERVER)
}

/// What to do about a server that is too old for today's TLS.
pub(super) const OLD_SERVER: &str = "no shared TLS version or cipher: idmend needs TLS 1.2 or 1.3 \
    with ECDHE and AES-GCM, which Windows Server offers from 2016 on, and 2012 R2 only with an \
    ECDSA certificate; ways out: a newer domain controller (--server, --dc), Kerberos on port 389 \
    (--auth kerberos), or an export with ldifde (--ldif)";

#[derive(Debug)]
enum Accepts {
    Any,
    Pinned(Vec<Fingerprint>),
    Chain(Arc<WebPkiServerVerifier>),
}

/// Accepts what it was told to, and always asks that the server holds its key.
#[derive(Debug)]
struct Verifier {
    accepts: Accepts,
    provider: Arc<CryptoProvider>,
}

/// A refusal that knows which certificate it was.
#[derive(Debug, thiserror::Error)]
#[error("certificate {fingerprint} refused: {fault:?}")]
struct Refused {
    fault: Fault,
    fingerprint: Fingerprint,
}

#[derive(Debug)]
enum Fault {
    Pin,
    Chain(CertificateError),
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let fingerprint = Fingerprint::of(certificate);
        let fault = match &self.accepts {
            Accepts::Any => return Ok(ServerCertVerified::assertion()),
            Accepts::Pinned(pins) if pins.contains(&fingerprint) => {
                return Ok(ServerCertVerified::assertion());
            }
            Accepts::Pinned(pins) if pins.is_empty() => {
                Fault::Chain(CertificateError::UnknownIssuer)
            }
            Accepts::Pinned(_) => Fault::Pin,
            Accepts::Chain(verifier) => {
                match verifier.verify_server_cert(certificate, chain, name, ocsp, now) {
                    Err(rustls::Error::InvalidCertificate(fault)) => Fault::Chain(fault),
                    verdict => return verdict,
                }
            }
        };
        let refused = Refused { fault, fingerprint };
        let other = OtherError(Arc::new(refused));
        Err(rustls::Error::InvalidCertificate(CertificateError::Other(
            other,
        )))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

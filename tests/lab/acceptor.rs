//! The first half of a domain controller: it takes TLS and a SASL bind, and
//! enforces channel binding. It has the lab controller's certificate and, from
//! the keytab in `KRB5_KTNAME`, its Kerberos key.

use std::net::IpAddr;
use std::sync::Arc;

use ldap3_proto::LdapCodec;
use ldap3_proto::proto::{
    LdapBindCred, LdapBindResponse, LdapMsg, LdapOp, LdapResult, LdapResultCode,
};
use libgssapi::context::ServerCtx;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_util::codec::{Decoder as _, Encoder as _};

/// What Active Directory says to a ticket that is bound to something else.
const BAD_BINDINGS: &str = "80090346: LdapErr: DSID-0C0907B9, comment: \
    AcceptSecurityContext error, data 80090346, v4563";

/// A running one; it takes one connection.
pub(crate) struct Acceptor {
    pub(crate) port: u16,
    /// Whether the ticket was accepted.
    pub(crate) judged: oneshot::Receiver<Result<(), String>>,
}

/// Starts one that expects the token of its own certificate, or, if not
/// `is_right`, of another.
pub(crate) async fn start(address: IpAddr, pem: &[u8], key: &[u8], is_right: bool) -> Acceptor {
    let certificate = CertificateDer::from_pem_slice(pem).expect("a certificate");
    // The lab's certificates are signed with SHA-256.
    let digest = Sha256::digest(if is_right {
        certificate.as_ref()
    } else {
        b"another"
    });
    let binding = [b"tls-server-end-point:".as_slice(), &digest].concat();
    let key = PrivateKeyDer::from_pem_slice(key).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate and its key");
    let listener = TcpListener::bind((address, 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (sender, judged) = oneshot::channel();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let verdict = accept(stream, config, binding).await;
        sender.send(verdict).expect("somebody waits");
    });
    Acceptor { port, judged }
}

/// Takes the first bind and judges its ticket.
#[expect(
    clippy::default_trait_access,
    reason = "the buffers' type is of a crate that is no dependency of ours"
)]
async fn accept(stream: TcpStream, config: ServerConfig, binding: Vec<u8>) -> Result<(), String> {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let mut stream = acceptor.accept(stream).await.expect("TLS");
    let mut codec = LdapCodec::default();
    let (mut buffer, mut answer) = (Default::default(), Default::default());
    let request = loop {
        let _count = stream.read_buf(&mut buffer).await.expect("a request");
        if let Some(request) = LdapCodec::decode(&mut codec, &mut buffer).expect("LDAP") {
            break request;
        }
    };
    let LdapOp::BindRequest(bind) = request.op else {
        panic!("not a bind: {:?}", request.op);
    };
    let LdapBindCred::SASL(sasl) = bind.cred else {
        panic!("not SASL");
    };
    assert_eq!(sasl.mechanism, "GSSAPI");
    let step = ServerCtx::new(None).step(&sasl.credentials, Some(&binding));
    let (code, message, token) = match &step {
        Ok(token) => (LdapResultCode::SaslBindInProgress, "", token.as_ref()),
        Err(_) => (LdapResultCode::InvalidCredentials, BAD_BINDINGS, None),
    };
    let op = LdapOp::BindResponse(LdapBindResponse {
        res: LdapResult {
            code,
            matcheddn: String::new(),
            message: message.to_owned(),
            referral: Vec::new(),
        },
        saslcreds: token.map(|token| token.to_vec()),
    });
    let response = LdapMsg {
        msgid: request.msgid,
        op,
        ctrl: Vec::new(),
    };
    LdapCodec::encode(&mut codec, response, &mut answer).expect("an answer");
    stream.write_all(&answer).await.expect("the client");
    stream.flush().await.expect("the client");
    step.map(|_| ()).map_err(|error| error.to_string())
}

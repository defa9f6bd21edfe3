//! What binds a ticket to a TLS connection: tls-server-end-point, a hash of
//! the server's certificate (RFC 5929, 4).
//!
//! A controller that enforces channel binding refuses a ticket whose hash is
//! not that of its own certificate, so that nobody who ends TLS in between can
//! use it. The certificate is read without trust, and only as far as the
//! algorithm of its signature.

use std::ops::Range;

use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};

use super::super::ber;

const PREFIX: &[u8] = b"tls-server-end-point:";

/// 1.2.840.113549.1.1, the signature algorithms of PKCS #1 (RFC 8017), but for
/// the last number.
const PKCS1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];

/// 1.2.840.10045.4, those of ECDSA (RFC 5758), but for the rest.
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4];

/// 2.16.840.1.101.3.4.2, the hashes of NIST (RFC 5754), but for the last
/// number.
const NIST_HASH: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// The channel binding token for a certificate (DER). `None` if its signature
/// algorithm has no single hash, for which none is defined.
pub(super) fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let digest = match signature_hash(certificate)? {
        Hash::Sha224 => Sha224::digest(certificate).to_vec(),
        Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha384 => Sha384::digest(certificate).to_vec(),
        Hash::Sha512 => Sha512::digest(certificate).to_vec(),
    };
    Some([PREFIX, &digest].concat())
}

/// The hash of a certificate's signature; SHA-256 in place of MD5 and SHA-1.
fn signature_hash(certificate: &[u8]) -> Option<Hash> {
    let whole = ber::element(certificate, &(0..certificate.len())).ok()?;
    let parts = ber::elements(certificate, &whole.content, 3).ok()?;
    let algorithm = ber::elements(certificate, &parts.get(1)?.content, 2).ok()?;
    let content = |range: &Range<usize>| certificate.get(range.clone());
    let name = content(&algorithm.first()?.content)?;
    if let Some(number) = name.strip_prefix(PKCS1) {
        return match number {
            // md5, sha1, sha256
            [4 | 5 | 11] => Some(Hash::Sha256),
            [12] => Some(Hash::Sha384),
            [13] => Some(Hash::Sha512),
            [14] => Some(Hash::Sha224),
            [10] => pss_hash(certificate, &algorithm.get(1)?.content),
            _ => None,
        };
    }
    match name.strip_prefix(ECDSA)? {
        // sha1, sha256
        [1] | [3, 2] => Some(Hash::Sha256),
        [3, 1] => Some(Hash::Sha224),
        [3, 3] => Some(Hash::Sha384),
        [3, 4] => Some(Hash::Sha512),
        _ => None,
    }
}

/// The hash among the parameters of RSASSA-PSS (RFC 8017, A.2.3); SHA-1, and
/// so SHA-256, if none is said.
fn pss_hash(certificate: &[u8], parameters: &Range<usize>) -> Option<Hash> {
    let parameters = ber::elements(certificate, parameters, 4).ok()?;
    let Some(hash) = parameters.iter().find(|part| part.tag == 0xa0) else {
        return Some(Hash::Sha256);
    };
    let identifier = ber::element(certificate, &hash.content).ok()?;
    let name = ber::element(certificate, &identifier.content).ok()?;
    match certificate.get(name.content)?.strip_prefix(NIST_HASH)? {
        [1] => Some(Hash::Sha256),
        [2] => Some(Hash::Sha384),
        [3] => Some(Hash::Sha512),
        [4] => Some(Hash::Sha224),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As much of a certificate as is read: a body, an algorithm, a signature.
    fn certificate(name: &[u8], parameters: &[u8]) -> Vec<u8> {
        let tlv = |tag: u8, content: &[u8]| {
            [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
        };
        let algorithm = [tlv(6, name), parameters.to_vec()].concat();
        let parts = [tlv(0x30, b"body"), tlv(0x30, &algorithm), tlv(3, b"\0sign")];
        tlv(0x30, &parts.concat())
    }

    fn hash(prefix: &[u8], rest: &[u8], parameters: &[u8]) -> Option<Hash> {
        signature_hash(&certificate(&[prefix, rest].concat(), parameters))
    }

    #[test]
    fn the_hash_is_that_of_the_signature_but_never_an_old_one() {
        for old in [4, 5] {
            assert_eq!(hash(PKCS1, &[old], &[5, 0]), Some(Hash::Sha256));
        }
        assert_eq!(hash(PKCS1, &[11], &[5, 0]), Some(Hash::Sha256));
        assert_eq!(hash(PKCS1, &[12], &[5, 0]), Some(Hash::Sha384));
        assert_eq!(hash(PKCS1, &[13], &[5, 0]), Some(Hash::Sha512));
        assert_eq!(hash(ECDSA, &[1], &[]), Some(Hash::Sha256));
        assert_eq!(hash(ECDSA, &[3, 3], &[]), Some(Hash::Sha384));
        assert_eq!(hash(PKCS1, &[10], &[0x30, 0]), Some(Hash::Sha256));
        let sha_512 = [
            0x30, 0x11, 0xa0, 0x0f, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0,
        ];
        assert_eq!(hash(PKCS1, &[10], &sha_512), Some(Hash::Sha512));
    }

    #[test]
    fn what_has_no_hash_or_is_no_certificate_gives_no_token() {
        // Ed25519, 1.3.101.112
        assert_eq!(end_point(&certificate(&[0x2b, 0x65, 0x70], &[])), None);
        for odd in [
            &b""[..],
            b"\x30",
            b"\x30\x02\x30\x00",
            b"\x30\x80",
            b"hello",
        ] {
            assert_eq!(end_point(odd), None);
        }
    }

    #[test]
    fn the_token_is_the_prefix_and_the_hash_of_all_of_it() {
        let certificate = certificate(&[PKCS1, &[11]].concat(), &[5, 0]);
        let token = end_point(&certificate).unwrap();
        let digest = token.strip_prefix(b"tls-server-end-point:").unwrap();
        assert_eq!(digest, Sha256::digest(&certificate).as_slice());
    }
}

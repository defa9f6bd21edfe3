//! Where to connect, as people type it.

use crate::model::Protection;
use crate::text::{self, Cut};

/// Host, port and protection, from what people type. `plain` is what protects
/// a connection that begins without TLS, if anything does.
pub(super) fn server(
    text: &str,
    plain: Option<Protection>,
) -> Result<(String, u16, Protection), String> {
    let (scheme, rest) = text
        .split_once("://")
        .map_or((None, text), |(s, r)| (Some(s), r));
    let protection = match scheme.map(str::to_ascii_lowercase).as_deref() {
        None => plain.unwrap_or(Protection::Ldaps),
        Some("ldaps") => Protection::Ldaps,
        Some("ldap") => plain.ok_or(
            "ldap:// would send the password unprotected: sign in by StartTLS or use ldaps://",
        )?,
        Some(other) => {
            return Err(format!(
                "'{}' is no scheme of LDAP: use ldaps:// or ldap://",
                text::fit_text(other, 20, Cut::End)
            ));
        }
    };
    let rest = rest.trim_end_matches('/');
    let (host, port) = match rest.rsplit_once(':') {
        // A bare IPv6 address has more than one colon.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            let port = port.parse().map_err(|_no_number| {
                format!("'{}' is not a port", text::fit_text(port, 20, Cut::End))
            })?;
            (host, port)
        }
        _ if protection == Protection::Ldaps => (rest, 636),
        _ => (rest, 389),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/') {
        return Err("this is not a host name".to_owned());
    }
    Ok((host.to_owned(), port, protection))
}

/// The DNS name of a domain.
pub(super) fn domain(text: &str) -> Result<String, String> {
    let name = text.trim_end_matches('.').to_lowercase();
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "@,;=/\\:".contains(c);
    if name.is_empty() || name.contains(is_odd) {
        return Err("this is not the name of a domain, such as contoso.com".to_owned());
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_as_people_write_them() {
        let (tls, start) = (Protection::Ldaps, Some(Protection::StartTls));
        for (text, plain, host, port, protection) in [
            ("dc1", None, "dc1", 636, tls),
            ("dc1", start, "dc1", 389, Protection::StartTls),
            ("ldaps://dc1.x.y:3269/", None, "dc1.x.y", 3269, tls),
            ("ldaps://dc1", start, "dc1", 636, tls),
            ("ldap://dc1", start, "dc1", 389, Protection::StartTls),
            ("[::1]:1636", None, "::1", 1636, tls),
            ("fe80::1", None, "fe80::1", 636, tls),
        ] {
            let read = Ok((host.to_owned(), port, protection));
            assert_eq!(server(text, plain), read, "{text}");
        }
        for bad in [
            "ldap://dc1",
            "http://dc1",
            "dc1:x",
            "dc1:99999",
            "",
            "a b",
            "ldaps://",
        ] {
            assert!(server(bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_domain_is_named_as_dns_does() {
        assert_eq!(domain("Contoso.COM.").as_deref(), Ok("contoso.com"));
        for bad in ["", "a b", "ldaps://x", "x:636", "DC=x"] {
            assert!(domain(bad).is_err(), "{bad}");
        }
    }
}

//! `ldap[s]://HOST[:PORT]`, and nothing more than that.

/// A server as it is named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    /// Whether it begins with `ldaps://`.
    pub is_ldaps: bool,
    /// Host name or address, without brackets.
    pub host: String,
    /// The port; 636 or 389 if none is given.
    pub port: u16,
}

/// Why a text names no server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a server such as ldaps://dc1.contoso.com:636: {reason}")]
pub struct ServerUrlError {
    text: String,
    reason: &'static str,
}

impl ServerUrl {
    /// Reads a server's URL. Neither a user nor a path may be in it.
    pub fn parse(text: &str) -> Result<Self, ServerUrlError> {
        Self::read(text).map_err(|reason| ServerUrlError {
            // A password that somebody put in here is not repeated.
            text: match text.rsplit_once('@') {
                Some((_, host)) => format!("…@{host}"),
                None => text.chars().take(100).collect(),
            },
            reason,
        })
    }

    fn read(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or("it must begin with ldaps:// or ldap://")?;
        let is_ldaps = match scheme.to_ascii_lowercase().as_str() {
            "ldaps" => true,
            "ldap" => false,
            _ => return Err("it must begin with ldaps:// or ldap://"),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return Err("the name to sign in with goes into --user");
        }
        if rest.contains(['/', '?', '#']) {
            return Err("nothing may follow the port; a base goes into --base");
        }
        let (host, port) = match rest.strip_prefix('[') {
            Some(inner) => {
                let (host, after) = inner.split_once(']').ok_or("a ']' is missing")?;
                if host.parse::<std::net::Ipv6Addr>().is_err() {
                    return Err("between '[' and ']' stands no IPv6 address");
                }
                (host, after)
            }
            None => match rest.find(':') {
                Some(at) => rest.split_at(at),
                None => (rest, ""),
            },
        };
        let port = match port.strip_prefix(':') {
            Some(number) => match number.parse() {
                Ok(0) | Err(_) => return Err("the port is a number from 1 to 65535"),
                Ok(number) => number,
            },
            None if port.is_empty() => {
                if is_ldaps {
                    636
                } else {
                    389
                }
            }
            None => return Err("after ']' comes nothing or a port"),
        };
        if host.is_empty() {
            return Err("the host is missing");
        }
        if host.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("a host has no spaces");
        }
        Ok(Self {
            is_ldaps,
            host: host.to_owned(),
            port,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (bool, String, u16) {
        let url = ServerUrl::parse(text).unwrap();
        (url.is_ldaps, url.host, url.port)
    }

    #[test]
    fn the_port_follows_the_scheme() {
        assert_eq!(parsed("ldaps://dc1"), (true, "dc1".into(), 636));
        assert_eq!(parsed("LDAP://dc1/"), (false, "dc1".into(), 389));
        assert_eq!(parsed("ldap://[::1]:3890"), (false, "::1".into(), 3890));
    }

    #[test]
    fn each_mistake_is_named() {
        for (text, reason) in [
            ("dc1", "it must begin with ldaps:// or ldap://"),
            ("https://dc1", "it must begin with ldaps:// or ldap://"),
            ("ldaps://", "the host is missing"),
            ("ldaps://:636", "the host is missing"),
            ("ldaps://dc1:0", "the port is a number from 1 to 65535"),
            ("ldaps://dc1:70000", "the port is a number from 1 to 65535"),
            (
                "ldaps://dc1/DC=x",
                "nothing may follow the port; a base goes into --base",
            ),
            ("ldaps://[::1", "a ']' is missing"),
            (
                "ldaps://[dc1]",
                "between '[' and ']' stands no IPv6 address",
            ),
            ("ldaps://[::1]636", "after ']' comes nothing or a port"),
            ("ldaps://d c", "a host has no spaces"),
        ] {
            assert_eq!(ServerUrl::parse(text).unwrap_err().reason, reason, "{text}");
        }
    }

    #[test]
    fn a_password_in_it_is_not_repeated() {
        let error = ServerUrl::parse("ldaps://anna:secret@dc1").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

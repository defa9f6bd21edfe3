//! The program's own scan of a server that misbehaves: the exit code, the
//! sentence, and that no entry is lost or counted twice where it recovers.

use std::net::SocketAddr;
use std::time::Duration;

use ldap3_proto::proto::{LdapOp, LdapResultCode, LdapSearchResultReference};

use crate::program::{Ran, controller, is_page, scan};
use crate::server::{Act, Asked, Server, cookie, done, page_end, send_entry};

/// How many pages of three users the server has.
const PAGES: usize = 4;

impl Ran {
    /// The whole directory, each entry once.
    #[track_caller]
    pub(crate) fn is_whole(&self, sentences: &[&str]) {
        self.ends_with(1, sentences);
        assert_eq!(self.rows.len(), 3 * PAGES, "{}", self.talk);
        let counted = format!("x: {0} entries, {0} judged", 3 * PAGES);
        assert!(self.talk.contains(&counted), "{}", self.talk);
    }
}

/// A user whose mail has a fault, so that each entry makes one row.
pub(crate) fn user(number: usize) -> Act {
    let id = format!("u{number:02}");
    let guid = format!("guid-{number:011}");
    let (upn, mail) = (format!("{id}@x.com"), format!("{id} @x.com"));
    send_entry(
        &format!("CN={id},DC=x"),
        &[
            ("objectClass", &["top", "user"]),
            ("objectGUID", &[guid.as_str()]),
            ("cn", &[id.as_str()]),
            ("sAMAccountName", &[id.as_str()]),
            ("userPrincipalName", &[upn.as_str()]),
            ("mail", &[mail.as_str()]),
        ],
    )
}

pub(crate) fn number_of(asked: &Asked) -> usize {
    let (_, cookie) = cookie(asked).expect("a request for a page");
    let text = std::str::from_utf8(&cookie).expect("our cookie");
    text.parse().unwrap_or(0)
}

/// The page that a request asks for.
pub(crate) fn page(asked: &Asked) -> Vec<Act> {
    let number = number_of(asked);
    let mut acts: Vec<Act> = (0..3).map(|n| user(3 * number + n)).collect();
    let next = (number + 1).to_string();
    acts.push(page_end(if number + 1 == PAGES {
        b""
    } else {
        next.as_bytes()
    }));
    acts
}

/// A server that answers as `fault` says where it says anything; it is told
/// how many pages were asked for before.
pub(crate) async fn server(
    mut fault: impl FnMut(&Asked, usize) -> Option<Vec<Act>> + Send + 'static,
) -> Server {
    let mut pages = 0;
    Server::start(move |asked| {
        if !is_page(asked) {
            return controller(asked, "one");
        }
        pages += 1;
        Some(fault(asked, pages - 1).unwrap_or_else(|| page(asked)))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_within_a_page_is_read_again_from_the_beginning() {
    let once =
        |asked: &Asked, before| (before == 2).then(|| [&page(asked)[..2], &[Act::Close]].concat());
    let server = server(once).await;
    scan(&server, &[]).await.is_whole(&[
        "note: x is read again from its beginning after an error: no connection to ",
        "connection lost: the server closed it",
        "12 findings in 12 objects\n",
    ]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_cut_in_its_middle_is_no_entry() {
    let once = |asked: &Asked, before| {
        // The beginning of a message of 80 bytes.
        let begun = Act::Raw(b"\x30\x50\x02\x04\x40".to_vec());
        (before == 2).then(|| [&page(asked)[..2], &[begun, Act::Close]].concat())
    };
    let server = server(once).await;
    scan(&server, &[])
        .await
        .is_whole(&["connection lost: the server closed it"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_cut_again_and_again_leaves_a_part_that_says_so() {
    let always = |asked: &Asked, _| (number_of(asked) == 2).then(|| vec![user(6), Act::Close]);
    let server = server(always).await;
    let ran = scan(&server, &[]).await;
    ran.ends_with(
        4,
        &[
            "x: 6 entries, 6 judged",
            "FAILED: no connection to",
            "incomplete: x was not read to its end: no connection to",
            "; 6 entries were read before",
            "6 findings in 6 objects (partial: not everything was read)",
        ],
    );
    assert_eq!(ran.rows.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_controller_takes_over_and_is_stayed_with() {
    let always = |asked: &Asked, _| (number_of(asked) == 2).then(|| vec![user(6), Act::Close]);
    let server = server(always).await;
    let second = SocketAddr::from(([127, 0, 0, 2], server.address.port()));
    let second = Server::start_at(second, |asked| {
        if is_page(asked) {
            Some(page(asked))
        } else {
            controller(asked, "two")
        }
    })
    .await;
    scan(&server, &[]).await.is_whole(&[
        "note: x is read again from its beginning on 127.0.0.2, which it stays with, after an error",
        "read: x on 127.0.0.2, as admin@x",
    ]);
    assert_eq!(second.binds(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_is_asked_again() {
    let busy = || Some(vec![done(LdapResultCode::Busy)]);
    let once = server(move |_, before| if before == 1 { busy() } else { None }).await;
    scan(&once, &[]).await.is_whole(&[
        "note: x is read again from its beginning after an error: the search below DC=x failed: \
         the server is busy; try again later (LDAP 51)",
    ]);
    let first = server(move |_, before| if before == 0 { busy() } else { None }).await;
    let ran = scan(&first, &[]).await;
    ran.is_whole(&[]);
    assert!(!ran.talk.contains("read again"), "{}", ran.talk);
    let unavailable = || Some(vec![done(LdapResultCode::Unavailable)]);
    let always = server(move |asked, _| {
        if number_of(asked) == 1 {
            unavailable()
        } else {
            None
        }
    })
    .await;
    scan(&always, &[]).await.ends_with(
        4,
        &["FAILED: the search below DC=x failed: the server is not available; try again later (LDAP 52)"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_limit_makes_the_pages_smaller() {
    let limited = |limit: i64| {
        move |asked: &Asked, _| {
            let size = cookie(asked).map_or(0, |(size, _)| size);
            (size > limit && number_of(asked) == 1)
                .then(|| vec![user(3), done(LdapResultCode::SizeLimitExceeded)])
        }
    };
    let some = server(limited(250)).await;
    scan(&some, &[]).await.is_whole(&[
        "note: x is read again from its beginning, by 250 entries a page: the search below DC=x \
         failed: the server's size limit was reached; choose a smaller base or filter (LDAP 4)",
    ]);
    let hard = server(limited(3)).await;
    let ran = scan(&hard, &[]).await;
    ran.ends_with(
        4,
        &[
            "by 62 entries a page",
            "FAILED: the search below DC=x failed: the server's size limit",
        ],
    );
    assert_eq!(ran.rows.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_limit_makes_the_pages_smaller_too() {
    for (code, said) in [
        (
            LdapResultCode::TimeLimitExceeded,
            "time limit was reached; choose a smaller base or filter (LDAP 3)",
        ),
        (LdapResultCode::AdminLimitExceeded, "(LDAP 11)"),
    ] {
        let limited = move |asked: &Asked, _| {
            let size = cookie(asked).map_or(0, |(size, _)| size);
            (size > 62 && number_of(asked) == 2).then(|| vec![user(6), done(code.clone())])
        };
        let ran = scan(&server(limited).await, &[]).await;
        ran.is_whole(&["by 250 entries a page: ", "by 62 entries a page: ", said]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_available_for_a_moment_is_asked_again() {
    let gone = |_: &Asked, before| (before == 3).then(|| vec![done(LdapResultCode::Unavailable)]);
    scan(&server(gone).await, &[]).await.is_whole(&[
        "note: x is read again from its beginning after an error: the search below DC=x failed: \
         the server is not available; try again later (LDAP 52)",
    ]);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_come_in_parts_are_all_judged() {
    let rest = |asked: &Asked| match &asked.message.op {
        LdapOp::SearchRequest(search) => search.attrs.iter().any(|name| name.contains(";range=2-")),
        _ => false,
    };
    let server = Server::start(move |asked| {
        let part = |range: &str, values: &[&str]| {
            let name = format!("proxyAddresses;range={range}");
            let guid = format!("guid-{:011}", 1);
            let attributes: [(&str, &[&str]); 5] = [
                ("objectClass", &["top", "user"]),
                ("objectGUID", &[guid.as_str()]),
                ("sAMAccountName", &["u"]),
                ("userPrincipalName", &["u@x.com"]),
                (&name, values),
            ];
            send_entry("CN=u,DC=x", &attributes)
        };
        if rest(asked) {
            let last = part("2-*", &["smtp:c @x.com", "smtp:d@x.com"]);
            return Some(vec![last, done(LdapResultCode::Success)]);
        }
        if is_page(asked) {
            let first = part("0-1", &["SMTP:a@x.com", "smtp:b @x.com"]);
            return Some(vec![first, page_end(b"")]);
        }
        controller(asked, "one")
    })
    .await;
    let ran = scan(&server, &[]).await;
    ran.says(1, &["x: 1 entry, 1 judged"]);
    assert_eq!(ran.rows.len(), 2, "one in each part: {}", ran.talk);
}

#[tokio::test(flavor = "multi_thread")]
async fn referrals_are_not_followed_and_cost_no_entry() {
    let elsewhere = |asked: &Asked, _| {
        let uris = vec!["ldap://elsewhere.example/DC=y".to_owned()];
        let reference = LdapOp::SearchResultReference(LdapSearchResultReference { uris });
        let mut acts = page(asked);
        acts.insert(1, Act::Send(reference, Vec::new()));
        Some(acts)
    };
    scan(&server(elsewhere).await, &[]).await.is_whole(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_answers_are_a_sentence_and_no_crash() {
    let once =
        server(|_, before| (before == 1).then(|| vec![Act::Raw(b"HTTP/1.1 400".to_vec())])).await;
    scan(&once, &[])
        .await
        .is_whole(&["connection lost: malformed answer: it is no LDAP message"]);
    let bomb = vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff];
    let always =
        server(move |asked, _| (number_of(asked) == 1).then(|| vec![Act::Raw(bomb.clone())])).await;
    scan(&always, &[]).await.ends_with(
        4,
        &[
            "FAILED: no connection to",
            "malformed answer: a message of more than 1 GiB",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_pages_never_end_is_left_with_a_sentence() {
    // The same cookie for ever, and pages without entries for ever.
    let same =
        |asked: &Asked, _| (number_of(asked) == 1).then(|| vec![user(3), user(4), page_end(b"1")]);
    let empty = |asked: &Asked, _| (number_of(asked) == 1).then(|| vec![page_end(b"1")]);
    for (server, entries) in [(server(same).await, 5), (server(empty).await, 3)] {
        let ran = scan(&server, &[]).await;
        ran.ends_with(
            4,
            &[
                "FAILED: no connection to",
                "connection lost: malformed answer: pages without end",
                &format!("; {entries} entries were read before"),
            ],
        );
        assert_eq!(ran.rows.len(), entries);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_page_is_read_whole() {
    let everything = |_: &Asked, _| {
        let mut acts: Vec<Act> = (0..3 * PAGES).map(user).collect();
        acts.push(done(LdapResultCode::Success));
        Some(acts)
    };
    scan(&server(everything).await, &[]).await.is_whole(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_is_given_up() {
    let silent = server(|asked, _| (number_of(asked) == 1).then(Vec::new)).await;
    scan(&silent, &["--timeout", "1"]).await.ends_with(
        4,
        &[
            "FAILED: no connection to",
            "connection lost: no answer within 1 seconds",
        ],
    );
    let nothing = server(|_, _| Some(Vec::new())).await;
    scan(&nothing, &["--timeout", "1"])
        .await
        .ends_with(3, &["0 findings in 0 objects (nothing could be read)"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_is_waited_for() {
    let slow = |asked: &Asked, _| {
        let mut acts = page(asked);
        acts.insert(0, Act::Wait(Duration::from_millis(1200)));
        Some(acts)
    };
    scan(&server(slow).await, &[])
        .await
        .is_whole(&["12 findings in 12 objects\n"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_that_does_not_exist_is_refused_before_anything_is_read() {
    let server = server(|_, _| None).await;
    scan(&server, &["--base", "OU=nowhere,DC=x"]).await.ends_with(
        2,
        &["error: the base 'OU=nowhere,DC=x' does not exist in x on 127.0.0.1; check its spelling"],
    );
    assert_eq!(
        server.count(|op| matches!(op, LdapOp::SearchRequest(search)
        if search.attrs.iter().any(|name| name == "proxyAddresses"))),
        0
    );
}

//! Searches: pages, ends, and what a server may send in between.

use idmend::model::Entry;
use ldap3_proto::proto::{LdapOp, LdapResultCode, LdapSearchResultReference, LdapSearchScope};

use crate::server::{Act, Asked, Server, cookie, done, page_end, send_entry};
use crate::{directory, lost, read_all};

/// Whether a request is for a page of the search under test.
fn is_page(asked: &Asked) -> bool {
    matches!(&asked.message.op, LdapOp::SearchRequest(search)
        if search.scope == LdapSearchScope::Subtree)
}

fn user(number: usize) -> Act {
    let cn = format!("u{number}");
    send_entry(&format!("CN={cn},DC=x"), &[("cn", &[cn.as_str()])])
}

/// Page `number` of three entries, with a cookie to the next unless it is the
/// last.
fn page(number: usize, last: usize) -> Vec<Act> {
    let mut acts: Vec<Act> = (0..3).map(|n| user(3 * number + n)).collect();
    let next = (number + 1).to_string();
    acts.push(page_end(if number == last { b"" } else { next.as_bytes() }));
    acts
}

fn number_of(asked: &Asked) -> usize {
    let (_, cookie) = cookie(asked).expect("a request for a page");
    std::str::from_utf8(&cookie)
        .expect("our cookie")
        .parse()
        .unwrap_or(0)
}

#[tokio::test]
async fn pages_are_followed_to_the_end_in_their_order() {
    let server = Server::start(|asked| is_page(asked).then(|| page(number_of(asked), 4))).await;
    let (entries, error) = read_all(&directory(&server)).await;
    assert_eq!(error, None);
    let names: Vec<_> = entries.iter().map(Entry::common_name).collect();
    let expected: Vec<_> = (0..15).map(|number| format!("u{number}")).collect();
    assert_eq!(names, expected);
    let sizes: Vec<_> = server
        .asked()
        .iter()
        .filter(|asked| is_page(asked))
        .map(cookie)
        .collect();
    let sent: Vec<_> = ["", "1", "2", "3", "4"]
        .map(|cookie| Some((3, cookie.as_bytes().to_vec())))
        .to_vec();
    assert_eq!(sizes, sent);
}

#[tokio::test]
async fn a_connection_cut_between_pages_gives_a_part_and_says_so() {
    let server = Server::start(|asked| {
        is_page(asked).then(|| match number_of(asked) {
            2 => vec![Act::Close],
            number => page(number, 4),
        })
    })
    .await;
    let (entries, error) = read_all(&directory(&server)).await;
    assert_eq!(entries.len(), 6);
    assert_eq!(error, Some(lost(&server, "the server closed it")));
    assert_eq!(
        server.binds(),
        1,
        "a search that has begun is not begun again"
    );
}

#[tokio::test]
async fn a_connection_cut_within_a_page_gives_no_half_page() {
    let server = Server::start(|asked| {
        is_page(asked).then(|| match number_of(asked) {
            1 => vec![user(3), Act::Close],
            number => page(number, 4),
        })
    })
    .await;
    let (entries, error) = read_all(&directory(&server)).await;
    assert_eq!(entries.len(), 3);
    assert_eq!(error, Some(lost(&server, "the server closed it")));
}

#[tokio::test]
async fn a_first_page_is_asked_for_again_on_a_fresh_connection_once() {
    let server = Server::start(|asked| {
        is_page(asked).then(|| match asked.connection {
            0 => vec![Act::Close],
            _ => page(number_of(asked), 1),
        })
    })
    .await;
    let (entries, error) = read_all(&directory(&server)).await;
    assert_eq!((entries.len(), error), (6, None));
    assert_eq!(server.binds(), 2);

    let server = Server::start(|asked| is_page(asked).then(|| vec![Act::Close])).await;
    let (entries, error) = read_all(&directory(&server)).await;
    assert_eq!(entries.len(), 0);
    assert_eq!(error, Some(lost(&server, "the server closed it")));
    assert_eq!(server.binds(), 2);
}

#[tokio::test]
async fn a_server_that_stops_answering_is_given_up() {
    let server = Server::start(|asked| {
        is_page(asked).then(|| match number_of(asked) {
            1 => vec![user(3)],
            number => page(number, 4),
        })
    })
    .await;
    let (entries, error) = read_all(&directory(&server)).await;
    assert_eq!(entries.len(), 3);
    assert_eq!(error, Some(lost(&server, "no answer within 0 seconds")));
}

#[tokio::test]
async fn a_limit_of_the_server_makes_the_search_a_part() {
    let server = Server::start(|asked| {
        is_page(asked).then(|| vec![user(0), done(LdapResultCode::SizeLimitExceeded)])
    })
    .await;
    let (entries, error) = read_all(&directory(&server)).await;
    assert_eq!(entries.len(), 1);
    assert_eq!(
        error.as_deref(),
        Some(
            "the search below DC=x failed: the server's size limit was reached; \
             choose a smaller base or filter (LDAP 4)"
        )
    );
}

#[tokio::test]
async fn references_to_other_servers_are_left_out() {
    let server = Server::start(|asked| {
        is_page(asked).then(|| {
            let uris = vec!["ldap://elsewhere/DC=y".to_owned()];
            let reference = LdapOp::SearchResultReference(LdapSearchResultReference { uris });
            vec![
                user(0),
                Act::Send(reference, Vec::new()),
                user(1),
                page_end(b""),
            ]
        })
    })
    .await;
    let (entries, error) = read_all(&directory(&server)).await;
    assert_eq!((entries.len(), error), (2, None));
}

#[tokio::test]
async fn an_attribute_sent_twice_is_one() {
    let server = Server::start(|asked| {
        is_page(asked).then(|| {
            let attributes: [(&str, &[&str]); 3] = [
                ("mail", &["a@x"]),
                ("MAIL", &["b@x"]),
                ("mail;lang-de", &["c@x"]),
            ];
            vec![send_entry("CN=a,DC=x", &attributes), page_end(b"")]
        })
    })
    .await;
    let (entries, error) = read_all(&directory(&server)).await;
    assert_eq!(error, None);
    assert_eq!(entries[0].attributes().len(), 1);
    assert_eq!(entries[0].values("mail").len(), 3);
}

#[tokio::test]
async fn the_rest_of_a_long_attribute_is_fetched() {
    let server = Server::start(|asked| {
        let LdapOp::SearchRequest(search) = &asked.message.op else {
            return None;
        };
        let (name, values): (&str, &[&str]) = match search.attrs.first().map(String::as_str) {
            Some("proxyAddresses;range=2-*") => ("proxyAddresses;range=2-3", &["c", "d"]),
            Some("proxyAddresses;range=4-*") => ("proxyAddresses;range=4-*", &["e"]),
            _ if is_page(asked) => ("proxyAddresses;range=0-1", &["a", "b"]),
            _ => return None,
        };
        Some(vec![
            send_entry("CN=a,DC=x", &[("cn", &["a"]), (name, values)]),
            page_end(b""),
        ])
    })
    .await;
    let (entries, error) = read_all(&directory(&server)).await;
    assert_eq!(error, None);
    let values = entries[0].values("proxyAddresses").iter();
    let values: Vec<_> = values.filter_map(|value| value.as_text()).collect();
    assert_eq!(values, ["a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn a_server_that_repeats_a_range_does_not_hold_the_scan() {
    let server = Server::start(|asked| {
        matches!(&asked.message.op, LdapOp::SearchRequest(search) if !search.base.is_empty()).then(
            || {
                let attributes: [(&str, &[&str]); 1] = [("proxyAddresses;range=0-1", &["a", "b"])];
                vec![send_entry("CN=a,DC=x", &attributes), page_end(b"")]
            },
        )
    })
    .await;
    let directory = directory(&server);
    let mut search = crate::search(&directory).await.expect("a search");
    let page = search.next_page().await.expect("a page").expect("a page");
    assert_eq!(page.entries, []);
    assert_eq!(
        page.unreadable,
        ["CN=a,DC=x was left out: the values of proxyAddresses from number 2 on could not be read"]
    );
    assert!(search.next_page().await.expect("the end").is_none());
}

#[tokio::test]
async fn pages_without_end_are_ended() {
    let same = |asked: &Asked| is_page(asked).then(|| vec![user(0), page_end(b"again")]);
    let server = Server::start(same).await;
    let (entries, error) = read_all(&directory(&server)).await;
    assert!(entries.len() < 5, "{}", entries.len());
    assert_eq!(
        error,
        Some(lost(&server, "malformed answer: pages without end"))
    );

    let server = Server::start(|asked| is_page(asked).then(|| vec![page_end(b"again")])).await;
    let (_, error) = read_all(&directory(&server)).await;
    assert_eq!(
        error,
        Some(lost(&server, "malformed answer: pages without end"))
    );
}

#[tokio::test]
async fn malformed_answers_end_the_connection_and_nothing_else() {
    // Message 3 is the first page: 1 is the bind, 2 the rootDSE.
    let mut bomb = Vec::new();
    for _ in 0..50 {
        bomb.splice(
            0..0,
            [0x30, u8::try_from(bomb.len()).expect("a short length")],
        );
    }
    let cases: [(&[u8], &str); 6] = [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "it is no LDAP message"),
        (b"\x30\x80\x02\x01\x03", "a length that LDAP does not allow"),
        (b"\x30\x84\x7f\xff\xff\xff", "a message of more than 64 MiB"),
        (b"\x30\x05\x02\x01\x03\x64\x7f", "an element is cut off"),
        (
            b"\x30\x0c\x02\x01\x03\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
            "an answer to something else",
        ),
        (
            b"\x30\x08\x02\x01\x03\x65\x03\x0a\x01\x00",
            "an incomplete result",
        ),
    ];
    let mut cases: Vec<_> = cases
        .map(|(bytes, reason)| (bytes.to_vec(), reason))
        .to_vec();
    let mut deep = vec![
        0x30,
        5 + u8::try_from(bomb.len()).expect("short"),
        2,
        1,
        3,
        0x64,
    ];
    deep.push(u8::try_from(bomb.len()).expect("short"));
    deep.extend(&bomb);
    cases.push((deep, "elements nested too deeply"));
    for (bytes, reason) in cases {
        let raw = bytes.clone();
        let server =
            Server::start(move |asked| is_page(asked).then(|| vec![Act::Raw(raw.clone())])).await;
        let (entries, error) = read_all(&directory(&server)).await;
        assert_eq!(entries.len(), 0);
        assert_eq!(
            error,
            Some(lost(&server, &format!("malformed answer: {reason}"))),
            "{bytes:02x?}"
        );
    }
}

#[tokio::test]
async fn entries_that_are_none_are_told_and_the_others_kept() {
    let server = Server::start(|asked| {
        is_page(asked).then(|| {
            let number = u8::try_from(asked.message.msgid).expect("a small number");
            // An entry whose name is a list, and one without attributes.
            let no_name = vec![0x30, 9, 2, 1, number, 0x64, 4, 0x30, 0, 0x30, 0];
            let no_list = vec![0x30, 8, 2, 1, number, 0x64, 3, 4, 1, b'a'];
            vec![Act::Raw(no_name), user(1), Act::Raw(no_list), page_end(b"")]
        })
    })
    .await;
    let directory = directory(&server);
    let mut search = crate::search(&directory).await.expect("a search");
    let page = search.next_page().await.expect("a page").expect("a page");
    assert_eq!(page.entries.len(), 1);
    assert_eq!(
        page.unreadable,
        [
            "an entry without a name was left out",
            "the entry a has no list of attributes and was left out",
        ]
    );
}

//! Searches: pages, ends, and what a server may send in between.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use idmend::directory::Directory;
use idmend::directory::ldap::LdapDirectory;
use ldap3_proto::proto::{LdapOp, LdapResultCode, LdapSearchResultReference, LdapSearchScope};

use crate::odd::malformed;
use crate::server::{
    Act, Asked, Server, cookie, done, page_end, raw_attribute, raw_entry, send_entry,
};
use crate::{config, directory, lost, read_all};

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
    let names: Vec<_> = entries
        .iter()
        .map(|entry| entry.common_name().into_owned())
        .collect();
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
    let (entries, left_out) = page.take_all();
    assert_eq!(entries, []);
    assert_eq!(
        left_out,
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
    let no_ldap = Act::Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec());
    let mut all = malformed();
    all.push((no_ldap, "it is no LDAP message"));
    for (act, reason) in all {
        let sent = act.clone();
        let server =
            Server::start(move |asked| is_page(asked).then(|| vec![user(0), sent.clone()])).await;
        let (entries, error) = read_all(&directory(&server)).await;
        assert_eq!(entries.len(), 0);
        assert_eq!(
            error,
            Some(lost(&server, &format!("malformed answer: {reason}"))),
            "{act:02x?}"
        );
    }
}

#[tokio::test]
async fn a_page_that_does_not_say_whether_it_is_the_last_is_a_part() {
    let server = Server::start(|asked| {
        is_page(asked).then(|| match number_of(asked) {
            1 => vec![user(3), done(LdapResultCode::Success)],
            number => page(number, 4),
        })
    })
    .await;
    let (entries, error) = read_all(&directory(&server)).await;
    assert_eq!(entries.len(), 3);
    let reason = "malformed answer: a page that does not say whether it is the last";
    assert_eq!(error, Some(lost(&server, reason)));
}

#[tokio::test]
async fn pages_that_go_round_in_a_circle_are_ended() {
    // Three pages, each with a cookie of its own to the next, for ever.
    let server = Server::start(|asked| {
        is_page(asked).then(|| {
            let number = number_of(asked);
            let mut acts = page(number % 3, 9);
            acts.pop();
            acts.push(page_end((number + 1).to_string().as_bytes()));
            acts
        })
    })
    .await;
    let (entries, error) = read_all(&directory(&server)).await;
    assert_eq!(entries.len(), 9);
    let reason = "malformed answer: pages without end";
    assert_eq!(error, Some(lost(&server, reason)));
}

#[tokio::test]
async fn a_page_without_end_is_ended_when_it_begins_anew() {
    // Five entries of 10 kB each, over and over.
    fn operation(number: usize) -> Vec<u8> {
        let value = vec![b'x'; 10_000];
        let mail = raw_attribute("mail", [&value[..]].into_iter());
        raw_entry(&format!("CN=u{},DC=x", number % 5), &mail)
    }
    let server = Server::start(|asked| is_page(asked).then(|| vec![Act::Endless(operation)])).await;
    let (entries, error) = read_all(&directory(&server)).await;
    assert!(entries.len() < 100, "{}", entries.len());
    let reason = "malformed answer: pages without end";
    assert_eq!(error, Some(lost(&server, reason)));
}

#[tokio::test]
async fn a_server_that_does_not_page_is_read_page_by_page() {
    let server = Server::start(|asked| {
        is_page(asked).then(|| {
            let mut acts: Vec<Act> = (0..5000).map(user).collect();
            acts.push(done(LdapResultCode::Success));
            acts
        })
    })
    .await;
    let directory = directory(&server);
    let mut search = crate::search(&directory).await.expect("a search");
    let mut sizes = Vec::new();
    while let Some(page) = search.next_page().await.expect("a page") {
        sizes.push(page.take_all().0.len());
    }
    assert_eq!(sizes.iter().sum::<usize>(), 5000);
    let largest = sizes.iter().max().copied();
    assert!(largest.is_some_and(|largest| largest < 2500), "{sizes:?}");
}

#[tokio::test]
async fn a_server_that_sends_without_end_is_made_to_wait_for_whoever_reads() {
    // Entries of 1 MB each, none of them the same, for ever.
    static SENT: AtomicUsize = AtomicUsize::new(0);
    fn operation(number: usize) -> Vec<u8> {
        SENT.store(number, Ordering::Relaxed);
        let value = vec![b'x'; 1 << 20];
        let mail = raw_attribute("mail", [&value[..]].into_iter());
        raw_entry(&format!("CN=u{number},DC=x"), &mail)
    }
    let server = Server::start(|asked| is_page(asked).then(|| vec![Act::Endless(operation)])).await;
    let mut config = config(&server);
    config.timeouts.search = Duration::from_secs(10);
    let directory = Directory::Ldap(LdapDirectory::new(config).expect("a usable configuration"));
    let mut search = crate::search_by(&directory, 1000).await.expect("a search");
    drop(search.next_page().await.expect("a page"));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let waiting = SENT.load(Ordering::Relaxed);
    assert!(waiting < 60, "{waiting} MB wait to be read");
    // Whoever goes on reading gets more; whoever stops ends it.
    for _ in 0..3 {
        assert!(search.next_page().await.expect("a page").is_some());
    }
    drop(search);
    let gives_up = |op: &LdapOp| matches!(op, LdapOp::AbandonRequest(_));
    for _ in 0..100 {
        if server.count(gives_up) == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the search was not given up");
}

#[tokio::test]
async fn entries_that_are_none_are_told_and_the_others_kept() {
    let server = Server::start(|asked| {
        is_page(asked).then(|| {
            // An entry whose name is a list, and one without attributes.
            let no_name = Act::Operation(b"\x64\x04\x30\x00\x30\x00".to_vec());
            let no_list = Act::Operation(b"\x64\x03\x04\x01a".to_vec());
            vec![no_name, user(1), no_list, page_end(b"")]
        })
    })
    .await;
    let directory = directory(&server);
    let mut search = crate::search(&directory).await.expect("a search");
    let page = search.next_page().await.expect("a page").expect("a page");
    let (entries, left_out) = page.take_all();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        left_out,
        [
            "an entry without a name was left out",
            "the entry a is malformed (no list of attributes) and was left out",
        ]
    );
}

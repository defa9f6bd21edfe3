//! Entries of sizes and shapes that no directory has: each is read, or left out
//! with a sentence, and costs neither the others nor the memory.

use std::iter;

use idmend::model::Entry;

use crate::faults::{server, user};
use crate::program::{Ran, scan};
use crate::server::{Act, Server, element, page_end, raw_attribute, raw_entry};
use crate::{directory, search};

/// What a page gives that holds `odd` between two users.
async fn read_beside(odd: Vec<u8>) -> (Vec<Entry>, Vec<String>) {
    let acts = vec![user(0), Act::Operation(odd), user(1), page_end(b"")];
    let is_page = |asked: &crate::server::Asked| crate::server::cookie(asked).is_some();
    let server = Server::start(move |asked| is_page(asked).then(|| acts.clone())).await;
    let directory = directory(&server);
    let mut search = search(&directory).await.expect("a search");
    let (mut entries, mut left_out) = (Vec::new(), Vec::new());
    while let Some(page) = search.next_page().await.expect("a page") {
        let (read, odd) = page.take_all();
        entries.extend(read);
        left_out.extend(odd);
    }
    (entries, left_out)
}

/// The entry between the two users.
async fn read(attributes: &[u8]) -> Entry {
    let (mut entries, left_out) = read_beside(raw_entry("CN=odd,DC=x", attributes)).await;
    assert_eq!(left_out, [""; 0]);
    assert_eq!(entries.len(), 3);
    entries.swap_remove(1)
}

/// Why the entry between the two users was left out.
async fn left_out(odd: Vec<u8>) -> String {
    let (entries, mut left_out) = read_beside(odd).await;
    assert_eq!((entries.len(), left_out.len()), (2, 1));
    left_out.remove(0)
}

#[tokio::test]
async fn a_value_of_10_mb_is_read() {
    let value = vec![b'x'; 10 << 20];
    let entry = read(&raw_attribute("mail", iter::once(&value[..]))).await;
    assert_eq!(entry.values("mail")[0].as_bytes(), value);
}

#[tokio::test]
async fn an_attribute_with_a_million_values_is_read() {
    let values = iter::repeat_n(&b"v"[..], 1_000_000);
    let entry = read(&raw_attribute("proxyAddresses", values)).await;
    assert_eq!(entry.values("proxyAddresses").len(), 1_000_000);
}

#[tokio::test]
async fn an_attribute_sent_a_hundred_thousand_times_is_one() {
    let once = raw_attribute("mail", iter::once(&b"v"[..]));
    let unasked = raw_attribute("info", iter::once(&b"v"[..]));
    let entry = read(&[once, unasked].concat().repeat(100_000)).await;
    assert_eq!(entry.attributes().len(), 1);
    assert_eq!(entry.values("mail").len(), 100_000);
}

#[tokio::test]
async fn elements_nested_without_end_are_not_followed() {
    let mut bomb = Vec::new();
    for _ in 0..10_000 {
        bomb = element(0x30, &bomb);
    }
    let malformed = |why| format!("the entry CN=odd,DC=x is malformed ({why}) and was left out");
    let wrong_kind = malformed("an element of the wrong kind");
    let attribute = [element(0x04, b"mail"), element(0x31, &bomb)].concat();
    let as_value = raw_entry("CN=odd,DC=x", &element(0x30, &attribute));
    assert_eq!(left_out(as_value).await, wrong_kind);
    assert_eq!(left_out(raw_entry("CN=odd,DC=x", &bomb)).await, wrong_kind);
    let as_name = element(0x64, &bomb);
    assert_eq!(
        left_out(as_name).await,
        "an entry without a name was left out"
    );
    // Nobody asked for it, so nobody looks into it.
    let attribute = [element(0x04, b"info"), element(0x31, &bomb)].concat();
    assert!(
        read(&element(0x30, &attribute))
            .await
            .attributes()
            .is_empty()
    );
}

#[tokio::test]
async fn lengths_that_lie_cost_one_entry() {
    let cut = "the entry CN=odd,DC=x is malformed (an element is cut off) and was left out";
    let mut mail = raw_attribute("mail", iter::once(&b"value"[..]));
    // The value's own length: it says more than its attribute holds.
    let at = mail.len() - 6;
    mail[at] = 6;
    assert_eq!(left_out(raw_entry("CN=odd,DC=x", &mail)).await, cut);
    mail[at] = 4;
    assert_eq!(left_out(raw_entry("CN=odd,DC=x", &mail)).await, cut);
    let endless = [&b"\x30\x84\xff\xff\xff\xff"[..], &mail].concat();
    assert_eq!(left_out(raw_entry("CN=odd,DC=x", &endless)).await, cut);
}

#[tokio::test]
async fn ranges_that_lie_about_their_values_cost_one_entry() {
    for lie in ["0-4", "0-18446744073709551615", "0-0"] {
        let name = format!("proxyAddresses;range={lie}");
        let values = iter::repeat_n(&b"v"[..], 2);
        let odd = raw_entry("CN=odd,DC=x", &raw_attribute(&name, values));
        assert_eq!(
            left_out(odd).await,
            "the entry CN=odd,DC=x is malformed (a range with another number of values than it \
             says) and was left out",
            "{lie}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_says_what_was_left_out_and_ends_with_4() {
    let bomb = element(0x30, &element(0x30, &[]));
    let long = vec![b'x'; 65 << 20];
    let long = raw_entry(
        "CN=long,DC=x",
        &raw_attribute("mail", iter::once(&long[..])),
    );
    let nested = raw_entry("CN=nested,DC=x", &bomb);
    let server = server(move |_, _| {
        Some(vec![
            user(0),
            Act::Operation(long.clone()),
            Act::Operation(nested.clone()),
            user(1),
            page_end(b""),
        ])
    })
    .await;
    let ran: Ran = scan(&server, &[]).await;
    ran.ends_with(
        4,
        &[
            "incomplete: the entry CN=long,DC=x is longer than 64 MiB and was left out",
            "incomplete: the entry CN=nested,DC=x is malformed (an element of the wrong kind) \
             and was left out",
            "2 findings in 2 objects (partial: not everything was read)",
        ],
    );
    assert_eq!(ran.rows.len(), 2);
}

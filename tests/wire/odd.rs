//! The program's own scan of a server whose answers are no answers: the exit
//! code, the sentence, and what is kept of the rest.

use ldap3_proto::proto::LdapResultCode;

use crate::faults::{number_of, page, server, user};
use crate::program::scan;
use crate::server::{Act, Asked, done, page_end, raw_attribute, raw_entry};

/// What a server may send instead of an answer, and what is wrong with it.
pub(crate) fn malformed() -> Vec<(Act, &'static str)> {
    let raw: [(&[u8], &str); 2] = [
        (b"\x30\x80\x02\x01\x03", "a length that LDAP does not allow"),
        (b"\x30\x84\x7f\xff\xff\xff", "a message of more than 1 GiB"),
    ];
    let operations: [(&[u8], &str); 4] = [
        (b"\x64\x7f", "an element is cut off"),
        (
            b"\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
            "an answer to something else",
        ),
        (b"\x65\x03\x0a\x01\x00", "an incomplete result"),
        (
            b"\x65\x07\x0a\x01\x00\x04\x7f\x04\x00",
            "an element is cut off",
        ),
    ];
    let raw = raw.map(|(bytes, reason)| (Act::Raw(bytes.to_vec()), reason));
    let operations = operations.map(|(bytes, reason)| (Act::Operation(bytes.to_vec()), reason));
    raw.into_iter().chain(operations).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_malformed_answer_costs_one_reading_and_no_entry() {
    for (act, reason) in malformed() {
        let once = move |_: &Asked, before| (before == 1).then(|| vec![user(3), act.clone()]);
        let sentence = format!("connection lost: malformed answer: {reason}");
        scan(&server(once).await, &[]).await.is_whole(&[
            "note: x is read again from its beginning after an error: no connection to ",
            &sentence,
        ]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_answer_every_time_leaves_a_part_that_says_so() {
    let (act, reason) = malformed().swap_remove(2);
    let always =
        move |asked: &Asked, _| (number_of(asked) == 2).then(|| vec![user(6), act.clone()]);
    let ran = scan(&server(always).await, &[]).await;
    ran.ends_with(
        4,
        &[
            &format!("malformed answer: {reason}; 6 entries were read before"),
            "6 findings in 6 objects (partial: not everything was read)",
        ],
    );
    assert_eq!(ran.rows.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_does_not_say_whether_it_is_the_last_is_not_taken_for_the_end() {
    let without = || vec![user(6), done(LdapResultCode::Success)];
    let once = server(move |_, before| (before == 2).then(without)).await;
    let sentence = "malformed answer: a page that does not say whether it is the last";
    scan(&once, &[]).await.is_whole(&[
        "note: x is read again from its beginning after an error: no connection to ",
        sentence,
    ]);
    let always = server(move |asked, _| (number_of(asked) == 2).then(without)).await;
    let ran = scan(&always, &[]).await;
    ran.ends_with(4, &[&format!("{sentence}; 6 entries were read before")]);
    assert_eq!(ran.rows.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_in_a_circle_are_left_with_each_entry_once() {
    // The last page leads back to the second, by cookies that never repeat.
    let circle = |asked: &Asked, _| {
        let number = number_of(asked);
        let of_page = number.checked_sub(1).map_or(0, |number| 1 + number % 3);
        let mut acts: Vec<Act> = (0..3).map(|n| user(3 * of_page + n)).collect();
        acts.push(page_end((number + 1).to_string().as_bytes()));
        Some(acts)
    };
    let ran = scan(&server(circle).await, &[]).await;
    ran.ends_with(
        4,
        &["connection lost: malformed answer: pages without end; 12 entries were read before"],
    );
    assert_eq!(ran.rows.len(), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_that_lie_about_their_values_cost_that_entry_alone() {
    for lie in ["0-4", "0-18446744073709551615", "0-0"] {
        let name = format!("proxyAddresses;range={lie}");
        let values = std::iter::repeat_n(&b"v"[..], 2);
        let odd = raw_entry("CN=odd,DC=x", &raw_attribute(&name, values));
        let beside = move |asked: &Asked, _| {
            let mut acts = page(asked);
            if number_of(asked) == 1 {
                acts.insert(1, Act::Operation(odd.clone()));
            }
            Some(acts)
        };
        let ran = scan(&server(beside).await, &[]).await;
        ran.ends_with(
            4,
            &[
                "incomplete: the entry CN=odd,DC=x is malformed (a range with another number of \
                 values than it says) and was left out",
                "12 findings in 12 objects (partial: not everything was read)",
            ],
        );
        assert_eq!(ran.rows.len(), 12, "{lie}");
    }
}

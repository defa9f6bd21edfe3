//! The live check through a session on the demo.

use std::sync::Arc;

use super::{LiveCheck, Standards};
use crate::config::SourceSpec;
use crate::directory::Directory;
use crate::directory::memory::{Fault, MemoryDirectory, Operation};
use crate::model::{
    AttributeName, Change, ChangeSet, DistinguishedName, DomainId, Entry, Modification, ObjectGuid,
    Value,
};
use crate::rule::Settings;
use crate::rule::{Judge, file};
use crate::scan::{ForestJoin, ScanOptions, ScanSource};
use crate::session::{EMBEDDED_RULES, ScanRequest, Session, Watched};
use crate::transaction::{ApplyOptions, Outcome, TransactionId};
use crate::transaction::{PreflightRun, Target, Verdict, preflight};
use crate::worksheet::Action;
use tokio_util::sync::CancellationToken;

/// A session on the demo that has taken away one of its duplicate addresses.
async fn one_duplicate_removed(
    (session, request): (&mut Session, &ScanRequest),
    watched: Watched<'_>,
) -> TransactionId {
    session.open(&request.sources).await.unwrap();
    let mut sheet = session
        .scan(request, &|_| (), watched.cancel)
        .await
        .unwrap();
    let duplicates: Vec<_> = sheet
        .rows()
        .filter(|row| {
            let text = sheet.text(*row);
            text.attribute == "proxyAddresses" && text.error.contains("Duplicate")
        })
        .collect();
    let removed = sheet.act_all(&duplicates[..1], Action::Remove);
    assert!(removed.refused.is_empty(), "{removed:?}");
    let plan = sheet.plan().changes;
    assert_eq!(plan.len(), 1);
    let applied = session.apply(&plan, None, watched).await.unwrap();
    assert_eq!(applied.outcomes, [Outcome::Done]);
    applied.id
}

fn demo_request() -> ScanRequest {
    ScanRequest {
        sources: vec![SourceSpec::Demo],
        rules: EMBEDDED_RULES.to_owned(),
        settings: Settings::default(),
        options: ScanOptions::default(),
        exceptions: None,
    }
}

#[tokio::test]
async fn a_duplicate_that_was_removed_comes_back_though_it_is_held_elsewhere() {
    let state = tempfile::tempdir().unwrap();
    let mut session = Session::new(state.path().to_owned());
    let watched = Watched {
        options: &ApplyOptions::default(),
        progress: &|_| (),
        cancel: &CancellationToken::new(),
    };
    let applied = one_duplicate_removed((&mut session, &demo_request()), watched).await;
    let back = session.plan_rollback(&applied).unwrap().plan;
    let reverted = session.apply(&back, Some(applied), watched).await.unwrap();
    assert_eq!(reverted.outcomes, [Outcome::Done]);
}

#[tokio::test]
async fn a_rollback_without_a_scan_compares_as_the_transaction_did() {
    for (join, login) in [("mail", "mail"), ("employeeID", "userPrincipalName")] {
        let state = tempfile::tempdir().unwrap();
        let mut session = Session::new(state.path().to_owned());
        let watched = Watched {
            options: &ApplyOptions::default(),
            progress: &|_| (),
            cancel: &CancellationToken::new(),
        };
        let mut request = demo_request();
        request.options.join = join.parse().unwrap();
        request.settings.login_attribute = AttributeName::known(login);
        let applied = one_duplicate_removed((&mut session, &request), watched).await;
        // What a process of its own has that only takes back.
        session.judge = None;
        session.options = ScanOptions::default();
        let standards = session.live_check(Some(&applied)).unwrap().standards;
        assert_eq!(standards.join, request.options.join);
        assert!(standards.judge.settings.login_attribute.is(login));
        assert!(!standards.rules);
        let usual = session.live_check(None).unwrap().standards;
        assert_eq!(usual.join, ForestJoin::default());
    }
}

const ROOT: &str = "DC=contoso,DC=com";

fn entry(number: u8, attributes: &[(&'static str, &[&str])]) -> Entry {
    let mut entry = Entry::new(DistinguishedName::from_server(format!(
        "CN=user{number},{ROOT}"
    )));
    let text = |values: &[&str]| values.iter().copied().map(Value::from).collect::<Vec<_>>();
    entry.add(
        AttributeName::known("objectClass"),
        text(&["top", "person", "user"]),
    );
    entry.add(
        AttributeName::known("objectGUID"),
        [Value::from(vec![number; 16])],
    );
    for (attribute, values) in attributes {
        entry.add(AttributeName::known(attribute), text(values));
    }
    entry
}

/// Forests of one domain each, and the check over all of them.
struct Live {
    memories: Vec<MemoryDirectory>,
    targets: Vec<Target>,
    check: LiveCheck,
}

impl Live {
    async fn new(forests: &[&[Entry]]) -> Self {
        Self::with(forests, Settings::default(), "once").await
    }

    async fn with(forests: &[&[Entry]], settings: Settings, join: &str) -> Self {
        let (mut memories, mut sources) = (Vec::new(), Vec::new());
        for (number, entries) in forests.iter().enumerate() {
            let memory = MemoryDirectory::new(
                &format!("forest{number}.test"),
                &["contoso.com"],
                entries.to_vec(),
            );
            let directory = Arc::new(Directory::Memory(memory.clone()));
            let forest = directory.discover().await.unwrap();
            memories.push(memory);
            sources.push(ScanSource { directory, forest });
        }
        let rules = file::load(EMBEDDED_RULES).unwrap();
        let targets = sources
            .iter()
            .flat_map(|source| Target::of_forest(&source.directory, &source.forest, "memory"))
            .collect();
        Self {
            memories,
            targets,
            check: LiveCheck::new(
                &sources,
                Standards {
                    judge: Arc::new(Judge::new(Arc::new(rules), settings)),
                    join: join.parse().unwrap(),
                    rules: true,
                },
            ),
        }
    }

    /// The plan that takes one attribute of each of these entries of the first
    /// forest to these values.
    fn plan(&self, edits: &[(u8, &'static str, &[Value])]) -> ChangeSet {
        let modifications = edits
            .iter()
            .map(|(number, attribute, after)| {
                let entries = self.memories[0].entries();
                let guid = ObjectGuid::from_bytes(&[*number; 16]).unwrap();
                let identity = crate::model::Identity::Guid(guid);
                let entry = entries.iter().find(|entry| entry.identity() == identity);
                let entry = entry.unwrap();
                let change = Change::between(
                    AttributeName::known(attribute),
                    *attribute != "proxyAddresses",
                    entry.values(attribute).to_vec(),
                    after.to_vec(),
                );
                Modification {
                    identity,
                    dn: entry.dn.clone(),
                    class: entry.class(),
                    domain: DomainId(0),
                    changes: vec![change.unwrap()],
                }
            })
            .collect();
        ChangeSet {
            modifications,
            ..ChangeSet::default()
        }
    }

    async fn verdicts(&self, plan: &ChangeSet, reverting: bool) -> Vec<Verdict> {
        let run = PreflightRun {
            plan,
            targets: &self.targets,
            reverting,
            precondition: &self.check,
        };
        preflight(run).await.unwrap()
    }

    /// Why the first modification is refused; empty if it is not.
    async fn refusal(&self, plan: &ChangeSet) -> String {
        match self.verdicts(plan, false).await.swap_remove(0) {
            Verdict::Send(_) => String::new(),
            Verdict::Hold(outcome) => outcome.to_string(),
        }
    }
}

fn values(texts: &[&str]) -> Vec<Value> {
    texts.iter().copied().map(Value::from).collect()
}

#[tokio::test]
async fn a_value_is_found_however_and_wherever_another_entry_holds_it() {
    let wanted = [
        (
            "smtp:Q@Contoso.com",
            ("proxyAddresses", "SMTP:q@contoso.COM"),
        ),
        ("smtp:q@contoso.com", ("mail", "Q@contoso.com")),
        ("smtp:q@contoso.com", ("userPrincipalName", "q@contoso.com")),
        ("smtp:q@contoso.com", ("sAMAccountName", "Q")),
        ("smtp:q@xn--mnchen-3ya.de", ("mail", "q@m\u{fc}nchen.de")),
        ("smtp:q@m\u{fc}nchen.de", ("mail", "q@xn--mnchen-3ya.de")),
        ("smtp:q*)(b@contoso.com", ("mail", "q*)(b@contoso.com")),
        ("sip:q@contoso.com", ("proxyAddresses", "SIP:Q@contoso.com")),
        ("X500:/o=Q(1)", ("proxyAddresses", "x500:/o=q(1)")),
    ];
    for (value, (attribute, held)) in wanted {
        let own = entry(1, &[("userPrincipalName", &["own@contoso.com"])]);
        let other = entry(2, &[(attribute, &[held])]);
        let live = Live::new(&[&[own], &[other]]).await;
        let plan = live.plan(&[(1, "proxyAddresses", &values(&[value]))]);
        let refusal = live.refusal(&plan).await;
        assert!(
            refusal.contains("is held by CN=user2,DC=contoso,DC=com"),
            "{value} against {held}: {refusal}"
        );
    }
}

/// Why `user1` of the first forest may not take `smtp:q@contoso.com` while this
/// entry holds it; empty if it may.
async fn refusal_beside(forests: &[&[Entry]], join: &str) -> String {
    let live = Live::with(forests, Settings::default(), join).await;
    let values = values(&["SMTP:a@contoso.com", "smtp:q@contoso.com"]);
    let plan = live.plan(&[(1, "proxyAddresses", &values)]);
    live.refusal(&plan).await
}

#[tokio::test]
async fn an_entry_that_the_sync_engine_joins_may_hold_the_value_too() {
    let sid = ["S-1-5-21-7"];
    let account = entry(
        1,
        &[
            ("mail", &["a@contoso.com"]),
            ("objectSid", &sid),
            ("sAMAccountName", &["anna"]),
            ("employeeID", &["7"]),
            ("proxyAddresses", &["SMTP:a@contoso.com"]),
        ],
    );
    let mut contact = entry(
        2,
        &[
            ("mail", &["A@contoso.com"]),
            ("proxyAddresses", &["SMTP:q@contoso.com"]),
        ],
    );
    let class = AttributeName::known("objectClass");
    contact.set(&class, values(&["top", "contact"]));
    let mut stranger = contact.clone();
    let mail = AttributeName::known("mail");
    stranger.set(&mail, values(&["other@contoso.com"]));
    let mailbox = entry(
        2,
        &[
            ("msExchMasterAccountSid", &sid),
            ("mailNickname", &["Anna"]),
            ("employeeID", &["7"]),
            ("proxyAddresses", &["SMTP:q@contoso.com"]),
        ],
    );
    let own = std::slice::from_ref(&account);
    for join in ["once", "mail", "sid", "sam", "employeeID"] {
        assert_eq!(
            refusal_beside(&[own, std::slice::from_ref(&contact)], join).await,
            ""
        );
        let forests: [&[Entry]; 2] = [own, std::slice::from_ref(&stranger)];
        let refusal = refusal_beside(&forests, join).await;
        assert!(refusal.contains("is held by CN=user2"), "{join}: {refusal}");
        let one_forest: [&[Entry]; 1] = [&[account.clone(), contact.clone()]];
        let refusal = refusal_beside(&one_forest, join).await;
        assert!(refusal.contains("is held by CN=user2"), "{join}: {refusal}");
        let refusal = refusal_beside(&[own, std::slice::from_ref(&mailbox)], join).await;
        let is_joined = ["sid", "sam", "employeeID"].contains(&join);
        assert_eq!(refusal.is_empty(), is_joined, "{join}: {refusal}");
    }
}

#[tokio::test]
async fn the_entry_as_it_will_be_is_what_joins() {
    let own = entry(1, &[("mail", &["a@contoso.com"])]);
    let mut contact = entry(2, &[("mail", &["q@contoso.com"])]);
    let class = AttributeName::known("objectClass");
    contact.set(&class, values(&["top", "contact"]));
    let live = Live::new(&[&[own], &[contact]]).await;
    let plan = live.plan(&[(1, "mail", &values(&["q@contoso.com"]))]);
    assert_eq!(live.refusal(&plan).await, "");
}

#[tokio::test]
async fn another_sign_in_attribute_is_searched_too() {
    let settings = Settings {
        login_attribute: AttributeName::known("employeeID"),
        ..Settings::default()
    };
    let own = entry(1, &[("employeeID", &["own@contoso.com"])]);
    let other = entry(2, &[("employeeID", &["q@contoso.com"])]);
    let live = Live::with(&[&[own, other]], settings, "once").await;
    let plan = live.plan(&[(1, "proxyAddresses", &values(&["smtp:q@contoso.com"]))]);
    assert!(live.refusal(&plan).await.contains("is held by CN=user2"));
}

#[tokio::test]
async fn an_address_that_differs_for_the_cloud_is_free_though_the_directory_finds_it_equal() {
    let own = entry(1, &[("userPrincipalName", &["own@contoso.com"])]);
    let other = entry(2, &[("mail", &["j\u{e4}ne@contoso.com"])]);
    let live = Live::new(&[&[own, other]]).await;
    let plan = live.plan(&[(1, "mail", &values(&["jane@contoso.com"]))]);
    assert_eq!(live.refusal(&plan).await, "");
}

#[tokio::test]
async fn a_search_that_fails_refuses() {
    let own = entry(1, &[("userPrincipalName", &["own@contoso.com"])]);
    let live = Live::new(&[&[own], &[]]).await;
    let busy = Fault::Refused {
        code: 51,
        text: "busy".to_owned(),
    };
    live.memories[1].inject(Operation::Page, 1, busy);
    let plan = live.plan(&[(1, "mail", &values(&["q@contoso.com"]))]);
    let refusal = live.refusal(&plan).await;
    assert!(
        refusal.contains("whether 'q@contoso.com' is free could not be read"),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_value_that_the_plan_gives_up_before_is_free_and_else_it_is_not() {
    let giver = entry(
        1,
        &[(
            "proxyAddresses",
            &["SMTP:a@contoso.com", "smtp:q@contoso.com"],
        )],
    );
    let taker = entry(2, &[("userPrincipalName", &["b@contoso.com"])]);
    let live = Live::new(&[&[giver, taker]]).await;
    let mut plan = live.plan(&[
        (1, "proxyAddresses", &values(&["SMTP:a@contoso.com"])),
        (2, "mail", &values(&["q@contoso.com"])),
    ]);
    let alone = live.verdicts(&plan, false).await;
    assert!(
        matches!(&alone[1], Verdict::Hold(Outcome::Refused(reason)) if reason.contains("is held by CN=user1")),
        "{alone:?}"
    );
    plan.depends_on = vec![vec![], vec![0]];
    let ordered = live.verdicts(&plan, false).await;
    assert_eq!(ordered, [Verdict::Send(vec![]), Verdict::Send(vec![])]);
    live.memories[0].remove(&plan.modifications[0].identity);
    let without = live.verdicts(&plan, false).await;
    assert!(
        matches!(&without[1], Verdict::Hold(Outcome::Refused(reason)) if reason.contains("should give up first, and that one is failed")),
        "{without:?}"
    );
}

#[tokio::test]
async fn a_second_primary_address_is_refused_and_in_a_rollback_left_alone() {
    let one = entry(1, &[("proxyAddresses", &["smtp:a@contoso.com"])]);
    let live = Live::new(&[&[one]]).await;
    let plan = live.plan(&[(
        1,
        "proxyAddresses",
        &values(&["smtp:a@contoso.com", "SMTP:b@contoso.com"]),
    )]);
    assert_eq!(live.refusal(&plan).await, "");
    live.memories[0].edit(&plan.modifications[0].identity, |entry| {
        let now = values(&["smtp:a@contoso.com", "SMTP:c@contoso.com"]);
        entry.set(&AttributeName::known("proxyAddresses"), now);
    });
    let refusal = live.refusal(&plan).await;
    assert!(refusal.contains("2 primary addresses"), "{refusal}");
    let back = live.verdicts(&plan, true).await;
    assert!(
        matches!(&back[0], Verdict::Hold(Outcome::Conflict(conflicts)) if conflicts[0].reason.contains("2 primary addresses")),
        "{back:?}"
    );
}

#[tokio::test]
async fn a_rule_that_only_the_entry_as_it_is_now_would_break_refuses() {
    let one = entry(
        1,
        &[
            ("userPrincipalName", &["a@contoso.com"]),
            ("proxyAddresses", &["SMTP:a@contoso.com"]),
        ],
    );
    let live = Live::new(&[&[one]]).await;
    let plan = live.plan(&[(1, "mail", &values(&["a@contoso.com\u{7}"]))]);
    let refusal = live.refusal(&plan).await;
    assert!(refusal.starts_with("refused: mail: "), "{refusal}");
    let back = live.verdicts(&plan, true).await;
    assert_eq!(
        back,
        [Verdict::Send(vec![])],
        "a rollback brings back what was"
    );
}

#[tokio::test]
async fn what_the_account_may_not_write_is_refused() {
    let rights = |attributes: &[(&'static str, &[&str])]| {
        let mut all = vec![("userPrincipalName", &["a@contoso.com"][..])];
        all.extend_from_slice(attributes);
        entry(1, &all)
    };
    for (attributes, refusal) in [
        (&[][..], ""),
        (&[("sDRightsEffective", &["0"][..])], "may not write mail"),
        (
            &[("allowedAttributesEffective", &["displayName"][..])],
            "may not write mail",
        ),
        (&[("allowedAttributesEffective", &["Mail"][..])], ""),
        (
            &[("msDS-ObjectSoa", &["Cloud"][..])],
            "is managed in the cloud (msDS-ObjectSoa is 'Cloud')",
        ),
    ] {
        let live = Live::new(&[&[rights(attributes)]]).await;
        let plan = live.plan(&[(1, "mail", &values(&["a@contoso.com"]))]);
        let found = live.refusal(&plan).await;
        assert!(
            found.is_empty() == refusal.is_empty() && found.contains(refusal),
            "{attributes:?}: {found}"
        );
    }
}

#[tokio::test]
async fn a_value_longer_than_the_schema_allows_is_refused_with_both_lengths() {
    let one = entry(1, &[("userPrincipalName", &["a@contoso.com"])]);
    let live = Live::new(&[&[one]]).await;
    for (length, refused) in [(64, false), (65, true)] {
        // Counted in UTF-16, as Active Directory counts.
        let nickname = format!("{}\u{1d4b6}", "a".repeat(length - 2));
        let plan = live.plan(&[(1, "mailNickname", &values(&[&nickname]))]);
        let found = live.refusal(&plan).await;
        let sentence = "the value has 65 characters, the schema allows 64 for mailNickname";
        assert_eq!(found.contains(sentence), refused, "{length}: {found}");
    }
}

#[tokio::test]
async fn a_value_that_is_no_text_does_not_hide_the_check_of_the_next_one() {
    let one = entry(1, &[("proxyAddresses", &["SMTP:a@contoso.com"])]);
    let other = entry(2, &[("mail", &["q@contoso.com"])]);
    let live = Live::new(&[&[one, other]]).await;
    let raw = [
        Value::from("SMTP:a@contoso.com"),
        Value::from(vec![0xff, 0xfe]),
        Value::from("smtp:q@contoso.com"),
    ];
    let plan = live.plan(&[(1, "proxyAddresses", &raw)]);
    let back = live.verdicts(&plan, true).await;
    assert!(
        matches!(&back[0], Verdict::Hold(Outcome::Conflict(conflicts)) if conflicts[0].reason.contains("held by CN=user2")),
        "{back:?}"
    );
}

#[tokio::test]
async fn the_values_of_many_entries_are_searched_together_and_told_apart() {
    let mut people: Vec<Entry> = (1..=120)
        .map(|number| entry(number, &[("displayName", &["x"])]))
        .collect();
    people.push(entry(200, &[("mail", &["q77@contoso.com"])]));
    let live = Live::new(&[&people]).await;
    let addresses: Vec<(u8, [Value; 1])> = (1..=120)
        .map(|number| (number, [Value::from(format!("q{number}@contoso.com"))]))
        .collect();
    let edits: Vec<_> = addresses
        .iter()
        .map(|(number, address)| (*number, "mail", &address[..]))
        .collect();
    let verdicts = live.verdicts(&live.plan(&edits), false).await;
    for (at, verdict) in verdicts.iter().enumerate() {
        match verdict {
            Verdict::Send(_) => assert_ne!(at, 76),
            Verdict::Hold(outcome) => assert_eq!(
                (at, outcome.to_string().as_str()),
                (
                    76,
                    "refused: mail: the value 'q77@contoso.com' is held by \
                     CN=user200,DC=contoso,DC=com"
                )
            ),
        }
    }
    let searches = live.memories[0].count(Operation::Page);
    assert!((3..=12).contains(&searches), "{searches} for 120 values");
}

#[tokio::test]
async fn a_value_that_very_many_hold_is_refused_without_keeping_them_all() {
    let own = entry(1, &[("displayName", &["x"])]);
    let mut people = vec![own];
    for number in 0..1500_u16 {
        let mut other = entry(2, &[("mail", &["all@contoso.com"])]);
        let mut guid = [7; 16];
        guid[..2].copy_from_slice(&number.to_le_bytes());
        other.set(
            &AttributeName::known("objectGUID"),
            vec![Value::from(guid.to_vec())],
        );
        people.push(other);
    }
    let live = Live::new(&[&people]).await;
    let plan = live.plan(&[(1, "mail", &values(&["all@contoso.com"]))]);
    assert!(live.refusal(&plan).await.contains("is held by CN=user2"));
}

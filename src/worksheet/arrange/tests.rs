//! What is found fast is what is found row by row.

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;

use crate::model::Entry;
use crate::scan::fixture::{self, user};
use crate::worksheet::{
    Action, Grouping, Order, RowFilter, RowId, RowState, Share, SortColumn, SortKey, Worksheet,
};

const COLUMNS: [SortColumn; 16] = [
    SortColumn::State,
    SortColumn::Severity,
    SortColumn::Name,
    SortColumn::Container,
    SortColumn::Class,
    SortColumn::Attribute,
    SortColumn::Error,
    SortColumn::Value,
    SortColumn::Update,
    SortColumn::Action,
    SortColumn::Rule,
    SortColumn::Domain,
    SortColumn::Proposed,
    SortColumn::Message,
    SortColumn::Dn,
    SortColumn::Result,
];

/// Names that are spelled otherwise in the DN, among plain ones.
const NAMES: [&str; 8] = [
    "Anna",
    "anna",
    "CN",
    "Meyer, A",
    "a=b",
    "Zoë",
    "Ines ",
    "Ou\u{202e}x",
];

/// Entries with faults, each with a number of its own.
fn entries(seeds: &[(usize, usize)]) -> Vec<Entry> {
    let entry = |(number, (name, fault)): (usize, &(usize, usize))| {
        let name = NAMES[name % NAMES.len()];
        let own = ["a b", "ä", "x..y", "q&", "CN=", "n,ou", "é\n", "OU"][fault % 8];
        let upn = format!("{own}{number}@contoso.com");
        let proxy = format!("smtp:{own}{number}@contoso.com");
        user(
            name,
            &[
                ("userPrincipalName", &[upn.as_str()]),
                ("givenName", &[" Anna"]),
                ("proxyAddresses", &[proxy.as_str(), "smtp:same@contoso.com"]),
            ],
        )
    };
    seeds.iter().enumerate().map(entry).collect()
}

/// Decides on rows, so that the changing columns differ.
fn decide(sheet: &mut Worksheet, seeds: &[usize]) {
    for (row, seed) in sheet.rows().zip(seeds.iter().cycle()) {
        match seed % 7 {
            0 => drop(sheet.accept(&[row])),
            1 => drop(sheet.act(row, Action::Remove)),
            2 => drop(sheet.edit(row, &format!("edited{seed}@contoso.com"))),
            3 => sheet.set_state(&[row], &RowState::Failed("anna said no".to_owned())),
            4 => {
                drop(sheet.act(row, Action::Complete));
                sheet.set_state(&[row], &RowState::Done);
            }
            5 => {
                sheet.undo();
            }
            _ => {}
        }
    }
}

fn term() -> impl Strategy<Value = String> {
    let field = proptest::sample::select(vec![
        "",
        "name:",
        "dn:",
        "ou:",
        "class:",
        "attr:",
        "error:",
        "value:",
        "update:",
        "action:",
        "severity:",
        "rule:",
        "state:",
        "domain:",
        "proposed:",
        "message:",
        "result:",
    ]);
    let word = proptest::sample::select(vec![
        "anna",
        "CN",
        "c",
        "=",
        ",",
        "ou=",
        "\"cn=anna,\"",
        "sales",
        "contoso",
        "mail",
        "user",
        "edit",
        "open",
        "fail",
        "ä",
        "Ë",
        "\"a b\"",
        "\"\"",
        "/^a/",
        "/n$/",
        "/^$/",
        "/[^x]a/",
        "edited",
        "dropped",
        "\"\u{0a}1\"",
        "/\\n/",
        "same",
        "safe",
        "said",
        "U+",
        "=anna",
        "=\"Meyer, A\"",
        "=fails",
        "=Staff",
    ]);
    (any::<bool>(), field, word)
        .prop_map(|(not, field, word)| format!("{}{field}{word}", if not { "!" } else { "" }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_whole_sheet_is_filtered_and_sorted_as_its_rows_are_one_by_one(
        people in proptest::collection::vec((0_usize..8, 0_usize..8), 1..12),
        decisions in proptest::collection::vec(0_usize..40, 1..9),
        terms in proptest::collection::vec(term(), 0..3),
        sort in proptest::collection::vec((0_usize..16, any::<bool>()), 0..5),
    ) {
        let mut sheet = Worksheet::new(fixture::contoso(entries(&people)), fixture::judge());
        decide(&mut sheet, &decisions);
        let text = terms.join(" ");
        let filter = RowFilter::parse(&text).unwrap();
        let keys: Vec<SortKey> = sort
            .iter()
            .map(|(column, descending)| SortKey { column: COLUMNS[*column], descending: *descending })
            .collect();
        let found = sheet.view(&filter, &keys);

        let mut expected: Vec<RowId> =
            sheet.rows().filter(|row| sheet.row_matches(*row, &filter)).collect();
        expected.sort_by(|a, b| {
            keys.iter()
                .map(|key| {
                    let order = plain_key(&sheet, key.column, *a).cmp(&plain_key(&sheet, key.column, *b));
                    if key.descending { order.reverse() } else { order }
                })
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        prop_assert_eq!(found, expected, "{}", text);
    }
}

/// What a row shares with its group.
fn shared(sheet: &Worksheet, by: Grouping, row: RowId) -> String {
    let finding = sheet.finding(row);
    match by {
        Grouping::Conflict => {
            let holds = |set: &crate::scan::ConflictSet| {
                let holders = set.holders.iter();
                holders
                    .filter(|holder| holder.entry == finding.entry)
                    .any(|holder| holder.place == finding.place)
            };
            let set = sheet.scan.conflicts.sets().iter().position(holds);
            format!("{set:?}")
        }
        Grouping::Entry => format!("{:?}", finding.entry),
        // What a label says is what the rows share.
        _ => sheet.group_label(by, u32::MAX, row),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn groups_hold_what_belongs_together_in_the_order_of_the_sort(
        people in proptest::collection::vec((0_usize..8, 0_usize..8), 1..12),
        by in proptest::sample::select(vec![
            Grouping::Rule, Grouping::Container, Grouping::Conflict, Grouping::Entry,
            Grouping::Attribute, Grouping::Severity, Grouping::Domain,
        ]),
    ) {
        let sheet = Worksheet::new(fixture::contoso(entries(&people)), fixture::judge());
        let filter = RowFilter::parse("!name:anna").unwrap();
        let sort = [SortKey { column: SortColumn::Value, descending: true }];
        let sorted = sheet.view(&filter, &sort);
        let arranged = sheet.arrangement(&filter, &sort).grouped(Some(by));
        let order = arranged.carry_out(&AtomicBool::new(false)).unwrap();
        let ends = order.groups.iter().skip(1).map(|group| group.start as usize);
        let ends: Vec<usize> = ends.chain([order.rows.len()]).collect();
        let mut seen = std::collections::BTreeSet::new();
        for (group, end) in order.groups.iter().zip(ends) {
            let rows = &order.rows[group.start as usize..end];
            let common = shared(&sheet, by, rows[0]);
            prop_assert!(rows.iter().all(|row| shared(&sheet, by, *row) == common));
            prop_assert!(seen.insert(common), "two groups of the same kind");
            let as_sorted: Vec<RowId> =
                sorted.iter().copied().filter(|row| rows.contains(row)).collect();
            prop_assert_eq!(rows, as_sorted);
        }
        prop_assert_eq!(order.rows.len(), sorted.len());
    }
}

/// What a row sorts by: a rank, else its text.
fn plain_key(sheet: &Worksheet, column: SortColumn, row: RowId) -> (u32, String) {
    let text = sheet.text(row);
    match column {
        SortColumn::State => (
            crate::worksheet::live::StateKind::of(sheet.state(row)).rank(),
            String::new(),
        ),
        SortColumn::Severity => (text.severity as u32, String::new()),
        SortColumn::Action => (text.action as u32, String::new()),
        SortColumn::Name => (0, text.common_name.to_lowercase()),
        SortColumn::Container => (0, text.container.to_lowercase()),
        SortColumn::Class => (0, text.class.as_str().to_owned()),
        SortColumn::Attribute => (0, text.attribute.to_lowercase()),
        SortColumn::Error => (0, text.error.to_lowercase()),
        SortColumn::Value => (0, text.value.to_lowercase()),
        SortColumn::Update => (0, text.update.to_lowercase()),
        SortColumn::Rule => (0, text.rules.join(" ")),
        SortColumn::Domain => (0, text.domain),
        SortColumn::Proposed => match sheet.proposal(row) {
            Some(proposal) => (
                proposal.action as u32,
                format!("{}", proposal.confidence as u32),
            ),
            None => (0, String::new()),
        },
        SortColumn::Message => {
            let rules = sheet.finding(row).faults.iter();
            let titles = rules.map(|fault| sheet.judge.rules.rule(fault.rule).title.clone());
            (0, titles.collect::<Vec<_>>().join("; ").to_lowercase())
        }
        SortColumn::Dn => (row.0, String::new()),
        SortColumn::Result => (0, sheet.state(row).reason().to_lowercase()),
    }
}

#[test]
fn a_request_that_is_out_of_date_stops() {
    let sheet = Worksheet::new(fixture::contoso(entries(&[(0, 0)])), fixture::judge());
    let filter = RowFilter::parse("anna").unwrap();
    let request = sheet.arrangement(&filter, &[]);
    assert_eq!(request.carry_out(&AtomicBool::new(true)), None);
    assert!(request.carry_out(&AtomicBool::new(false)).is_some());
}

#[test]
fn a_request_shows_the_rows_as_they_were_when_it_was_made() {
    let mut sheet = Worksheet::new(fixture::contoso(entries(&[(0, 0)])), fixture::judge());
    let filter = RowFilter::parse("action:complete").unwrap();
    let before = sheet.arrangement(&filter, &[]);
    let row = sheet.rows().next().unwrap();
    sheet.act(row, Action::Complete).unwrap();
    let never = AtomicBool::new(false);
    assert_eq!(before.carry_out(&never), Some(Order::default()));
    assert_eq!(sheet.view(&filter, &[]), [row]);
}

#[test]
fn an_overview_counts_what_is_there_and_what_is_open() {
    let mut abroad = user("Abroad", &[("userPrincipalName", &["a b@contoso.com"])]);
    abroad.dn = crate::model::DistinguishedName::from_server("CN=A,OU=staff,DC=contoso,DC=com");
    let mut sheet = Worksheet::new(
        fixture::contoso(vec![
            user(
                "Anna",
                &[
                    ("userPrincipalName", &["anna m@contoso.com"]),
                    ("givenName", &["Anna "]),
                ],
            ),
            abroad,
            user("Good", &[("userPrincipalName", &["good@contoso.com"])]),
        ]),
        fixture::judge(),
    );
    let before = sheet.overview();
    assert_eq!(before.all, Share { rows: 3, open: 3 });
    assert_eq!((before.readiness.judged, before.readiness.ready()), (3, 1));
    // Spelled otherwise, it is the same container.
    let units = before.units.iter().map(|unit| unit.name.whole());
    let units: Vec<_> = units.map(|name| name.to_lowercase()).collect();
    assert_eq!(units, ["contoso.com/staff"]);
    let rules = &sheet.judge.rules;
    let by_rule: Vec<_> = before
        .rules
        .iter()
        .map(|(rule, share)| (rules.rule(*rule).id.as_str(), share.rows))
        .collect();
    assert_eq!(
        by_rule,
        [("upn-white-space", 2), ("givenname-white-space", 1)]
    );
    sheet.accept_safe(&[RowId(0), RowId(1), RowId(2)]);
    let after = sheet.overview();
    assert_eq!(after.all, Share { rows: 3, open: 2 });
    let open: Vec<_> = after
        .attributes
        .iter()
        .map(|(name, share)| (name.as_str(), share.open, share.rows))
        .collect();
    assert_eq!(open, [("userPrincipalName", 2, 2), ("givenName", 0, 1)]);
    let summary = sheet.summary();
    let counted = after
        .attributes
        .iter()
        .map(|(name, share)| (name.clone(), share.rows));
    assert_eq!(
        counted.collect::<std::collections::BTreeMap<_, _>>(),
        summary.by_attribute
    );
}

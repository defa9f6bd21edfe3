//! `idmend scan --list-skipped`.

use insta::assert_snapshot;

use crate::common::Home;

/// An entry for each reason to skip one, and one that is judged.
const SKIPPED: &str = "\
dn: DC=contoso,DC=test
objectClass: domainDNS

dn: CN=Administrator,CN=Users,DC=contoso,DC=test
objectClass: user
sAMAccountName: Administrator
isCriticalSystemObject: TRUE

dn: CN=Nameless,CN=Users,DC=contoso,DC=test
objectClass: user
userAccountControl: 512

dn: CN=Sync,CN=Users,DC=contoso,DC=test
objectClass: user
sAMAccountName: MSOL_0123456789ab

dn: CN=Agent,CN=Users,DC=contoso,DC=test
objectClass: inetOrgPerson
sAMAccountName: AAD_0123456789ab

dn: CN=Coexistence,CN=Users,DC=contoso,DC=test
objectClass: group
sAMAccountName: MSOL_AD_Sync_RichCoexistence

dn: CN=Support,CN=Users,DC=contoso,DC=test
objectClass: user
sAMAccountName: SUPPORT_388945a0

dn: CN=System Mailbox,CN=Users,DC=contoso,DC=test
objectClass: user
sAMAccountName: sm
mailNickname: SystemMailbox{1f05a927}

dn: CN=Client Access,CN=Users,DC=contoso,DC=test
objectClass: user
sAMAccountName: CAS_{0123}

dn: CN=Discovery,CN=Users,DC=contoso,DC=test
objectClass: user
sAMAccountName: discovery
msExchRecipientTypeDetails: 536870912

dn: CN=Role,CN=Users,DC=contoso,DC=test
objectClass: group
sAMAccountName: role
msExchRecipientTypeDetails: 1073741824

dn:: Q049QW5uYQpDTkY6NmY5NjE5ZmYtOGI4Ni1kMDExLWI0MmQtMDBjMDRmYzk2NGZmLENOPVVz
 ZXJzLERDPWNvbnRvc28sREM9dGVzdA==
objectClass: user
sAMAccountName: conflict

dn: CN=Old Contact,CN=Users,DC=contoso,DC=test
objectClass: contact
displayName: Old Contact (MSOL)
msExchHideFromAddressLists: TRUE
mail: old@contoso.com

dn: CN=Excluded,CN=Users,DC=contoso,DC=test
objectClass: user
sAMAccountName: excluded
adminDescription: User_not in the cloud

dn: CN=Monitor,CN=Microsoft Exchange System Objects,DC=contoso,DC=test
objectClass: user
sAMAccountName: monitor

dn: CN=Odd,CN=Users,DC=contoso,DC=test
cn: Odd

dn: CN=Bert,CN=Users,DC=contoso,DC=test
objectClass: user
sAMAccountName: bert
userPrincipalName: bert@contoso.com
";

#[test]
fn skipped_entries_are_counted_by_reason_and_listed_on_demand() {
    let home = Home::new();
    home.write("forest.ldif", SKIPPED);
    let listed = home.run(&["scan", "--ldif", "forest.ldif", "--list-skipped"]);
    assert_snapshot!(listed, @"
-- stdout
skipped     CN=Administrator,CN=Users,DC=contoso,DC=test
            built-in (isCriticalSystemObject)
skipped     CN=Nameless,CN=Users,DC=contoso,DC=test
            without sAMAccountName
skipped     CN=Agent,CN=Users,DC=contoso,DC=test
            accounts of the sync engine (AAD_, MSOL_)
skipped     CN=Coexistence,CN=Users,DC=contoso,DC=test
            accounts of the sync engine (AAD_, MSOL_)
skipped     CN=Sync,CN=Users,DC=contoso,DC=test
            accounts of the sync engine (AAD_, MSOL_)
skipped     CN=Support,CN=Users,DC=contoso,DC=test
            support account (SUPPORT_388945a0)
skipped     CN=System Mailbox,CN=Users,DC=contoso,DC=test
            system mailboxes (mailNickname SystemMailbox{)
skipped     CN=Client Access,CN=Users,DC=contoso,DC=test
            client access mailboxes (CAS_{)
skipped     CN=Discovery,CN=Users,DC=contoso,DC=test
            system recipients (msExchRecipientTypeDetails)
skipped     CN=Role,CN=Users,DC=contoso,DC=test
            system recipients (msExchRecipientTypeDetails)
skipped     CN=Anna␊CNF:6f9619ff-8b86-d011-b42d-00c04fc964ff,CN=Users,DC=contoso,DC=test
            replication conflicts (CNF:)
skipped     CN=Old Contact,CN=Users,DC=contoso,DC=test
            hidden contacts with (MSOL) in displayName
skipped     CN=Excluded,CN=Users,DC=contoso,DC=test
            excluded by adminDescription
skipped     CN=Monitor,CN=Microsoft Exchange System Objects,DC=contoso,DC=test
            Exchange's own mailboxes
skipped     CN=Odd,CN=Users,DC=contoso,DC=test
            without objectClass, so that they cannot be judged
-- stderr
state: $FOLDER/home/.local/state/idmend
LDIF contoso.test: contoso.test (forest.ldif)
contoso.test: 16 entries, 1 judged, 15 skipped, 0 findings
skipped: 1 built-in (isCriticalSystemObject), 1 without sAMAccountName, 3 accounts of the sync engine (AAD_, MSOL_), 1 support account (SUPPORT_388945a0), 1 system mailboxes (mailNickname SystemMailbox{), 1 client access mailboxes (CAS_{), 2 system recipients (msExchRecipientTypeDetails), 1 replication conflicts (CNF:), 1 hidden contacts with (MSOL) in displayName, 1 excluded by adminDescription, 1 Exchange's own mailboxes, 1 without objectClass, so that they cannot be judged
0 findings in 1 object
log: $FOLDER/home/.local/state/idmend/log/RUN.log
-- exit 0
");
    let counted = home.run(&["scan", "--ldif", "forest.ldif"]);
    assert!(!counted.contains("CN=Sync"), "{counted}");
    assert!(
        counted.contains("3 accounts of the sync engine"),
        "{counted}"
    );
}

#[test]
fn idfix_skips_by_its_own_list() {
    let home = Home::new();
    home.write(
        "forest.ldif",
        "dn: CN=Guest Relations,DC=contoso,DC=test\nobjectClass: user\n\n\
         dn: CN=Hidden,DC=contoso,DC=test\nobjectClass: user\n\
         displayName: Msol x\nmsExchHideFromAddressLists: TRUE\n\n\
         dn: CN=Team,DC=contoso,DC=test\nobjectClass: group\ngroupType: -2147483646\n\n\
         dn: CN=List,DC=contoso,DC=test\nobjectClass: group\ngroupType: 2\n",
    );
    let scan = ["scan", "--ldif", "forest.ldif", "--list-skipped", "--rules"];
    let of = |set| home.data(&[&scan[..], &[set]].concat());
    assert_snapshot!(of("multi-tenant"), @"
skipped     CN=Guest Relations,DC=contoso,DC=test
            named like a system account (IdFix's list)
skipped     CN=Hidden,DC=contoso,DC=test
            hidden users with MSOL in displayName
skipped     CN=Team,DC=contoso,DC=test
            security groups without mail
skipped     CN=List,DC=contoso,DC=test
            distribution groups without proxyAddresses
");
    assert!(!of("entra").contains("skipped "), "{}", of("entra"));
}

#[test]
fn a_list_for_people_does_not_go_into_a_file_for_programs() {
    let home = Home::new();
    home.write("forest.ldif", SKIPPED);
    let scan = ["scan", "--ldif", "forest.ldif", "--list-skipped"];
    let shown = home.run(&[&scan[..], &["--format", "jsonl"]].concat());
    assert_snapshot!(shown, @"
-- stderr
error: --list-skipped goes with text on standard output, not with another --format
-- exit 2
");
    // Beside a report in a file the list stands alone on standard output.
    let shown = home.data(&[&scan[..], &["-o", "report.csv"]].concat());
    assert!(shown.starts_with("skipped     CN=Administrator"), "{shown}");
}

//! What a scan by the program says of the forest that it found.

use crate::discovery::{Controller, controllers, read_only, writable};
use crate::program::{ended, start_by};

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_is_read_on_the_controller_that_is_named_and_levels_and_trusts_are_told() {
    let child = |controller| Controller {
        context: "DC=b,DC=x",
        ..controller
    };
    let (port, servers) = controllers(&[
        writable("dc.x"),
        child(writable("first.b.x")),
        child(read_only("branch.b.x")),
    ])
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("ldap://127.0.0.2:{port}");
    let source = ["scan", "--server", &url, "--allow-cleartext"];
    let named = [&source[..], &["--dc", "b.x=127.0.0.3"]].concat();
    let ran = ended(start_by(folder.path(), &named), folder.path()).await;
    ran.says(
        0,
        &[
            "Active Directory forest x: x (dc.x), b.x (first.b.x), signed in as CONTOSO\\anna",
            "functional level: forest 2016; x 2012 R2, b.x 2012 R2",
            "x trusts fabrikam.local, which is not read: it is another forest, so name it with \
             --domain too",
            "read: x on dc.x, b.x on first.b.x, as CONTOSO\\anna",
            "WARNING: no object was judged: no user, contact or group lies in the scope",
        ],
    );
    assert!(!ran.talk.contains("trusts b.x"), "{}", ran.talk);
    assert_eq!(servers[1].binds(), 1);
    // One that was named is taken though it cannot be written to, and none other.
    let named = [&source[..], &["--dc", "b.x=127.0.0.4"]].concat();
    let ran = ended(start_by(folder.path(), &named), folder.path()).await;
    ran.says(
        0,
        &[
            "x (dc.x), b.x (branch.b.x)",
            "note: branch.b.x is a read-only domain controller",
        ],
    );
    assert_eq!(servers[1].binds(), 1);
}

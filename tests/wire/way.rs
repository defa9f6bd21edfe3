//! What a scan by the program says of the forest that it found.

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::discovery::{Controller, controllers, read_only, writable};
use crate::program::{ended, is_page, start_by};
use crate::server::Server;

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

/// Whoever comes here waits until so many have come, or for ten seconds.
struct Meeting {
    came: Mutex<usize>,
    somebody: Condvar,
}

impl Meeting {
    fn come(&self, number: usize) {
        let mut came = self.came.lock().expect("a count");
        *came += 1;
        self.somebody.notify_all();
        let wait = self
            .somebody
            .wait_timeout_while(came, Duration::from_secs(10), |came| *came < number);
        let (_came, result) = wait.expect("a count");
        assert!(!result.timed_out(), "one domain waits for the other");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_domains_are_read_at_once() {
    let meeting = Arc::new(Meeting {
        came: Mutex::new(0),
        somebody: Condvar::new(),
    });
    let serve = |controller: Controller, address: SocketAddr| {
        let meeting = Arc::clone(&meeting);
        let mut was_asked = false;
        Server::start_at(address, move |asked| {
            if is_page(asked) && !was_asked {
                was_asked = true;
                // So that the runtime goes on with the other server.
                tokio::task::block_in_place(|| meeting.come(2));
            }
            controller.answer(&asked.message.op)
        })
    };
    let first = serve(writable("dc.x"), SocketAddr::from(([127, 0, 0, 2], 0))).await;
    let port = first.address.port();
    let child = Controller {
        context: "DC=b,DC=x",
        ..writable("dc.b.x")
    };
    let _second = serve(child, SocketAddr::from(([127, 0, 0, 3], port))).await;
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("ldap://127.0.0.2:{port}");
    let arguments = ["scan", "--server", &url, "--allow-cleartext"];
    let named = [&arguments[..], &["--dc", "b.x=127.0.0.3"]].concat();
    let ran = ended(start_by(folder.path(), &named), folder.path()).await;
    ran.says(0, &["read: x on dc.x, b.x on dc.b.x"]);
    assert_eq!(*meeting.came.lock().expect("a count"), 2);
}

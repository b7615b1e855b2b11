//! A modem at the other end of a pipe, and books whose disk fails: what is not on disk does not go out, and what went out
//! goes once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chit_failing_disk::{Power, SimulatedDisk};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::{mpsc, watch};

use super::*;
use crate::device::fleet::Fleet;
use crate::device::{ModemState, ModemStatus};
use crate::domain::rate::{Caps, Past};
use crate::store::Store;
use crate::store::fault_tests::{open_on, queue};

const CTRL_Z: u8 = 0x1A;
const ESCAPE: u8 = 0x1B;
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Everything that came over the wire.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    fn submissions(&self) -> usize {
        self.0.lock().unwrap().iter().filter(|byte| **byte == CTRL_Z).count()
    }

    fn was_escaped(&self) -> bool {
        self.0.lock().unwrap().contains(&ESCAPE)
    }
}

/// Prompts, and takes what ends with Ctrl-Z.
async fn modem(mut wire: DuplexStream, heard: Heard) {
    let mut bytes = [0; 512];
    while let Ok(len @ 1..) = wire.read(&mut bytes).await {
        heard.0.lock().unwrap().extend(&bytes[..len]);
        let answer: &[u8] = match bytes[len - 1] {
            b'\r' => b"\r\n> ",
            CTRL_Z => b"\r\n+CMGS: 7\r\n\r\nOK\r\n",
            _ => continue,
        };
        wire.write_all(answer).await.unwrap();
    }
}

struct Rig {
    disk: SimulatedDisk,
    store: Arc<Store>,
    courier: Courier,
    link: Link,
    heard: Heard,
    /// Its other end, which nothing is ordered through.
    _orders: mpsc::Sender<crate::device::fleet::Order>,
}

impl Rig {
    /// With one message that waits.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ctx = chit_runtime::Context::sandbox_in("sms-gateway", dir.path());
        let disk = SimulatedDisk::new(&Power::default());
        let store = apart(|| {
            let store = open_on(&disk).unwrap();
            queue(&store, "a").unwrap();
            store
        });
        let (ours, theirs) = duplex(4096);
        let heard = Heard::default();
        tokio::spawn(modem(theirs, heard.clone()));
        let (orders_in, orders) = mpsc::channel(1);
        let mut status = ModemStatus::absent("m", "");
        status.enter(ModemState::Ready, "");
        let courier = Courier {
            modem: "m".into(),
            store: Arc::clone(&store),
            clock: ctx.clock.clone(),
            shutdown: ctx.shutdown.clone(),
            fleet: Fleet::new(Vec::new()),
            orders,
            status: watch::Sender::new(status),
            caps: Caps::default(),
            past: Past::default(),
            reports: true,
            open: BTreeMap::new(),
            outcome: None,
            late: None,
            last_reference: None,
            owed_acks: None,
        };
        Self { disk, store, courier, link: Link::new(Box::new(ours)), heard, _orders: orders_in }
    }

    async fn submit(&mut self) -> Result<(), Failure> {
        let task = self.courier.next().await.unwrap().expect("it waits");
        let Self { link, courier, .. } = self;
        Submission { link, courier, answer_timeout: ANSWER_WITHIN }.run(&task).await
    }

    /// What a new process finds on the disk, which works again.
    fn after_kill(&self) -> State {
        let disk = &self.disk;
        apart(|| {
            let store = open_on(&disk.after_kill(&Power::default())).unwrap();
            store.get("a").unwrap().message.state
        })
    }
}

/// On a thread that may wait for the disk.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

#[tokio::test]
async fn a_message_whose_commit_failed_does_not_go_out() {
    let mut rig = Rig::new();
    rig.disk.fails_to_sync(true);
    assert!(matches!(rig.submit().await, Err(Failure::Store(_))));
    assert!(rig.heard.was_escaped() && rig.heard.submissions() == 0, "the prompt is left without a PDU");
    // What is shown after a failed sync counts as handed over; at worst a person looks at it.
    assert!(matches!(rig.after_kill(), State::Queued | State::Unknown { .. }));
}

#[tokio::test]
async fn a_disk_that_is_full_before_the_prompt_sends_nothing_and_the_message_still_waits() {
    let mut rig = Rig::new();
    rig.disk.has_room_for(Some(0));
    assert!(matches!(rig.submit().await, Err(Failure::Store(_))));
    assert_eq!((rig.heard.was_escaped(), rig.heard.submissions()), (true, 0));
    assert_eq!(rig.after_kill(), State::Queued);
}

#[tokio::test]
async fn a_message_that_went_out_before_the_disk_failed_is_unknown_and_goes_out_no_second_time() {
    let mut rig = Rig::new();
    let task = rig.courier.next().await.unwrap().expect("it waits");
    assert!(rig.courier.hand_over(&task).await.is_ok());
    rig.disk.has_room_for(Some(0));
    rig.courier.accept("a", Some(7)).await.unwrap();
    assert!(rig.courier.settle().await.is_err(), "the commit of its reference failed");
    drop(task);
    rig.store.failed().await;
    assert!(matches!(rig.after_kill(), State::Unknown { .. }));
}

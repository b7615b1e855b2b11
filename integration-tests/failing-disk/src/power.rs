use std::io;
use std::sync::{Arc, Mutex};

/// What several disks share: the power goes for all of them at once.
#[derive(Clone, Debug, Default)]
pub struct Power(Arc<Mutex<Meter>>);

#[derive(Debug, Default)]
struct Meter {
    /// `None`: it stays.
    left: Option<u64>,
    spent: u64,
}

impl Power {
    /// Fails everything after so many writes and syncs.
    pub fn goes_after(&self, operations: u64) {
        self.0.lock().unwrap().left = Some(operations);
    }

    /// Writes and syncs so far, of all that hang on it.
    pub fn spent(&self) -> u64 {
        self.0.lock().unwrap().spent
    }

    pub(crate) fn spend(&self) -> io::Result<()> {
        let mut meter = self.0.lock().unwrap();
        match &mut meter.left {
            None => {}
            Some(0) => return Err(io::Error::other("the power is gone")),
            Some(left) => *left -= 1,
        }
        meter.spent += 1;
        Ok(())
    }
}

//! Names of files: which file a name leads to is durable once the folder is synced, and perhaps before.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use crate::{Dice, Power, SimulatedDisk};

type Names = BTreeMap<String, SimulatedDisk>;

/// Copied at a time.
const PIECE: usize = 64 << 10;

#[derive(Clone, Debug)]
pub struct SimulatedFolder {
    /// As they became since the last sync, oldest first: a file system keeps the order of its names.
    names: Arc<Mutex<Vec<Names>>>,
    power: Power,
}

impl SimulatedFolder {
    pub fn new(power: &Power) -> Self {
        Self::holding(Names::new(), power)
    }

    fn holding(names: Names, power: &Power) -> Self {
        Self { names: Arc::new(Mutex::new(vec![names])), power: power.clone() }
    }

    pub fn find(&self, name: &str) -> Option<SimulatedDisk> {
        self.names.lock().unwrap().last().and_then(|shown| shown.get(name).cloned())
    }

    /// The file of this name; a new one if there is none.
    pub fn open(&self, name: &str) -> io::Result<SimulatedDisk> {
        if let Some(known) = self.find(name) {
            return Ok(known);
        }
        let made = SimulatedDisk::new(&self.power);
        self.change(|names| names.insert(name.to_owned(), made.clone()))?;
        Ok(made)
    }

    /// As copying does: nothing of it is durable yet.
    pub fn copy(&self, from: &str, to: &str) -> io::Result<SimulatedDisk> {
        let source = self.find(from).ok_or(io::ErrorKind::NotFound)?;
        let made = SimulatedDisk::new(&self.power);
        self.change(|names| names.insert(to.to_owned(), made.clone()))?;
        let mut piece = vec![0; PIECE];
        let mut at = 0;
        loop {
            let read = source.read_at(at, &mut piece)?;
            if read == 0 {
                return Ok(made);
            }
            made.write_at(at, &piece[..read])?;
            at += read as u64;
        }
    }

    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let moved = self.find(from).ok_or(io::ErrorKind::NotFound)?;
        self.change(|names| {
            names.remove(from);
            names.insert(to.to_owned(), moved)
        })
    }

    pub fn remove(&self, name: &str) -> io::Result<()> {
        self.find(name).ok_or(io::ErrorKind::NotFound)?;
        self.change(|names| names.remove(name))
    }

    /// Makes the names durable, and not what is in the files.
    pub fn sync(&self) -> io::Result<()> {
        self.power.spend()?;
        let mut names = self.names.lock().unwrap();
        let before_the_last = names.len() - 1;
        names.drain(..before_the_last);
        Ok(())
    }

    /// What is on the disk after the power was lost: of the changes of names those up to some moment, of the files what
    /// [`SimulatedDisk::after_power_loss`] leaves.
    pub fn after_power_loss(&self, dice: &mut Dice, power: &Power) -> Self {
        let names = self.names.lock().unwrap();
        let kept = &names[dice.below(names.len() as u64) as usize];
        let files = kept.iter().map(|(name, file)| (name.clone(), file.after_power_loss(dice, power)));
        Self::holding(files.collect(), power)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Names) -> T) -> io::Result<()> {
        self.power.spend()?;
        let mut names = self.names.lock().unwrap();
        let mut changed = names[names.len() - 1].clone();
        change(&mut changed);
        names.push(changed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_durable_after_the_sync_of_its_folder_and_its_bytes_after_their_own() {
        let power = Power::default();
        let folder = SimulatedFolder::new(&power);
        folder.open("a").unwrap().write_at(0, &[7; 10]).unwrap();
        folder.sync().unwrap();
        folder.rename("a", "b").unwrap();
        let (mut named_b, mut kept) = (0, 0);
        for seed in 0..64 {
            let left = folder.after_power_loss(&mut Dice::new(seed), &power);
            assert_ne!(left.find("a").is_some(), left.find("b").is_some(), "one name or the other");
            let file = left.find("a").or(left.find("b")).unwrap();
            named_b += usize::from(left.find("b").is_some());
            let mut bytes = [0; 10];
            kept += usize::from(file.read_at(0, &mut bytes).unwrap() == 10 && bytes == [7; 10]);
        }
        assert!((1..64).contains(&named_b) && (1..64).contains(&kept), "{named_b} and {kept} of 64");
        folder.find("b").unwrap().sync().unwrap();
        folder.sync().unwrap();
        for seed in 0..16 {
            let left = folder.after_power_loss(&mut Dice::new(seed), &power);
            let mut bytes = [0; 10];
            assert_eq!(left.find("b").unwrap().read_at(0, &mut bytes).unwrap(), 10);
            assert_eq!(bytes, [7; 10]);
        }
    }
}

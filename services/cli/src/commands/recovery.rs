//! A board may die, and with it the chip or host key that holds the credentials. All keys lie in one file as well, sealed to
//! a recovery key that is shown once, on paper, and kept elsewhere.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::str::FromStr as _;

use age::secrecy::ExposeSecret as _;
use age::x25519::{Identity, Recipient};
use anyhow::Context as _;
use zeroize::Zeroizing;

use super::key_files;

/// age-encryption.org/v1, of lines `NAME HEX`.
const WRAP_FILE: &str = "recovery.age";
/// A hundred bytes a key.
const WRAP_LEN_MAX: u64 = 64 << 10;
const RECIPIENT_FILE: &str = "recovery.recipient";

/// Writes the wrap where there is none that holds these keys. The recovery key, if it was made just now.
pub fn wrap(dir: &Path) -> anyhow::Result<Option<String>> {
    let made = match is_made(dir) {
        true => None,
        false => {
            let identity = Identity::generate();
            key_files::write(dir, RECIPIENT_FILE, identity.to_public().to_string().as_bytes(), false)?;
            Some(identity.to_string().expose_secret().to_owned())
        }
    };
    if made.is_some() || is_older_than_a_key(dir) {
        write(dir)?;
    }
    Ok(made)
}

/// For whoever writes the recovery key down.
pub fn told(identity: &str) -> String {
    format!(
        "recovery key, shown only now; write it down and keep it away from this machine:\n  {identity}\n\
         it alone opens {WRAP_FILE} of the keys folder, which a backup may hold: `age -d -i KEYFILE`\n"
    )
}

/// Whether somebody has the recovery key.
pub fn is_made(dir: &Path) -> bool {
    dir.join(RECIPIENT_FILE).exists()
}

/// The public half of the recovery key.
pub fn recipient(dir: &Path) -> anyhow::Result<Recipient> {
    let text = fs::read_to_string(dir.join(RECIPIENT_FILE)).context(RECIPIENT_FILE)?;
    Recipient::from_str(text.trim()).map_err(|error| anyhow::anyhow!("{RECIPIENT_FILE}: {error}"))
}

/// The keys of a wrap, each with the name of its file.
pub fn open(dir: &Path, identity: &Identity) -> anyhow::Result<Vec<(String, Zeroizing<Vec<u8>>)>> {
    let sealed = fs::read(dir.join(WRAP_FILE)).context(WRAP_FILE)?;
    let decryptor = age::Decryptor::new(&sealed[..]).context(WRAP_FILE)?;
    let plain = decryptor.decrypt(std::iter::once(identity as &dyn age::Identity));
    let mut text = Zeroizing::new(String::new());
    plain.context("another key opens recovery.age")?.take(WRAP_LEN_MAX).read_to_string(&mut text)?;
    let keys = text.lines().map(|line| {
        let (name, digits) = line.split_once(' ').context("recovery.age: a line without a key")?;
        Ok((name.to_owned(), Zeroizing::new(hex::decode(digits).context("recovery.age: no digits")?)))
    });
    keys.collect()
}

/// A wrap that is written now would lack the sealed keys, and with the machine they would be gone.
pub fn can_write(dir: &Path) -> anyhow::Result<()> {
    let sealed = key_files::sealed(dir).join(", ");
    anyhow::ensure!(
        sealed.is_empty(),
        "sealed to this machine: {sealed}, so {WRAP_FILE} cannot be written anew; decrypt each for the moment \
         (`systemd-creds decrypt --name=NAME.key NAME.sealed NAME.key`), run this again, then seal it again"
    );
    Ok(())
}

/// All keys as they are now.
pub fn write(dir: &Path) -> anyhow::Result<()> {
    can_write(dir)?;
    let recipient = recipient(dir)?;
    let mut plain = Zeroizing::new(String::new());
    for name in key_files::key_files(dir) {
        let secret = Zeroizing::new(fs::read(dir.join(&name)).with_context(|| name.clone())?);
        let digits = Zeroizing::new(hex::encode(&*secret));
        plain.push_str(&format!("{name} {}\n", *digits));
    }
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))?;
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed)?;
    writer.write_all(plain.as_bytes())?;
    writer.finish()?;
    key_files::write(dir, WRAP_FILE, &sealed, true)
}

fn is_older_than_a_key(dir: &Path) -> bool {
    let written = |name: &str| fs::metadata(dir.join(name)).and_then(|meta| meta.modified()).ok();
    let wrapped = written(WRAP_FILE);
    key_files::key_files(dir).into_iter().any(|name| written(&name) > wrapped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recovery_key_gives_every_key_back_and_is_shown_once() {
        let dir = tempfile::tempdir().unwrap();
        for name in key_files::key_files(dir.path()) {
            fs::write(dir.path().join(name), [7; 32]).unwrap();
        }
        let identity: Identity = wrap(dir.path()).unwrap().expect("shown once").parse().unwrap();
        let sealed = fs::read(dir.path().join(WRAP_FILE)).unwrap();
        assert!(wrap(dir.path()).unwrap().is_none());
        assert_eq!(fs::read(dir.path().join(WRAP_FILE)).unwrap(), sealed, "nothing new, nothing written");
        let keys = open(dir.path(), &identity).unwrap();
        assert_eq!(keys.len(), key_files::key_files(dir.path()).len());
        assert!(keys.iter().any(|(name, key)| name == "card-master.key" && **key == [7; 32]));
        assert!(open(dir.path(), &Identity::generate()).is_err());
    }

    #[test]
    fn a_key_that_the_machine_seals_stays_in_the_wrap_and_none_is_made_in_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let shop = key_files::Owner::Shop;
        let at = |name: &str| dir.path().join(name);
        key_files::make(dir.path(), shop).unwrap();
        let identity: Identity = wrap(dir.path()).unwrap().unwrap().parse().unwrap();
        let ids = fs::read_to_string(at(shop.ids_file())).unwrap();
        let key = fs::read(at("sms-data.key")).unwrap();
        fs::rename(at("sms-data.key"), at("sms-data.sealed")).unwrap();
        assert_eq!(key_files::sealed(dir.path()), ["sms-data.key"]);

        key_files::make(dir.path(), shop).unwrap();
        assert!(wrap(dir.path()).unwrap().is_none() && !at("sms-data.key").exists());
        assert_eq!(fs::read_to_string(at(shop.ids_file())).unwrap(), ids);
        let told = write(dir.path()).unwrap_err().to_string();
        assert!(told.contains("sealed to this machine: sms-data.key,"), "{told}");
        let kept = open(dir.path(), &identity).unwrap();
        assert!(kept.iter().any(|(name, kept)| name == "sms-data.key" && **kept == key));
    }
}

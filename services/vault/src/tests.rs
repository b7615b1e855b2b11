use super::*;

const SERVICE: &str = "checkout";

fn credential(bytes: &[u8]) -> Credential {
    Credential::read(bytes).unwrap()
}

fn opened(key: &[u8], wrapped: &Wrapped) -> Option<Opened> {
    Vault::open_store(SERVICE, &credential(key), &wrapped.0).unwrap()
}

#[test]
fn what_is_sealed_opens_with_its_key_and_context_only() {
    let (vault, wrapped) = Vault::make(SERVICE, &credential(&[7; 32])).unwrap();
    let sealed = vault.seal(b"payer/name/1", b"Ada Li").unwrap();
    assert!(!sealed.windows(3).any(|part| part == b"Ada"));
    let again = opened(&[7; 32], &wrapped).expect("the same credential").vault;
    assert_eq!(again.open(b"payer/name/1", &sealed).unwrap(), b"Ada Li");
    assert!(again.open(b"payer/name/2", &sealed).is_err(), "another payer's record");
    assert!(opened(&[8; 32], &wrapped).is_none());
    assert!(Vault::open_store("sms-gateway", &credential(&[7; 32]), &wrapped.0).unwrap().is_none());
    assert!(Vault::make(SERVICE, &credential(&[7; 32])).unwrap().0.open(b"payer/name/1", &sealed).is_err());
}

#[test]
fn one_number_has_one_keyed_hash_in_a_store_and_another_in_the_next() {
    let (vault, wrapped) = Vault::make(SERVICE, &credential(&[7; 32])).unwrap();
    let hash = vault.keyed(b"number", b"+8613800005678");
    assert_eq!(opened(&[7; 32], &wrapped).unwrap().vault.keyed(b"number", b"+8613800005678"), hash);
    assert_ne!(vault.keyed(b"serial", b"+8613800005678"), hash);
    let (other, _) = Vault::make(SERVICE, &credential(&[7; 32])).unwrap();
    assert_ne!(other.keyed(b"number", b"+8613800005678"), hash);
}

/// New key in front of the old one; once the store was opened, the old one opens nothing any more.
#[test]
fn a_rotated_credential_opens_the_store_once_with_the_old_one_and_then_alone() {
    let (vault, wrapped) = Vault::make(SERVICE, &credential(&[7; 32])).unwrap();
    let sealed = vault.seal(b"text", b"hello").unwrap();
    let both = [[8; 32], [7; 32]].concat();
    let rotated = opened(&both, &wrapped).unwrap();
    assert_eq!(rotated.vault.open(b"text", &sealed).unwrap(), b"hello");
    let rewrapped = rotated.rewrapped.expect("the store must keep it");
    assert!(opened(&both, &rewrapped).unwrap().rewrapped.is_none(), "a second start changes nothing");
    assert!(opened(&[8; 32], &rewrapped).is_some());
    assert!(opened(&[7; 32], &rewrapped).is_none());
}

#[test]
fn a_credential_of_another_length_is_refused() {
    for len in [0, 31, 33, 63, 65, 96] {
        assert_eq!(Credential::read(&vec![1; len]).err(), Some(CredentialError), "{len}");
    }
}

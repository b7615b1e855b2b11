//! The stored formats that a third party verifies, each with an example that needs no more of Chit than its interfaces.
//!
//! Their specifications stand at the top of `media_capture/v1/manifest.proto`, `ledger/v1/journal.proto` and
//! `checkout/v1/goods.proto`; that of an issuer's verdict in `issuer/v1/verdict.proto`. A verifier hashes the bytes as stored and
//! never encodes them again.
//!
//! # The goods of a sale
//!
//! `goods.bin` of a bundle. Its hash stands on the receipt.
//!
//! ```
//! use chit_proto::checkout::v1::Goods;
//! use prost::Message as _;
//! use sha2::{Digest as _, Sha256};
//!
//! let stored = hex::decode(
//!     "0a1a30314a4451305857374541315a32593358345735563654375338121d0a0d363930313233343536373839321203546561\
//!      18d00f20de0228bc051a0808bc051203434e59",
//! )
//! .unwrap();
//! let printed = "ec03baad02e3cde78f4b78115cb8f0f0ca53ebffbdffd49e2ecc6e51e813791b";
//! assert_eq!(hex::encode(Sha256::digest(&stored)), printed);
//!
//! let goods = Goods::decode(stored.as_slice()).unwrap();
//! assert_eq!(goods.sale_id, "01JDQ0XW7EA1Z2Y3X4W5V6T7S8");
//! assert_eq!((goods.lines[0].quantity_milli, goods.lines[0].unit_price_minor), (2000, 350), "two at 3.50");
//! assert_eq!(goods.total.unwrap().amount_minor, 700);
//! ```
//!
//! # The QR of a receipt
//!
//! 106 bytes and the till's signature. Get the till's public key over a way that you trust: a key that comes with the data it
//! verifies proves nothing.
//!
//! ```
//! use ed25519_dalek::{Signature, VerifyingKey};
//! use sha2::{Digest as _, Sha256};
//!
//! let scanned = "CHIT1:/804-DSKU-7AW.5:$KW/EB.3000000000PF0L30$NDNDC000000000.00000300I61I61I61I61I61I61I61I61I61I61I61I61I61I6\
//!                1I61I61W3SG DJ4BMVA0TM.YM*:NYF62MKKT3FNSQMK323LW4 3M1.K*F4O222QDT%KM7KFL01JJKIF5INVN4GG9EST84DIJRT8VTWCT87KQ9-\
//!                UK60NB R4BKYEA.H1189/%E79L$M5-.6KMKXK9+B1";
//! let till = hex::decode("ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c").unwrap();
//!
//! let bytes = base45::decode(scanned.strip_prefix("CHIT1:").unwrap()).unwrap();
//! let (body, signature) = bytes.split_at(106);
//! let till = VerifyingKey::from_bytes(till.as_slice().try_into().unwrap()).unwrap();
//! let signed = [b"chit/receipt/v3\0".as_slice(), body].concat();
//! till.verify_strict(&signed, &Signature::from_slice(signature).unwrap()).unwrap();
//!
//! let sale_id = ulid::Ulid::from_bytes(body[..16].try_into().unwrap());
//! assert_eq!(sale_id.to_string(), "01JDQ0XW7EA1Z2Y3X4W5V6T7S8");
//! assert_eq!(i64::from_be_bytes(body[16..24].try_into().unwrap()), 700, "7.00");
//! assert_eq!(u16::from_be_bytes(body[24..26].try_into().unwrap()), 156, "CNY");
//! let ledger_seq = u64::from_be_bytes(body[30..38].try_into().unwrap());
//! let later = u32::from_be_bytes(body[38..42].try_into().unwrap());
//! assert_eq!((ledger_seq, ledger_seq + u64::from(later)), (42, 45), "record 42 of a tree of 45");
//! assert_eq!(body[42..74], [9; 32], "the root of that tree");
//!
//! let goods = hex::decode("ec03baad02e3cde78f4b78115cb8f0f0ca53ebffbdffd49e2ecc6e51e813791b").unwrap();
//! let photo = Sha256::digest(b"photo 1");
//! assert_eq!(body[74..], Sha256::digest([&goods[..], &photo].concat())[..], "of goods.bin and of photo-1.jpg");
//! ```
//!
//! # The manifest of an evidence bundle
//!
//! `manifest.binpb` and `manifest.sig`. `chit evidence verify` does this and checks every file.
//!
//! ```
//! use chit_proto::media_capture::v1::Manifest;
//! use ed25519_dalek::{Signature, VerifyingKey};
//! use prost::Message as _;
//! use sha2::{Digest as _, Sha256};
//!
//! let manifest = hex::decode(
//!     "0801121a30314a4451305857374541315a325933583457355636543753381a1a30314a4451305857374541315a3259335834\
//!      573556365437533822540a09676f6f64732e62696e12236170706c69636174696f6e2f766e642e636869742e676f6f64732b\
//!      70726f746f62756618452220ec03baad02e3cde78f4b78115cb8f0f0ca53ebffbdffd49e2ecc6e51e813791b2801320f7068\
//!      6f746f5f315f6d697373696e67320d766964656f5f6d697373696e674a18636869742d6d656469612d636170747572652030\
//!      2e312e30520673797374656d5880d687bfada098036a20ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea\
//!      691446d22c",
//! )
//! .unwrap();
//! let signature = hex::decode(
//!     "d7ddc08ff1d21a2a08b67ff7b26e1bcfbde41bb898086fc5caeb1f0a22aa5e2bb61e885c32365c156d94c922b1449c1db663\
//!      2e429b0c8be8cef9f615d033e70b",
//! )
//! .unwrap();
//! // Got over another way than the bundle: a key that only the bundle names proves nothing.
//! let device = hex::decode("ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c").unwrap();
//!
//! let device = VerifyingKey::from_bytes(device.as_slice().try_into().unwrap()).unwrap();
//! let signed = [b"chit/evidence-manifest/v1\0".as_slice(), &Sha256::digest(&manifest)].concat();
//! device.verify_strict(&signed, &Signature::from_slice(&signature).unwrap()).unwrap();
//!
//! let manifest = Manifest::decode(manifest.as_slice()).unwrap();
//! assert_eq!(manifest.version, 1);
//! assert!(manifest.partial, "{:?} are missing", manifest.partial_reasons);
//! let goods = &manifest.files[0];
//! assert_eq!((goods.name.as_str(), goods.size_bytes), ("goods.bin", 69));
//! assert!(hex::encode(&goods.sha256).starts_with("ec03baad"), "compare it with the file's own");
//! ```
//!
//! # A record of the ledger's journal
//!
//! Its place in the chain and its leaf of the Merkle tree. `chit ledger verify` checks a whole export.
//!
//! ```
//! use chit_proto::ledger::v1::{JournalRecord, journal_record::Change};
//! use prost::Message as _;
//! use sha2::{Digest as _, Sha256};
//!
//! let stored = hex::decode(
//!     "0108011080d687bfada098031a0673797374656d22230a1a30314a4451305857374541315a32593358345735563654375338\
//!      1203434e591864",
//! )
//! .unwrap();
//! let chain = Sha256::new().chain_update([0; 32]).chain_update(&stored).finalize();
//! assert_eq!(hex::encode(chain), "a2de3abd90e1f94db9b9cb79b53b9df7c6053878d5db2f63fe02a65404290fdc");
//! let leaf = Sha256::new().chain_update([0]).chain_update(&stored).finalize();
//! assert_eq!(hex::encode(leaf), "d0e55fe91dcb3bd4f34c376fc08bf4725f44f90dd672710076334e4739f269d4");
//!
//! let (version, body) = stored.split_first().unwrap();
//! let record = JournalRecord::decode(body).unwrap();
//! assert_eq!((*version, record.seq, record.actor.as_str()), (1, 1, "system"));
//! let Some(Change::Account(account)) = record.change else { panic!("the first record opens an account") };
//! assert_eq!((account.code, account.currency_code.as_str()), (100, "CNY"));
//! ```

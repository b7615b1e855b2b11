//! Chit's gRPC interfaces. The `.proto` files beside this crate are the reference; this is what they compile to.

pub mod stored;

/// All descriptors, for reflection and for tools that read the interfaces at run time.
///
/// ```
/// use prost::Message as _;
/// use prost_types::FileDescriptorSet;
///
/// let all = FileDescriptorSet::decode(chit_proto::FILE_DESCRIPTOR_SET).unwrap();
/// let services = all.file.iter().flat_map(|file| &file.service).map(|service| service.name());
/// assert!(services.into_iter().any(|name| name == "LedgerService"));
/// ```
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/chit.binpb"));

macro_rules! package {
    ($name:ident, $proto:literal) => {
        #[doc = concat!("Package `", $proto, "`.")]
        pub mod $name {
            /// Version 1.
            #[allow(clippy::all, missing_docs)]
            pub mod v1 {
                tonic::include_proto!($proto);
            }
        }
    };
}

package!(checkout, "chit.checkout.v1");
package!(issuer, "chit.issuer.v1");
package!(ledger, "chit.ledger.v1");
package!(media_capture, "chit.media_capture.v1");
package!(money, "chit.money.v1");
package!(printer, "chit.printer.v1");
package!(scanner, "chit.scanner.v1");
package!(sms_gateway, "chit.sms_gateway.v1");
package!(trouble, "chit.trouble.v1");

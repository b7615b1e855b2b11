//! Words in two languages (Project Fluent). Services send codes; this turns them into sentences.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use serde::Deserialize;
use unic_langid::LanguageIdentifier;

pub const ZH_FTL: &str =
    concat!(include_str!("../assets/i18n/zh-CN.ftl"), include_str!("../assets/i18n/reasons-zh-CN.ftl"));
pub const EN_FTL: &str =
    concat!(include_str!("../assets/i18n/en.ftl"), include_str!("../assets/i18n/reasons-en.ftl"));

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Lang {
    #[serde(rename = "zh-CN")]
    Zh,
    #[serde(rename = "en")]
    En,
}

static ZH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle("zh-CN", ZH_FTL));
static EN: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle("en", EN_FTL));

fn bundle(tag: &str, ftl: &str) -> FluentBundle<FluentResource> {
    let tag: LanguageIdentifier = tag.parse().expect("a constant language tag");
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Isolation marks are for mixing directions of writing; both languages run the same way.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(ftl.to_owned()).expect("a test parses both files");
    bundle.add_resource(resource).expect("a test finds no key twice");
    bundle
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// Its own name for itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zh => "中文",
            Self::En => "English",
        }
    }

    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.tag() == tag)
    }

    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        match self {
            Self::Zh => &ZH,
            Self::En => &EN,
        }
    }

    fn known(self, key: &str) -> bool {
        self.bundle().has_message(key)
    }

    /// The sentence of a key. A key without one shows itself, which a test prevents.
    pub fn t(self, key: &str) -> String {
        self.with(key, &[])
    }

    pub fn with(self, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        let Some(pattern) = self.bundle().get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let args: FluentArgs = values.iter().map(|(name, value)| (*name, value.clone())).collect();
        let mut faults = Vec::new();
        self.bundle().format_pattern(pattern, Some(&args), &mut faults).into_owned()
    }

    /// The sentence of a service's code, `kind-CODE`. A code from a newer service is shown as it is.
    pub fn code(self, kind: &str, code: &str) -> String {
        let key = format!("{kind}-{code}");
        if self.known(&key) { self.t(&key) } else { self.with("unknown-code", &[("code", code.into())]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn keys(ftl: &str) -> BTreeSet<&str> {
        let starts = ftl.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
        starts.filter_map(|line| line.split_once(" =").map(|(key, _)| key)).collect()
    }

    #[test]
    fn every_key_exists_in_both_languages_and_once_only() {
        assert_eq!(keys(ZH_FTL), keys(EN_FTL));
        for (lang, ftl) in [(Lang::Zh, ZH_FTL), (Lang::En, EN_FTL)] {
            let entries =
                ftl.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic())).count();
            assert_eq!(entries, keys(ftl).len(), "a key occurs twice in {}", lang.tag());
            for key in keys(ftl) {
                assert!(lang.known(key), "{key} is not a message in {}", lang.tag());
            }
        }
    }

    #[test]
    fn every_key_that_the_pages_use_exists() {
        let known = keys(EN_FTL);
        let mut used = 0;
        for file in sources(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
            let text = std::fs::read_to_string(&file).unwrap();
            for call in ["t(\"", "with(\"", "words: \"", "key_of(\""] {
                for part in text.split(call).skip(1) {
                    let key = part.split('"').next().unwrap();
                    let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                    if plain && key.contains('-') {
                        used += 1;
                        assert!(known.contains(key), "{} uses {key}", file.display());
                    }
                }
            }
        }
        assert!(used > 60, "only {used} uses were found");
    }

    fn sources(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
        let paths = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        paths.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
    }

    /// Words of an enum's values without their prefix, as the services send them.
    fn values(prefix: &str, name_of: impl Fn(i32) -> Option<&'static str>) -> Vec<String> {
        let names = (0..64).filter_map(name_of);
        names.map(|name| name.strip_prefix(prefix).unwrap().to_owned()).collect()
    }

    #[test]
    fn every_code_of_the_services_has_words() {
        use chit_proto::checkout::v1::*;
        use chit_proto::ledger::v1::{FactKind, TransferKind};
        use chit_proto::media_capture::v1::CameraState;
        use chit_proto::printer::v1::PrinterCondition;
        use chit_proto::scanner::v1::SourceState;
        use chit_proto::sms_gateway::v1::{MessageState, ModemState};
        macro_rules! names {
            ($kind:literal, $prefix:literal, $enum:ty) => {
                ($kind, values($prefix, |at| <$enum>::try_from(at).ok().map(|value| value.as_str_name())))
            };
        }
        let all = [
            names!("state", "SALE_STATE_", SaleState),
            names!("trouble", "ATTENTION_", Attention),
            names!("safe", "ATTENTION_", Attention),
            names!("todo", "ATTENTION_", Attention),
            names!("cause", "DISPUTE_CAUSE_", DisputeCause),
            names!("dispute", "DISPUTE_STATE_", DisputeState),
            names!("payer-state", "PAYER_STATE_", PayerState),
            names!("payer-next", "PAYER_STATE_", PayerState),
            names!("fact", "FACT_KIND_", FactKind),
            names!("transfer", "TRANSFER_KIND_", TransferKind),
            names!("condition", "CAMERA_STATE_", CameraState),
            names!("condition", "PRINTER_CONDITION_", PrinterCondition),
            names!("condition", "SOURCE_STATE_", SourceState),
            names!("condition", "MODEM_STATE_", ModemState),
            names!("sms", "MESSAGE_STATE_", MessageState),
        ];
        for (kind, names) in all {
            assert!(names.len() > 2, "{kind}");
            for name in names.iter().filter(|name| !(kind == "sms" && *name == "UNSPECIFIED")) {
                assert!(Lang::En.known(&format!("{kind}-{name}")), "{kind}-{name} has no words");
            }
        }
    }

    #[test]
    fn every_device_has_a_name_and_says_what_is_safe_and_what_to_do() {
        for device in ["ledger", "printer", "camera", "microphone", "speaker", "handheld", "modem"] {
            for kind in ["device", "device-safe", "device-todo"] {
                assert!(Lang::Zh.known(&format!("{kind}-{device}")), "{kind}-{device} has no words");
            }
        }
    }

    #[test]
    fn plurals_follow_the_language() {
        let one = [("count", 1.into())];
        let many = [("count", 14.into())];
        assert_ne!(
            Lang::En.with("bar-waiting", &one),
            Lang::En.with("bar-waiting", &many).replace("14", "1")
        );
        assert!(Lang::Zh.with("bar-waiting", &many).contains("14"));
    }
}

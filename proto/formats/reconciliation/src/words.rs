//! What the report says in each language.

/// Of the words; ids and names stay as they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    Chinese,
    English,
}

/// Names of exceptions: as the interface has them, in English, in Chinese.
const KINDS: [(&str, &str, &str); 13] = [
    ("AMOUNT_DIFFERS", "Bank names another amount", "银行金额不符"),
    ("UNKNOWN_ID", "Bank names an unknown sale", "银行所报单号不明"),
    ("NO_MANDATE", "No mandate", "没有扣款授权"),
    ("MANDATE_EXPIRED", "Mandate expired", "扣款授权已过期"),
    ("MANDATE_BLOCKED", "Mandate ended", "扣款授权已终止"),
    ("FILE_REFUSED", "Bank refused the file", "银行拒收文件"),
    ("RETURNED_FOR_PERSON", "Returned by the bank", "银行退回"),
    ("OTHER_ACCOUNT", "Statement of another account", "非本店账户的对账单"),
    ("CONTRADICTION", "Bank contradicts itself", "银行前后说法不一"),
    ("NO_ANSWER", "Bank has not answered", "银行未答复"),
    ("LEDGER_REFUSED", "Ledger refused the booking", "账本拒绝记账"),
    ("HAND_OVER_FAILED", "File was not handed over", "文件未送达银行"),
    ("HAND_OVER_IN_DOUBT", "File may or may not be at the bank", "文件是否送达银行不明"),
];

const ACTIONS: [(&str, &str, &str); 7] = [
    ("ASK_BANK", "Ask the bank, then close this with its answer", "请询问银行，再按答复关闭"),
    ("RECORD_MANDATE", "Have the payer sign a mandate and record it", "请付款人签署扣款授权并登记"),
    ("SETTLE_AGAIN", "Fix what the reason names, close this, settle again", "按原因处理后关闭，再重新结算"),
    ("RELEASE_OR_COLLECT", "Try the debit again, or take cash", "再次扣款，或收取现金"),
    ("IMPORT_RIGHT_FILE", "Import the statement of the shop's own account", "请导入本店账户的对账单"),
    ("MEND_LEDGER", "Fix what the reason names; it is retried", "按原因处理；系统会重试记账"),
    (
        "RESOLVE_HAND_OVER",
        "Ask the bank whether it has the file, then say so",
        "请询问银行是否收到文件，再登记结果",
    ),
];

impl Language {
    /// "zh-CN" or "en".
    pub fn of_tag(tag: &str) -> Option<Self> {
        match tag {
            "zh-CN" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    pub fn is_chinese(self) -> bool {
        self == Self::Chinese
    }

    pub fn pick(self, english: &'static str, chinese: &'static str) -> &'static str {
        if self.is_chinese() { chinese } else { english }
    }

    /// A kind of a newer program keeps its name.
    pub fn kind(self, name: &str) -> &str {
        self.of(&KINDS, name)
    }

    pub fn action(self, name: &str) -> &str {
        self.of(&ACTIONS, name)
    }

    fn of<'a>(self, words: &[(&'static str, &'static str, &'static str)], name: &'a str) -> &'a str {
        let found = words.iter().find(|(known, ..)| *known == name);
        found.map_or(name, |(_, english, chinese)| self.pick(english, chinese))
    }
}

//! The page's words. A demo's few sentences need no translation files.

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    Zh,
    En,
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Zh => "中文",
            Self::En => "English",
        }
    }

    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.tag() == tag)
    }

    /// The words for a key; the key itself if it has none, which a test forbids for all keys in use.
    pub fn t(self, key: &'static str) -> &'static str {
        self.find(key).unwrap_or(key)
    }

    /// A state of a sale in words.
    pub fn state(self, state: &str) -> &'static str {
        self.find(&format!("state-{state}")).unwrap_or_else(|| self.t("state-other"))
    }

    fn find(self, key: &str) -> Option<&'static str> {
        let (_, zh, en) = WORDS.iter().find(|(name, ..)| *name == key)?;
        Some(if self == Self::Zh { zh } else { en })
    }

    /// A refusal in words.
    pub fn refusal(self, reason: &str) -> &'static str {
        let known = REFUSALS.iter().find(|(name, ..)| *name == reason);
        let (_, zh, en) = known.unwrap_or(&REFUSALS[0]);
        if self == Self::Zh { zh } else { en }
    }
}

type Row = (&'static str, &'static str, &'static str);

const REFUSALS: [Row; 8] = [
    (
        "FAILED",
        "没有成功。请看控制台里的说明，再试一次。",
        "That did not work. See the console, then try again.",
    ),
    (
        "PHOTO_UNAVAILABLE",
        "摄像头没有画面，无法登记照片。请先插上摄像头。",
        "The camera gives no picture, and enrolment needs a photo. Plug it in first.",
    ),
    (
        "NUMBER_INVALID",
        "手机号不对。请填 11 位手机号。",
        "This is not a mobile number. Type 11 digits, like 13800001234.",
    ),
    ("NUMBER_TAKEN", "这个手机号已经登记过。请换一个。", "This number is already enrolled. Use another."),
    ("NAME_INVALID", "请填姓名，最多 80 个字。", "Type a name of at most 80 characters."),
    (
        "NOTHING_TO_SETTLE",
        "还没有已确认的销售。请先回短信，再结算。",
        "Nothing is confirmed yet. Answer the SMS first, then settle.",
    ),
    (
        "Unavailable",
        "服务暂时没有应答。请稍后再试。",
        "The service does not answer at the moment. Try again.",
    ),
    ("DeadlineExceeded", "服务没有及时应答。请稍后再试。", "The service did not answer in time. Try again."),
];

const WORDS: &[Row] = &[
    ("title", "虚拟桌面", "Virtual desk"),
    ("practice", "练习 PRACTICE", "PRACTICE"),
    ("till-link", "打开收银台", "Open the till"),
    ("language", "语言", "Language"),
    ("link-down", "演示程序没有应答，正在重新连接……", "The demo does not answer. Connecting again…"),
    ("close", "关闭", "Close"),
    ("guide", "五步走完一笔生意", "One sale in five steps"),
    (
        "step-1",
        "登记成为付款人：填姓名和手机号，点“登记”。打印机打印口令卡，收进抽屉。短信会问卡上某一行：打开抽屉，把那一行的六位数回过去。",
        "Become a payer: give a name and a number and press “Enrol me”. The printer makes your code card; it goes into your drawer. An SMS asks for one row of it: open the drawer and reply with that row's six digits.",
    ),
    (
        "step-2",
        "打开收银台，用 li 和 PIN %pin 登录，新的一单就开着。回到这里点商品，等于用扫码枪扫货。",
        "Open the till, sign in as li with PIN %pin: a basket is open. Come back and press goods here, which is the handheld scanning them.",
    ),
    (
        "step-3",
        "点“扫码枪扫手机”。在收银台确认是本人，按 F9 完成，收据打出后再按 F9 放行。",
        "Press “Scan the phone”. In the till confirm that it is the same person, complete with F9, and when the receipt is out release with F9.",
    ),
    (
        "step-4",
        "大约十秒后手机收到扣款短信。从抽屉里的口令卡上找到那一行，回六位数。",
        "About ten seconds later an SMS asks for the money. Find the row on the card in your drawer and reply with its six digits.",
    ),
    (
        "step-5",
        "点“结算已确认的销售”，看钱从待扣变成已扣。",
        "Press “Settle confirmed sales” and watch the money move.",
    ),
    ("step-done", "已完成", "done"),
    ("step-now", "现在做这一步", "do this now"),
    (
        "guide-end",
        "完成了。每人每天最多收两条主动短信：再卖一笔，先点“过 24 小时”。",
        "Done. A payer gets at most two unasked SMS a day: for another sale, press “Advance 24 h” first.",
    ),
    ("phone", "付款人的手机", "The payer's phone"),
    ("phones", "各付款人的手机", "The payers' phones"),
    ("nobody", "还没有人登记。", "No payer is enrolled yet."),
    ("enrol-name", "姓名", "Name"),
    ("enrol-phone", "手机号", "Mobile number"),
    ("enrol", "登记", "Enrol me"),
    ("enrol-title", "登记付款人", "Enrol a payer"),
    (
        "enrol-night",
        "夜里不发短信，登记时会把演示时钟拨到早上十点。",
        "No texts are sent at night: enrolling then moves the demo's clock to 10:00.",
    ),
    ("code-alt", "付款二维码", "The payer's QR code"),
    (
        "code-waits",
        "回复第一条短信后，这里出现付款二维码。",
        "Your QR code appears here once the first SMS is answered.",
    ),
    ("hold", "给摄像头看", "Show to the camera"),
    ("put-away", "收起手机", "Put it away"),
    ("held", "手机正对着摄像头", "The phone is in front of the camera"),
    ("scan-code", "扫码枪扫手机", "Scan the phone"),
    ("thread", "和商店的短信", "SMS with the shop"),
    ("thread-empty", "还没有短信。", "No messages yet."),
    ("reply-label", "回复短信", "Reply by SMS"),
    ("reply-hint", "六位数，或 0", "six digits, or 0"),
    ("send", "发送", "Send"),
    ("drawer", "打开抽屉里的口令卡", "Open the drawer with your code card"),
    ("drawer-title", "口令卡（放在家里，不随身带）", "Your code card (it stays at home)"),
    ("drawer-empty", "抽屉是空的", "The drawer is empty"),
    ("card-alt", "口令卡，六十行，每行六位数", "Code card: sixty rows of six digits"),
    ("goods", "用扫码枪扫货", "Scan goods with the handheld"),
    ("papers", "打印出的单据", "Printed papers"),
    ("papers-empty", "还没有打印过。", "Nothing has been printed yet."),
    ("paper-alt", "第 %n 张纸", "Paper %n"),
    ("camera", "摄像头", "Camera"),
    ("camera-alt", "摄像头画面", "What the camera sees"),
    ("camera-blind", "没有画面", "No picture"),
    ("faults", "故障开关", "Faults"),
    ("fault-paper-out", "打印机缺纸", "Paper out"),
    ("fault-modem-off", "短信模块关机", "Modem off"),
    ("fault-camera-unplugged", "拔掉摄像头", "Camera unplugged"),
    ("fault-wrong-reply", "自动回错码", "Wrong reply"),
    ("on", "开", "on"),
    ("off", "关", "off"),
    ("clock", "演示时钟", "The demo's clock"),
    ("advance", "过 24 小时", "Advance 24 h"),
    ("money", "账本上的钱", "Money in the ledger"),
    ("money-pending", "待扣", "owed"),
    ("money-taken", "已扣", "deducted"),
    ("money-refunded", "已退", "refunded"),
    ("money-none", "还没有欠款。", "Nothing is owed."),
    ("settle", "结算已确认的销售", "Settle confirmed sales"),
    ("pins", "店员 PIN（仅供练习）", "Staff PINs (practice only)"),
    ("sale", "最近一笔销售", "Your newest sale"),
    ("state-DRAFT", "扫货中", "goods being scanned"),
    ("state-PAYER_OK", "已认出付款人", "payer known"),
    ("state-COMMITTED", "已入账，正在打印和录像", "booked, printing and recording"),
    ("state-PRINTING", "正在打印和录像", "printing and recording"),
    ("state-RELEASED", "已放行，正在封存证据", "goods released, evidence being sealed"),
    ("state-SEALED", "证据已封存", "evidence sealed"),
    ("state-QUEUED", "等待发短信", "waiting for its SMS"),
    ("state-CHALLENGED", "已发短信，等回复", "SMS sent, waiting for the reply"),
    ("state-VERIFIED", "已确认，等待结算", "confirmed, waiting for settlement"),
    ("state-SUBMITTED", "结算中", "being settled"),
    ("state-SETTLED", "已扣款", "paid"),
    ("state-VOIDED", "已作废", "void"),
    ("state-REJECTED", "付款人否认，争议处理中", "rejected by the payer; a dispute is open"),
    (
        "state-UNREACHABLE",
        "短信联系不上付款人，须店员处理",
        "SMS does not reach the payer: staff must see to it",
    ),
    ("state-BAD_PENDING", "已发逾期通知，异议期 7 天", "notice sent; the payer has 7 days to object or pay"),
    ("state-BAD_LISTED", "已记入不良记录", "on the list of unpaid sales"),
    ("state-CLEARED", "已补付，不良记录已清除", "paid after all; off the list"),
    ("state-EXPIRED", "不良记录已到期", "the record has expired"),
    ("state-WRITTEN_OFF", "争议支持付款人，不再扣款", "dispute decided for the payer: nothing is owed"),
    ("state-PAID_OTHERWISE", "已付现金", "paid in cash"),
    ("state-RETURNED", "银行退回了款项", "returned by the bank"),
    ("state-other", "需要店员处理", "needs attention"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_a_sale_has_words() {
        use chit_proto::checkout::v1::SaleState;
        let states = (1..64).filter_map(|at| SaleState::try_from(at).ok());
        let wordless: Vec<_> = states
            .map(|state| state.as_str_name().replace("SALE_STATE_", "state-"))
            .filter(|key| Lang::En.find(key).is_none())
            .collect();
        assert!(wordless.is_empty(), "{wordless:?}");
    }

    #[test]
    fn every_key_that_the_page_uses_has_words_in_both_languages() {
        let used = [include_str!("view.rs"), include_str!("view/parts.rs")].concat();
        let mut keys = used.split("t(\"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(key, _)| key);
        assert!(
            keys.all(|key| WORDS
                .iter()
                .any(|(name, zh, en)| *name == key && !zh.is_empty() && !en.is_empty()))
        );
    }
}
